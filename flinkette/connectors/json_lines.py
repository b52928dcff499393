"""JsonLinesSource and JsonLinesSink: files with one JSON value per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.connectors.file_system.path_sink import JsonLinesSink
from flinkette.connectors.file_system.source import RecordFileSource
from flinkette.formats.json_lines import JsonLinesFormat
from flinkette.formats.malformed import MalformedPolicy

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["JsonLinesSink", "JsonLinesSource"]


class JsonLinesSource(RecordFileSource):
    """The values of files with one JSON value per line; blank lines are left out.

    Parameters
    ----------
    paths
        A path or several: files, folders (walked to any depth, hidden names left out), patterns.
        Suffixes ``.gz .bz2 .xz .zst .deflate`` are decompressed.
    type_info
        `Types.ROW_NAMED(…)` for rows of declared fields; None for Python values as they come.
    on_malformed
        What becomes of a line that is no JSON or does not fit the type: "fail", "skip" or
        "side-output".

    Raises
    ------
    SourceError
        When the job starts, if a path does not exist or cannot be read.
    MalformedInputError
        When the job meets a malformed line and `on_malformed` is "fail".
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        type_info: TypeInformation | None = None,
        *,
        on_malformed: MalformedPolicy | str = MalformedPolicy.FAIL,
    ) -> None:
        super().__init__(JsonLinesFormat(type_info, on_malformed), paths)
