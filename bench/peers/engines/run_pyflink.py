"""PyFlink DataStream: the job in Python functions, in process or thread mode."""

import sys
from importlib import metadata

from pyflink.common import Configuration, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import AggregateFunction, ProcessWindowFunction, SinkFunction
from pyflink.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows
from pyflink.java_gateway import get_gateway
from serving import WINDOW_MS, python_rows, serve, slide_ms

SETTINGS = {
    "pipeline.object-reuse": "true",
    "state.backend.type": "hashmap",
    "python.fn-execution.bundle.size": "100000",
    "python.fn-execution.arrow.batch.size": "10000",
}


class EventTime(TimestampAssigner):
    """The row's own time."""

    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Total(AggregateFunction):
    """The sum of the rows' values."""

    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + value[2]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class WithKeyAndStart(ProcessWindowFunction):
    """Key and start beside the sum."""

    def process(self, key, context, elements):
        return [(key, context.window().start, total) for total in elements]


class Engine:
    """The rows as a list of tuples; every run is a job on the same JVM."""

    def __init__(self, request):
        self.job = request["job"]
        self.mode = request.get("mode", "thread")
        self.threads = request["threads"]
        self.versions = {"apache-flink": metadata.version("apache-flink")}
        self.tuning = (
            f"python.execution-mode={self.mode}, parallelism {self.threads}, "
            + ", ".join(f"{name}={value}" for name, value in SETTINGS.items())
        )
        self.rows = python_rows(self.job, request["rows"], request["keys"])

    def results(self, rows):
        configuration = Configuration()
        for name, value in SETTINGS.items():
            configuration.set_string(name, value)
        configuration.set_string("python.execution-mode", self.mode)
        configuration.set_string("python.executable", sys.executable)
        configuration.set_string("python.client.executable", sys.executable)
        env = StreamExecutionEnvironment.get_execution_environment(configuration)
        env.set_parallelism(self.threads)
        key_type = Types.STRING() if self.job == "words" else Types.LONG()
        row_type = Types.TUPLE([key_type, Types.LONG(), Types.LONG()])
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(
            EventTime()
        )
        stream = env.from_collection(self.rows[:rows], type_info=row_type)
        size = Time.milliseconds(WINDOW_MS)
        windows = TumblingEventTimeWindows.of(size)
        if self.job == "sliding":
            windows = SlidingEventTimeWindows.of(size, Time.milliseconds(slide_ms(self.job)))
        made = (
            stream.assign_timestamps_and_watermarks(strategy)
            .key_by(lambda row: row[0], key_type=key_type)
            .window(windows)
            .aggregate(
                Total(), WithKeyAndStart(), accumulator_type=Types.LONG(), output_type=row_type
            )
        )
        return env, made

    def check(self, rows):
        _, made = self.results(rows)
        with made.execute_and_collect() as results:
            return [tuple(row) for row in results]

    def run(self, rows):
        env, made = self.results(rows)
        functions = get_gateway().jvm.org.apache.flink.streaming.api.functions.sink
        made.add_sink(SinkFunction(functions.legacy.DiscardingSink()))
        env.execute()


serve(Engine)
