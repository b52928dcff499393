# order: any
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection(list(range(12)), Types.LONG()).name("numbers").uid("numbers")
stream = numbers
for turn in range(6):
    even = stream.filter(lambda n: n % 2 == 0).map(lambda n: n // 2, Types.LONG())
    odd = stream.filter(lambda n: n % 2 == 1).map(lambda n: 3 * n + 1, Types.LONG())
    both = even.name(f"even {turn}").union(odd.uid(f"odd {turn}"))
    stream = both.map(lambda n: n, Types.LONG()).uid(f"turn {turn}").name("both")
stream.map(lambda n: f"after {n}").print()
stream.key_by(lambda n: n % 3).reduce(max).map(lambda n: f"largest {n >= 0}").print()
env.execute("collatz")
