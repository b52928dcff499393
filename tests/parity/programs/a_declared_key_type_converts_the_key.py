# order: exact
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class ShowKey(KeyedProcessFunction):
    def open(self, runtime_context):
        self.seen = 0

    def process_element(self, value, ctx):
        key = ctx.get_current_key()
        yield type(key).__name__, key, value


def show(title, selector, key_type):
    print(title)
    env.from_collection([1, 2, 3]).key_by(selector, key_type=key_type).process(ShowKey()).print()
    env.execute()


show("LONG", lambda value: value % 2, Types.LONG())
show("FLOAT", lambda value: value + 0.1, Types.FLOAT())
show("STRING", lambda value: "k" + str(value), Types.STRING())
show("BOOLEAN", lambda value: value > 1, Types.BOOLEAN())
show("LIST", lambda value: [value, 0], Types.LIST(Types.INT()))
show("untyped list", lambda value: [value % 2, 0], None)
show("untyped dict", lambda value: {"k": value % 2}, None)
