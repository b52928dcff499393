"""Polars: the job as a lazy group_by."""

import json
import os
import sys

os.environ["POLARS_MAX_THREADS"] = str(json.loads(sys.argv[1])["threads"])

import polars
from serving import SLIDE_MS, WINDOW_MS, arrow_table, serve


class Engine:
    """One frame in memory."""

    def __init__(self, request):
        self.job = request["job"]
        self.mode = request.get("mode", "in-memory")
        self.versions = {"polars": polars.__version__}
        self.tuning = (
            f"lazy frame, collect(engine={self.mode!r}), POLARS_MAX_THREADS={request['threads']}"
        )
        self.frame = polars.from_arrow(arrow_table(self.job, request["rows"], request["keys"]))
        self.frame = self.frame.rechunk()

    def grouped(self, rows):
        frame = self.frame.head(rows).lazy()
        time = polars.col("time")
        if self.job == "sliding":
            starts = polars.int_ranges(0, WINDOW_MS, SLIDE_MS)
            frame = frame.with_columns(start=time - time % SLIDE_MS - starts).explode("start")
        else:
            frame = frame.with_columns(start=time - time % WINDOW_MS)
        return frame.group_by("key", "start").agg(polars.col("value").sum())

    def check(self, rows):
        return self.grouped(rows).collect(engine=self.mode).iter_rows()

    def run(self, rows):
        return self.grouped(rows).collect(engine=self.mode).height


serve(Engine)
