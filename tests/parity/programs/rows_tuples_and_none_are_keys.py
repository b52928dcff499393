# order: exact
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class ShowKey(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield repr(ctx.get_current_key()), value


rows = env.from_collection([("a", 1, 10), ("b", 1, 20), ("a", 2, 30), ("a", 1, 40)])
rows.key_by(lambda row: (row[0], row[1])).sum(2).print()
env.execute()
rows.key_by(lambda row: Row(row[0], row[1])).sum(2).print()
env.execute()
rows.key_by(
    lambda row: Row(row[0], row[1]), key_type=Types.ROW([Types.STRING(), Types.INT()])
).process(ShowKey()).print()
env.execute()
rows.key_by(
    lambda row: (row[0], row[1]), key_type=Types.TUPLE([Types.STRING(), Types.INT()])
).process(ShowKey()).print()
env.execute()
rows.key_by(lambda row: None if row[1] == 1 else row[0]).process(ShowKey()).print()
env.execute()
rows.key_by(lambda row: (row[0], (row[1], None))).process(ShowKey()).print()
env.execute()
