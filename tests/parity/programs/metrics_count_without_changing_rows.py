# order: exact
# parallelism: as written
from pyflink.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment


class Metered(MapFunction):
    def open(self, runtime_context: RuntimeContext):
        group = runtime_context.get_metrics_group().add_group("mine").add_group("key", "value")
        self.counter = group.counter("rows")
        self.meter = group.meter("rate")
        self.distribution = group.distribution("values")
        self.last = 0
        group.gauge("last", lambda: self.last)

    def map(self, value):
        self.counter.inc()
        self.counter.inc(value)
        self.counter.dec(1)
        self.counter.dec()
        self.meter.mark_event(value)
        self.distribution.update(value)
        self.last = value
        return value, self.counter.get_count()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([5, 6, 7]).map(Metered()).print()
env.execute()
