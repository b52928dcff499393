"""Every subtask works with function objects of its own, as if they had been sent to it."""

from __future__ import annotations

import copy
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError

if TYPE_CHECKING:
    from flinkette.graph.transformations import Transformation

__all__ = ["isolated"]

USER_FIELDS = frozenset(
    {"func", "function", "window_function", "selector", "assigner", "trigger", "strategy"}
)


def isolated(node: Transformation) -> Transformation:
    """Copy the user's objects of a transformation; plain functions and lambdas are shared.

    Raises
    ------
    InvalidPipelineError
        A function object holds something that cannot be copied, such as a socket or a lock.
    """
    operator = node.operator
    copies = {
        field.name: _copied(node, getattr(operator, field.name))
        for field in fields(operator)
        if field.name in USER_FIELDS
    }
    return replace(node, operator=replace(operator, **copies)) if copies else node


def _copied(node: Transformation, value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception as error:
        raise InvalidPipelineError(
            f"operator {node.name!r} ({node.call_site}): {type(value).__name__} cannot be copied "
            f"for a subtask: {error}; make sockets, locks and clients in open(), not in __init__()"
        ) from error
