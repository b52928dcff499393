# order: exact
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor


class Nested(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext):
        row = Types.ROW_NAMED(["n", "names"], [Types.LONG(), Types.BASIC_ARRAY(Types.STRING())])
        self.row = runtime_context.get_state(ValueStateDescriptor("row", row))
        self.rows = runtime_context.get_list_state(ListStateDescriptor("rows", row))
        self.by_name = runtime_context.get_map_state(
            MapStateDescriptor("by_name", Types.STRING(), Types.LIST(Types.LONG()))
        )

    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        before = self.row.value() or Row(n=0, names=[])
        after = Row(n=before.n + 1, names=[*before.names, value[1]])
        self.row.update(after)
        self.rows.add(after)
        numbers = self.by_name.get(value[1]) or []
        self.by_name.put(value[1], [*numbers, after.n])
        yield (
            ctx.get_current_key(),
            after.n,
            list(after.names),
            [row.n for row in self.rows.get()],
            sorted((name, list(found)) for name, found in self.by_name.items()),
        )


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", "x"), ("b", "y"), ("a", "z"), ("a", "x"), ("b", "y"), ("c", "")]
env.from_collection(rows, Types.TUPLE([Types.STRING(), Types.STRING()])).key_by(
    lambda row: row[0], Types.STRING()
).process(Nested()).print()
env.execute()
