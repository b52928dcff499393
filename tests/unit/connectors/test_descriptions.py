"""Sources and sinks are plain data, and import no heavy library before they are used."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flinkette.connectors.collection import CollectionSource
from flinkette.connectors.csv import CsvSink, CsvSource
from flinkette.connectors.datagen.fields import RandomInt, SequenceField
from flinkette.connectors.datagen.source import DataGeneratorSource
from flinkette.connectors.file_system.bucket_assigner import BucketAssigner
from flinkette.connectors.file_system.compaction import FileCompactor, FileCompactStrategy
from flinkette.connectors.file_system.file_source import (
    FileEnumeratorProvider,
    FileSource,
    FileSplitAssignerProvider,
)
from flinkette.connectors.file_system.path_sink import TextSink
from flinkette.connectors.file_system.sink import FileSink
from flinkette.connectors.json_lines import JsonLinesSink, JsonLinesSource
from flinkette.connectors.number_sequence import NumberSequenceSource
from flinkette.connectors.parquet import ParquetSink, ParquetSource
from flinkette.connectors.print import PrintSink
from flinkette.connectors.socket import SocketTextSource
from flinkette.connectors.text import TextSource
from flinkette.contracts.errors import InvalidTypeError, UnsupportedFeatureError
from flinkette.formats.file_format import StreamFormat
from flinkette.formats.lines import TextPartFormat

if TYPE_CHECKING:
    from conftest import SourceRunner

ROOT = Path(__file__).parents[3]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("connectors", "formats")
    for path in (ROOT / "flinkette" / package).rglob("*.py")
)


def test_importing_every_module_loads_no_heavy_library(run_python) -> None:
    heavy = ("numpy", "pyarrow", "msgspec", "pandas", "polars", "zmq", "rich", "click")
    program = (
        f"import sys\nfor name in {MODULES!r}: __import__(name)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = run_python("-c", program)
    assert done.stdout.strip() == "[]"


def hourly_sink() -> FileSink:
    builder = FileSink.for_row_format("out", TextPartFormat())
    return builder.with_bucket_assigner(
        BucketAssigner.date_time_bucket_assigner(timezone_id="Europe/Berlin")
    ).build()


@pytest.mark.parametrize(
    "described",
    [
        CollectionSource([1, [2]]),
        NumberSequenceSource(1, 3),
        TextSource("in.txt"),
        CsvSource("in.csv", {"a": int}),
        JsonLinesSource("in.jsonl"),
        ParquetSource("in.parquet"),
        SocketTextSource("localhost", 9999),
        DataGeneratorSource({"id": SequenceField(1, 3), "n": RandomInt()}),
        PrintSink("id"),
        TextSink("out"),
        CsvSink("out.csv"),
        JsonLinesSink("out.jsonl"),
        ParquetSink("out.parquet"),
        hourly_sink(),
    ],
    ids=lambda described: type(described).__name__,
)
def test_a_description_can_be_pickled(described: Any) -> None:
    copy = pickle.loads(pickle.dumps(described))
    assert type(copy) is type(described)
    assert copy.__dict__.keys() == described.__dict__.keys()


def test_pyflinks_settings_are_taken(source_runner: SourceRunner, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\n")
    source = (
        FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(tmp_path))
        .process_static_file_set()
        .set_file_enumerator(FileEnumeratorProvider.default_non_splittable_file_enumerator())
        .set_split_assigner(FileSplitAssignerProvider.locality_aware_split_assigner())
        .build()
    )
    assert source_runner.read(source, parallelism=2).rows == ["a"]
    strategy = FileCompactStrategy.builder().set_size_threshold(9).build()
    assert strategy.size_threshold == 9
    builder = FileSink.for_row_format(str(tmp_path), TextPartFormat())
    builder.enable_compact(strategy, FileCompactor.concat_file_compactor(b"\n")).build()


def test_watching_for_new_files_is_refused_for_now() -> None:
    builder = FileSource.for_record_stream_format(StreamFormat.text_line_format(), "in")
    with pytest.raises(UnsupportedFeatureError, match="process_static_file_set"):
        builder.monitor_continuously(1)


def test_a_format_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(InvalidTypeError, match="no bulk format"):
        FileSource.for_bulk_file_format(StreamFormat.text_line_format(), "x")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="no stream format"):
        FileSource.for_record_stream_format("text", "x")  # type: ignore[arg-type]
