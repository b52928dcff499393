"""What assigners refuse, and the attributes the native window operator reads."""

from __future__ import annotations

import pickle
from datetime import timedelta

import pytest

from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    MissingTimestampError,
)
from flinkette.contracts.time import Duration, Time
from flinkette.contracts.window import (
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    GlobalWindow,
    GlobalWindows,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TimeWindow,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)

TUMBLING = [TumblingEventTimeWindows, TumblingProcessingTimeWindows]
SLIDING = [SlidingEventTimeWindows, SlidingProcessingTimeWindows]
SESSIONS = [EventTimeSessionWindows, ProcessingTimeSessionWindows]


class FieldGap(SessionWindowTimeGapExtractor):
    def extract(self, element) -> int:
        return element["gap"]


class Clock:
    def get_current_processing_time(self) -> int:
        return 123_456


@pytest.mark.parametrize("assigner", TUMBLING)
def test_tumbling_windows_show_size_and_offset_in_ms(assigner) -> None:
    made = assigner.of(Time.seconds(5), Time.seconds(-4))
    assert (made.size_ms, made.offset_ms) == (5000, -4000)
    assert str(made) == f"{assigner.__name__}(5000, -4000)"


@pytest.mark.parametrize("assigner", SLIDING)
def test_sliding_windows_show_size_slide_and_offset_in_ms(assigner) -> None:
    made = assigner.of(Time.seconds(5), Time.seconds(2), Time.seconds(1))
    assert (made.size_ms, made.slide_ms, made.offset_ms) == (5000, 2000, 1000)
    assert str(made) == f"{assigner.__name__}(5000, 2000, 1000)"


@pytest.mark.parametrize("span", [Duration.of_minutes(1), timedelta(minutes=1)])
def test_spans_may_also_be_durations_and_timedeltas(span) -> None:
    assert TumblingEventTimeWindows.of(span).size_ms == 60_000


@pytest.mark.parametrize("assigner", [*TUMBLING, *SLIDING])
@pytest.mark.parametrize("size_ms", [0, -1])
def test_a_size_of_zero_or_less_is_refused_with_the_value(assigner, size_ms: int) -> None:
    others = [Time.seconds(1)] if assigner in SLIDING else []
    with pytest.raises(InvalidPipelineError, match=rf"size must be longer.*got {size_ms} ms; give"):
        assigner.of(Time.milliseconds(size_ms), *others)


@pytest.mark.parametrize("assigner", SLIDING)
def test_a_slide_of_zero_is_refused(assigner) -> None:
    with pytest.raises(InvalidPipelineError, match=r"slide must be longer than 0 ms, got 0 ms"):
        assigner.of(Time.seconds(1), Time.seconds(0))


@pytest.mark.parametrize("offset_s", [5, -5, 12])
@pytest.mark.parametrize("assigner", TUMBLING)
def test_an_offset_as_long_as_the_size_is_refused_and_the_equal_one_named(
    assigner, offset_s: int
) -> None:
    remedy = rf"got {offset_s * 1000} ms.*use Time.milliseconds\({offset_s % 5 * 1000}\)"
    with pytest.raises(InvalidPipelineError, match=remedy):
        assigner.of(Time.seconds(5), Time.seconds(offset_s))


def test_an_offset_as_long_as_the_slide_is_refused() -> None:
    with pytest.raises(InvalidPipelineError, match=r"shorter than the slide of 2000 ms"):
        SlidingEventTimeWindows.of(Time.seconds(5), Time.seconds(2), Time.seconds(2))


@pytest.mark.parametrize("assigner", SESSIONS)
@pytest.mark.parametrize("gap_ms", [0, -3])
def test_a_gap_of_zero_or_less_is_refused(assigner, gap_ms: int) -> None:
    with pytest.raises(InvalidPipelineError, match=rf"gap must be longer than 0 ms, got {gap_ms}"):
        assigner.with_gap(Time.milliseconds(gap_ms))


def test_a_bare_number_is_no_span() -> None:
    with pytest.raises(InvalidTypeError, match=r"must be a Time or Duration, got 1000; write"):
        TumblingEventTimeWindows.of(1000)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, -2])
def test_a_count_below_one_is_refused(size: int) -> None:
    for make in (
        lambda: CountTumblingWindowAssigner.of(size),
        lambda: CountSlidingWindowAssigner.of(size, 1),
        lambda: CountSlidingWindowAssigner.of(1, size),
        lambda: CountTrigger.of(size),
    ):
        with pytest.raises(InvalidPipelineError, match=rf"at least 1.*got {size}"):
            make()


def test_a_count_that_is_no_number_is_refused() -> None:
    for wrong in (2.0, "2", True, None):
        with pytest.raises(InvalidTypeError, match=r"got"):
            CountTumblingWindowAssigner.of(wrong)  # type: ignore[arg-type]


def test_count_windows_show_size_and_slide() -> None:
    assert CountTumblingWindowAssigner.of(3).size == 3
    sliding = CountSlidingWindowAssigner.of(3, 2)
    assert (sliding.size, sliding.slide) == (3, 2)
    assert sliding.get_default_trigger(None).max_count == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "assigner",
    [
        TumblingEventTimeWindows.of(Time.seconds(5)),
        SlidingEventTimeWindows.of(Time.seconds(5), Time.seconds(1)),
        EventTimeSessionWindows.with_gap(Time.seconds(5)),
    ],
)
def test_a_row_without_event_time_is_an_error_that_names_the_remedy(assigner) -> None:
    for missing in (None, -(2**63)):
        with pytest.raises(MissingTimestampError, match=r"assign_timestamps_and_watermarks"):
            assigner.assign_windows("row", missing, Clock())


def test_a_dynamic_gap_is_read_from_each_row() -> None:
    sessions = EventTimeSessionWindows.with_dynamic_gap(FieldGap())
    assert isinstance(sessions, DynamicEventTimeSessionWindows)
    assert isinstance(sessions.gap_extractor, FieldGap)
    assert sessions.assign_windows({"gap": 5}, 10, Clock()) == [TimeWindow(10, 15)]
    by_clock = ProcessingTimeSessionWindows.with_dynamic_gap(FieldGap())
    assert isinstance(by_clock, DynamicProcessingTimeSessionWindows)
    assert by_clock.assign_windows({"gap": 5}, 10, Clock()) == [TimeWindow(123_456, 123_461)]


def test_a_dynamic_gap_of_zero_is_refused_with_the_row() -> None:
    sessions = EventTimeSessionWindows.with_dynamic_gap(FieldGap())
    with pytest.raises(InvalidPipelineError, match=r"FieldGap.extract.*got 0 for \{'gap': 0\}"):
        sessions.assign_windows({"gap": 0}, 10, Clock())


def test_a_gap_extractor_must_have_extract() -> None:
    with pytest.raises(InvalidTypeError, match=r"define extract"):
        EventTimeSessionWindows.with_dynamic_gap(lambda row: 5)  # type: ignore[arg-type]


def test_global_windows_put_all_rows_into_one_window_that_never_fires_by_itself() -> None:
    assigner = GlobalWindows.create()
    assert assigner.assign_windows("row", 5, Clock()) == [GlobalWindow()]  # type: ignore[arg-type]
    assert isinstance(assigner.get_default_trigger(None), NeverTrigger)
    assert str(assigner) == "GlobalWindows()"


def test_assigners_travel_by_pickle() -> None:
    for assigner in (
        SlidingEventTimeWindows.of(Time.seconds(5), Time.seconds(1)),
        EventTimeSessionWindows.with_gap(Time.seconds(5)),
        CountSlidingWindowAssigner.of(3, 2),
    ):
        assert str(pickle.loads(pickle.dumps(assigner))) == str(assigner)
