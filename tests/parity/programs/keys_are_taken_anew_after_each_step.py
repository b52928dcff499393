# order: exact
# parallelism: as written
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class Count(KeyedProcessFunction):
    def __init__(self, label):
        self.label = label

    def open(self, runtime_context: RuntimeContext):
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.INT()))

    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        self.seen.update((self.seen.value() or 0) + 1)
        yield f"{value}|{self.label}:{ctx.get_current_key()}:{self.seen.value()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
words = env.from_collection(["ant", "bee", "ape", "cat", "bat", "auk"], Types.STRING())
first = words.key_by(lambda word: word[0], Types.STRING()).process(Count("letter"), Types.STRING())
second = first.key_by(lambda text: text[-1], Types.STRING()).process(Count("n"), Types.STRING())
second.key_by(lambda text: len(text)).process(Count("length"), Types.STRING()).print()
env.execute()
