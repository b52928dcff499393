"""Two processes with a ring between them: what is sent arrives, and a killed peer is an error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.marks import Marks
from flinkette._native.ring import create_ring
from flinkette.contracts.errors import WorkerLostError
from flinkette.exchange.element import EndOfInput, Watermark
from flinkette.exchange.ring_channel import RingReceiver, RingSender
from unit.exchange.elements import events

pytestmark = pytest.mark.usefixtures("no_leaks")
FOLDER = str(Path(__file__).parents[2])

CHILD = """
import os, sys, time
from flinkette._native.shared_memory import SharedMemory
from flinkette.exchange.ring_channel import RingReceiver, RingSender
from unit.exchange.test_ring_between_processes import {play}
there, back = (SharedMemory.map(int(fd)) for fd in sys.argv[1:3])
receiver = RingReceiver(there, lambda: None)
sender = RingSender(back, lambda: None)
{play}(receiver, sender)
"""


def until(what: str, reached: Any) -> Any:
    """Ask again and again until an answer is true."""
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        answer = reached()
        if answer:
            return answer
        os.sched_yield()
    raise TimeoutError(what)


def send(sender: RingSender, element: Any) -> None:
    until("room", sender.has_room)
    sender.put(element)


def send_back(receiver: RingReceiver, sender: RingSender) -> bool:
    # whoever keeps a batch while it polls for the next keeps the ring from being given back
    element = until("an element", receiver.poll)
    send(sender, element)
    return not isinstance(element, EndOfInput)


def echo(receiver: RingReceiver, sender: RingSender) -> None:
    """Send everything back, columns computed on in the ring."""
    while send_back(receiver, sender):
        pass
    until("room", sender.has_room)
    sender.close()
    receiver.close()


def take_one_and_wait(receiver: RingReceiver, sender: RingSender) -> None:
    until("an element", receiver.poll)
    send(sender, Watermark(1))
    signal.pause()


def die_in_a_frame(_: RingReceiver, sender: RingSender) -> None:
    """Be killed between a frame's first bytes and its publication."""
    send(sender, Watermark(1))
    view = sender._ring.reserve(1000)
    assert view is not None
    view[:500] = b"x" * 500
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_a_row(_: RingReceiver, sender: RingSender) -> None:
    """Be killed between the frames of a row that is larger than the ring."""
    send(sender, Watermark(1))
    send(sender, Batch.from_objects(["long" * 100_000]))
    assert sender.has_pending
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def start() -> Iterator[Any]:
    children: list[subprocess.Popen[str]] = []

    def run(play: str) -> tuple[RingSender, RingReceiver, subprocess.Popen[str]]:
        there, back = create_ring(64 << 10, channel=3), create_ring(64 << 10, channel=4)
        descriptors = [there.descriptor, back.descriptor]
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD.format(play=play), *map(str, descriptors)],
            cwd=FOLDER,  # `-c` looks there first, and not in sources that are not built
            env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, FOLDER])},
            pass_fds=descriptors,
            text=True,
        )
        children.append(child)
        return RingSender(there, lambda: None), RingReceiver(back, lambda: None), child

    yield run
    for child in children:
        child.kill()
        child.wait(10)


def test_elements_go_to_another_process_and_back(start: Any) -> None:
    sender, receiver, child = start("echo")
    column = Column.from_objects([f"user {at}" for at in range(3000)])
    marks = Marks(Int64Buffer.of([0, 1000, 3000]), Int64Buffer.of([1, 2, 3]))
    sent = [
        Batch.from_columns([column], ["name"], keys=column).with_marks(marks),
        Batch.from_objects([{"a": at} for at in range(2000)]),
        Watermark(7),
        Batch.from_objects(
            [(at, None, 0.5) for at in range(5000)], keys=[(at,) for at in range(5000)]
        ),
        Batch.from_objects(["long" * 100_000]),
        EndOfInput(),
    ]
    waiting = list(reversed(sent))
    found: list[Any] = []

    def turn() -> bool:
        if (waiting or sender.has_pending) and sender.has_room() and waiting:
            sender.put(waiting.pop())
        element = receiver.poll()
        if element is not None:
            found.extend(events([element]))
        return found[-1:] == [EndOfInput()]

    until("the end", turn)
    assert found == events(sent)
    assert child.wait(30) == 0


def test_a_receiver_that_is_killed_is_an_error_at_the_sender(start: Any) -> None:
    sender, receiver, child = start("take_one_and_wait")
    send(sender, Watermark(1))
    until("an answer", receiver.poll)
    rows = Batch.from_objects(list(range(2000)))
    while sender.has_room():
        sender.put(rows)
    assert sender.fall_asleep()
    child.send_signal(signal.SIGKILL)
    until("the death to be seen", lambda: not sender.fall_asleep())
    with pytest.raises(WorkerLostError, match=rf"channel 3: worker process {child.pid} .* died"):
        sender.has_room()


def test_a_sender_that_is_killed_is_an_error_at_the_receiver(start: Any) -> None:
    sender, receiver, child = start("take_one_and_wait")
    send(sender, Watermark(1))
    assert until("an answer", receiver.poll) == Watermark(1)
    assert receiver.fall_asleep()
    child.send_signal(signal.SIGKILL)
    until("the death to be seen", lambda: not receiver.fall_asleep())
    assert not receiver.is_empty()
    with pytest.raises(WorkerLostError, match=rf"channel 4: worker process {child.pid} .* died"):
        receiver.poll()


@pytest.mark.parametrize("play", ["die_in_a_frame", "die_in_a_row"])
def test_of_a_sender_that_is_killed_in_the_middle_only_whole_elements_arrive(
    start: Any, play: str
) -> None:
    _, receiver, child = start(play)
    assert until("an element", receiver.poll) == Watermark(1)
    assert child.wait(30) == -signal.SIGKILL
    with pytest.raises(WorkerLostError, match=rf"channel 4: worker process {child.pid} .* died"):
        until("an element", lambda: receiver.poll() or (receiver.fall_asleep() and None))
    receiver.close()
