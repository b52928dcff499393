"""Time, count and global windows."""

from __future__ import annotations

import pickle
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.contracts.window import (
    CountWindow,
    CountWindowSerializer,
    GlobalWindow,
    GlobalWindowSerializer,
    TimeWindow,
    TimeWindowSerializer,
)


def merged(windows: list[TimeWindow]) -> list[tuple[list[TimeWindow], TimeWindow]]:
    calls: list[tuple[list[TimeWindow], TimeWindow]] = []

    class Callback:
        def merge(self, to_be_merged, merge_result) -> None:
            calls.append((list(to_be_merged), merge_result))

    TimeWindow.merge_windows(windows, Callback())  # type: ignore[arg-type]
    return calls


def test_a_time_window_holds_times_up_to_its_end_minus_one() -> None:
    window = TimeWindow(1, 5)
    assert (window.start, window.end, window.max_timestamp()) == (1, 5, 4)
    assert str(window) == "TimeWindow(start=1, end=5)"


def test_windows_are_equal_and_ordered_by_start_and_end() -> None:
    assert TimeWindow(1, 5) == TimeWindow(1, 5)
    assert TimeWindow(1, 5) != TimeWindow(1, 6)
    assert TimeWindow(1, 5) != (1, 5)
    assert TimeWindow(1, 5) < TimeWindow(1, 6) < TimeWindow(2, 3)
    assert TimeWindow(1, 5) <= TimeWindow(1, 5)
    assert len({TimeWindow(1, 5), TimeWindow(1, 5), CountWindow(1), GlobalWindow()}) == 3


def test_windows_that_touch_intersect() -> None:
    # 0    5    10
    # [----)
    #      [----)
    assert TimeWindow(0, 5).intersects(TimeWindow(5, 10))
    assert not TimeWindow(0, 5).intersects(TimeWindow(6, 10))
    assert TimeWindow(0, 5).cover(TimeWindow(3, 10)) == TimeWindow(0, 10)


@pytest.mark.parametrize(
    ("timestamp", "offset", "size", "start"),
    [(-1, 0, 10, -10), (-10, 0, 10, -10), (12, 5, 10, 5), (2, -3, 10, -3), (0, 0, 1, 0)],
)
def test_window_starts_floor_before_1970_too(
    timestamp: int, offset: int, size: int, start: int
) -> None:
    assert TimeWindow.get_window_start_with_offset(timestamp, offset, size) == start


def test_sessions_that_meet_are_merged_in_order_of_time() -> None:
    # 0    5    8  10   12        20
    # [----)
    #    [------)
    #              [----)
    #                [------------)
    windows = [TimeWindow(10, 12), TimeWindow(0, 5), TimeWindow(3, 8), TimeWindow(11, 20)]
    assert merged(windows) == [
        ([TimeWindow(0, 5), TimeWindow(3, 8)], TimeWindow(0, 8)),
        ([TimeWindow(10, 12), TimeWindow(11, 20)], TimeWindow(10, 20)),
    ]


def test_a_session_alone_or_met_only_by_its_equal_is_not_merged() -> None:
    assert merged([]) == []
    assert merged([TimeWindow(0, 5), TimeWindow(0, 5), TimeWindow(7, 9)]) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=12))
def test_after_merging_no_two_windows_meet(spans: list[tuple[int, int]]) -> None:
    left = {TimeWindow(start, start + length) for start, length in spans}
    for parts, whole in merged(list(left)):
        left.difference_update(parts)
        left.add(whole)
    in_order = sorted(left)
    assert not any(a.intersects(b) for a, b in pairwise(in_order))


def test_serialisers_write_what_flink_writes() -> None:
    # recorded from PyFlink 2.3
    for serializer, window, written in (
        (TimeWindowSerializer(), TimeWindow(-5, 77), "fffffffffffffffb000000000000004d"),
        (CountWindowSerializer(), CountWindow(9), "0000000000000009"),
        (GlobalWindowSerializer(), GlobalWindow(), "00"),
    ):
        stream = BytesIO()
        serializer.serialize(window, stream)  # type: ignore[attr-defined]
        assert stream.getvalue().hex() == written
        stream.seek(0)
        assert serializer.deserialize(stream) == window  # type: ignore[attr-defined]


def test_serialisers_of_one_class_are_equal() -> None:
    assert TimeWindowSerializer() == TimeWindowSerializer()
    assert TimeWindowSerializer() != CountWindowSerializer()
    assert str(TimeWindowSerializer()) == "TimeWindowSerializer()"


def test_windows_can_be_pickled() -> None:
    for window in (TimeWindow(1, 2), CountWindow(3), GlobalWindow()):
        assert pickle.loads(pickle.dumps(window)) == window
