"""Side output tags and the exception tree."""

from __future__ import annotations

import pickle

import pytest

from flinkette.contracts import errors
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError, UserFunctionError
from flinkette.contracts.output_tag import OutputTag
from flinkette.contracts.typeinfo import Types


def test_a_tag_without_type_takes_any_object() -> None:
    assert OutputTag("late").type_info == Types.PICKLED_BYTE_ARRAY()
    assert OutputTag("late", Types.INT()).type_info == Types.INT()
    assert str(OutputTag("late", [Types.INT()]).type_info) == "RowTypeInfo(Integer)"


def test_tags_of_one_name_are_one_side_output() -> None:
    assert OutputTag("late") == OutputTag("late", Types.INT())
    assert len({OutputTag("late"), OutputTag("late"), OutputTag("early")}) == 2
    assert pickle.loads(pickle.dumps(OutputTag("late"))) == OutputTag("late")


def test_a_tag_needs_a_name_and_a_type_that_is_one() -> None:
    for nothing in ("", None):
        with pytest.raises(InvalidPipelineError, match=r"needs a name"):
            OutputTag(nothing)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match=r"must be a str, got 3"):
        OutputTag(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match=r"OutputTag 'late': type_info must be"):
        OutputTag("late", 3)  # type: ignore[arg-type]


def test_every_error_is_a_flinkette_error_and_a_builtin_one() -> None:
    builtin = (ValueError, TypeError, RuntimeError, OSError, NotImplementedError, MemoryError)
    for name in errors.__all__:
        made = getattr(errors, name)
        assert issubclass(made, errors.FlinketteError)
        assert made is errors.FlinketteError or issubclass(made, builtin), name


def test_a_user_functions_error_keeps_the_place_of_the_row() -> None:
    error = UserFunctionError(
        "map failed",
        operator="map",
        call_site="job.py:7",
        key="k",
        timestamp_ms=5,
        value_text="(1, 2)",
        subtask=2,
    )
    assert str(error) == "map failed"
    assert (error.operator, error.call_site, error.key) == ("map", "job.py:7", "k")
    assert (error.timestamp_ms, error.value_text, error.subtask) == (5, "(1, 2)", 2)


def test_errors_with_attributes_travel_by_pickle() -> None:
    malformed = errors.MalformedInputError("bad", file="a.csv", line=3)
    copy = pickle.loads(pickle.dumps(malformed))
    assert (str(copy), copy.file, copy.line) == ("bad", "a.csv", 3)
