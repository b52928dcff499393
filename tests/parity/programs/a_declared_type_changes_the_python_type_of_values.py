# order: exact
# parallelism: as written
from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def show(title, values, type_info):
    # rebalance: in PyFlink a value gets its declared type when it leaves a chain of functions.
    typed = env.from_collection(values).map(lambda value: value, output_type=type_info).rebalance()
    described = typed.map(lambda value: (type(value).__name__, repr(value)))
    with described.execute_and_collect() as seen:
        print(title, *list(seen), sep="\n  ")


show("ROW", [Row(1, "a"), Row(3, "c")], Types.ROW([Types.INT(), Types.STRING()]))
show(
    "ROW_NAMED",
    [Row(1, "a"), Row(number=3, text="c")],
    Types.ROW_NAMED(["number", "text"], [Types.INT(), Types.STRING()]),
)
show("TUPLE", [(1, "a"), (2, "b")], Types.TUPLE([Types.INT(), Types.STRING()]))
show("LIST", [[1, 2], [3]], Types.LIST(Types.INT()))
show("MAP", [{"a": 1}], Types.MAP(Types.STRING(), Types.INT()))
show("BASIC_ARRAY", [[1, 2]], Types.BASIC_ARRAY(Types.INT()))
show("FLOAT", [0.1], Types.FLOAT())
show("OBJECT_ARRAY", [["a", "b"]], Types.OBJECT_ARRAY(Types.STRING()))
show("PRIMITIVE_ARRAY", [[1, 2]], Types.PRIMITIVE_ARRAY(Types.INT()))
show("BOOLEAN", [True, False], Types.BOOLEAN())
show("DOUBLE from float", [1.5, -0.0], Types.DOUBLE())
show("PICKLED", [(1, [2])], Types.PICKLED_BYTE_ARRAY())
