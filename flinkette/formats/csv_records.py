"""Finds where CSV records end: at line ends outside quotes.

A quote opens a field only at the field's first character; elsewhere it is a character like any
other. Most blocks need no more than a count of quotes; the others are looked at field by field.
"""

from __future__ import annotations

import re
from functools import lru_cache

from flinkette.formats.file_format import last_line_end

__all__ = ["RecordEnds"]


@lru_cache(maxsize=16)
def _patterns(
    delimiter: str, quote: str, escape: str | None
) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    d, q = re.escape(delimiter.encode()), re.escape(quote.encode())
    stray = re.compile(rb"(?<=[^%b\r\n%b])%b(?=[^%b\r\n%b])" % (d, q, q, d, q))
    e = re.escape(escape.encode()) if escape else b""
    pair = rb"(?:%b%b|%b[\s\S])" % (q, q, e) if e else q + q
    text = rb"[^%b%b]*" % (q, e)
    quoted = re.compile(rb"(?:\A|(?<=[%b\r\n]))%b%b(?:%b%b)*(%b|\Z)" % (d, q, text, pair, text, q))
    return stray, quoted


class RecordEnds:
    """Finds record ends for one choice of delimiter, quote and escape.

    Parameters
    ----------
    delimiter
        Character between fields.
    quote
        Character around fields that hold delimiters or line ends; None: there is none.
    escape
        Character that takes the meaning from the next one; None: there is none.
    """

    def __init__(self, delimiter: str, quote: str | None, escape: str | None) -> None:
        self._quote = quote.encode() if quote else None
        self._escape = escape
        if quote:
            self._stray, self._quoted = _patterns(delimiter, quote, escape)

    def last(self, buffer: bytes) -> int:
        """Return the end of the last whole record in `buffer`, which begins with one, or 0."""
        end = last_line_end(buffer)
        quote = self._quote
        if end == 0 or quote is None:
            return end
        quotes = buffer.count(quote, 0, end)
        if quotes == 0:
            return end
        if quotes % 2 == 0 and self._escape is None and self._stray.search(buffer, 0, end) is None:
            return end
        return self._last_by_field(buffer)

    def _last_by_field(self, buffer: bytes) -> int:
        gap_end = len(buffer)
        for field in reversed(list(self._quoted.finditer(buffer))):
            end = self._last_line_end_between(buffer, field.end(), gap_end)
            if end:
                return end
            gap_end = field.start()
        return self._last_line_end_between(buffer, 0, gap_end)

    def _last_line_end_between(self, buffer: bytes, start: int, stop: int) -> int:
        carriage_return = buffer.rfind(b"\r", start, min(stop, len(buffer) - 1))
        if carriage_return >= 0 and buffer[carriage_return + 1] == ord("\n"):
            carriage_return = -1
        return max(buffer.rfind(b"\n", start, stop), carriage_return) + 1

    def middle(self, block: bytes) -> int:
        """Return where a block of whole records can be cut in two, or 0 if it is one record."""
        middle = len(block) // 2
        end = self.last(block[:middle])
        if end:
            return end
        # The first record is longer than half: find its end by taking more, line by line.
        at = middle
        while True:
            at = block.find(b"\n", at) + 1
            if at == 0 or at >= len(block):
                return 0
            end = self.last(block[:at])
            if end:
                return end
