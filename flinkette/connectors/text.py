"""TextSource: lines of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.connectors.file_system.source import RecordFileSource
from flinkette.formats.lines import TextLineFormat

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["TextSource"]


class TextSource(RecordFileSource):
    r"""The lines of text files, each a str without its line end.

    Parameters
    ----------
    paths
        A path or several: files, folders (walked to any depth, hidden names left out), patterns.
        Suffixes ``.gz .bz2 .xz .zst .deflate`` are decompressed.
    charset
        Encoding; bytes that do not fit become U+FFFD.

    Raises
    ------
    SourceError
        When the job starts, if a path does not exist or cannot be read.
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        charset: str = "UTF-8",
    ) -> None:
        super().__init__(TextLineFormat(charset), paths)
