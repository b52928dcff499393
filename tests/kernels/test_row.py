"""Row against what PyFlink's Row was seen to do."""

from __future__ import annotations

import copy
import pickle
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.contracts.row import Row, RowKind

NAMES = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=6, unique=True)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Row(), "<Row()>"),
        (Row(None), "<Row(None)>"),
        (Row(1, "Hi"), "<Row(1, 'Hi')>"),
        (Row(f0="a", f1=0), "Row(f0='a', f1=0)"),
        (Row(b=1, a=2), "Row(b=1, a=2)"),
        (Row("a", "b")(1, 2), "Row(a=1, b=2)"),
        (Row("a", "b")(1), "Row(a=1)"),
        (Row(1, 2)(3, 4), "Row(1=3, 2=4)"),
        (Row(a=1, b=2)(3, 4), "Row(1=3, 2=4)"),
        (Row(Row("x"), 2)(3, 4), "Row(<Row('x')>=3, 2=4)"),
        (Row(Row(1), Row(a=2)), "<Row(<Row(1)>, Row(a=2))>"),
        (Row(**{"a b": 1}), "Row(a b=1)"),
        (Row.of_kind(RowKind.DELETE, 1, 2), "<Row(1, 2)>"),
    ],
)
def test_the_text_of_a_row_is_pyflinks(row: Row, text: str) -> None:
    assert (str(row), repr(row)) == (text, text)


def test_fields_are_read_by_position_name_attribute_and_slice() -> None:
    row = Row(a=1, b=2, c=3)
    assert (row[0], row[-1], row["b"], row.c, row[True]) == (1, 3, 2, 3, 2)
    assert (row[1:], list(row), tuple(row), len(row)) == ([2, 3], [1, 2, 3], (1, 2, 3), 3)


def test_fields_are_set_by_item_and_never_by_attribute() -> None:
    row = Row(a=1, b=2)
    row["a"], row[-1] = 5, 6
    assert row == Row(a=5, b=6)
    row[0:2] = [7, 8]
    assert row == Row(a=7, b=8)
    with pytest.raises(AttributeError, match=r"row\['a'\] = 5"):
        row.a = 5  # type: ignore[attr-defined]


def test_a_method_wins_over_a_field_of_its_name() -> None:
    row = Row(as_dict=1, a=2)
    assert row.as_dict() == {"as_dict": 1, "a": 2}
    assert row["as_dict"] == 1


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        (lambda: Row(1, a=2), ValueError),
        (lambda: Row("a", "b")(1, 2, 3), ValueError),
        (lambda: Row(a=1)["c"], ValueError),
        (lambda: Row(1)["a"], AttributeError),
        (lambda: Row(a=1).c, AttributeError),
        (lambda: Row(1).a, AttributeError),
        (lambda: Row(1)[5], IndexError),
        (lambda: Row(a=1).__setitem__("c", 5), ValueError),
        (lambda: Row(1).__setitem__("a", 5), KeyError),
        (lambda: Row(1).as_dict(), TypeError),
        (lambda: Row(a=1).get_fields_by_names(["a", "c"]), ValueError),
        (lambda: Row(1).set_field_names(cast("Any", None)), TypeError),
        (lambda: Row(1).set_row_kind("x"), TypeError),
        (lambda: Row.of_kind(RowKind.DELETE, 1, a=1), ValueError),
        (lambda: hash(Row([1])), TypeError),
        (lambda: sorted([Row(2), Row(1)]), TypeError),
        (lambda: Row(1).__delitem__(0), TypeError),
    ],
)
def test_wrong_uses_raise_what_pyflink_raises(attempt: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        attempt()


def test_rows_are_equal_if_names_values_and_kind_are() -> None:
    assert Row(1, 2) == Row(1, 2)
    assert Row(a=1) == Row("a")(1)
    others = [Row(a=1, b=2), (1, 2), [1, 2], None, Row(1, 3), Row.of_kind(RowKind.DELETE, 1, 2)]
    assert all(Row(1, 2) != other for other in others)


def test_a_row_hashes_as_its_tuple() -> None:
    assert hash(Row(1, 2)) == hash(Row(a=1, b=2)) == hash((1, 2))


def test_containment_asks_names_if_there_are_any_and_values_otherwise() -> None:
    assert 1 in Row(1, 2)
    assert "a" in Row(a=1)
    assert 1 not in Row(a=1)


def test_as_dict_goes_into_rows_lists_and_dicts_only_when_told() -> None:
    row = Row(a=Row(c=2), b=[Row(c=2), 3], d={"k": Row(e=1)}, f=(Row(g=1),))
    assert row.as_dict()["a"] == Row(c=2)
    expected = {"a": {"c": 2}, "b": [{"c": 2}, 3], "d": {"k": {"e": 1}}, "f": (Row(g=1),)}
    assert row.as_dict(recursive=True) == expected


def test_fields_by_names_come_in_the_asked_order_or_all_without_names() -> None:
    assert Row(a=1, b=2).get_fields_by_names(["b", "a"]) == [2, 1]
    assert Row(1, 2).get_fields_by_names(["b"]) == [1, 2]


def test_names_can_be_set_later() -> None:
    row = Row(1, 2)
    row.set_field_names(["x", "y"])
    assert (row.x, row.as_dict()) == (1, {"x": 1, "y": 2})


def test_the_kind_is_insert_until_set() -> None:
    row = Row(1)
    assert row.get_row_kind() is RowKind.INSERT
    row.set_row_kind(RowKind.UPDATE_AFTER)
    assert row.get_row_kind() is RowKind.UPDATE_AFTER
    assert [str(kind) for kind in RowKind] == ["+I", "-U", "+U", "-D"]
    assert [kind.value for kind in RowKind] == [0, 1, 2, 3]


def test_a_subclass_of_row_keeps_its_class_through_copy_and_pickle() -> None:
    row = Order(1, 2)
    assert type(row) is Order
    assert type(copy.copy(row)) is Order
    assert type(pickle.loads(pickle.dumps(row))) is Order


class Order(Row):
    pass


def test_a_deep_copy_shares_nothing_and_a_copy_shares_fields() -> None:
    row = Row(a=[1])
    shallow, deep = copy.copy(row), copy.deepcopy(row)
    row.a.append(2)
    assert (shallow.a, deep.a) == ([1, 2], [1])


@given(NAMES, st.data(), st.sampled_from(RowKind))
def test_pickling_keeps_names_values_and_kind(
    names: list[str], data: st.DataObject, kind: RowKind
) -> None:
    values = data.draw(st.lists(st.integers(), min_size=len(names), max_size=len(names)))
    row = Row(*names)(*values)
    row.set_row_kind(kind)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(row, protocol))
        assert again == row
        assert again.get_row_kind() is kind


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(), max_size=6))
def test_a_named_row_reads_like_the_dict_it_came_from(fields: dict[str, int]) -> None:
    row = Row(**fields)
    assert len(row) == len(fields)
    for name, value in fields.items():
        assert row[name] == value
        assert getattr(row, name, value) == value
    if fields:
        assert row.as_dict() == fields
