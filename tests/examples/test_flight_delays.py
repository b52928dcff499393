"""Every number of the flight delays example against DuckDB over the same Parquet file."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

import flinkette

pytestmark = pytest.mark.timeout(240)

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FLIGHTS = EXAMPLES / "data" / "flights.parquet"

# Each answer in SQL. Windows are arithmetic on the scheduled departure, sessions are gaps and
# islands; means are sums divided by counts, so that they are the same to the last bit.
ANSWERS = {
    "days": """
        SELECT carrier, scheduled::DATE AS day,
            count(dep_delay) AS flights,
            count(*) - count(dep_delay) AS cancelled,
            sum(dep_delay)::BIGINT AS delay_min,
            sum(dep_delay)::DOUBLE / count(dep_delay) AS mean_delay,
            max(dep_delay)::BIGINT AS max_delay,
            CASE WHEN count(dep_delay) > 0
                THEN count(*) FILTER (dep_delay > 30)::DOUBLE / count(dep_delay) END AS late_share
        FROM flights GROUP BY carrier, day""",
    "airports": """
        SELECT origin, start, start + INTERVAL 6 HOURS AS "end", count(*) AS flights,
            sum(dep_delay)::DOUBLE / count(*) AS mean_delay,
            count(*) FILTER (dep_delay > 30)::DOUBLE / count(*) AS late_share
        FROM (
            SELECT origin, dep_delay,
                date_trunc('hour', scheduled) - to_hours(unnest(range(6))) AS start
            FROM flights WHERE dep_delay IS NOT NULL)
        GROUP BY origin, start""",
    "aircraft": """
        SELECT tailnum, min(scheduled) AS first, max(scheduled) AS last, count(*) AS flights,
            sum(dep_delay)::DOUBLE / count(*) AS mean_delay
        FROM (
            SELECT *, sum(is_new) OVER (PARTITION BY tailnum ORDER BY scheduled) AS run
            FROM (
                SELECT tailnum, scheduled, dep_delay, CASE WHEN
                    scheduled - lag(scheduled) OVER (PARTITION BY tailnum ORDER BY scheduled)
                        <= INTERVAL 24 HOURS THEN 0 ELSE 1 END AS is_new
                FROM flights WHERE dep_delay IS NOT NULL))
        GROUP BY tailnum, run""",
    "worst_of_week": """
        SELECT week, place, carrier, flights, mean_delay
        FROM (
            SELECT *, row_number() OVER (
                PARTITION BY week ORDER BY mean_delay DESC, carrier
            ) AS place
            FROM (
                SELECT date_trunc('week', scheduled)::DATE AS week, carrier,
                    count(dep_delay) AS flights,
                    sum(dep_delay)::DOUBLE / count(dep_delay) AS mean_delay
                FROM flights GROUP BY week, carrier HAVING count(dep_delay) >= 20))
        WHERE place <= 3""",
}
TYPES = {
    "days": ["VARCHAR", "DATE", *["BIGINT"] * 3, "DOUBLE", "BIGINT", "DOUBLE"],
    "airports": ["VARCHAR", "TIMESTAMP", "TIMESTAMP", "BIGINT", "DOUBLE", "DOUBLE"],
    "aircraft": ["VARCHAR", "TIMESTAMP", "TIMESTAMP", "BIGINT", "DOUBLE"],
    "worst_of_week": ["DATE", "BIGINT", "VARCHAR", "BIGINT", "DOUBLE"],
}


def run_job(folder: Path, *command: str) -> str:
    """Run the example on the flinkette under test; returns what it printed."""
    done = subprocess.run(
        [sys.executable, *command, str(EXAMPLES / "flight_delays.py"), "--output", str(folder)],
        cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": str(Path(flinkette.__file__).parent.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> tuple[Path, str, float]:
    """The folder of a run with `python`, its text, and its time on the processor in seconds."""
    folder = tmp_path_factory.mktemp("flights") / "results"
    before_s = children_cpu_s()
    text = run_job(folder)
    return folder, text, children_cpu_s() - before_s


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def other_run(tmp_path_factory) -> Path:
    """The folder of a run with `flinkette run` at another parallelism."""
    folder = tmp_path_factory.mktemp("flights") / "results"
    run_job(folder, "-m", "flinkette", "run", "-p", "3")
    return folder


@pytest.fixture
def sql(first_run):
    """Ask DuckDB, which sees `flights`, the expected `days` and so on, and `found_days`."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW flights AS FROM '{FLIGHTS}'")
        for name, query in ANSWERS.items():
            connection.execute(f"CREATE TABLE {name} AS {query}")
            connection.execute(f"CREATE VIEW found_{name} AS FROM '{first_run[0] / name}.parquet'")
        yield lambda query: connection.execute(query).fetchall()


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_has_the_rows_that_duckdb_finds(sql, answer):
    names = [row[0] for row in sql(f"DESCRIBE {answer}")]
    described = sql(f"DESCRIBE found_{answer}")
    assert [(row[0], row[1]) for row in described] == list(zip(names, TYPES[answer], strict=True))
    assert sql(f"(FROM found_{answer} EXCEPT ALL FROM {answer}) LIMIT 5") == []
    assert sql(f"(FROM {answer} EXCEPT ALL FROM found_{answer}) LIMIT 5") == []
    assert sql(f"SELECT count(*) FROM found_{answer}") == sql(f"SELECT count(*) FROM {answer}")


@pytest.mark.parametrize("answer", ANSWERS)
def test_flinkette_run_at_another_parallelism_gives_the_same_rows(sql, other_run, answer):
    other = f"'{other_run / answer}.parquet'"
    assert sql(f"(FROM {other} EXCEPT ALL FROM found_{answer}) LIMIT 5") == []
    assert sql(f"(FROM found_{answer} EXCEPT ALL FROM {other}) LIMIT 5") == []


def test_no_flight_is_lost(sql):
    assert sql("SELECT sum(flights) + sum(cancelled) FROM found_days") == [(336_776,)]
    departed = sql("SELECT count(dep_delay) FROM flights")
    assert sql("SELECT sum(flights) FROM found_aircraft") == departed
    assert sql("SELECT sum(flights) / 6 FROM found_airports") == departed


def table_after(text: str, title: str) -> list[list[str]]:
    """The cells of the printed table under a title."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(title)) + 3
    rows = []
    for line in lines[first:]:
        if not line.strip() or line.startswith("The job took"):
            break
        rows.append(re.split(r"\s{2,}", line.strip()))
    return rows


def carrier_names() -> dict[str, str]:
    return dict(re.findall(r'"(\w\w)": "(.+)",', (EXAMPLES / "delay_tables.py").read_text()))


def test_the_table_of_carriers_shows_their_years_and_worst_days(sql, first_run):
    years = sql("""
        SELECT carrier, count(dep_delay), count(*) - count(dep_delay),
            avg(dep_delay), max(dep_delay)
        FROM flights GROUP BY carrier ORDER BY avg(dep_delay) DESC""")
    worst = {
        carrier: rest
        for carrier, *rest in sql("""
            SELECT carrier, day, mean_delay, late_share FROM days WHERE flights > 0
            QUALIFY row_number() OVER (PARTITION BY carrier ORDER BY mean_delay DESC, day) = 1""")
    }
    expected = []
    for carrier, flights, cancelled, mean, most in years:
        day, day_mean, late = worst[carrier]
        row = [carrier_names()[carrier], f"{flights:,}", f"{cancelled:,}", f"{mean:.1f}"]
        expected.append([*row, f"{most:,}", f"{day:%d %b}", f"{day_mean:.1f}", f"{late:.0%}"])
    assert table_after(first_run[1], "Days of carriers (5,432 rows)") == expected


def test_the_table_of_weeks_shows_the_worst_ones_in_order(sql, first_run):
    rows = sql("""
        SELECT week, carrier, mean_delay FROM worst_of_week
        WHERE week IN (
            SELECT week FROM worst_of_week WHERE place = 1 ORDER BY mean_delay DESC LIMIT 8)
        ORDER BY week, place""")
    texts = [f"{carrier_names()[carrier]} {mean:.1f}" for _, carrier, mean in rows]
    expected = [
        [f"{rows[first][0]:%d %b}", *texts[first : first + 3]] for first in range(0, len(rows), 3)
    ]
    assert table_after(first_run[1], "Three worst carriers of each week (159 rows)") == expected


def test_the_table_of_airports_shows_their_worst_hours(sql, first_run):
    rows = sql("""
        SELECT origin, start, "end", flights, mean_delay, late_share FROM airports
        WHERE flights >= 20
        QUALIFY row_number() OVER (PARTITION BY origin ORDER BY mean_delay DESC, start) = 1
        ORDER BY origin""")
    expected = []
    for origin, start, end, flights, mean, late in rows:
        hours = f"{start:%H:%M} to {end:%H:%M}"
        expected.append(
            [origin, f"{start:%d %b}", hours, f"{flights}", f"{mean:.1f}", f"{late:.0%}"]
        )
    assert table_after(first_run[1], "Six hours at airports (24,945 rows)") == expected


def test_the_table_of_aircraft_shows_the_longest_runs(sql, first_run):
    rows = sql("FROM aircraft ORDER BY flights DESC, first, tailnum LIMIT 8")
    expected = [
        [tailnum, f"{first:%d %b %H:%M}", f"{last:%d %b %H:%M}", f"{flights}", f"{mean:.1f}"]
        for tailnum, first, last, flights, mean in rows
    ]
    title = "Aircraft leaving at least every 24 hours (169,954 runs)"
    assert table_after(first_run[1], title) == expected


def test_the_picture_shows_the_mean_delay_of_every_day(sql, first_run):
    picture = ElementTree.parse(first_run[0] / "delay_by_carrier.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    texts = {text.text: text for text in picture.iter(f"{svg}text")}
    left, width = 132, 2.5
    legend = [box.get("fill") for box in picture.iter(f"{svg}rect")][1:]
    shown = {}
    for path in picture.iter(f"{svg}path"):
        if path.get("stroke") in legend:
            for x, y, length in re.findall(r"M([\d.]+) (\d+)h([\d.]+)", path.get("d")):
                for number in range(round(float(length) / width)):
                    day = date(2013, 1, 1) + timedelta(
                        days=round((float(x) - left) / width) + number
                    )
                    shown[int(y), day] = legend.index(path.get("stroke"))
    lines = {carrier: int(texts[name].get("y")) - 4 for carrier, name in carrier_names().items()}
    days = sql("SELECT carrier, day, mean_delay FROM days WHERE flights > 0")
    bounds = [0, 10, 20, 30, 60, 120]
    assert shown == {
        (lines[carrier], day): sum(mean >= bound for bound in bounds) for carrier, day, mean in days
    }
    means = sql("SELECT carrier, avg(dep_delay) FROM flights GROUP BY carrier")
    assert {f"{mean:.1f}" for _, mean in means} <= set(texts)


@pytest.mark.stopwatch
def test_the_job_costs_no_more_than_fifteen_imports_of_pandas(first_run):
    """About five seconds on a desktop machine: seconds would be the machine's, not the job's."""
    imports_s = []
    for _ in range(3):
        before_s = children_cpu_s()
        subprocess.run([sys.executable, "-c", "import pandas"], check=True)
        imports_s.append(children_cpu_s() - before_s)
    assert first_run[2] <= 15 * max(imports_s)


def test_an_output_that_cannot_be_written_is_refused(run_python, tmp_path):
    occupied = tmp_path / "results"
    occupied.write_text("a file")
    job = str(EXAMPLES / "flight_delays.py")
    done = run_python(job, "--output", str(occupied), check=False)
    assert done.returncode == 2
    assert f"cannot write to {occupied}: File exists; name a folder with --output" in done.stderr
