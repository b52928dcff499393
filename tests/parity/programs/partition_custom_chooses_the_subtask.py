# order: any
# parallelism: as written
from pyflink.common import Types
from pyflink.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.functions import KeySelector, Partitioner


class Where(MapFunction):
    def open(self, runtime_context: RuntimeContext):
        self.index = runtime_context.get_index_of_this_subtask()
        self.of = runtime_context.get_number_of_parallel_subtasks()

    def map(self, value):
        return value, self.index, self.of


class ByLength(Partitioner):
    def partition(self, key, num_partitions):
        return key % num_partitions


class Length(KeySelector):
    def get_key(self, value):
        return len(value)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
words = env.from_collection(["", "a", "bb", "cc", "ddd", "eeee", "fffff"], Types.STRING())
words.partition_custom(ByLength(), Length()).map(Where()).set_parallelism(3).map(
    lambda row: f"classes {row}"
).set_parallelism(1).print()
words.partition_custom(
    lambda key, num_partitions: (key + 1) % num_partitions, lambda word: len(word)
).map(Where()).set_parallelism(2).map(lambda row: f"functions {row}").set_parallelism(1).print()
env.execute()
