"""Rows from one worker process to another over a ring, beside pickles over a pipe.

And what rows of undeclared type cost as columns, beside one pickle for each batch (contract 4;
docs/decisions/0005-elements-in-rings.md).
"""

from __future__ import annotations

import os
import pickle
import select
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import flinkette
from flinkette._native.batch import Batch, TupleNames
from flinkette._native.column import Column
from flinkette._native.ring import create_ring
from flinkette._native.typed_objects import type_objects
from flinkette.exchange.element import Watermark
from flinkette.exchange.ring_channel import RingSender

if TYPE_CHECKING:
    from flinkette.exchange.channel import Sender

PACKAGE_ROOT = str(Path(flinkette.__file__).parent.parent)
ROW_COUNT = 8_192
BATCHES = 40
CAPACITY = 1 << 20

OBJECTS: dict[str, list[Any]] = {
    "int": [row + 1000 for row in range(ROW_COUNT)],
    "str": [f"user-{row}" for row in range(ROW_COUNT)],
    "tuple": [(row, f"user-{row % 100}", row / 2) for row in range(ROW_COUNT)],
    "dict": [{"id": row, "name": f"user-{row % 100}"} for row in range(ROW_COUNT)],
}
COLUMNS = {kind: Column.from_objects(OBJECTS[kind]) for kind in ("int", "str")}

# Both take batches until a mark and then answer with the number of rows.
CONSUMER = """
import os, pickle, struct, sys
from flinkette._native.batch import Batch
from flinkette._native.shared_memory import SharedMemory
from flinkette.exchange.ring_channel import RingReceiver
kind, where = sys.argv[1], sys.argv[2]
def from_ring():
    yield from counts(RingReceiver(SharedMemory.map(int(where)), lambda: None))
def from_zmq():
    import select, zmq
    from flinkette.exchange.zmq_channel import ZmqReceiver
    from flinkette.exchange.zmq_link import CurveKeys, open_link
    keys = CurveKeys(*(key.encode() for key in sys.argv[3:])) if sys.argv[3:] else None
    link = open_link(
        where, context=zmq.Context(), attempt=0, token=b"job", is_server=False, keys=keys
    )
    yield from counts(ZmqReceiver(link, 1), lambda: select.select(link.descriptors, [], [], 0.1))
def counts(receiver, wait=os.sched_yield):
    while True:
        element = receiver.poll()
        if element is None:
            wait()
        else:
            yield element.num_rows if isinstance(element, Batch) else -1
def from_pipe():
    with open(int(where), "rb", 1 << 16) as pipe:
        while True:
            size, = struct.unpack("<q", pipe.read(8))
            yield len(pickle.loads(pipe.read(size))) if size else -1
count = 0
for rows in {"ring": from_ring, "pipe": from_pipe, "zmq": from_zmq}[kind]():
    if rows < 0:
        print(count, flush=True)
        count = 0
    else:
        count += rows
"""


def start_consumer(kind: str, *where: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CONSUMER, kind, *map(str, where)],
        cwd=PACKAGE_ROOT,  # `-c` looks there first, and not in sources that are not built
        env={**os.environ, "PYTHONPATH": PACKAGE_ROOT},
        stdout=subprocess.PIPE,
        pass_fds=[each for each in where if isinstance(each, int)],
        text=True,
    )


def check_answer(consumer: subprocess.Popen[str]) -> None:
    assert consumer.stdout is not None
    assert consumer.stdout.readline() == f"{BATCHES * ROW_COUNT}\n"


def send_batches(
    sender: Sender, batch: Batch, consumer: subprocess.Popen[str], wait: Callable[[], Any]
) -> None:
    for element in (*[batch] * BATCHES, Watermark(0)):
        while not sender.has_room():
            wait()
        sender.put(element)
    while not sender.has_room():
        wait()
    check_answer(consumer)


@pytest.fixture
def ring() -> Iterator[Any]:
    memory = create_ring(CAPACITY)
    sender = RingSender(memory, lambda: None)
    consumer = start_consumer("ring", memory.descriptor)
    yield lambda batch: send_batches(sender, batch, consumer, os.sched_yield)
    consumer.kill()
    consumer.communicate()


@pytest.fixture(params=["plain", "curve"])
def link(request: Any) -> Iterator[Any]:
    """A connection over TCP on this host."""
    zmq = pytest.importorskip("zmq")
    from flinkette.exchange.zmq_channel import ZmqSender
    from flinkette.exchange.zmq_link import CurveKeys, open_link

    keys, client_keys = None, []
    if request.param == "curve":
        own, client = zmq.curve_keypair(), zmq.curve_keypair()
        keys = CurveKeys(*own, own[0])
        client_keys = [key.decode() for key in (*client, own[0])]
    with zmq.Context() as context:
        link = open_link(
            "tcp://127.0.0.1:*",
            context=context,
            attempt=0,
            token=b"job",
            is_server=True,
            keys=keys,
        )
        sender = ZmqSender(link, 1)
        consumer = start_consumer("zmq", link.address, *client_keys)
        yield lambda batch: send_batches(
            sender, batch, consumer, lambda: select.select(link.descriptors, [], [], 0.1)
        )
        consumer.kill()
        consumer.communicate()
        link.close(0)


@pytest.fixture
def pipe() -> Iterator[Any]:
    reading, writing = os.pipe()
    consumer = start_consumer("pipe", reading)
    os.close(reading)

    with os.fdopen(writing, "wb", 1 << 16) as stream:

        def send(rows: list[Any]) -> None:
            for _ in range(BATCHES):
                pickled = pickle.dumps(rows, 5)
                stream.write(struct.pack("<q", len(pickled)))
                stream.write(pickled)
            stream.write(bytes(8))
            stream.flush()
            check_answer(consumer)

        yield send
        consumer.kill()
        consumer.communicate()


@pytest.mark.parametrize("kind", OBJECTS)
def test_objects_over_an_edge(kind: str, ring: Any, pipe: Any, time_beside: Any) -> None:
    rows = OBJECTS[kind]
    batch = Batch.from_objects(rows)
    time_beside(lambda: ring(batch), lambda: pipe(rows), BATCHES * ROW_COUNT)


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_over_an_edge(kind: str, ring: Any, pipe: Any, time_beside: Any) -> None:
    batch = Batch.from_columns([COLUMNS[kind]], ["value"])
    time_beside(lambda: ring(batch), lambda: pipe(OBJECTS[kind]), BATCHES * ROW_COUNT)


@pytest.mark.parametrize("kind", ["int", "str", "tuple"])
def test_columns_beside_one_pickle(kind: str, time_beside: Any) -> None:
    rows = OBJECTS[kind]

    def as_columns() -> list[Any]:
        typed = type_objects(rows)
        assert typed is not None
        names = None if typed.names is None else TupleNames(typed.names)
        return Batch.from_columns(typed.columns, names).objects()

    def as_pickle() -> Any:
        return pickle.loads(pickle.dumps(rows, 5))

    assert as_columns() == as_pickle() == rows
    time_beside(as_columns, as_pickle, ROW_COUNT)


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_to_another_host(kind: str, link: Any, ring: Any, time_beside: Any) -> None:
    batch = Batch.from_columns([COLUMNS[kind]], ["value"])
    time_beside(lambda: link(batch), lambda: ring(batch), BATCHES * ROW_COUNT)
