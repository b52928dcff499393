"""Pathway: the job as windowby over a CSV file."""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["PATHWAY_THREADS"] = str(json.loads(sys.argv[1])["threads"])

import pathway
from serving import SLIDE_MS, START_MS, WINDOW_MS, arrow_table, serve, text_file


class Numbers(pathway.Schema):
    key: int
    time: int
    value: int


class Words(pathway.Schema):
    key: str
    time: int
    value: int


class Engine:
    """A folder of CSV files, one per number of rows."""

    def __init__(self, request):
        self.request = request
        self.job = request["job"]
        self.versions = {"pathway": pathway.__version__}
        self.tuning = (
            f"static CSV input, windowby with instance=key, null sink, no monitoring, "
            f"PATHWAY_THREADS={request['threads']}; reading the file is in the time"
        )
        self.folder = tempfile.TemporaryDirectory()
        self.write(request["rows"])

    def write(self, rows):
        if self.job == "lines":
            return text_file(self.folder.name, rows, self.request["keys"])
        import pyarrow.csv

        path = Path(self.folder.name) / f"{rows}.csv"
        if not path.exists():
            made = arrow_table(self.job, rows, self.request["keys"])
            pyarrow.csv.write_csv(made, path)
        return path

    def results(self, rows):
        pathway.internals.parse_graph.G.clear()
        if self.job == "lines":
            lines = pathway.io.plaintext.read(str(self.write(rows)), mode="static")
            split = pathway.apply_with_type(str.split, list[str], lines.data)
            words = lines.select(word=split).flatten(pathway.this.word)
            return words.groupby(words.word).reduce(
                key=words.word, start=START_MS, total=pathway.reducers.count()
            )
        schema = Words if self.job == "words" else Numbers
        table = pathway.io.csv.read(str(self.write(rows)), schema=schema, mode="static")
        window = pathway.temporal.tumbling(duration=WINDOW_MS)
        if self.job == "sliding":
            window = pathway.temporal.sliding(hop=SLIDE_MS, duration=WINDOW_MS)
        return table.windowby(table.time, window=window, instance=table.key).reduce(
            key=pathway.this._pw_instance,
            start=pathway.this._pw_window_start,
            total=pathway.reducers.sum(pathway.this.value),
        )

    def check(self, rows):
        found = []
        pathway.io.subscribe(
            self.results(rows),
            on_change=lambda key, row, time, is_addition: found.append(
                (row["key"], row["start"], row["total"])
            ),
        )
        pathway.run(monitoring_level=pathway.MonitoringLevel.NONE)
        return found

    def run(self, rows):
        pathway.io.null.write(self.results(rows))
        pathway.run(monitoring_level=pathway.MonitoringLevel.NONE)


serve(Engine)
