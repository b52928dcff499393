# order: per-key ^\W*(\w+)
# strip: subtask
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(3)
text = "to be or not to be that is the question whether tis nobler in the mind to suffer"
env.from_collection(text.split(" ")).map(lambda word: (word, 1)).set_parallelism(1).key_by(
    lambda row: row[0]
).sum(1).print()
env.execute()
