"""One file being written: hidden until it is committed by a rename, gone if it is aborted.

open ──write…──> in progress ──close──> pending ──commit──> finished
.part-u-0.inprogress.v               (same name)         part-u-0
"""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.contracts.errors import SinkError

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.file_format import PartFormat, PartWriter

__all__ = ["FolderMaker", "PartFile", "unwritable"]

BUFFER_BYTES = 1 << 18


def unwritable(path: str | Path, error: OSError) -> SinkError:
    """Make the error of a target that cannot be written."""
    return SinkError(
        f"{path}: cannot be written: {error.strerror or error}; check the path, its permissions "
        "and the space on the disk"
    )


class FolderMaker:
    """Makes folders, and removes those it made that are still empty."""

    def __init__(self) -> None:
        self._made: list[Path] = []

    def make(self, folder: Path) -> None:
        """Make a folder and its parents, and check that files can be made in it.

        Raises
        ------
        SinkError
            If the folder cannot be made or written to.
        """
        missing = []
        at = folder
        while not at.exists() and at != at.parent:
            missing.append(at)
            at = at.parent
        try:
            for each in reversed(missing):
                each.mkdir(exist_ok=True)
                self._made.append(each)
            probe = folder / f".probe-{uuid.uuid4()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            self.remove_empty()
            raise unwritable(folder, error) from error

    def remove_empty(self) -> None:
        """Remove the folders that were made here and hold nothing."""
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        self._made = []


class PartFile:
    """A file on its way to its final name.

    Parameters
    ----------
    final_path
        Where the rows are found once they are committed; an existing file is replaced then.
    format_
        How rows are written.
    input_type
        Declared type of the rows.
    now_ms
        Wall clock.

    Raises
    ------
    SinkError
        If the file cannot be made.
    """

    def __init__(
        self,
        final_path: Path,
        format_: PartFormat,
        input_type: TypeInformation | None,
        now_ms: int,
    ) -> None:
        self.final_path = final_path
        self.hidden_path = final_path.with_name(f".{final_path.name}.inprogress.{uuid.uuid4()}")
        self.opened_ms = self.written_ms = now_ms
        try:
            self._stream = self.hidden_path.open("xb", buffering=BUFFER_BYTES)
        except OSError as error:
            raise unwritable(final_path, error) from error
        self._writer: PartWriter | None = None
        try:
            self._writer = format_.create_writer(self._stream, input_type, str(final_path))
        except BaseException:
            self.abort()
            raise

    @property
    def size_bytes(self) -> int:
        """Bytes written so far; what the format buffers is not counted."""
        return self._stream.tell()

    def write(self, batch: Batch, now_ms: int) -> None:
        """Append rows."""
        assert self._writer is not None
        self.written_ms = now_ms
        try:
            self._writer.write(batch)
        except OSError as error:
            raise self._failed(error) from error

    def flush(self) -> None:
        """Hand what is buffered to the operating system."""
        if not self._stream.closed:
            try:
                self._stream.flush()
            except OSError as error:
                raise self._failed(error) from error

    def close(self) -> None:
        """Write the format's footer and close the file; it stays hidden."""
        if self._stream.closed:
            return
        assert self._writer is not None
        try:
            self._writer.finish()
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> SinkError:
        return error if isinstance(error, SinkError) else unwritable(self.final_path, error)

    def commit(self) -> None:
        """Give the closed file its final name."""
        self.close()
        try:
            self.hidden_path.replace(self.final_path)
        except OSError as error:
            raise unwritable(self.final_path, error) from error

    def abort(self) -> None:
        """Remove the file."""
        if self._writer is not None and not self._stream.closed:
            self._writer.abort()
        with contextlib.suppress(OSError, ValueError):
            self._stream.close()
        with contextlib.suppress(OSError):
            self.hidden_path.unlink()
