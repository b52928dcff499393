# order: exact
# parallelism: as written
from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

prices = [("a", 110.1), ("b", 0.1), ("a", 16777217.0), ("b", 1.5)]
typed = env.from_collection(prices, type_info=Types.ROW([Types.STRING(), Types.FLOAT()]))
typed.map(lambda row: (row[0], row[1], row[1] == 0.1)).print()
env.execute()

env.from_collection(prices).map(
    lambda row: Row(row[0], row[1]), output_type=Types.ROW([Types.STRING(), Types.FLOAT()])
).rebalance().map(lambda row: (row[0], row[1] + row[1])).print()
env.execute()

env.from_collection(prices).map(lambda row: row[1], output_type=Types.FLOAT()).rebalance().map(
    lambda price: repr(price)
).print()
env.execute()

env.from_collection(prices).map(
    lambda row: Row(row[0], row[1]), output_type=Types.ROW([Types.STRING(), Types.FLOAT()])
).key_by(lambda row: row[0]).sum(1).print()
env.execute()
