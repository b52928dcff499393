"""Canonical encoding and hash of keys against the model and the vectors of the spec."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import itertools
import json
import math
import pickle
import warnings
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.key_codec import encode_key, hash_encoded_key
from flinkette._native.keys import hash_keys
from flinkette._native.row import Row
from kernels import key_model

VECTORS = json.loads(
    (Path(__file__).parents[2] / "docs" / "spec" / "keys_vectors.json").read_text()
)
OFFSETS = st.timedeltas(datetime.timedelta(hours=-23), datetime.timedelta(hours=23)).map(
    datetime.timezone
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**80), 2**80),
    st.floats(),
    st.text(st.characters(), max_size=40),
    st.binary(max_size=40),
    st.decimals(),
    st.dates(),
    st.times(),
    st.times(timezones=OFFSETS),
    st.datetimes(),
    st.datetimes(timezones=OFFSETS),
    st.timedeltas(),
)
KEYS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple),
    max_leaves=6,
)


@given(KEYS)
def test_the_encoding_is_the_one_of_the_spec(key: object) -> None:
    assert encode_key(key) == key_model.model_encode(key)


@given(st.binary(min_size=1, max_size=80).filter(lambda each: each[0] not in (3, 6, 7)))
def test_the_hash_of_any_bytes_is_the_one_of_the_spec(encoding: bytes) -> None:
    assert hash_encoded_key(encoding) & key_model.MASK == key_model.model_hash(encoding)


@given(st.lists(KEYS, max_size=20))
def test_the_hash_of_a_key_is_the_hash_of_its_encoding(keys: list[object]) -> None:
    hashes = [each & key_model.MASK for each in hash_keys(keys)]
    assert hashes == [key_model.model_hash(encode_key(key)) for key in keys]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["key"])
def test_the_vectors_of_the_spec_hold(vector: dict[str, str]) -> None:
    names = {"Row": Row, "datetime": datetime, "Decimal": decimal.Decimal, "nan": math.nan}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoding = encode_key(eval(vector["key"], names))
    assert encoding.hex() == vector["encoding"]
    assert f"{hash_encoded_key(encoding) & key_model.MASK:016x}" == vector["hash"]


def test_numbers_of_different_types_are_different_keys() -> None:
    encodings = {encode_key(key) for key in (1, 1.0, True, 0, 0.0, -0.0)}
    assert len(encodings) == 6


def test_every_nan_is_one_key() -> None:
    other_nan = math.copysign(math.nan, -1)
    assert encode_key(math.nan) == encode_key(other_nan) == encode_key(float("inf") - math.inf)


def same(left: Any, right: Any) -> bool:
    """Equal by value and type, NaN to itself, -0.0 not to 0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return (left == right and math.copysign(1, left) == math.copysign(1, right)) or (
            left != left and right != right
        )
    return bool(left == right)


SMALL = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 0.0, -0.0, 1.0, math.nan, "", "0", b"", b"0", 2**64]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)


@given(SMALL, SMALL)
def test_encodings_are_equal_exactly_if_values_and_types_are(left: Any, right: Any) -> None:
    assert (encode_key(left) == encode_key(right)) == same(left, right)


@given(st.lists(SMALL, min_size=1, max_size=4))
def test_no_encoding_is_the_beginning_of_another(keys: list[Any]) -> None:
    for left, right in itertools.combinations({encode_key(key) for key in keys}, 2):
        assert not left.startswith(right)
        assert not right.startswith(left)


def test_rows_are_keys_by_kind_names_and_values() -> None:
    rows = [Row(1, 2), Row(a=1, b=2), Row(b=2, a=1), Row(a=1, b=3), (1, 2), [1, 2]]
    assert len({encode_key(row) for row in rows}) == len(rows)
    assert encode_key(Row(a=1, b=(2, "x"))) == encode_key(Row(a=1, b=(2, "x")))
    assert encode_key((Row(1), None)) == encode_key((Row(1), None))


def test_the_case_of_a_decimal_does_not_depend_on_the_context() -> None:
    with decimal.localcontext() as context:
        context.capitals = 0
        small = encode_key(decimal.Decimal("1E+9"))
    assert small == encode_key(decimal.Decimal("1e+9"))


def test_times_with_an_offset_are_keys_by_local_time_and_offset() -> None:
    noon = datetime.datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert encode_key(noon) == encode_key(noon.replace(tzinfo=ZoneInfo("Europe/Paris")))
    assert encode_key(noon) != encode_key(noon.astimezone(ZoneInfo("Europe/London")))
    assert encode_key(noon) != encode_key(noon.replace(tzinfo=None))


def test_equality_and_hash_of_the_user_are_never_called() -> None:
    class Touchy(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        def __hash__(self) -> int:
            raise AssertionError

        def __reduce__(self) -> tuple[type, tuple[int]]:
            return (int, (7,))

    with pytest.warns(UserWarning, match="Touchy are told apart by their pickle"):
        assert encode_key(Touchy("a")) == encode_key(Touchy("b"))
    hash_keys([Touchy("a"), (Touchy("b"),)])


class Color(enum.Enum):
    RED = 1


Point = collections.namedtuple("Point", "x y")


def test_anything_else_is_its_pickle_with_one_warning_for_its_type() -> None:
    with pytest.warns(UserWarning, match=r"Color are told apart by their pickle") as caught:
        encoding, _ = encode_key(Color.RED), encode_key([Color.RED])
    assert len(caught) == 1
    assert encoding == key_model.sized(0x1F, pickle.dumps(Color.RED, 5))


@pytest.mark.filterwarnings("ignore:keys of type")
def test_subclasses_and_numpy_scalars_are_not_their_base_types() -> None:
    numpy = pytest.importorskip("numpy")
    for key, base in [(Point(1, 2), (1, 2)), (numpy.float64(1), 1.0), (numpy.int64(1), 1)]:
        assert encode_key(key)[0] == 0x1F
        assert encode_key(key) != encode_key(base)


def test_a_key_that_cannot_be_pickled_is_an_error_that_names_its_type() -> None:
    with pytest.raises(TypeError, match=r"key of type builtins\.generator cannot be encoded"):
        hash_keys([1, (each for each in "ab")])


def test_a_key_that_contains_itself_is_an_error() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="nested more than 100 deep, or contains itself"):
        encode_key(endless)


def test_a_time_zone_that_fails_is_an_error_that_shows_the_key() -> None:
    class Broken(datetime.tzinfo):
        def utcoffset(self, when: datetime.datetime | None) -> datetime.timedelta:
            raise LookupError("no such place")

    with pytest.raises(TypeError, match="no such place"):
        encode_key(datetime.datetime(2024, 1, 1, tzinfo=Broken()))
