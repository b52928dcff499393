# order: any
from pyflink.common import Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

odd = OutputTag("odd", Types.STRING())
negative = OutputTag("negative")


class Sort(ProcessFunction):
    def process_element(self, value, ctx: ProcessFunction.Context):
        if value < 0:
            yield negative, ("below zero", value)
        if value % 2:
            yield odd, "odd " + str(value)
        else:
            yield "even", value
            yield value, ctx.timestamp()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
sorted_rows = env.from_collection([1, 2, -3, 4, -6]).process(Sort())
sorted_rows.print()
sorted_rows.get_side_output(odd).map(lambda text: text.upper(), output_type=Types.STRING()).print()
sorted_rows.get_side_output(negative).print()
env.execute()
