"""Rows by destination against models."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.keys import hash_keys
from flinkette._native.marks import Marks
from flinkette._native.partition import distinct, pick, random_owners, round_robin, scatter


def model_scatter(owners: list[int], parts: int) -> list[list[int]]:
    return [[row for row, owner in enumerate(owners) if owner == part] for part in range(parts)]


@given(st.lists(st.integers(0, 6), max_size=300))
def test_scatter_keeps_the_order_of_the_rows_of_a_part(owners: list[int]) -> None:
    assert [list(part) for part in scatter(Uint32Buffer.of(owners), 7)] == model_scatter(owners, 7)


@given(st.integers(0, 100), st.integers(1, 9), st.data())
def test_round_robin_deals_rows_in_turn(num_rows: int, parts: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, parts - 1))
    owners = [(start + row) % parts for row in range(num_rows)]
    dealt = [list(part) for part in round_robin(num_rows, parts, start)]
    assert dealt == model_scatter(owners, parts)


def test_an_owner_beyond_the_parts_names_its_row() -> None:
    with pytest.raises(IndexError, match="row 2 belongs to part 3, but there are 3"):
        scatter(Uint32Buffer.of([0, 1, 3]), 3)


def test_a_batch_without_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="not 0"):
        round_robin(3, 0)


@given(st.randoms(use_true_random=False), st.integers(0, 700), st.sampled_from([1, 2, 5, 1500]))
def test_the_lanes_of_long_batches_end_where_the_next_begin(
    random: Any, num_rows: int, parts: int
) -> None:
    owners = [random.randrange(parts) for _ in range(num_rows)]
    scattered = scatter(Uint32Buffer.of(owners), parts)
    assert list(scattered.rows) == sorted(range(num_rows), key=lambda row: (owners[row], row))
    assert list(scattered.starts)[-1] == num_rows


@pytest.mark.parametrize("row", [0, 9, 10, 39, 41])
def test_an_owner_beyond_the_parts_is_found_in_every_lane(row: int) -> None:
    owners = [1] * 42
    owners[row] = 7
    with pytest.raises(IndexError, match=f"row {row} belongs to part 7, but there are 2"):
        scatter(Uint32Buffer.of(owners), 2)


COLUMNS = st.sampled_from(
    [
        pa.array([1, None, 3, 4, 5, 6]),
        pa.array(["", "a", None, "x" * 31, "y" * 32, "z" * 33]),
        pa.array([b"ab"] * 6, pa.large_binary()),
        pa.array(["long enough to be no inline view", "b", "", None, "e", "f"], pa.string_view()),
        pa.array([True, None, False, True, True, False]),
        pa.array([1.5, 2.5, None, 4.5, 5.5, 6.5], pa.float32()),
        pa.array([[1], [], None, [2, 3], [4], [5]]),
        pa.array([{"a": 1}, {"a": 2}, None, {"a": 4}, {"a": 5}, {"a": 6}]),
        pa.array(["a", "b", "a", None, "b", "a"]).dictionary_encode(),
    ]
)


@st.composite
def keyed_batches(draw: st.DrawFn) -> Batch:
    rows = draw(st.lists(st.integers(0, 5), max_size=90))
    some = draw(COLUMNS)
    values = [some[row].as_py() for row in rows]
    column = (
        pa.array(values, pa.string()).dictionary_encode()
        if pa.types.is_dictionary(some.type)
        else pa.array(values, some.type)
    )
    start = draw(st.integers(0, len(rows)))
    table = pa.record_batch({"v": column, "t": pa.array(range(len(rows)), pa.int64())})
    batch = Batch.from_arrow(table).slice(start, len(rows))
    if draw(st.booleans()) or not batch.num_rows:
        return batch
    batch = batch.with_keys(batch.column("v"), hash_keys(batch.column("v")))
    times = batch.column("t").times_ms()
    if draw(st.booleans()):
        times = Int64Buffer.of(list(times))
    stops = sorted(draw(st.sets(st.integers(0, batch.num_rows), min_size=1, max_size=3)))
    return batch.with_event_times(
        times, Marks(Int64Buffer.of(stops), Int64Buffer.of(list(range(len(stops)))))
    )


def shown(batch: Batch) -> Any:
    beside = [batch.times, batch.hashes]
    keys = batch.keys if batch.keys is None else batch.keys.to_objects()
    lists = [each if each is None else list(each) for each in beside]
    return repr((batch.without_objects().objects(), keys, lists, batch.marks))


@given(keyed_batches(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_split_batch_is_what_taking_each_part_s_rows_gives(
    batch: Batch, count: int, random: Any
) -> None:
    parts = scatter(Uint32Buffer.of([random.randrange(count) for _ in range(len(batch))]), count)
    objects = Batch.from_objects(batch.objects(), batch.times).with_marks(batch.marks)
    for rows, part, of_objects in zip(parts, parts.split(batch), parts.split(objects), strict=True):
        if part is None:
            assert len(rows) == 0
            assert of_objects is None
            continue
        wanted = batch.take(rows)
        if batch.marks is not None:
            wanted = wanted.with_marks(batch.marks.after_take(rows))
        assert shown(part) == shown(wanted)
        assert of_objects.objects() == part.objects()
        assert of_objects.marks == part.marks


def test_keys_and_times_that_are_columns_are_moved_once() -> None:
    batch = Batch.from_arrow(pa.table({"k": [1, 2, 3, 4], "t": [5, 6, 7, 8]}))
    batch = batch.with_keys(batch.column("k")).with_times(batch.column("t").times_ms())
    for part in scatter(Uint32Buffer.of([0, 1, 0, 1]), 2).split(batch):
        assert part is not None
        assert part.times is not None
        assert part.keys is part.column("k")
        times, column = memoryview(part.times), memoryview(part.column("t"))
        assert pa.py_buffer(times).address == pa.py_buffer(column).address


@given(st.integers(0, 2**64 - 1), st.integers(0, 60), st.integers(0, 60), st.integers(1, 9))
def test_random_owners_do_not_depend_on_how_rows_are_cut(
    seed: int, first: int, second: int, parts: int
) -> None:
    whole = list(random_owners(seed, 0, first + second, parts))
    head, tail = random_owners(seed, 0, first, parts), random_owners(seed, first, second, parts)
    assert [*head, *tail] == whole
    assert all(owner < parts for owner in whole)


@pytest.mark.parametrize("seed", [0, 1, 2**63])
def test_random_owners_are_equally_likely(seed: int) -> None:
    counts = Counter(random_owners(seed, 0, 70_000, 7))
    # seven parts of 10,000: the standard deviation is 93
    assert all(abs(counts[part] - 10_000) < 500 for part in range(7))
    pairs = list(random_owners(seed, 0, 70_000, 2))
    changes = sum(one != other for one, other in itertools.pairwise(pairs))
    assert abs(changes - 35_000) < 700


@given(st.lists(st.integers(0, 6), max_size=40))
def test_distinct_names_the_first_row_of_each_id(ids: list[int]) -> None:
    firsts, places = distinct(Uint32Buffer.of(ids), 7)
    assert list(firsts) == [row for row, value in enumerate(ids) if value not in ids[:row]]
    values = Uint32Buffer.of([ids[row] for row in firsts])
    assert list(pick(values, places)) == ids
