"""Bad input: one error that names operator, place in the user's file, value, and what to do."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flinkette.common import Configuration, Time, Types, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.connectors.json_lines import JsonLinesSink
from flinkette.contracts import errors
from flinkette.contracts.options import UnknownOptionWarning
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.datastream.functions import KeyedProcessFunction
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext import on_row_error
from flinkette.ext.sinks import ParquetSink
from flinkette.ext.sources import CsvSource, JsonLinesSource, ParquetSource

HERE = re.escape(str(Path(__file__))) + r":\d+"
PLAIN = WatermarkStrategy.no_watermarks()
Row = Any


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    made = StreamExecutionEnvironment.get_execution_environment()
    made.set_parallelism(1)
    return made


def collect(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as rows:
        return list(rows)


def refused(
    error: type[Exception], *parts: str, run: Callable[[], object], place: str | None = HERE
) -> None:
    """The job ends in one error of that class, in which each of the parts is found."""
    with pytest.raises(error) as caught:
        run()
    text = str(caught.value)
    assert type(caught.value) is error
    for part in (*parts, *([] if place is None else [place])):
        assert re.search(part, text), f"{part!r} is not in: {text}"
    assert "\n" not in text


# Functions and types


@pytest.mark.pipeline
def test_a_function_that_raises(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([1, 0]).map(lambda row: 1 // row).name("inverse")
    refused(
        errors.UserFunctionError,
        "operator 'inverse'",
        "ZeroDivisionError: integer",
        f"at {HERE} in <lambda>",
        "row: 0",
        run=lambda: collect(stream),
    )


@pytest.mark.pipeline
def test_an_error_carries_what_it_says_as_attributes(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([1, 0]).map(lambda row: 1 // row).name("inverse")
    with pytest.raises(errors.UserFunctionError) as caught:
        collect(stream)
    error = caught.value
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert (error.operator, error.value_text, error.key, error.subtask) == ("inverse", "0", None, 0)
    assert re.fullmatch(HERE, error.call_site)


class _Raising(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> None:
        raise ValueError("no")


@pytest.mark.pipeline
def test_a_keyed_function_that_raises_names_the_key(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([("k", 1)]).key_by(lambda row: row[0]).process(_Raising())
    refused(errors.UserFunctionError, "ValueError: no", r"key: 'k'", run=lambda: collect(stream))


@pytest.mark.pipeline
def test_a_long_value_is_cut_in_the_message(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection(["x" * 5000]).map(int)
    with pytest.raises(errors.UserFunctionError) as caught:
        collect(stream)
    assert "(5002 characters)" in str(caught.value)


@pytest.mark.pipeline
def test_a_value_that_cannot_be_shown_is_named_by_its_type(
    env: StreamExecutionEnvironment,
) -> None:
    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError

    env.get_config().enable_object_reuse()
    stream = env.from_collection([1]).map(lambda row: Shy()).map(lambda row: row.missing)
    refused(errors.UserFunctionError, "whose repr raised", run=lambda: collect(stream))


@pytest.mark.pipeline
def test_a_row_that_does_not_fit_its_declared_type(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([7]).map(
        lambda row: ("a", "b"), Types.TUPLE([Types.STRING(), Types.INT()])
    )
    refused(
        errors.RowConversionError,
        "operator 'Map'",
        "'b' of type str is not an integer",
        "row: 7",
        "change the declared output type or the value",
        run=lambda: collect(stream),
    )


def test_a_row_of_a_collection_that_does_not_fit(env: StreamExecutionEnvironment) -> None:
    refused(
        errors.RowConversionError,
        "row 1",
        "'x' of type str",
        "change the value or the declared type",
        run=lambda: env.from_collection([1, "x"], Types.INT()),
        place=None,
    )


@pytest.mark.pipeline
def test_an_int_beyond_64_bits_in_a_long(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([1]).map(lambda row: 2**63, Types.LONG())
    refused(errors.RowConversionError, "LONG", str(2**63), "64 bits", run=lambda: collect(stream))


@pytest.mark.pipeline
def test_a_sum_beyond_64_bits_of_a_declared_long(env: StreamExecutionEnvironment) -> None:
    pair = Types.TUPLE([Types.INT(), Types.LONG()])
    stream = env.from_collection([(1, 2**62), (1, 2**62)], pair).key_by(lambda row: row[0]).sum(1)
    refused(
        errors.UserFunctionError,
        "OverflowError",
        str(2**63),
        r"key: 1",
        "declare a wider type",
        run=lambda: collect(stream),
    )


@pytest.mark.pipeline
def test_a_sum_of_undeclared_ints_grows(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([(1, 2**62), (1, 2**62)]).key_by(lambda row: row[0]).sum(1)
    assert collect(stream) == [(1, 2**62), (1, 2**63)]


MIXED = [("a", 1), ("a", "x"), ("a", 2)]


def test_a_running_aggregate_keeps_the_rows_before_the_one_that_fails(
    env: StreamExecutionEnvironment,
) -> None:
    seen: list[Any] = []
    stream = env.from_collection(MIXED).key_by(lambda row: row[0]).sum(1).map(seen.append)
    refused(
        errors.UserFunctionError, "TypeError", r"row: \('a', 'x'\)", run=lambda: collect(stream)
    )
    assert seen == [("a", 1)]


@pytest.mark.pipeline
def test_rows_that_a_running_aggregate_cannot_add_may_be_skipped_or_handed_on(
    env: StreamExecutionEnvironment,
) -> None:
    bad = OutputTag("bad")
    stream = env.from_collection(MIXED).key_by(lambda row: row[0]).sum(1)
    assert collect(on_row_error(stream, "skip")) == [("a", 1), ("a", 3)]
    stream = env.from_collection(MIXED).key_by(lambda row: row[0]).sum(1)
    (rejected,) = collect(on_row_error(stream, "side-output", bad).get_side_output(bad))
    assert rejected.value == ("a", "x")


# Keys


@pytest.mark.pipeline
def test_a_key_that_cannot_be_encoded(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([1]).key_by(lambda row: (row, lambda: 0)).map(abs)
    refused(
        errors.KeyEncodingError,
        "operator '_stream_key_by_map_operator'",
        "return an int, str, tuple or Row",
        "row: 1",
        run=lambda: collect(stream),
    )


@pytest.mark.pipeline
def test_a_key_that_cannot_be_copied(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([1]).key_by(lambda row: threading.Lock()).map(abs)
    refused(errors.UserFunctionError, "lock", "row: 1", run=lambda: collect(stream))


@pytest.mark.pipeline
def test_a_key_that_does_not_fit_its_declared_type(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection(["a"]).key_by(lambda row: row, Types.INT()).map(len)
    refused(errors.RowConversionError, "INT", "'a'", run=lambda: collect(stream))


@pytest.mark.pipeline
def test_none_and_nan_are_keys_and_all_nans_are_one(env: StreamExecutionEnvironment) -> None:
    rows = [(float("nan"), 1), (None, 2), (float("nan"), 3), (None, 4)]
    stream = env.from_collection(rows).key_by(lambda row: row[0]).sum(1)
    assert [total for _, total in collect(stream)] == [1, 2, 4, 6]


@pytest.mark.pipeline
def test_a_partitioner_that_points_nowhere(env: StreamExecutionEnvironment) -> None:
    stream = env.from_collection([1]).partition_custom(lambda key, n: 9, lambda row: row)
    refused(
        errors.UserFunctionError,
        "partitioner returned 9 for key 1",
        r"must be 0 \.\. 1",
        run=lambda: collect(stream.map(abs).set_parallelism(2)),
    )


# Windows and time


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: TumblingEventTimeWindows.of(Time.seconds(0)), "size must be longer than 0 ms"),
        (
            lambda: SlidingEventTimeWindows.of(Time.seconds(1), Time.milliseconds(-5)),
            "slide must be longer than 0 ms, got -5 ms",
        ),
        (lambda: EventTimeSessionWindows.with_gap(Time.seconds(0)), "gap must be longer"),
    ],
)
def test_windows_have_a_length(make: Callable[[], Any], what: str) -> None:
    refused(errors.InvalidPipelineError, what, "give a span such as", run=make, place=None)


def test_count_windows_have_a_size(env: StreamExecutionEnvironment) -> None:
    keyed = env.from_collection([1]).key_by(abs)
    refused(errors.InvalidPipelineError, "at least 1, got 0", run=lambda: keyed.count_window(0))


class _Backwards(SessionWindowTimeGapExtractor):
    def extract(self, element: Any) -> int:
        return -3


@pytest.mark.pipeline
def test_a_session_gap_that_a_row_makes_negative(env: StreamExecutionEnvironment) -> None:
    window = ProcessingTimeSessionWindows.with_dynamic_gap(_Backwards())
    stream = env.from_collection([1]).key_by(abs).window(window).reduce(lambda a, b: a)
    refused(
        errors.UserFunctionError,
        "session gap must be positive, got -3 ms",
        "row: 1",
        run=lambda: collect(stream),
    )


@pytest.mark.pipeline
def test_rows_without_timestamps_before_event_time_windows(
    env: StreamExecutionEnvironment,
) -> None:
    window = TumblingEventTimeWindows.of(Time.seconds(1))
    stream = env.from_collection([41]).key_by(abs).window(window).reduce(lambda a, b: a)
    refused(
        errors.MissingTimestampError,
        "row without a timestamp: 41",
        "assign_timestamps_and_watermarks",
        run=lambda: collect(stream),
    )


class _Itself(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> Any:
        return value


@pytest.mark.pipeline
@pytest.mark.parametrize("time", [None, "2013-01-01", 2**70])
def test_a_timestamp_that_is_none(env: StreamExecutionEnvironment, time: Any) -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(_Itself())
    stream = env.from_collection([time]).assign_timestamps_and_watermarks(strategy)
    refused(
        errors.UserFunctionError,
        re.escape(f"timestamp assigner returned {time!r}"),
        "ms since 1970",
        run=lambda: collect(stream),
    )


# Files


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, Path]:
    """A CSV and a JSON file whose third and second lines are no records."""
    csv, json = tmp_path / "in.csv", tmp_path / "in.jsonl"
    csv.write_text("a,b\n1,2\n3,4,5\n6,7\n")
    json.write_text('{"a": 1}\n{"a":\n{"a": 3}\n')
    return {"csv": csv, "json": json}


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("kind", "source", "line"), [("csv", CsvSource, 3), ("json", JsonLinesSource, 2)]
)
def test_a_malformed_line(
    env: StreamExecutionEnvironment,
    broken: dict[str, Path],
    kind: str,
    source: Any,
    line: int,
) -> None:
    path = broken[kind]
    refused(
        errors.MalformedInputError,
        "operator 'Source: in'",
        f"{re.escape(str(path))}:{line}:",
        "the text is",
        'on_malformed="skip"',
        run=lambda: collect(env.from_source(source(path), PLAIN, "in")),
    )


@pytest.mark.pipeline
@pytest.mark.parametrize(("kind", "source"), [("csv", CsvSource), ("json", JsonLinesSource)])
def test_malformed_lines_may_be_skipped_or_handed_on(
    env: StreamExecutionEnvironment, broken: dict[str, Path], kind: str, source: Any
) -> None:
    made = source(broken[kind], on_malformed="skip")
    assert len(collect(env.from_source(made, PLAIN, "in"))) == 2
    bad = OutputTag("bad")
    made = source(broken[kind], on_malformed="side-output")
    stream = on_row_error(env.from_source(made, PLAIN, "in"), "side-output", bad)
    (rejected,) = collect(stream.get_side_output(bad))
    assert rejected.line == (3 if kind == "csv" else 2)
    refused(
        errors.InvalidPipelineError,
        "no side output was named",
        "on_row_error",
        run=lambda: collect(env.from_source(made, PLAIN, "in")),
    )


@pytest.mark.pipeline
@pytest.mark.parametrize("source", [CsvSource, JsonLinesSource, ParquetSource])
def test_a_missing_file(env: StreamExecutionEnvironment, tmp_path: Path, source: Any) -> None:
    refused(
        errors.SourceError,
        "operator 'Source: in'",
        re.escape(str(tmp_path / "no")),
        "there is no such file",
        "check the path",
        run=lambda: collect(env.from_source(source(tmp_path / "no"), PLAIN, "in")),
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(env: StreamExecutionEnvironment, tmp_path: Path) -> None:
    path = tmp_path / "locked.txt"
    path.write_text("x")
    path.chmod(0)
    refused(
        errors.SourceError,
        re.escape(str(path)),
        run=lambda: collect(env.read_text_file(str(path))),
    )


@pytest.mark.pipeline
def test_a_parquet_file_with_other_columns(env: StreamExecutionEnvironment, tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"x": [1]}), tmp_path / "1.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"y": [1]}), tmp_path / "2.parquet")
    refused(
        errors.SourceError,
        "operator 'Source: in'",
        r"2\.parquet: no column 'x'; there are y",
        run=lambda: collect(env.from_source(ParquetSource(tmp_path), PLAIN, "in")),
    )


@pytest.mark.pipeline
def test_a_file_that_is_no_parquet(env: StreamExecutionEnvironment, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("nope")
    refused(
        errors.SourceError,
        r"x\.parquet: cannot be read as Parquet",
        "check that the file is whole",
        run=lambda: collect(env.from_source(ParquetSource(tmp_path / "x.parquet"), PLAIN, "in")),
    )


@pytest.mark.pipeline
def test_an_empty_source_is_a_stream_without_rows(
    env: StreamExecutionEnvironment, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    assert collect(env.from_collection([])) == []
    assert collect(env.from_source(CsvSource(tmp_path / "empty"), PLAIN, "in")) == []
    assert collect(env.from_source(JsonLinesSource(tmp_path / "empty"), PLAIN, "in")) == []
    assert collect(env.read_text_file(str(tmp_path / "empty"))) == []


@pytest.mark.pipeline
@pytest.mark.parametrize("sink", [JsonLinesSink, ParquetSink])
def test_output_that_cannot_be_written(
    env: StreamExecutionEnvironment, tmp_path: Path, sink: Any
) -> None:
    (tmp_path / "file").touch()
    env.from_collection([{"a": 1}]).sink_to(sink(str(tmp_path / "file" / "out"))).name("out")
    refused(
        errors.SinkError,
        "operator 'Sink: out'",
        "cannot be written",
        "check the path",
        run=env.execute,
    )


@pytest.mark.pipeline
@pytest.mark.parametrize("sink", [JsonLinesSink, ParquetSink])
def test_nothing_half_written_stays_after_a_failure(
    env: StreamExecutionEnvironment, tmp_path: Path, sink: Any
) -> None:
    env.set_parallelism(2)
    rows = env.from_collection(list(range(20_000, -1, -1))).rebalance()
    rows.map(lambda row: {"a": 1 // row}).sink_to(sink(str(tmp_path / "out")))
    with pytest.raises(errors.UserFunctionError):
        env.execute()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# Settings


def test_a_duplicate_uid(env: StreamExecutionEnvironment) -> None:
    env.from_collection([1]).map(abs).uid("u").map(abs).uid("u").print()
    refused(
        errors.InvalidPipelineError,
        "uid 'u' is used twice",
        "give each operator its own uid",
        run=env.execute,
    )


@pytest.mark.pipeline
def test_an_unknown_configuration_key_is_a_warning_with_the_nearest_known_one() -> None:
    configuration = Configuration()
    configuration.set_string("pipeline.auto-watermark-intervall", "1 s")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    with pytest.warns(
        UnknownOptionWarning, match="did you mean 'pipeline.auto-watermark-interval'"
    ):
        assert collect(env.from_collection([1])) == [1]


def test_a_parallelism_of_zero(env: StreamExecutionEnvironment) -> None:
    refused(errors.InvalidPipelineError, "at least 1, got 0", run=lambda: env.set_parallelism(0))
    stream = env.from_collection([1]).map(abs)
    refused(errors.InvalidPipelineError, "at least 1, got 0", run=lambda: stream.set_parallelism(0))
    configuration = Configuration()
    configuration.set_integer("parallelism.default", 0)
    refused(
        errors.InvalidPipelineError,
        "at least 1, got 0",
        run=lambda: StreamExecutionEnvironment.get_execution_environment(configuration),
    )
