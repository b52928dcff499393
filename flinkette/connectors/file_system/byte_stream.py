"""Opens files for reading: compressed by suffix, transcoded to UTF-8 where lines need it."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from flinkette.contracts.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ByteStream", "compression_of", "open_bytes", "read_errors"]

COMPRESSION_OF_SUFFIX = {
    ".gz": "gzip",
    ".gzip": "gzip",
    ".bz2": "bz2",
    ".xz": "xz",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".deflate": "deflate",
}
DISCARD_BYTES = 1 << 20


class ByteStream(Protocol):
    """What is needed of an open file."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end only."""

    def close(self) -> None:
        """Close the file."""


def compression_of(path: str) -> str | None:
    """Return the compression that a file's name tells, or None."""
    return COMPRESSION_OF_SUFFIX.get(Path(path).suffix.lower())


def read_errors() -> tuple[type[Exception], ...]:
    """Return what reading a broken compressed file can raise."""
    from lzma import LZMAError

    return (OSError, EOFError, zlib.error, LZMAError)


def open_bytes(path: str, offset: int = 0, charset: str | None = None) -> ByteStream:
    """Open a file at an offset.

    Parameters
    ----------
    path
        A local file.
    offset
        Bytes to leave out, counted after decompression and transcoding.
    charset
        Transcode from this encoding to UTF-8; None: the bytes as they are.

    Returns
    -------
    ByteStream
        At `offset`; the caller closes it.

    Raises
    ------
    SourceError
        If the file cannot be opened.
    """
    compression = compression_of(path)
    try:
        if compression is None and charset is None:
            plain = Path(path).open("rb", buffering=0)  # noqa: SIM115 - the caller closes it
            plain.seek(offset)
            return cast("ByteStream", plain)
        stream: ByteStream = OPENERS[compression](path)
        if charset is not None:
            stream = _Transcoder(stream, charset)
        _discard(stream, offset)
    except read_errors() as error:
        raise SourceError(
            f"{path}: cannot be read: {error}; check that it is whole and readable"
        ) from error
    return stream


def _discard(stream: ByteStream, count: int) -> None:
    while count > 0:
        data = stream.read(min(count, DISCARD_BYTES))
        if not data:
            return
        count -= len(data)


class _Transcoder:
    """Reads text in any encoding as UTF-8 bytes."""

    def __init__(self, stream: ByteStream, charset: str) -> None:
        self._text = io.TextIOWrapper(
            cast("BinaryIO", stream), encoding=charset, errors="replace", newline=""
        )

    def read(self, size: int, /) -> bytes:
        return self._text.read(size).encode("utf-8", "replace")

    def close(self) -> None:
        self._text.close()


class _Deflated:
    """Reads a zlib stream."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("rb")  # noqa: SIM115 - closed by close
        self._decompressor = zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        while not self._decompressor.eof:
            data = self._decompressor.unconsumed_tail or self._file.read(size)
            out = self._decompressor.decompress(data, size)
            if out:
                return out
            if not data:
                raise EOFError("the compressed stream ends too early")
        return b""

    def close(self) -> None:
        self._file.close()


def _open_plain(path: str) -> ByteStream:
    return cast("ByteStream", Path(path).open("rb"))


def _open_gzip(path: str) -> ByteStream:
    import gzip

    return cast("ByteStream", gzip.open(path, "rb"))


def _open_bz2(path: str) -> ByteStream:
    import bz2

    return bz2.open(path, "rb")


def _open_xz(path: str) -> ByteStream:
    import lzma

    return lzma.open(path, "rb")


def _open_zstd(path: str) -> ByteStream:
    import pyarrow

    return cast("ByteStream", pyarrow.CompressedInputStream(pyarrow.OSFile(path, "rb"), "zstd"))


OPENERS: dict[str | None, Callable[[str], ByteStream]] = {
    None: _open_plain,
    "gzip": _open_gzip,
    "bz2": _open_bz2,
    "xz": _open_xz,
    "zstd": _open_zstd,
    "deflate": _Deflated,
}
