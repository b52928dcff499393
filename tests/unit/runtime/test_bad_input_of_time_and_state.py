"""Bad input to state, timers, triggers and keys: one error that says what, where and what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from flinkette.common import Row, Types
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError, UserFunctionError
from flinkette.datastream import (
    KeyedProcessFunction,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from flinkette.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ValueStateDescriptor,
)
from flinkette.datastream.window import CountTrigger, GlobalWindows, Trigger, TriggerResult

HERE = re.escape(__file__) + r":\d+"
NUMBER = ValueStateDescriptor("n", Types.INT())
NUMBERS = ListStateDescriptor("n", Types.INT())
BY_NAME = MapStateDescriptor("n", Types.STRING(), Types.INT())


def keyed(rows: Any = (("a", 1), ("a", 2)), key: Any = lambda row: row[0]) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env.from_collection(list(rows)).key_by(key)


def collect(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as rows:
        return list(rows)


def refused(stream: Any, error: type[Exception], *parts: str) -> None:
    with pytest.raises(error) as caught:
        collect(stream)
    for part in (f"operator '.*' \\({HERE}\\)", *parts):
        assert re.search(part, str(caught.value)), f"{part!r} is not in: {caught.value}"


class Asks(KeyedProcessFunction):
    """Asks for states in `open`; `use` gets the last of them, the row and the context."""

    def __init__(self, *asked: tuple[str, Any], use: Any = None) -> None:
        self.asked = asked
        self.use = use

    def open(self, runtime_context: Any) -> None:
        for method, descriptor in self.asked:
            self.state = getattr(runtime_context, method)(descriptor)

    def process_element(self, value: Any, ctx: Any) -> Any:
        if self.use is not None:
            yield self.use(self.state, value, ctx)


@pytest.mark.parametrize(
    ("method", "descriptor", "remedy"),
    [
        ("get_state", NUMBERS, r"call get_list_state\(...\) for it"),
        ("get_list_state", BY_NAME, r"call get_map_state\(...\) for it"),
        ("get_map_state", NUMBER, r"call get_state\(...\) for it"),
        ("get_reducing_state", NUMBER, "needs a ReducingStateDescriptor"),
        ("get_aggregating_state", "n", "needs a AggregatingStateDescriptor, got 'n'"),
    ],
)
def test_a_descriptor_of_another_kind_of_state(method, descriptor, remedy):
    refused(keyed().process(Asks((method, descriptor))), InvalidTypeError, method, remedy)


@pytest.mark.parametrize(
    "second",
    [("get_list_state", NUMBERS), ("get_state", ValueStateDescriptor("n", Types.STRING()))],
)
def test_a_name_that_is_used_twice_with_another_kind_or_type(second):
    stream = keyed().process(Asks(("get_state", NUMBER), second))
    refused(stream, InvalidPipelineError, "state 'n' is asked for as", "before as Value", "another")


def test_a_name_may_be_used_twice_for_the_same_state():
    same = ("get_state", NUMBER)
    assert collect(keyed().process(Asks(same, same, use=lambda state, row, ctx: row))) != []


@pytest.mark.parametrize(
    ("asked", "use"),
    [
        (("get_state", NUMBER), lambda state, row, ctx: state.update("x")),
        (("get_list_state", NUMBERS), lambda state, row, ctx: state.add("x")),
        (("get_list_state", NUMBERS), lambda state, row, ctx: state.update([1, "x"])),
        (("get_map_state", BY_NAME), lambda state, row, ctx: state.put("a", "x")),
    ],
)
def test_a_value_that_is_not_of_the_declared_type(asked, use):
    refused(
        keyed().process(Asks(asked, use=use)),
        UserFunctionError,
        "state 'n' of type Integer cannot hold 'x'",
        "change the type in its descriptor",
        f"at {HERE} in <lambda>; row: \\('a', 1\\); key: 'a'",
    )


def test_a_value_of_a_declared_type_is_converted():
    floats = ("get_state", ValueStateDescriptor("x", Types.FLOAT()))
    stream = keyed().process(
        Asks(floats, use=lambda state, row, ctx: state.update(0.1) or state.value())
    )
    assert collect(stream) == [0.10000000149011612] * 2


class PerWindow(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield context.window_state().get_list_state(NUMBER)


def test_a_descriptor_of_another_kind_for_the_state_of_a_window():
    windows = keyed().window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    with pytest.raises(InvalidTypeError, match=r"window_state\(\): get_list_state\(\) needs"):
        collect(windows.process(PerWindow()))


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (1.5, "must be an int of ms, got 1.5"),
        (None, "must be an int of ms, got None"),
        ("now", "must be an int of ms, got 'now'"),
        (2**63, "must be an int of 64 bits, got 9223372036854775808"),
    ],
)
@pytest.mark.parametrize("method", ["register_event_time_timer", "delete_processing_time_timer"])
def test_a_timer_at_a_time_that_is_none(method, time, words):
    stream = keyed().process(
        Asks(
            ("get_state", NUMBER),
            use=lambda state, row, ctx: getattr(ctx.timer_service(), method)(time),
        )
    )
    refused(stream, UserFunctionError, re.escape(words), f"at {HERE}", "key: 'a'")


class Answers(Trigger):
    def __init__(self, answer):
        self.answer = answer

    def on_element(self, element, timestamp, window, ctx):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        pass


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (ValueError("no answer"), ["ValueError: no answer", f"at {HERE} in on_element"]),
        (None, ["Answers returned None", "returns a TriggerResult"]),
        (True, ["Answers returned True", "for example TriggerResult.CONTINUE"]),
    ],
)
def test_a_trigger_that_raises_or_gives_no_answer(answer, parts):
    windows = keyed().window(GlobalWindows.create()).trigger(Answers(answer))
    stream = windows.process(PerWindow())
    refused(stream, UserFunctionError, *parts, r"row: \('a', 1\)", "key: 'a'")


class Name:
    def __init__(self, text):
        self.text = text


@pytest.mark.parametrize(
    ("key", "change"),
    [
        (lambda row: Row(row[0]), lambda key: key.__setitem__(0, "changed")),
        (lambda row: [row[0]], lambda key: key.append("changed")),
        (lambda row: {"name": row[0]}, lambda key: key.clear()),
        (lambda row: Name(row[0]), lambda key: setattr(key, "text", "changed")),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_key_that_user_code_changes_stays_what_it_was(key, change):
    def count(state, row, ctx):
        change(ctx.get_current_key())
        state.update((state.value() or 0) + 1)
        now = ctx.get_current_key()
        return vars(now) if isinstance(now, Name) else now, state.value()

    rows = [("a", 1), ("b", 2), ("a", 3)]
    counted = collect(keyed(rows, key).process(Asks(("get_state", NUMBER), use=count)))
    assert [number for _, number in counted] == [1, 1, 2]
    assert counted[0][0] == counted[2][0]
    assert "changed" not in repr(counted)
