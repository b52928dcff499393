"""Programs whose plans are compared with Flink's; `api` holds the names of either package.

Their streams declare types: where they do not, PyFlink puts conversions of its own, as nodes called
`Map`, before sinks and after side outputs.
"""

from __future__ import annotations

from typing import Any

PROGRAMS: dict[str, Any] = {}


def program(build: Any) -> Any:
    """Enter a program under its name."""
    PROGRAMS[build.__name__] = build
    return build


def same(value: Any) -> Any:
    """Map to itself."""
    return value


def numbers(env: Any, api: Any) -> Any:
    """A source that every subtask reads."""
    source = api.NumberSequenceSource(1, 10)
    strategy = api.WatermarkStrategy.no_watermarks()
    return env.from_source(source, strategy, "numbers", api.Types.LONG())


@program
def chained(env: Any, api: Any) -> None:
    """One chain."""
    stream = numbers(env, api).map(same, api.Types.LONG()).filter(bool)
    stream.flat_map(lambda value: [value], api.Types.LONG()).print()


@program
def a_source_that_reads_alone(env: Any, api: Any) -> None:
    """Rebalanced, because parallelism changes."""
    env.from_collection([1, 2], api.Types.INT()).map(same, api.Types.INT()).print()


@program
def keyed(env: Any, api: Any) -> None:
    """Two exchanges by key; the key is computed with the parallelism of what it follows."""
    integer = api.Types.INT()
    stream = numbers(env, api).map(same, integer).key_by(same, integer).map(same, integer)
    stream.set_parallelism(3).key_by(same, integer).reduce(lambda left, _: left).print()


@program
def keyed_process(env: Any, api: Any) -> None:
    """A name and descriptions."""
    stream = numbers(env, api).key_by(same, api.Types.LONG())
    stream = stream.process(api.Keyed(), api.Types.LONG()).set_description("looks at each")
    stream.name("looking").print().set_description("prints each").name("printing")


@program
def windows(env: Any, api: Any) -> None:
    """Windows are described with assigner, trigger and function."""
    integer = api.Types.INT()
    strategy = api.WatermarkStrategy.for_monotonous_timestamps()
    stream = numbers(env, api).map(same, integer).assign_timestamps_and_watermarks(strategy)
    keyed_stream = stream.key_by(same, integer)
    tumbling = api.TumblingEventTimeWindows.of(api.Time.seconds(1))
    keyed_stream.window(tumbling).reduce(lambda left, _: left, output_type=integer).print()
    sliding = api.SlidingProcessingTimeWindows.of(api.Time.seconds(3), api.Time.seconds(1))
    keyed_stream.window(sliding).process(api.InWindow(), integer).name("slid").print()
    keyed_stream.count_window(5).apply(api.Applied(), integer).print()
    session = api.EventTimeSessionWindows.with_gap(api.Time.seconds(2))
    keyed_stream.window(session).trigger(api.ProcessingTimeTrigger()).aggregate(
        api.Aggregate(), api.InWindow(), api.Types.LONG(), integer
    ).set_description("of mine").print()


@program
def unions(env: Any, api: Any) -> None:
    """Two streams and three."""
    integer = api.Types.LONG()
    first, second = numbers(env, api), numbers(env, api).map(same, integer).set_parallelism(1)
    both = first.union(second).map(same, integer)
    both.union(numbers(env, api)).map(same, integer).print()


@program
def fanned_out(env: Any, api: Any) -> None:
    """Sinks come last, whatever the order of the program."""
    stream = numbers(env, api).map(same, api.Types.LONG())
    stream.print()
    stream.map(same, api.Types.LONG()).print()


@program
def exchanges(env: Any, api: Any) -> None:
    """Every exchange that can be asked for."""
    integer = api.Types.LONG()
    stream = (
        numbers(env, api).map(same, integer).set_parallelism(3).map(same, integer).name("named")
    )
    stream = stream.set_description("words")
    stream = stream.rebalance().map(same, integer).rescale().filter(bool)
    stream = stream.broadcast().map(same, integer).shuffle().map(same, integer)
    stream.forward().map(same, integer).print().name("out").set_parallelism(1)


@program
def not_parallel(env: Any, api: Any) -> None:
    """force_non_parallel holds for its operator."""
    integer = api.Types.LONG()
    stream = numbers(env, api).map(same, integer).force_non_parallel().map(same, integer)
    stream.rebalance().map(same, integer).set_parallelism(4).print()


@program
def chains_are_cut(env: Any, api: Any) -> None:
    """The last of disable_chaining and start_new_chain holds."""
    integer = api.Types.LONG()
    stream = numbers(env, api).map(same, integer).name("a").disable_chaining()
    stream = stream.map(same, integer).name("b").map(same, integer).name("c").start_new_chain()
    stream = stream.map(same, integer).name("d").disable_chaining().start_new_chain()
    stream = stream.map(same, integer).name("e").map(same, integer).name("f")
    stream = stream.start_new_chain().disable_chaining().map(same, integer).name("g")
    stream.print().disable_chaining()


@program
def chaining_is_off(env: Any, api: Any) -> None:
    """Every operator alone."""
    env.disable_operator_chaining()
    numbers(env, api).map(same, api.Types.LONG()).print()


@program
def a_source_is_not_chained(env: Any, api: Any) -> None:
    """Also sources can be."""
    numbers(env, api).disable_chaining().map(same, api.Types.LONG()).print()


@program
def max_parallelism_differs(env: Any, api: Any) -> None:
    """Chains may join operators of different max parallelism."""
    integer = api.Types.LONG()
    stream = numbers(env, api).map(same, integer).set_max_parallelism(8)
    stream.map(same, integer).set_max_parallelism(16).print()


@program
def max_parallelism_differs_and_must_not(env: Any, api: Any) -> None:
    """Off by configuration."""
    configuration = api.Configuration()
    key = "pipeline.operator-chaining.chain-operators-with-different-max-parallelism"
    configuration.set_string(key, "false")
    configuration.set_string("pipeline.max-parallelism", "16")
    env.configure(configuration)
    integer = api.Types.LONG()
    stream = numbers(env, api).map(same, integer).set_max_parallelism(16)
    stream = stream.map(same, integer).set_max_parallelism(8).map(same, integer)
    stream.set_max_parallelism(8).print()


@program
def groups_are_inherited(env: Any, api: Any) -> None:
    """Operators behind one with a group are in its group."""
    integer = api.Types.LONG()
    stream = numbers(env, api).slot_sharing_group("in").map(same, integer).map(same, integer)
    stream = stream.slot_sharing_group("middle").map(same, integer).set_parallelism(3)
    stream.key_by(same, integer).map(same, integer).print().slot_sharing_group("default")


@program
def groups_of_unions(env: Any, api: Any) -> None:
    """Inherited from inputs that agree, else the default."""
    integer = api.Types.LONG()
    left = numbers(env, api).slot_sharing_group("left")
    same_group = numbers(env, api).slot_sharing_group("left")
    other = numbers(env, api).map(same, integer).slot_sharing_group("other")
    left.union(same_group).map(same, integer).union(other).map(same, integer).print()


@program
def a_group_with_resources(env: Any, api: Any) -> None:
    """A SlotSharingGroup is a name as well."""
    group = api.SlotSharingGroup.builder("big").build()
    numbers(env, api).map(same, api.Types.LONG()).slot_sharing_group(group).print()


@program
def connected(env: Any, api: Any) -> None:
    """Two inputs, without and with keys, and what is chained behind them."""
    integer, number = api.Types.INT(), api.Types.LONG()

    def both() -> Any:
        second = numbers(env, api).map(same, number).set_parallelism(3)
        return numbers(env, api).connect(second)

    both().process(api.CoProcessed(), integer).map(same, integer).print()
    both().key_by(same, same, number).process(api.KeyedCoProcessed(), integer).print()
    third = numbers(env, api).rebalance()
    numbers(env, api).connect(third).map(api.CoMapped(), integer).name("both").print()


@program
def broadcast_state(env: Any, api: Any) -> None:
    """A stream connected with a broadcast one, without and with keys."""
    integer, number = api.Types.INT(), api.Types.LONG()
    descriptor = api.MapStateDescriptor("state", integer, integer)
    rules = numbers(env, api).map(same, number).set_parallelism(3).broadcast(descriptor)
    numbers(env, api).connect(rules).process(api.Broadcasted(), integer).print()
    rules = numbers(env, api).broadcast(descriptor)
    keyed_stream = numbers(env, api).key_by(same, number)
    keyed_stream.connect(rules).process(api.KeyedBroadcasted(), integer).print()
