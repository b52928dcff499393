"""Triggers beyond the recording: refusals and the merge PyFlink gets wrong."""

from __future__ import annotations

import pickle

import pytest

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.time import Time
from flinkette.contracts.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountTrigger,
    EventTimeTrigger,
    PurgingTrigger,
    TimeWindow,
    Trigger,
    TriggerResult,
)
from unit.contracts.window_script import Context, ReducingState


def test_results_say_whether_they_fire_and_purge() -> None:
    verdicts = {each.name: (each.is_fire(), each.is_purge()) for each in TriggerResult}
    assert verdicts == {
        "CONTINUE": (False, False),
        "FIRE_AND_PURGE": (True, True),
        "FIRE": (True, False),
        "PURGE": (False, True),
    }


@pytest.mark.parametrize("trigger", [ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger])
def test_an_interval_of_zero_is_refused(trigger) -> None:
    with pytest.raises(InvalidPipelineError, match=rf"{trigger.__name__}.*got 0 ms; give a span"):
        trigger.of(Time.seconds(0))


def test_merged_continuous_triggers_keep_the_earliest_firing() -> None:
    trigger = ContinuousEventTimeTrigger.of(Time.milliseconds(7))
    state = ReducingState(trigger.state_desc)
    for time in (35, 21, 28):
        state.add(time)
    context = Context()
    context.states["fire-time"] = state
    trigger.on_merge(TimeWindow(10, 50), context)  # type: ignore[arg-type]
    assert context.log == [["merge", "fire-time"], ["register event", 21]]


def test_a_purging_trigger_shows_the_trigger_it_wraps() -> None:
    nested = CountTrigger.of(3)
    assert PurgingTrigger.of(nested).nested_trigger is nested
    assert nested.max_count == 3


def test_a_purging_trigger_wraps_triggers_only() -> None:
    with pytest.raises(InvalidTypeError, match=r"PurgingTrigger wraps a Trigger, got 3"):
        PurgingTrigger.of(3)  # type: ignore[arg-type]


def test_a_trigger_of_your_own_needs_all_its_methods() -> None:
    class Half(Trigger):
        def on_element(self, element, timestamp, window, ctx) -> TriggerResult:
            return TriggerResult.FIRE

    with pytest.raises(TypeError, match=r"abstract"):
        Half()  # type: ignore[abstract]


def test_triggers_travel_by_pickle() -> None:
    for trigger in (
        EventTimeTrigger.create(),
        PurgingTrigger.of(CountTrigger.of(2)),
        ContinuousProcessingTimeTrigger.of(Time.seconds(1)),
    ):
        assert type(pickle.loads(pickle.dumps(trigger))) is type(trigger)
