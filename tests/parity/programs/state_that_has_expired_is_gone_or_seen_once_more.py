# order: exact
# parallelism: as written
# Only what must have expired, or cannot have, is printed: a slow machine changes nothing. In process
# mode PyFlink goes on reading what has expired; hence the thread mode.
import time

from pyflink.common import Configuration, Time, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.functions import AggregateFunction
from pyflink.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)


class Total(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + value

    def get_result(self, accumulator):
        return f"total {accumulator}"

    def merge(self, a, b):
        return a + b


class States(KeyedProcessFunction):
    def __init__(self, shows_expired, reads_count, ttl):
        self.shows_expired = shows_expired
        self.reads_count = reads_count
        self.ttl = ttl

    def open(self, runtime_context: RuntimeContext):
        builder = StateTtlConfig.new_builder(self.ttl).disable_cleanup_in_background()
        if self.shows_expired:
            builder.return_expired_if_not_cleaned_up()
        if self.reads_count:
            builder.update_ttl_on_read_and_write()
        config = builder.build()
        value = ValueStateDescriptor("value", Types.LONG())
        elements = ListStateDescriptor("list", Types.LONG())
        entries = MapStateDescriptor("map", Types.STRING(), Types.LONG())
        largest = ReducingStateDescriptor("largest", lambda a, b: max(a, b), Types.LONG())
        total = AggregatingStateDescriptor("total", Total(), Types.LONG())
        for descriptor in (value, elements, entries, largest, total):
            descriptor.enable_time_to_live(config)
        self.value = runtime_context.get_state(value)
        self.list = runtime_context.get_list_state(elements)
        self.map = runtime_context.get_map_state(entries)
        self.largest = runtime_context.get_reducing_state(largest)
        self.total = runtime_context.get_aggregating_state(total)

    def process_element(self, row, ctx: KeyedProcessFunction.Context):
        _, what, n = row
        if what == "write":
            self.value.update(n)
            self.list.add_all([n, n + 1])
            self.map.put_all({"n": n, "m": n + 1})
            self.largest.add(n)
            self.total.add(n)
        elif what == "wait":
            time.sleep(0.12)
        elif what == "contains":
            yield ctx.get_current_key(), what, self.map.contains("n"), self.map.contains("n")
        elif what == "get":
            yield ctx.get_current_key(), what, self.map.get("n"), self.map.get("n")
        else:
            yield (
                ctx.get_current_key(),
                self.value.value(),
                list(self.list.get()),
                sorted(self.map.items()),
                self.largest.get(),
                self.total.get(),
            )


ROWS = [
    ("a", "write", 5),
    ("b", "write", 7),
    ("c", "write", 9),
    ("a", "wait", 0),
    ("a", "read", 0),
    ("a", "read", 0),
    ("b", "contains", 0),
    ("c", "get", 0),
    ("d", "write", 8),
    ("d", "wait", 0),
    ("d", "write", 3),
    ("d", "wait", 0),
    ("d", "read", 0),
    ("d", "read", 0),
]
configuration = Configuration()
configuration.set_string("python.execution-mode", "thread")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
LIVES = [
    (Time.milliseconds(100), False, False),
    (Time.milliseconds(100), False, True),
    (Time.milliseconds(100), True, False),
    (Time.milliseconds(100), True, True),
    (Time.days(1), False, True),
]
for ttl, shows_expired, reads_count in LIVES:
    print(ttl, "shows" if shows_expired else "hides", "reads" if reads_count else "writes")
    function = States(shows_expired, reads_count, ttl)
    keyed = env.from_collection(ROWS).key_by(lambda row: row[0])
    with keyed.process(function).execute_and_collect() as made:
        for line in made:
            print(line)
