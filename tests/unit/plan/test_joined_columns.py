"""Which interval joins run as columns, and why others do not."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Row, Time, Types
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.joins import JoinedFields, ProcessJoinFunction
from flinkette.plan.joined_columns import JoinedColumns, plan_joined_columns

LONG, TEXT = Types.LONG(), Types.STRING()
LEFT = Types.ROW_NAMED(["id", "a"], [LONG, TEXT])
RIGHT = Types.ROW_NAMED(["id", "b"], [LONG, LONG])
PAIR = Types.TUPLE([LONG, TEXT])


class Other(ProcessJoinFunction):
    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        yield left


def planned(left: Any, right: Any, func: Any, output_type: Any = None) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    first, second = (
        env.from_collection([], row_type).key_by(lambda row: row[0]) for row_type in (left, right)
    )
    join = first.interval_join(second).between(Time.seconds(0), Time.seconds(1))
    return plan_joined_columns(join.process(func, output_type)._node)


def test_fields_are_found_by_name_and_position_and_keep_their_names() -> None:
    plan = planned(LEFT, RIGHT, JoinedFields(["a", 0], ["b"]))
    assert isinstance(plan, JoinedColumns)
    assert [side.fields for side in plan.sides] == [(1, 0), (1,)]
    assert plan.names == ("a", "id", "b")
    assert plan.sides[0].kept_spec == ("tuple", (("string",), ("long",)))


def test_rows_of_a_tuple_and_a_row_are_tuples() -> None:
    plan = planned(PAIR, RIGHT, JoinedFields())
    assert isinstance(plan, JoinedColumns)
    assert [side.fields for side in plan.sides] == [(0, 1), (0, 1)]
    assert plan.names is None


@pytest.mark.parametrize(
    ("left", "right", "func", "reason"),
    [
        (LEFT, RIGHT, Other(), "its function is not JoinedFields"),
        (None, RIGHT, JoinedFields(), "the left rows are not of a declared row or tuple type"),
        (LEFT, LONG, JoinedFields(), "the right rows are not of a declared row or tuple type"),
        (LEFT, RIGHT, JoinedFields(), "two fields of the results have one name"),
        (LEFT, RIGHT, JoinedFields(["x"]), "not all of the fields ('x',) are there"),
        (PAIR, RIGHT, JoinedFields([2]), "not all of the fields (2,) are there"),
        (LEFT, RIGHT, JoinedFields([], []), "its results have no fields of one side"),
        (LEFT, RIGHT, JoinedFields(["a"], []), "its results have no fields of one side"),
        (LEFT, RIGHT, JoinedFields([], ["b"]), "its results have no fields of one side"),
        (
            Types.TUPLE([LONG, Types.PICKLED_BYTE_ARRAY()]),
            RIGHT,
            JoinedFields(),
            "the left rows are not of a declared row or tuple type",
        ),
    ],
)
def test_what_cannot_be_columns_says_why(left: Any, right: Any, func: Any, reason: str) -> None:
    assert planned(left, right, func) == reason


def test_results_of_a_type_of_their_own_are_not_columns() -> None:
    plan = planned(LEFT, RIGHT, JoinedFields(["a"], ["b"]), Types.TUPLE([TEXT, LONG]))
    assert plan == "its results have a declared type of their own"


def test_without_columns_the_function_makes_the_same_rows() -> None:
    def rows(func: JoinedFields, left: Any, right: Any) -> list[Any]:
        return list(func.process_element(left, right, None) or [])

    left, right = Row(id=1, a="x"), Row(id=1, b=2)
    assert rows(JoinedFields(["a", 0], ["b"]), left, right) == [Row(a="x", id=1, b=2)]
    assert rows(JoinedFields(), (1, "x"), right) == [(1, "x", 1, 2)]
    with pytest.raises(ValueError, match="one name: id, a, id, b; choose the fields"):
        rows(JoinedFields(), left, right)
