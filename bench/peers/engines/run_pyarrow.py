"""pyarrow: the job as Table.group_by."""

import pyarrow
import pyarrow.compute
from serving import WINDOW_MS, arrow_table, serve


class Engine:
    """One table in memory."""

    def __init__(self, request):
        self.job = request["job"]
        self.threads = request["threads"]
        pyarrow.set_cpu_count(self.threads)
        self.versions = {"pyarrow": pyarrow.__version__}
        self.tuning = (
            f"Table.group_by(use_threads={self.threads > 1}), set_cpu_count({self.threads})"
        )
        self.table = arrow_table(self.job, request["rows"], request["keys"])

    def grouped(self, rows):
        table = self.table.slice(0, rows)
        number = pyarrow.compute.divide(table["time"], WINDOW_MS)
        table = table.append_column("number", number)
        groups = table.group_by(["key", "number"], use_threads=self.threads > 1)
        return groups.aggregate([("value", "sum")])

    def check(self, rows):
        made = self.grouped(rows).select(["key", "number", "value_sum"]).to_pydict()
        starts = [number * WINDOW_MS for number in made["number"]]
        return zip(made["key"], starts, made["value_sum"], strict=True)

    def run(self, rows):
        return self.grouped(rows).num_rows


serve(Engine)
