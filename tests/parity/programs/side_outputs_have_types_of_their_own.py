# order: any
from pyflink.common import Row, Types
from pyflink.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment

numbers = OutputTag("numbers", Types.LONG())
rows = OutputTag("rows", Types.ROW([Types.STRING(), Types.FLOAT()]))
plain = OutputTag("plain")


class Split(ProcessFunction):
    def process_element(self, value, ctx: ProcessFunction.Context):
        if value % 2:
            yield numbers, value
        if value % 3 == 0:
            yield rows, Row(str(value), value / 10)
        if value > 4:
            yield plain, {"value": value}
        yield f"main {value}"


class Again(ProcessFunction):
    def process_element(self, value, ctx: ProcessFunction.Context):
        if value > 2:
            yield numbers, value * 100
        yield value


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
main = env.from_collection(list(range(7)), Types.LONG()).process(Split(), Types.STRING())
main.print()
found = main.get_side_output(numbers)
found.map(lambda n: n + 1, Types.LONG()).print()
main.get_side_output(rows).map(lambda row: (row[0], row[1])).print()
main.get_side_output(plain).print()
again = found.process(Again(), Types.LONG())
again.get_side_output(numbers).union(again).print()
env.execute()
