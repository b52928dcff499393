"""Flink SQL: the job as a window TVF between datagen and blackhole."""

from importlib import metadata

from pyflink.table import EnvironmentSettings, TableEnvironment
from serving import FACTOR, ROWS_PER_MS, SLIDE_MS, START_MS, WINDOW_MS, serve

SETTINGS = {
    "table.exec.mini-batch.enabled": "true",
    "table.exec.mini-batch.allow-latency": "1 s",
    "table.exec.mini-batch.size": "50000",
    "pipeline.object-reuse": "true",
    "state.backend.type": "hashmap",
    "table.local-time-zone": "UTC",
}
MILLIS = "1000 * UNIX_TIMESTAMP(CAST(window_start AS STRING))"


class Engine:
    """A table environment; every run is a job on the same JVM."""

    def __init__(self, request):
        self.request = request
        self.job = request["job"]
        self.versions = {"apache-flink": metadata.version("apache-flink")}
        settings = {**SETTINGS, "parallelism.default": str(request["threads"])}
        self.tuning = "datagen sequence (making rows is in the time), " + ", ".join(
            f"{name}={value}" for name, value in settings.items()
        )
        self.tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
        for name, value in settings.items():
            self.tables.get_config().set(name, value)

    def query(self, rows):
        keys = self.request["keys"]
        key = f"MOD(i * {FACTOR}, {keys})"
        if self.job == "words":
            key = f"CONCAT('w', LPAD(CAST({key} AS STRING), 6, '0'))"
        time = f"TO_TIMESTAMP_LTZ({START_MS} + i / {ROWS_PER_MS}, 3)"
        self.tables.execute_sql("DROP TEMPORARY TABLE IF EXISTS made")
        self.tables.execute_sql(
            f"CREATE TEMPORARY TABLE made (i BIGINT, rowtime AS {time}, "
            "WATERMARK FOR rowtime AS rowtime) WITH ('connector' = 'datagen', "
            "'rows-per-second' = '1000000000', 'fields.i.kind' = 'sequence', "
            f"'fields.i.start' = '0', 'fields.i.end' = '{rows - 1}')"
        )
        size = f"INTERVAL '{WINDOW_MS // 1000}' SECOND"
        slide = f"INTERVAL '{SLIDE_MS // 1000}' SECOND, " if self.job == "sliding" else ""
        kind = "HOP" if self.job == "sliding" else "TUMBLE"
        rows_of = f"SELECT {key} AS k, CAST(1 AS BIGINT) AS v, rowtime FROM made"
        self.tables.execute_sql("DROP TEMPORARY VIEW IF EXISTS keyed")
        self.tables.execute_sql(f"CREATE TEMPORARY VIEW keyed AS {rows_of}")
        windows = f"{kind}(TABLE keyed, DESCRIPTOR(rowtime), {slide}{size})"
        return (
            f"SELECT k, window_start, SUM(v) AS s FROM TABLE({windows}) "
            "GROUP BY k, window_start, window_end"
        )

    def check(self, rows):
        result = f"SELECT k, {MILLIS} AS begun, s FROM ({self.query(rows)})"
        with self.tables.execute_sql(result).collect() as results:
            return [tuple(row) for row in results]

    def run(self, rows):
        query = self.query(rows)
        key_type = "STRING" if self.job == "words" else "BIGINT"
        self.tables.execute_sql("DROP TEMPORARY TABLE IF EXISTS gone")
        self.tables.execute_sql(
            f"CREATE TEMPORARY TABLE gone (k {key_type}, window_start TIMESTAMP(3), s BIGINT) "
            "WITH ('connector' = 'blackhole')"
        )
        self.tables.execute_sql(f"INSERT INTO gone {query}").wait()


serve(Engine)
