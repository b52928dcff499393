# order: exact
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.functions import AggregateFunction
from pyflink.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1] if accumulator[1] else None

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]


class States(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext):
        self.value = runtime_context.get_state(ValueStateDescriptor("value", Types.LONG()))
        self.list = runtime_context.get_list_state(ListStateDescriptor("list", Types.LONG()))
        self.map = runtime_context.get_map_state(
            MapStateDescriptor("map", Types.LONG(), Types.STRING())
        )
        self.largest = runtime_context.get_reducing_state(
            ReducingStateDescriptor("largest", max, Types.LONG())
        )
        self.mean = runtime_context.get_aggregating_state(
            AggregatingStateDescriptor("mean", Mean(), Types.PICKLED_BYTE_ARRAY())
        )

    def process_element(self, row, ctx: KeyedProcessFunction.Context):
        _, what, n = row
        if what == "add":
            self.value.update((self.value.value() or 0) + n)
            self.list.add(n)
            self.map.put(n, str(n))
            self.largest.add(n)
            self.mean.add(n)
        elif what == "replace":
            self.value.update(n)
            self.list.update([n, n])
            self.map.clear()
            self.map.put(n, "one")
            self.map.put(-n, "other")
            self.largest.clear()
            self.largest.add(n)
        elif what == "remove":
            if self.map.contains(n):
                self.map.remove(n)
            self.list.add_all([7, 8, 9])
        elif what == "clear":
            for state in (self.value, self.list, self.map, self.largest, self.mean):
                state.clear()
        yield (
            ctx.get_current_key(),
            what,
            self.value.value(),
            list(self.list.get() or []),
            sorted(self.map.items()),
            sorted(self.map.keys()),
            sorted(self.map.values()),
            self.map.get(n),
            self.largest.get(),
            self.mean.get(),
        )


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    ("a", "add", 3),
    ("b", "add", 4),
    ("a", "add", 1),
    ("a", "replace", 2),
    ("b", "remove", 4),
    ("b", "remove", 5),
    ("a", "clear", 0),
    ("a", "add", 6),
    ("b", "read", 4),
    ("c", "read", 1),
    ("c", "clear", 1),
    ("c", "add", -5),
]
env.from_collection(rows).key_by(lambda row: row[0]).process(States()).print()
env.execute()
