from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flinkette.connectors.file_system.listing import ListedFile
from flinkette.connectors.file_system.source import RecordFileSource, file_splits
from flinkette.contracts.errors import ConfigurationError, InvalidPipelineError, SourceError
from flinkette.formats.file_format import StreamFormat

if TYPE_CHECKING:
    from conftest import SourceRunner

LINES = st.lists(
    st.tuples(
        st.text(st.sampled_from("ab\u00e4\u20ac\U0001f600\x0b\x0c\u2028\x85 "), max_size=4),
        st.sampled_from(["\n", "\r\n", "\r"]),
    ),
    max_size=25,
)
per_example_files = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def lines_of(data: bytes) -> list[str]:
    return [line.decode() for line in data.splitlines()]


def text_source(*paths: object, **options: int) -> RecordFileSource:
    return RecordFileSource(StreamFormat.text_line_format(), map(str, paths), **options)


@per_example_files
@given(
    lines=LINES,
    tail=st.text(st.sampled_from("a\u20ac"), max_size=3),
    split_bytes=st.integers(1, 40),
    block_bytes=st.integers(1, 40),
    parallelism=st.integers(1, 4),
    max_rows=st.integers(1, 5),
)
def test_every_set_of_byte_ranges_gives_each_line_once(
    source_runner: SourceRunner,
    tmp_path: Path,
    lines: list[tuple[str, str]],
    tail: str,
    split_bytes: int,
    block_bytes: int,
    parallelism: int,
    max_rows: int,
) -> None:
    data = ("".join(text + end for text, end in lines) + tail).encode()
    path = tmp_path / "lines.txt"
    path.write_bytes(data)
    source = text_source(path, split_bytes=split_bytes, block_bytes=block_bytes)
    result = source_runner.read(source, parallelism=parallelism, max_rows=max_rows)
    if parallelism == 1:
        assert result.rows == lines_of(data)
    of_split: dict[int, list[str]] = {}
    for fetched in result.fetched:
        start = int(fetched.split_id.rpartition(":")[2])
        rows = [] if fetched.batch is None else fetched.batch.objects()
        of_split.setdefault(start, []).extend(rows)
    assert [row for start in sorted(of_split) for row in of_split[start]] == lines_of(data)


@per_example_files
@given(
    lines=LINES,
    block_bytes=st.integers(1, 40),
    max_rows=st.integers(1, 5),
    after_polls=st.integers(1, 10),
)
def test_reading_goes_on_from_any_position(
    source_runner: SourceRunner,
    tmp_path: Path,
    lines: list[tuple[str, str]],
    block_bytes: int,
    max_rows: int,
    after_polls: int,
) -> None:
    data = "".join(text + end for text, end in lines).encode()
    for name, content in (("a.txt", data), ("b.txt.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
    source = text_source(tmp_path / "a.txt", tmp_path / "b.txt.gz", block_bytes=block_bytes)
    rows = source_runner.read_with_restart(source, after_polls=after_polls, max_rows=max_rows)
    assert rows == 2 * lines_of(data)


def zstd_compressed(data: bytes) -> bytes:
    import pyarrow

    out = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(out, "zstd") as stream:
        stream.write(data)
    return out.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", zstd_compressed),
        (".deflate", zlib.compress),
    ],
)
def test_compressed_files_are_known_by_suffix(
    source_runner: SourceRunner, tmp_path: Path, suffix: str, compress: object
) -> None:
    rows = [f"line {n}" for n in range(50_000)]
    path = tmp_path / f"x.txt{suffix}"
    path.write_bytes(compress("\n".join(rows).encode()))  # type: ignore[operator]
    assert source_runner.read(text_source(path), parallelism=2).rows == rows


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst", ".deflate"])
def test_a_file_that_is_not_what_its_suffix_says_is_named(
    source_runner: SourceRunner, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"plain text, no compression" * 10)
    with pytest.raises(SourceError, match="x" + suffix):
        source_runner.read(text_source(path))


def test_a_truncated_compressed_file_is_an_error(
    source_runner: SourceRunner, tmp_path: Path
) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 999)[:-20])
    with pytest.raises(SourceError, match="whole"):
        source_runner.read(text_source(path))


@pytest.mark.parametrize("charset", ["latin-1", "cp1252", "utf-16", "utf-32-be", "UTF-8"])
def test_text_in_other_encodings(source_runner: SourceRunner, tmp_path: Path, charset: str) -> None:
    rows = ["gr\u00fc\u00df", "", "dich"]
    path = tmp_path / "x.txt"
    path.write_bytes("\r\n".join(rows).encode(charset))
    source = RecordFileSource(
        StreamFormat.text_line_format(charset), [path], split_bytes=2, block_bytes=3
    )
    for parallelism in (1, 2):
        assert sorted(source_runner.read(source, parallelism=parallelism).rows) == sorted(rows)


def test_bytes_that_are_no_text_become_replacement_characters(
    source_runner: SourceRunner, tmp_path: Path
) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"a\xff\nb\xe2\x82\n")
    assert source_runner.read(text_source(path)).rows == ["a\ufffd", "b\ufffd"]


def test_a_line_longer_than_a_block(source_runner: SourceRunner, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("x" * 100_000 + "\ny\n")
    rows = source_runner.read(text_source(path, block_bytes=100)).rows
    assert [len(row) for row in rows] == [100_000, 1]


@pytest.mark.parametrize(
    ("sizes", "parallelism", "ranges"),
    [
        ([1 << 20], 2, 1),  # a reader's share would be little
        ([8 << 20], 2, 8),
        ([8 << 20], 1, 1),
        ([1 << 30], 2, 32),
        ([1 << 20, 15 << 20], 4, 16),
    ],
)
def test_every_reader_gets_some_ranges(sizes: list[int], parallelism: int, ranges: int) -> None:
    files = [ListedFile(f"{at}.txt", size) for at, size in enumerate(sizes)]
    splits = file_splits(files, is_splittable=True, parallelism=parallelism, split_bytes=None)
    assert len(splits) == ranges
    for file in files:
        of_file = [split for split in splits if split.path == file.path]
        assert [of_file[0].start, of_file[-1].end] == [0, -1]
        assert [split.end for split in of_file[:-1]] == [split.start for split in of_file[1:]]


def test_folders_and_patterns_are_walked_in_order_without_hidden_files(
    source_runner: SourceRunner, tmp_path: Path
) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden", "_tmp", ".d/x", "sub/.y", "e.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    read = source_runner.read
    assert read(text_source(tmp_path)).rows == ["a.txt", "b.txt", "e.csv", "sub/c.txt"]
    assert read(text_source(tmp_path / "*.txt")).rows == ["a.txt", "b.txt"]
    assert read(text_source(tmp_path / "**" / "*.txt")).rows == ["a.txt", "b.txt", "sub/c.txt"]
    assert read(text_source(tmp_path / "b.txt", tmp_path)).rows[0] == "b.txt"
    assert read(text_source(f"file://{tmp_path}/a.txt")).rows == ["a.txt"]


def test_an_empty_file_or_folder_gives_no_rows(source_runner: SourceRunner, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "folder").mkdir()
    for parallelism in (1, 3):
        source = text_source(tmp_path / "empty.txt", tmp_path / "folder")
        assert source_runner.read(source, parallelism=parallelism).rows == []


def test_a_missing_file_is_named_before_any_row_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    source = text_source(tmp_path / "a.txt", tmp_path / "missing.txt")
    with pytest.raises(SourceError, match=r"missing\.txt: there is no such file"):
        source.create_enumerator(1)


def test_a_pattern_that_fits_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="fits no file"):
        text_source(tmp_path / "*.nothing").create_enumerator(1)


def test_a_remote_file_system_is_refused() -> None:
    with pytest.raises(SourceError, match="'s3'"):
        text_source("s3://bucket/key").create_enumerator(1)


def test_no_paths_are_refused() -> None:
    with pytest.raises(InvalidPipelineError, match="at least one path"):
        text_source()


def test_an_unknown_charset_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="utf-99"):
        StreamFormat.text_line_format("utf-99")
