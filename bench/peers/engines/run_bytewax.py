"""Bytewax: the job as fold_window over a source in memory."""

import tempfile
from datetime import datetime, timedelta, timezone
from importlib import metadata

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import EventClock, SlidingWindower, TumblingWindower
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import TestingSink, TestingSource, cluster_main, run_main
from serving import START_MS, WINDOW_MS, python_rows, serve, slide_ms, text_file

START = datetime.fromtimestamp(START_MS / 1000, timezone.utc)
SIZE = timedelta(milliseconds=WINDOW_MS)
BATCH = 1000
# Watermarks of Bytewax go on with the system clock: with less, rows are late on a busy machine.
WAIT = timedelta(seconds=30)


class Discard(StatelessSinkPartition):
    """A sink that forgets."""

    def write_batch(self, items):
        pass


class DiscardingSink(DynamicSink):
    """One per worker."""

    def build(self, step_id, worker_index, worker_count):
        return Discard()


class Engine:
    """The rows as (key, (time, value)) with the text keys that Bytewax asks for."""

    def __init__(self, request):
        self.job = request["job"]
        self.threads = request["threads"]
        self.versions = {"bytewax": metadata.version("bytewax")}
        self.tuning = (
            f"TestingSource(batch_size={BATCH}), keys and datetimes made before the run, "
            f"fold_window with EventClock (30 s for late rows), {self.threads} worker(s)"
        )
        if self.job == "lines":
            self.tuning = f"FileSource, flat_map, count_final, {self.threads} worker(s)"
            self.keys = request["keys"]
            self.folder = tempfile.TemporaryDirectory()
            text_file(self.folder.name, request["rows"], self.keys)
            return
        second = timedelta(milliseconds=1)
        self.rows = [
            (str(key), (START + (when - START_MS) * second, value))
            for key, when, value in python_rows(self.job, request["rows"], request["keys"])
        ]

    def count_of_words(self, rows, sink):
        flow = Dataflow("job")
        lines = op.input("in", flow, FileSource(text_file(self.folder.name, rows, self.keys)))
        words = op.flat_map("split", lines, str.split)
        op.output("out", op.count_final("count", words, lambda word: word), sink)
        return flow

    def flow(self, rows, sink):
        clock = EventClock(lambda row: row[0], wait_for_system_duration=WAIT)
        windower = TumblingWindower(length=SIZE, align_to=START)
        if self.job == "sliding":
            slide = timedelta(milliseconds=slide_ms(self.job))
            windower = SlidingWindower(length=SIZE, offset=slide, align_to=START)
        flow = Dataflow("job")
        stream = op.input("in", flow, TestingSource(self.rows[:rows], batch_size=BATCH))
        sums = win.fold_window(
            "sum",
            stream,
            clock,
            windower,
            lambda: 0,
            lambda total, row: total + row[1],
            lambda left, right: left + right,
        )
        op.output("out", sums.down, sink)
        return flow

    def execute(self, rows, sink):
        flow = (self.count_of_words if self.job == "lines" else self.flow)(rows, sink)
        if self.threads == 1:
            run_main(flow)
        else:
            cluster_main(flow, [], 0, worker_count_per_proc=self.threads)

    def check(self, rows):
        found = []
        self.execute(rows, TestingSink(found))
        if self.job == "lines":
            yield from ((word, START_MS, count) for word, count in found)
            return
        for key, (number, total) in found:
            key = key if self.job == "words" else int(key)
            yield key, START_MS + number * slide_ms(self.job), total

    def run(self, rows):
        self.execute(rows, DiscardingSink())


serve(Engine)
