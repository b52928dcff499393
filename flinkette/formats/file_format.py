"""What a file format implements, for reading (`StreamFormat`, `BulkFormat`) and writing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from flinkette.formats.malformed import MalformedPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette._native.batch import Batch
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.malformed import MalformedRow

__all__ = ["BlockDecoder", "BulkFormat", "Decoded", "PartFormat", "PartWriter", "StreamFormat"]


class Decoded(NamedTuple):
    """The rows of one block, and the records that could not be read."""

    batch: Batch | None
    rejected: list[MalformedRow]


class BlockDecoder(ABC):
    """Turns blocks of whole records into rows. One per split; used by one thread.

    `decode` is a function of the block alone (and of the file's head), so a block that is read
    again after a restart gives the same rows.
    """

    @abstractmethod
    def decode(self, block: bytes, offset: int, first_line: Callable[[], int]) -> Decoded:
        """Decode a block.

        Parameters
        ----------
        block
            Whole records, never empty.
        offset
            Where the block begins in its file.
        first_line
            Returns the number (from 1) of the block's first line in its file; may read the file,
            so it is called only to report a malformed record.

        Returns
        -------
        Decoded
            Rows in order, and the malformed records.

        Raises
        ------
        MalformedInputError
            At a malformed record, if the policy is "fail".
        """


class StreamFormat(ABC):
    """A format of records one after the other, read from a stream of bytes.

    Make one with `text_line_format` or a format's own factory, such as
    `CsvReaderFormat.for_schema`.
    """

    on_malformed: MalformedPolicy = MalformedPolicy.FAIL

    @property
    def stream_charset(self) -> str | None:
        """Encoding from which files are transcoded to UTF-8 before records are looked for."""
        return None

    @property
    def is_splittable(self) -> bool:
        """Whether a reader can start at any byte: every line end is a record end."""
        return True

    @property
    def needs_head(self) -> bool:
        """Whether the decoder wants the first record of the file (a header)."""
        return False

    def produced_type(self) -> TypeInformation | None:
        """Type of the rows, if known before any file is opened."""
        return None

    def resolve(
        self, paths: list[str], sample: Callable[[str], tuple[bytes, bytes]]
    ) -> StreamFormat:
        """Return the format with everything settled that depends on the files to be read.

        Parameters
        ----------
        paths
            The files, in order.
        sample
            Returns a file's first record, and its first block of whole records.
        """
        return self

    def record_end(self, buffer: bytes, start: int) -> int:
        """Return the end of the last whole record in `buffer`, at or before `start` if none.

        Parameters
        ----------
        buffer
            Bytes that begin at a record's first byte; more may follow in the file.
        start
            Bytes before it were searched in vain.
        """
        return last_line_end(buffer)

    def head_of(self, block: bytes) -> bytes:
        """Return the first record of a file's first block."""
        end = block.find(b"\n") + 1 or len(block)
        while end < len(block) and self.record_end(block[:end], 0) < end:
            end = block.find(b"\n", end) + 1 or len(block)
        return block[:end]

    @abstractmethod
    def create_decoder(self, file: str, head: bytes) -> BlockDecoder:
        """Make a decoder for one split of `file`; `head` is its first record if `needs_head`."""

    @staticmethod
    def text_line_format(charset_name: str = "UTF-8") -> StreamFormat:
        r"""Make the format of lines of text, each a str without its line end.

        Parameters
        ----------
        charset_name
            Encoding of the file; bytes that do not fit it become U+FFFD, as in Flink.

        Returns
        -------
        StreamFormat
            Lines end at ``\n``, ``\r\n`` or ``\r``.
        """
        from flinkette.formats.lines import TextLineFormat

        return TextLineFormat(charset_name)


class BulkFormat:
    """A format whose files are read in big pieces, such as Parquet's row groups."""


def last_line_end(buffer: bytes) -> int:
    r"""Return the end of the last line in `buffer`, or 0; a last ``\r`` may await its ``\n``."""
    carriage_return = buffer.rfind(b"\r", 0, len(buffer) - 1) if buffer else -1
    return max(buffer.rfind(b"\n"), carriage_return) + 1


class PartWriter(ABC):
    """Appends batches to one file that is open for writing. Used by one thread."""

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Append the rows."""

    def finish(self) -> None:
        """Write what is buffered, and the format's footer; the stream stays open."""

    def abort(self) -> None:
        """Let go of what is buffered; the file is removed afterwards. Must not raise."""


@dataclass(frozen=True)
class PartFormat(ABC):
    """How rows are written into files. Plain data; makes one `PartWriter` per file."""

    @abstractmethod
    def create_writer(
        self, stream: BinaryIO, input_type: TypeInformation | None, target: str
    ) -> PartWriter:
        """Start a file.

        Parameters
        ----------
        stream
            Empty, open for writing; the caller closes it.
        input_type
            Declared type of the rows, or None for plain Python objects.
        target
            What error messages call the file.
        """

    def check(self, input_type: TypeInformation | None) -> Any:
        """Refuse, before the first row, a type of rows that cannot be written."""
        return None
