# order: exact
from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def show(title, values, type_info):
    print(title)
    env.from_collection(values).map(lambda value: value, output_type=type_info).print()
    env.execute()


show("LIST", [[1, 2], [], [3]], Types.LIST(Types.INT()))
show("LIST of STRING", [["a", "b"]], Types.LIST(Types.STRING()))
show("MAP", [{"a": 1}, {}], Types.MAP(Types.STRING(), Types.INT()))
show("MAP of LIST", [{"a": [1.5]}], Types.MAP(Types.STRING(), Types.LIST(Types.DOUBLE())))
show(
    "TUPLE",
    [("hi", 1, 5.0, True, []), ("", -1, float("nan"), False, [1, 2])],
    Types.TUPLE(
        [Types.STRING(), Types.INT(), Types.DOUBLE(), Types.BOOLEAN(), Types.LIST(Types.INT())]
    ),
)
show(
    "nested TUPLE",
    [(("a", 1), {"k": 1})],
    Types.TUPLE(
        [Types.TUPLE([Types.STRING(), Types.INT()]), Types.MAP(Types.STRING(), Types.INT())]
    ),
)
show(
    "TUPLE with ROW",
    [(1, Row("a", 1.5))],
    Types.TUPLE([Types.INT(), Types.ROW([Types.STRING(), Types.DOUBLE()])]),
)
