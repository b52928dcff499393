"""Whoever may keep a batch keeps a copy of what lies in a ring, so the ring never stands still."""

from __future__ import annotations

from typing import Any

import numpy
import pyarrow as pa
import pytest

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.lent import retain
from flinkette._native.ring import create_ring
from flinkette.connectors.collect import CollectBuffer, CollectWriter
from flinkette.exchange.ring_channel import RingReceiver, RingSender
from flinkette.runtime.operators.forms import to_form

pytestmark = pytest.mark.usefixtures("no_leaks")
NUMBERS = list(range(1000))


def collected(batch: Batch) -> Any:
    buffer = CollectBuffer()
    CollectWriter(buffer).write(batch)
    return buffer


KEEPERS = {
    **{
        form: lambda batch, form=form: to_form(batch, form)
        for form in ("arrow", "table", "numpy", "pandas", "polars")
    },
    "collect": collected,
    "capsule": lambda batch: pa.record_batch(batch),
    "capsule of a part": lambda batch: pa.array(batch.slice(10, 20).columns[1]),
    "stream": lambda batch: pa.table(batch),
    "objects": lambda batch: batch.objects(),
    "joined": lambda batch: retain(Batch.concat([batch, batch.slice(2, 5)])),
}


@pytest.mark.parametrize("keeper", sorted(KEEPERS))
def test_what_is_kept_of_a_batch_leaves_the_ring_free(keeper: str) -> None:
    memory = create_ring(64 << 10)
    sender, receiver = RingSender(memory, lambda: None), RingReceiver(memory, lambda: None)
    texts = pa.array([f"text {at % 7}" for at in NUMBERS]).dictionary_encode()
    batch = Batch.from_columns([Column.from_objects(NUMBERS), Column.from_arrow(texts)], ["n", "t"])
    kept = []
    for _ in range(50):
        assert sender.has_room()
        sender.put(batch)
        found = receiver.poll()
        kept.append(KEEPERS[keeper](found))
        del found
        assert receiver.poll() is None
        assert receiver.held_bytes == 0
    if keeper == "arrow":
        assert all(each.to_pydict() == pa.record_batch(batch).to_pydict() for each in kept)
    if keeper == "numpy":
        assert all(each["n"].tolist() == NUMBERS for each in kept)
    if keeper == "collect":
        assert all(each.take().objects() == batch.objects() for each in kept)


def test_without_a_ring_nothing_is_copied() -> None:
    batch = Batch.from_columns([Column.from_objects(NUMBERS)], ["n"])
    assert collected(batch).take() is batch
    array = to_form(batch, "numpy")["n"]
    assert batch.columns is not None
    own = numpy.frombuffer(batch.columns[0], numpy.int64)
    assert array.__array_interface__["data"][0] == own.__array_interface__["data"][0]
