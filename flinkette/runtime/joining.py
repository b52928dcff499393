"""Subtasks that only have each other at a keyed edge run as one: no queue, no turns.

A keyed edge ends a chain, because rows may have to go to another subtask. Where it has one sender
and one receiver, both in this worker, there is no other: the receiver's operators go behind the
sender's, with a `KeyedEdgeOperator` between them. The plan, the names and what each operator is
told about its subtask stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.exchange.gate import Gate
from flinkette.exchange.writer import HashRouter
from flinkette.runtime.operators.keyed_edge import KeyedEdgeOperator
from flinkette.runtime.subtask import Output, Subtask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.exchange.writer import EdgeWriter

__all__ = ["join_subtasks"]


def join_subtasks(subtasks: Iterable[Subtask]) -> list[Subtask]:
    """Join what can be joined. Subtasks come before those that they send to, and still do."""
    joined: list[Subtask] = []
    for subtask in subtasks:
        for index, sender in enumerate(joined):
            writer = _only_writer(sender)
            if writer is not None and _has_only_input(subtask, writer):
                joined[index] = _join(sender, subtask, writer)
                break
        else:
            joined.append(subtask)
    return joined


def _only_writer(sender: Subtask) -> EdgeWriter | None:
    """Return the writer of a keyed edge with one receiver, if all rows of a subtask go there."""
    output = sender.outputs[-1]
    if not isinstance(output, Output):
        return None
    writer = output.main_writer
    if writer is None or writer.only_channel is None or not isinstance(writer.router, HashRouter):
        return None
    return writer


def _has_only_input(receiver: Subtask, writer: EdgeWriter) -> bool:
    """Tell whether a subtask gets rows from that writer, and from nowhere else.

    The two ends of a channel are one object only where both are in this worker.
    """
    source = receiver.input
    if not isinstance(source, Gate) or receiver.operators[0].looks_outside:
        return False
    end: object = source.only_channel
    return end is writer.only_channel


def _join(sender: Subtask, receiver: Subtask, writer: EdgeWriter) -> Subtask:
    assert isinstance(writer.router, HashRouter)
    last = sender.outputs[-1]
    assert isinstance(last, Output)
    edge = KeyedEdgeOperator(sender.operators[-1].info, writer.router)
    return Subtask(
        [*sender.contexts, sender.contexts[-1], *receiver.contexts],
        sender.input,
        [*sender.operators, edge, *receiver.operators],
        [*sender.outputs[:-1], last.without_main(), Output({}), *receiver.outputs],
        sender.clock,
        sender.copy,
    )
