"""DuckDB: the job as SQL over a table in its memory."""

import duckdb
from serving import SLIDE_MS, WINDOW_MS, arrow_table, serve

NEWEST = f"time - time % {WINDOW_MS} AS start"
BACK = f"unnest(range({WINDOW_MS // SLIDE_MS}))"
START_OF = {
    "tumbling": NEWEST,
    "words": NEWEST,
    "sliding": f"time - time % {SLIDE_MS} - {BACK} * {SLIDE_MS} AS start",
}


class Engine:
    """One connection with the rows in a table of its own."""

    def __init__(self, request):
        self.job = request["job"]
        self.versions = {"duckdb": duckdb.__version__}
        self.tuning = (
            f"native table in memory, threads={request['threads']}, "
            "preserve_insertion_order=false, results counted inside the query"
        )
        self.connection = duckdb.connect(":memory:")
        self.connection.execute(f"SET threads={request['threads']}")
        made = arrow_table(self.job, request["rows"], request["keys"])
        self.connection.register("made", made)
        self.connection.execute("CREATE TABLE t AS SELECT * FROM made")
        self.connection.unregister("made")
        self.connection.execute("SET preserve_insertion_order=false")

    def query(self, rows):
        """Return the grouping query over the first rows."""
        return (
            f"SELECT key, start, sum(value) AS total "
            f"FROM (SELECT key, {START_OF[self.job]}, value FROM t WHERE rowid < {rows}) "
            "GROUP BY key, start"
        )

    def check(self, rows):
        return self.connection.execute(self.query(rows)).fetchall()

    def run(self, rows):
        counting = f"SELECT count(*), sum(total) FROM ({self.query(rows)})"
        return self.connection.execute(counting).fetchone()[0]


serve(Engine)
