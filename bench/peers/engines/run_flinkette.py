"""flinkette: the job as a program of it, from an Arrow table or in Python functions."""

import tempfile
from importlib import metadata

from serving import START_MS, WINDOW_MS, arrow_table, python_rows, serve, slide_ms, text_file

from flinkette.common import Time, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from flinkette.datastream.connectors.file_system import FileSource, StreamFormat
from flinkette.datastream.functions import AggregateFunction, ProcessWindowFunction
from flinkette.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows
from flinkette.ext.aggregations import Sum
from flinkette.ext.sinks import BlackholeSink


class EventTime(TimestampAssigner):
    """The row's own time."""

    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Total(AggregateFunction):
    """The sum of the rows' values, called for every row."""

    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + value[2]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


class WithKeyAndStart(ProcessWindowFunction):
    """Key and start beside the sum: called for every window."""

    def process(self, key, context, elements):
        return [(key, context.window().start, total) for total in elements]


def assigner(job):
    """Return the job's windows."""
    size = Time.milliseconds(WINDOW_MS)
    if job == "sliding":
        return SlidingEventTimeWindows.of(size, Time.milliseconds(slide_ms(job)))
    return TumblingEventTimeWindows.of(size)


class Columns:
    """Fields by name, a built-in sum; columns from the table to the sink."""

    def __init__(self, job, rows, keys):
        self.job = job
        self.table = arrow_table(job, rows, keys)

    def results(self, env, rows):
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
        rows = env.from_arrow(self.table.slice(0, rows)).assign_timestamps_and_watermarks(strategy)
        windows = rows.key_by("key").window(assigner(self.job))
        return windows.aggregate(Sum("value"), with_key=True, with_window=True)

    def triple(self, row):
        return row["key"], row["window_start"], row["sum_value"]


class Functions:
    """The program as PyFlink writes it: a Python call for time, key and sum of every row."""

    def __init__(self, job, rows, keys):
        self.job = job
        self.rows = python_rows(job, rows, keys)

    def results(self, env, rows):
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(
            EventTime()
        )
        stream = env.from_collection(self.rows[:rows]).assign_timestamps_and_watermarks(strategy)
        windows = stream.key_by(lambda row: row[0]).window(assigner(self.job))
        return windows.aggregate(Total(), WithKeyAndStart())

    def triple(self, row):
        return row


def split_lines(lines):
    """Words of a column of lines, each with a count of 1."""
    import pyarrow
    import pyarrow.compute

    words = pyarrow.compute.list_flatten(pyarrow.compute.ascii_split_whitespace(lines.column(0)))
    ones = pyarrow.repeat(pyarrow.scalar(1, pyarrow.int64()), len(words))
    return pyarrow.record_batch({"word": words, "count": ones})


class Lines:
    """A text file, split by pyarrow, counted by a built-in sum; final counts, by BATCH mode."""

    def __init__(self, job, rows, keys):
        self.keys = keys
        self.folder = tempfile.TemporaryDirectory()
        text_file(self.folder.name, rows, keys)

    def results(self, env, rows):
        env.set_runtime_mode(RuntimeExecutionMode.BATCH)
        path = str(text_file(self.folder.name, rows, self.keys))
        source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), path).build()
        lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")
        return lines.map_batches(split_lines).key_by("word").sum("count")

    def triple(self, row):
        return row["word"], START_MS, row["count"]


class Engine:
    """The job in one process."""

    def __init__(self, request):
        assert START_MS % WINDOW_MS == 0
        self.threads = request["threads"]
        mode = request.get("mode", "columns")
        kind = {"columns": Columns, "functions": Functions}[mode]
        if request["job"] == "lines":
            kind = Lines
        self.program = kind(request["job"], request["rows"], request["keys"])
        self.versions = {"flinkette": metadata_version("flinkette")}
        self.tuning = (
            f"{kind.__doc__} Parallelism {self.threads}, BlackholeSink, defaults otherwise"
        )

    def environment(self):
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(self.threads)
        return env

    def check(self, rows):
        with self.program.results(self.environment(), rows).execute_and_collect() as results:
            return [self.program.triple(row) for row in results]

    def run(self, rows):
        env = self.environment()
        sink = BlackholeSink()
        self.program.results(env, rows).sink_to(sink)
        env.execute()
        # the rows of sinks in other processes are not counted here
        return sink.num_rows if self.threads == 1 else None


def metadata_version(name):
    """Return the installed version; a source tree has none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "source tree"


serve(Engine)
