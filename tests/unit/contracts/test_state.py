"""State descriptors and times to live. Values recorded from PyFlink 2.3."""

from __future__ import annotations

import pickle

import pytest

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.functions import AggregateFunction, ReduceFunction
from flinkette.contracts.state import (
    AggregatingStateDescriptor,
    BroadcastState,
    ListState,
    ListStateDescriptor,
    MapState,
    MapStateDescriptor,
    ReadOnlyBroadcastState,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from flinkette.contracts.time import Duration, Time
from flinkette.contracts.typeinfo import Types


class Total(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + value

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


def test_descriptors_tell_name_and_type() -> None:
    made = [
        ValueStateDescriptor("v", Types.INT()),
        ListStateDescriptor("l", Types.INT()),
        MapStateDescriptor("m", Types.INT(), Types.STRING()),
        ReducingStateDescriptor("r", lambda a, b: a + b, Types.LONG()),
        AggregatingStateDescriptor("a", Total(), Types.LONG()),
    ]
    assert [(each.get_name(), str(each.type_info)) for each in made] == [
        ("v", "Integer"),
        ("l", "ListTypeInfo<Integer>"),
        ("m", "MapTypeInfo<Integer, String>"),
        ("r", "Long"),
        ("a", "Long"),
    ]


def test_descriptors_keep_their_functions() -> None:
    reducing = ReducingStateDescriptor("r", lambda a, b: a - b, Types.LONG())
    assert isinstance(reducing.get_reduce_function(), ReduceFunction)
    assert reducing.get_reduce_function().reduce(5, 3) == 2
    total = Total()
    assert AggregatingStateDescriptor("a", total, Types.LONG()).get_agg_function() is total


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ValueStateDescriptor("v", 3), r"ValueStateDescriptor 'v'.*got 3; use Types"),
        (lambda: ValueStateDescriptor("v", None), r"PICKLED_BYTE_ARRAY"),
        (lambda: ValueStateDescriptor(None, Types.INT()), r"name must be a str, got None"),
        (lambda: ListStateDescriptor("l", int), r"Types.LIST: the element type"),
        (lambda: ReducingStateDescriptor("r", 3, Types.INT()), r"state 'r' needs a ReduceFunction"),
        (lambda: AggregatingStateDescriptor("a", 3, Types.INT()), r"needs an AggregateFunction"),
        (
            lambda: ValueStateDescriptor("v", Types.INT()).enable_time_to_live(Time.hours(1)),
            r"StateTtlConfig.new_builder",
        ),
    ],
)
def test_a_descriptor_of_the_wrong_parts_is_refused(make, words: str) -> None:
    with pytest.raises(InvalidTypeError, match=words):
        make()


def test_a_descriptor_needs_a_name() -> None:
    with pytest.raises(InvalidPipelineError, match="needs a name"):
        ValueStateDescriptor("", Types.INT())


def test_the_defaults_of_a_time_to_live() -> None:
    config = StateTtlConfig.new_builder(Time.seconds(1)).build()
    assert config.get_update_type() is StateTtlConfig.UpdateType.OnCreateAndWrite
    assert config.get_state_visibility() is StateTtlConfig.StateVisibility.NeverReturnExpired
    assert config.get_ttl() == Time.seconds(1)
    assert config.ttl_ms == 1000
    assert config.is_enabled()
    cleanup = config.get_cleanup_strategies()
    assert cleanup.is_cleanup_in_background()
    assert not cleanup.in_full_snapshot()
    incremental = cleanup.get_incremental_cleanup_strategy()
    assert incremental is not None
    assert incremental.get_cleanup_size() == 5
    assert incremental.run_cleanup_for_every_record() is False
    compaction = cleanup.get_rocksdb_compact_filter_cleanup_strategy()
    assert compaction is not None
    assert compaction.get_query_time_after_num_entries() == 1000
    assert compaction.get_periodic_compaction_time() == Duration.of_days(30)


def test_a_builder_keeps_what_it_is_told() -> None:
    config = (
        StateTtlConfig.new_builder(Time.seconds(1))
        .update_ttl_on_read_and_write()
        .return_expired_if_not_cleaned_up()
        .cleanup_full_snapshot()
        .cleanup_incrementally(3, True)
        .cleanup_in_rocksdb_compact_filter(7, Duration.of_hours(2))
        .set_ttl(Time.hours(2))
        .build()
    )
    assert config.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite
    expired = StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
    assert config.get_state_visibility() is expired
    assert config.ttl_ms == 7_200_000
    cleanup = config.get_cleanup_strategies()
    assert cleanup.in_full_snapshot()
    incremental = cleanup.get_incremental_cleanup_strategy()
    assert incremental is not None
    assert incremental.get_cleanup_size() == 3


def test_without_background_only_what_was_asked_for_cleans_up() -> None:
    builder = StateTtlConfig.new_builder(Time.seconds(1)).disable_cleanup_in_background()
    cleanup = builder.build().get_cleanup_strategies()
    assert cleanup.get_incremental_cleanup_strategy() is None
    assert cleanup.get_rocksdb_compact_filter_cleanup_strategy() is None


def test_a_disabled_time_to_live_is_not_enabled() -> None:
    disabled = StateTtlConfig.UpdateType.Disabled
    config = StateTtlConfig.new_builder(Time.seconds(1)).set_update_type(disabled).build()
    assert not config.is_enabled()


def test_a_time_to_live_of_zero_is_refused() -> None:
    with pytest.raises(InvalidPipelineError, match=r"longer than 0 ms, got 0 ms"):
        StateTtlConfig.new_builder(Time.seconds(0)).build()


def test_descriptors_travel_by_pickle() -> None:
    descriptor = ValueStateDescriptor("v", Types.INT())
    descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.hours(1)).build())
    copy = pickle.loads(pickle.dumps(descriptor))
    assert (copy.name, copy.type_info, copy.ttl_config.ttl_ms) == ("v", Types.INT(), 3_600_000)


class DictState(MapState):
    def __init__(self) -> None:
        self.kept: dict = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, value) -> None:
        self.kept[key] = value

    def put_all(self, dict_value) -> None:
        self.kept.update(dict_value)

    def remove(self, key) -> None:
        self.kept.pop(key, None)

    def contains(self, key) -> bool:
        return key in self.kept

    def items(self):
        return self.kept.items()

    def keys(self):
        return self.kept.keys()

    def values(self):
        return self.kept.values()

    def is_empty(self) -> bool:
        return not self.kept

    def clear(self) -> None:
        self.kept.clear()


def test_map_state_works_like_a_dict() -> None:
    state = DictState()
    state["a"] = 1
    state.put("b", 2)
    assert "a" in state
    assert state["a"] == 1
    assert state["nothing"] is None
    del state["a"]
    assert list(state) == ["b"]


def test_list_state_iterates_over_its_values() -> None:
    class Values(ListState):
        def get(self):
            return [1, 2]

        def add(self, value) -> None: ...
        def add_all(self, values) -> None: ...
        def update(self, values) -> None: ...
        def clear(self) -> None: ...

    assert list(Values()) == [1, 2]


def test_broadcast_state_can_be_read_everywhere_and_written_on_one_side() -> None:
    assert issubclass(BroadcastState, ReadOnlyBroadcastState)
    assert not hasattr(ReadOnlyBroadcastState, "put")
    assert hasattr(BroadcastState, "__setitem__")


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("set_ttl_time_characteristic", "EventTime", r"processing time only.*got 'EventTime'"),
        ("set_update_type", True, r"the update type .* StateTtlConfig.UpdateType.Disabled, .*True"),
        ("set_state_visibility", None, r"the visibility .*StateVisibility.NeverRet.*, got None"),
    ],
)
def test_a_setting_of_a_time_to_live_that_does_not_exist_is_refused(setting, value, words) -> None:
    builder = StateTtlConfig.new_builder(Time.seconds(1))
    with pytest.raises(InvalidTypeError, match=words):
        getattr(builder, setting)(value).build()


@pytest.mark.parametrize("size", [-1, 2**31, 2.5, None])
def test_a_clean_up_looks_at_a_whole_number_of_keys(size) -> None:
    with pytest.raises(InvalidPipelineError, match=rf"whole number from 0 .* got {size}"):
        StateTtlConfig.new_builder(Time.seconds(1)).cleanup_incrementally(size, False)


def test_a_time_to_live_of_more_than_64_bits_is_refused() -> None:
    longest = StateTtlConfig.new_builder(Time.milliseconds(2**63 - 1)).build()
    assert longest.ttl_ms == 2**63 - 1
    with pytest.raises(InvalidPipelineError, match=f"fit into 64 bits, got {2**63} ms"):
        StateTtlConfig.new_builder(Time.milliseconds(2**63)).build()
