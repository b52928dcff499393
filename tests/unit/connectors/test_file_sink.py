from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flinkette._native.batch import Batch
from flinkette.connectors.file_system.bucket_assigner import BucketAssigner
from flinkette.connectors.file_system.output_file_config import OutputFileConfig
from flinkette.connectors.file_system.path_sink import TextSink
from flinkette.connectors.file_system.rolling_policy import RollingPolicy
from flinkette.connectors.file_system.sink import FileSink
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError, SinkError
from flinkette.contracts.schemas import Encoder
from flinkette.contracts.typeinfo import Types
from flinkette.formats.lines import TextPartFormat

if TYPE_CHECKING:
    from conftest import SinkRunner

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def text_sink(folder: Path, **settings: object) -> FileSink:
    builder = FileSink.for_row_format(str(folder), TextPartFormat())
    builder.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
    for name, value in settings.items():
        getattr(builder, f"with_{name}")(value)
    return builder.build()


def test_files_are_hidden_until_the_end_and_named_as_in_flink(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    names = OutputFileConfig.builder().with_part_prefix("pre").with_part_suffix(".txt").build()
    sink = text_sink(tmp_path / "a" / "b", output_file_config=names)
    writers = sink_runner.open(sink, parallelism=2)
    for writer, rows in zip(writers, (["x", "y"], ["z"]), strict=True):
        writer.write(Batch.from_objects(rows))
        writer.flush()
    assert all(
        re.fullmatch(rf"\.pre-{UUID}-0\.txt\.inprogress\.{UUID}", path.name)
        for path in files_in(tmp_path)
    )
    for writer in writers:
        writer.finish()
    files = files_in(tmp_path / "a" / "b")
    assert sorted(path.read_text() for path in files) == ["x\ny\n", "z\n"]
    assert all(re.fullmatch(rf"pre-{UUID}-0\.txt", path.name) for path in files)


def test_an_aborted_writer_leaves_nothing(sink_runner: SinkRunner, tmp_path: Path) -> None:
    rolling = RollingPolicy.default_rolling_policy(part_size=1)
    (writer,) = sink_runner.open(text_sink(tmp_path / "new" / "out", rolling_policy=rolling))
    for _ in range(3):
        writer.write(Batch.from_objects(["x" * 300_000]))
    writer.abort()
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_abort_keeps_files_that_were_there(sink_runner: SinkRunner, tmp_path: Path) -> None:
    sink_runner.write(text_sink(tmp_path), [["old"]])
    (writer,) = sink_runner.open(text_sink(tmp_path))
    writer.write(Batch.from_objects(["new"]))
    writer.abort()
    assert [path.read_text() for path in files_in(tmp_path)] == ["old\n"]


def test_a_sink_without_rows_writes_no_file(sink_runner: SinkRunner, tmp_path: Path) -> None:
    sink_runner.write(text_sink(tmp_path / "out"), [[], []], parallelism=2)
    assert files_in(tmp_path) == []


def test_a_full_file_is_followed_by_the_next(sink_runner: SinkRunner, tmp_path: Path) -> None:
    rolling = RollingPolicy.default_rolling_policy(part_size=10)
    sink = text_sink(tmp_path, rolling_policy=rolling)
    sink_runner.write(sink, [["12345"], ["67890"], ["abc"], []])
    by_number = {path.name.rpartition("-")[2]: path.read_text() for path in files_in(tmp_path)}
    assert by_number == {"0": "12345\n67890\n", "1": "abc\n"}


def test_old_and_idle_files_are_closed(sink_runner: SinkRunner, tmp_path: Path) -> None:
    rolling = RollingPolicy.default_rolling_policy(rollover_interval=1000, inactivity_interval=100)
    (writer,) = sink_runner.open(text_sink(tmp_path, rolling_policy=rolling))
    for now_ms in (0, 90, 180, 300, 310):
        sink_runner.now_ms = now_ms
        writer.write(Batch.from_objects([str(now_ms)]))
    sink_runner.now_ms = 10_000
    writer.flush()
    writer.finish()
    texts = sorted(path.read_text() for path in files_in(tmp_path))
    assert texts == ["0\n90\n180\n", "300\n310\n"]


def test_buckets_are_named_by_the_wall_clock(sink_runner: SinkRunner, tmp_path: Path) -> None:
    hour_ms = 3_600_000
    assigner = BucketAssigner.date_time_bucket_assigner(timezone_id="UTC")
    (writer,) = sink_runner.open(text_sink(tmp_path, bucket_assigner=assigner))
    for hour in (0, 1, 1, 25):
        sink_runner.now_ms = hour * hour_ms
        writer.write(Batch.from_objects([str(hour)]))
    writer.finish()
    found = {path.parent.name: path.read_text() for path in files_in(tmp_path)}
    assert found == {"1970-01-01--00": "0\n", "1970-01-01--01": "1\n1\n", "1970-01-02--01": "25\n"}


@pytest.mark.parametrize(
    ("format_str", "zone", "bucket"),
    [
        ("yyyy-MM-dd--HH", "Europe/Berlin", "2013-07-01--07"),
        ("'year='yyyy/'month='M", "GMT+02:00", "year=2013/month=7"),
        ("yyyyMMdd'T'HHmmss.SSS", "UTC", "20130701T051530.250"),
        ("''yy", "UTC", "'13"),
    ],
)
def test_formats_of_buckets(format_str: str, zone: str, bucket: str) -> None:
    assigner = BucketAssigner.date_time_bucket_assigner(format_str, zone)
    assert assigner.bucket_at(1_372_655_730_250) == bucket


def test_an_unknown_letter_or_zone_is_refused() -> None:
    with pytest.raises(InvalidPipelineError, match="'QQ'"):
        BucketAssigner.date_time_bucket_assigner("yyyy-QQ")
    with pytest.raises(InvalidPipelineError, match="Mars"):
        BucketAssigner.date_time_bucket_assigner(timezone_id="Mars/Olympus")


def test_a_bulk_format_takes_no_rolling_by_size(tmp_path: Path) -> None:
    builder = FileSink.for_bulk_format(str(tmp_path), TextPartFormat())
    with pytest.raises(InvalidTypeError, match="OnCheckpointRollingPolicy"):
        builder.with_rolling_policy(RollingPolicy.default_rolling_policy())  # type: ignore[arg-type]


def test_pyflinks_encoder_writes_lines(sink_runner: SinkRunner, tmp_path: Path) -> None:
    sink = FileSink.for_row_format(str(tmp_path), Encoder.simple_string_encoder("latin-1"))
    sink_runner.write(sink.build(), [["\u00fc"]])
    assert [path.read_bytes() for path in files_in(tmp_path)] == [b"\xfc\n"]


def test_what_is_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTypeError, match="no format"):
        FileSink.for_row_format(str(tmp_path), "text")


@pytest.mark.parametrize("below", ["out.txt", "folder", "folder/deeper/out.txt"])
def test_a_target_that_cannot_be_written_is_named_before_any_row(
    sink_runner: SinkRunner, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    target = tmp_path / "file" / below
    for sink in (TextSink(target), text_sink(target)):
        with pytest.raises(SinkError, match=r"file.* cannot be written"):
            sink_runner.open(sink)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_one_file_appears_when_all_rows_are_written(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    target = tmp_path / "sub" / "out.txt"
    sink = TextSink(target)
    assert not sink.is_parallel
    (writer,) = sink_runner.open(sink, input_type=Types.BOOLEAN())
    writer.write(Batch.from_objects([True, False]))
    assert not target.exists()
    writer.finish()
    assert target.read_text() == "true\nfalse\n"
    assert files_in(tmp_path) == [target]


def test_one_file_replaces_the_one_there_only_if_the_job_ends_well(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")
    (writer,) = sink_runner.open(TextSink(target))
    writer.write(Batch.from_objects(["new"]))
    writer.abort()
    assert target.read_text() == "old"
    sink_runner.write(TextSink(target), [["new"]])
    assert files_in(tmp_path) == [target]
    assert target.read_text() == "new\n"


def test_several_subtasks_cannot_write_one_file(sink_runner: SinkRunner, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="2 subtasks cannot write one file"):
        sink_runner.open(TextSink(tmp_path / "out.txt"), parallelism=2)


def test_a_path_without_suffix_is_a_folder(sink_runner: SinkRunner, tmp_path: Path) -> None:
    (tmp_path / "v1.0").mkdir()
    for target in (tmp_path / "out", f"{tmp_path}/x.y/", tmp_path / "v1.0"):
        sink = TextSink(target)
        assert sink.is_parallel
        sink_runner.write(sink, [["a"], ["b"]], parallelism=2)
        assert sorted(path.read_text() for path in files_in(Path(target))) == ["a\n", "b\n"]


def test_other_encodings(sink_runner: SinkRunner, tmp_path: Path) -> None:
    sink_runner.write(TextSink(tmp_path / "x.txt", "latin-1"), [["gr\u00fc\u00df \u20ac"]])
    assert (tmp_path / "x.txt").read_bytes() == b"gr\xfc\xdf ?\n"
