"""A batch to its receivers: what a keyed edge does, beside the plainest scatter and numpy."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bench.turns import Took, sample
from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.keys import hash_keys, owners
from flinkette._native.partition import random_owners, round_robin, scatter
from flinkette._native.roofline import scatter_pairs
from flinkette.exchange.writer import HashRouter

ROW_COUNT = 8_192
GROUPS = 128
CALLS = 200
KEYS = np.arange(ROW_COUNT, dtype=np.int64) * 2654435761 % 1_000_003
VALUES = np.arange(ROW_COUNT, dtype=np.int64)


def often(function: Any) -> Any:
    """Return a function that takes many calls as one: a single call is too short to time."""

    def calls() -> None:
        for _ in range(CALLS):
            function()

    def run() -> Took:
        took = sample(calls)
        return Took(took.wall_s / CALLS, took.cpu_s / CALLS, CALLS, is_elsewhere=False)

    return run


def keyed_batch(names: list[str]) -> Batch:
    columns = {"key": KEYS, "value": VALUES, "word": [f"word{key % 1000:03}" for key in KEYS]}
    batch = Batch.from_arrow(pa.table({name: columns[name] for name in names}))
    return batch.with_keys(batch.columns[0])


@pytest.mark.parametrize("parts", [2, 8, GROUPS])
def test_scatter_pairs(time_turns: Any, parts: int) -> None:
    """Two columns of int64, from keys to their places; the roofline knows parts and starts."""
    batch = keyed_batch(["key", "value"])
    chosen = owners(hash_keys(batch.keys), GROUPS, parts)
    starts = list(scatter(chosen, parts).starts)
    keys, values = batch.columns[0].times_ms(), batch.columns[1].times_ms()
    out_keys, out_values = Int64Buffer.filled(ROW_COUNT, 0), Int64Buffer.filled(ROW_COUNT, 0)
    owner_array = np.asarray(chosen)

    def ours() -> Batch:
        found = owners(hash_keys(batch.keys), GROUPS, parts)
        return scatter(found, parts).order(batch)

    def known_parts() -> Batch:
        return scatter(chosen, parts).order(batch)

    def roofline() -> None:
        scatter_pairs(keys, values, chosen, Int64Buffer.of(starts[:-1]), out_keys, out_values)

    def in_numpy() -> Any:
        order = np.argsort(owner_array, kind="stable")
        return KEYS[order], VALUES[order]

    roofline()
    ordered = ours()
    assert ordered.columns[0].to_objects() == list(out_keys) == in_numpy()[0].tolist()
    assert ordered.columns[1].to_objects() == list(out_values) == in_numpy()[1].tolist()
    points = {
        "flinkette": ours,
        "flinkette, parts known": known_parts,
        "roofline": roofline,
        "numpy": in_numpy,
    }
    time_turns({name: often(point) for name, point in points.items()}, rows=ROW_COUNT, rounds=15)


@pytest.mark.parametrize("receivers", [2, 8])
@pytest.mark.parametrize("names", [["key", "value"], ["word", "value"]], ids=["ints", "words"])
def test_hash_router(time_rows: Any, names: list[str], receivers: int) -> None:
    batch = keyed_batch(names)
    router = HashRouter(receivers, GROUPS)
    routed = dict(router.route(batch))
    rows = [row for receiver in range(receivers) for row in routed[receiver].objects()]
    assert sorted(row["value"] for row in rows) == VALUES.tolist()
    time_rows(router.route, ROW_COUNT, lambda: (batch,))


@pytest.mark.parametrize("exchange", ["rebalance", "shuffle"])
def test_exchange_without_keys(time_rows: Any, exchange: str) -> None:
    batch = keyed_batch(["key", "value"])

    def route() -> list[Batch | None]:
        if exchange == "rebalance":
            return round_robin(ROW_COUNT, 4).split(batch)
        return scatter(random_owners(7, 0, ROW_COUNT, 4), 4).split(batch)

    assert sum(len(part) for part in route() if part is not None) == ROW_COUNT
    time_rows(route, ROW_COUNT)


@pytest.mark.parametrize("length", [7, 24, 100])
def test_take_texts(time_rows: Any, length: int) -> None:
    column = Column.from_objects([f"{key:0{length}}" for key in KEYS.tolist()])
    assert column is not None
    rows = scatter(Uint32Buffer.of(array("I", (KEYS % 8).astype(np.uint32))), 8).rows
    assert column.take(rows).to_objects() == [f"{KEYS[row]:0{length}}" for row in np.asarray(rows)]
    time_rows(column.take, ROW_COUNT, lambda: (rows,))
