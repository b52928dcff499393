"""Lines of text: each line of a file is a str, each row written is a line."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from flinkette._native.batch import Batch
from flinkette.contracts.errors import ConfigurationError
from flinkette.formats.file_format import (
    BlockDecoder,
    Decoded,
    PartFormat,
    PartWriter,
    StreamFormat,
)
from flinkette.formats.text import row_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette._native.text import RowText
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = [
    "TextLineDecoder",
    "TextLineFormat",
    "TextPartFormat",
    "TextPartWriter",
    "is_line_searchable",
    "known_charset",
]


def known_charset(name: str) -> str:
    """Return Python's name of a charset.

    Raises
    ------
    ConfigurationError
        If Python does not know it.
    """
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ConfigurationError(
            f"charset {name!r} is not known; use a name of Python's codecs, such as 'UTF-8'"
        ) from None


def is_line_searchable(charset: str) -> bool:
    """Tell whether line ends can be found in the undecoded bytes (false for UTF-16 and UTF-32)."""
    return "\r\n".encode(charset) == b"\r\n"


class TextLineFormat(StreamFormat):
    r"""Lines as str without their ends; ``\n``, ``\r\n`` and ``\r`` end a line.

    Parameters
    ----------
    charset_name
        Encoding; bytes that do not fit become U+FFFD.
    """

    def __init__(self, charset_name: str = "UTF-8") -> None:
        self.charset = known_charset(charset_name)

    @property
    def stream_charset(self) -> str | None:
        """The encoding, if lines cannot be found in its bytes."""
        return None if is_line_searchable(self.charset) else self.charset

    def produced_type(self) -> TypeInformation:
        """Return STRING."""
        from flinkette.contracts.typeinfo import Types

        return Types.STRING()

    def create_decoder(self, file: str, head: bytes) -> TextLineDecoder:
        """Make a decoder."""
        return TextLineDecoder("utf-8" if self.stream_charset else self.charset)


class TextLineDecoder(BlockDecoder):
    """Splits blocks into lines."""

    def __init__(self, charset: str) -> None:
        self._charset = charset

    def decode(self, block: bytes, offset: int, first_line: Callable[[], int]) -> Decoded:
        """Return the lines of the block."""
        text = block.decode(self._charset, "replace")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        # str.splitlines would also cut at form feeds and Unicode's separators, which Flink keeps.
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        return Decoded(Batch.from_objects(lines), [])


@dataclass(frozen=True)
class TextPartFormat(PartFormat):
    """Each row's text on a line of its own, as `print` shows it.

    Parameters
    ----------
    charset
        Encoding of the file.
    """

    charset: str = "UTF-8"

    def create_writer(
        self, stream: BinaryIO, input_type: TypeInformation | None, target: str
    ) -> TextPartWriter:
        """Start a file."""
        texts = row_text(input_type, java_rows=True)
        return TextPartWriter(stream, texts, known_charset(self.charset))


class TextPartWriter(PartWriter):
    """Writes the rows of a batch with one call."""

    def __init__(self, stream: BinaryIO, row_text: RowText, charset: str) -> None:
        self._stream = stream
        self._row_text = row_text
        self._charset = charset

    def write(self, batch: Batch) -> None:
        """Append one line per row."""
        if batch.num_rows:
            lines = self._row_text.lines(batch.objects())
            self._stream.write(lines.encode(self._charset, "replace"))
