# order: any
# strip: subtask
# parallelism: as written
from pyflink.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment


class Where(MapFunction):
    def open(self, runtime_context: RuntimeContext):
        self.where = (
            runtime_context.get_number_of_parallel_subtasks(),
            runtime_context.get_max_number_of_parallel_subtasks(),
            runtime_context.get_index_of_this_subtask() in (0, 1),
            runtime_context.get_attempt_number(),
            runtime_context.get_job_parameter("missing", "default"),
        )

    def map(self, value):
        return value, self.where


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
env.from_collection([1, 2, 3]).map(Where()).print()
env.execute()
