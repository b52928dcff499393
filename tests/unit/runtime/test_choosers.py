"""partition_custom and shuffle: who gets a row, and how often the user is asked."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from flinkette.common import Row
from flinkette.contracts.errors import FlinketteError
from flinkette.datastream.functions import ProcessFunction
from unit.runtime.jobs import environment

pytestmark = pytest.mark.usefixtures("no_leaks")
KEYS = [1, 2, 1, None, 5, 2, 1, 5]
TABLE = pa.table({"k": KEYS, "v": range(len(KEYS))})


class Placed(ProcessFunction):
    """Says which subtask a row is in."""

    def open(self, runtime_context: Any) -> None:
        self.place = runtime_context.get_index_of_this_subtask()

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value["k"], self.place


def receiver_of(key: Any, receivers: int) -> int:
    return receivers - 1 if key is None else key % receivers


def placed(stream: Any) -> list[Any]:
    return sorted(stream.process(Placed()).execute_and_collect(), key=repr)


def streams() -> list[Any]:
    rows = [Row(k=key, v=row) for row, key in enumerate(KEYS)]
    columns = environment(3, flinkette_batch_rows=4).from_arrow(TABLE)
    objects = environment(3, flinkette_batch_rows=4).from_collection(rows)
    return [columns, objects]


@pytest.mark.parametrize("stream", streams(), ids=["columns", "objects"])
@pytest.mark.parametrize("selector", ["k", lambda row: row["k"]], ids=["field", "function"])
def test_the_partitioner_s_answer_is_the_row_s_place(stream: Any, selector: Any) -> None:
    wanted = sorted([(key, receiver_of(key, 3)) for key in KEYS], key=repr)
    assert placed(stream.partition_custom(receiver_of, selector)) == wanted


@pytest.mark.parametrize("stream", streams(), ids=["columns", "objects"])
def test_a_named_field_is_asked_for_once_per_batch_and_a_function_per_row(stream: Any) -> None:
    asked: list[Any] = []

    def choose(key: Any, receivers: int) -> int:
        asked.append(key)
        return receiver_of(key, receivers)

    placed(stream.partition_custom(choose, "k"))
    assert asked == [1, 2, None, 5, 2, 1]
    asked.clear()
    placed(stream.partition_custom(choose, lambda row: row["k"]))
    assert asked == KEYS


@pytest.mark.pipeline
def test_an_answer_out_of_range_names_its_key() -> None:
    stream = environment(2).from_arrow(TABLE)
    with pytest.raises(FlinketteError, match=r"partitioner returned 9 for key 1; .* 0 \.\. 1"):
        placed(stream.partition_custom(lambda key, receivers: 9, "k"))


@pytest.mark.pipeline
def test_a_missing_field_of_partition_custom_is_named() -> None:
    stream = environment(2).from_arrow(TABLE)
    with pytest.raises(FlinketteError, match="'nowhere'"):
        placed(stream.partition_custom(receiver_of, "nowhere"))


@pytest.mark.pipeline
def test_shuffle_gives_every_subtask_rows_and_loses_none() -> None:
    table = pa.table({"k": range(3000)})
    rows = placed(environment(3).from_arrow(table).shuffle())
    assert sorted(key for key, _ in rows) == list(range(3000))
    counts = [sum(place == each for _, place in rows) for each in range(3)]
    assert min(counts) > 850
