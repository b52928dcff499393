r"""Cuts a file, or a byte range of it, into blocks of whole records.

A byte range [start, end) owns the records that begin in it. A record begins at byte 0 or where a
line end stops, so the range is moved to [T(start), T(end)), where T(x) is the first line end's stop
at or after x: whatever the ranges, each line is in exactly one of them.

    a b c \n d e f \n g h \n
    0        4        8      11      T(0) = 0, T(2) = T(4) = 4, T(5) = 8, T(9) = 11
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.connectors.file_system.byte_stream import open_bytes, read_errors
from flinkette.contracts.errors import MalformedInputError, SourceError

if TYPE_CHECKING:
    from flinkette.formats.file_format import StreamFormat

__all__ = ["MAX_RECORD_BYTES", "LineCounter", "RecordBlocks", "aligned_start", "read_sample"]

BLOCK_BYTES = 1 << 18
SCAN_BYTES = 1 << 14
MAX_RECORD_BYTES = 1 << 28
LINE_FEED, CARRIAGE_RETURN = 10, 13


def aligned_start(path: str, offset: int) -> int:
    """Return where the first line that begins at or after `offset` begins, or the file's size."""
    if offset <= 0:
        return 0
    with Path(path).open("rb", buffering=0) as stream:
        at = offset - 1
        stream.seek(at)
        previous = -1
        while data := stream.read(SCAN_BYTES):
            if previous == CARRIAGE_RETURN:
                return at + 1 if data[0] == LINE_FEED else at
            feed = data.find(b"\n")
            carriage_return = data.find(b"\r", 0, feed if feed >= 0 else len(data))
            if carriage_return >= 0 and carriage_return + 1 < len(data):
                return at + carriage_return + (2 if data[carriage_return + 1] == LINE_FEED else 1)
            if feed >= 0:
                return at + feed + 1
            at += len(data)
            previous = data[-1]
        return at


def read_sample(
    path: str, format_: StreamFormat, charset: str | None, block_bytes: int = BLOCK_BYTES
) -> tuple[bytes, bytes]:
    """Return the first record of a file, and its first block; no bytes if the file is empty."""
    blocks = RecordBlocks(path, format_, charset, block_bytes=block_bytes)
    try:
        block = next(blocks, b"")
    finally:
        blocks.close()
    return format_.head_of(block), block


class RecordBlocks:
    """Iterator over blocks of whole records; `offset` is where the next block begins.

    Parameters
    ----------
    path
        A local file.
    format_
        Says where records end.
    charset
        Transcode from this encoding, or None.
    start
        Offset of a record's first byte.
    end
        Offset where reading stops, the end of a record; None: the end of the file.
    block_bytes
        Bytes read at once; a longer record makes a longer block.
    """

    def __init__(
        self,
        path: str,
        format_: StreamFormat,
        charset: str | None = None,
        *,
        start: int = 0,
        end: int | None = None,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self.path = path
        self.offset = start
        self._format = format_
        self._end = end
        self._block_bytes = block_bytes
        self._read_errors = read_errors()
        self._left = b""
        self._stream = open_bytes(path, start, charset)

    def __iter__(self) -> RecordBlocks:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next block.

        Raises
        ------
        SourceError
            If the file cannot be read.
        MalformedInputError
            If a record does not end within 256 MiB.
        """
        buffer, searched = self._left, 0
        while True:
            data = self._read(len(buffer))
            if not data:
                if not buffer:
                    raise StopIteration
                return self._cut(buffer, len(buffer))
            searched = len(buffer)
            buffer = buffer + data if buffer else data
            end = self._format.record_end(buffer, searched)
            if end > 0:
                return self._cut(buffer, end)
            if len(buffer) > MAX_RECORD_BYTES:
                raise MalformedInputError(
                    f"{self.path}: the record at byte {self.offset} is longer than "
                    f"{MAX_RECORD_BYTES >> 20} MiB; check line ends and quotes"
                )

    def _read(self, buffered: int) -> bytes:
        # Reading doubles while a record does not end, so that a long one costs linear time.
        size = max(self._block_bytes - buffered, buffered, 1)
        if self._end is not None:
            size = min(size, self._end - self.offset - buffered)
        if size <= 0:
            return b""
        try:
            return self._stream.read(size)
        except self._read_errors as error:
            raise SourceError(
                f"{self.path}: reading stopped near byte {self.offset + buffered}: {error}; "
                "check that the file is whole"
            ) from error

    def _cut(self, buffer: bytes, end: int) -> bytes:
        self._left = buffer[end:]
        self.offset += end
        return buffer[:end]

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class LineCounter:
    """Tells line numbers of offsets; each part of the file is read at most once for it."""

    def __init__(self, path: str, charset: str | None) -> None:
        self._path = path
        self._charset = charset
        self._offset = 0
        self._lines = 0

    def line_at(self, offset: int) -> int:
        """Return the number, from 1, of the line at `offset`, which is never less than before."""
        stream = open_bytes(self._path, self._offset, self._charset)
        try:
            while self._offset < offset:
                data = stream.read(min(offset - self._offset, BLOCK_BYTES))
                if not data:
                    break
                self._lines += data.count(b"\n")
                self._offset += len(data)
        finally:
            stream.close()
        return self._lines + 1
