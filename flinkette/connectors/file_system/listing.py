"""Finds the files that a source reads: paths, folders and patterns to a sorted list of files."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from flinkette.contracts.errors import SinkError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ListedFile", "as_paths", "list_files", "local_path", "writable_path"]

HIDDEN_PREFIXES = (".", "_")


class ListedFile(NamedTuple):
    """A file that exists and can be read."""

    path: str
    size_bytes: int


def as_paths(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> tuple[str, ...]:
    """Return one path or several as a tuple of str."""
    if isinstance(paths, (str, os.PathLike)):
        paths = (paths,)
    return tuple(os.fspath(path) for path in paths)


def local_path(path: str | os.PathLike[str]) -> str:
    """Return the path in the local file system that `path` names.

    Parameters
    ----------
    path
        A path, or a URI with the scheme ``file``.

    Raises
    ------
    SourceError
        If it is a URI of another file system.
    """
    text = os.fspath(path)
    scheme, separator, _ = text.partition("://")
    if separator and scheme != "file":
        raise SourceError(
            f"{text}: files are read and written in local file systems only, not in {scheme!r}; "
            "mount it or copy the files"
        )
    if text.startswith("file:"):
        return unquote(urlsplit(text).path)
    return str(Path(text).expanduser()) if text.startswith("~") else text


def writable_path(path: str | os.PathLike[str]) -> str:
    """Return the path in the local file system that a sink's `path` names.

    Raises
    ------
    SinkError
        If it is a URI of another file system.
    """
    try:
        return local_path(path)
    except SourceError as error:
        raise SinkError(str(error)) from error


def list_files(paths: Iterable[str | os.PathLike[str]]) -> list[ListedFile]:
    """List the files that `paths` name, folders and patterns resolved, each path's files sorted.

    Parameters
    ----------
    paths
        Files, folders (walked to any depth; names that begin with ``.`` or ``_`` are hidden, as
        in Flink), or patterns with ``*``, ``?``, ``[…]`` and ``**``.

    Returns
    -------
    list of ListedFile
        Each file once, in the order of `paths`, within one path by name.

    Raises
    ------
    SourceError
        If a path does not exist, cannot be read, or a pattern fits nothing.
    """
    listed: dict[str, ListedFile] = {}
    for path in paths:
        for name in _files_of(local_path(path)):
            if name not in listed:
                listed[name] = _checked(name)
    return list(listed.values())


def _files_of(path: str) -> Iterator[str]:
    if Path(path).is_dir():
        yield from _walk(path)
    elif Path(path).exists() or not glob.has_magic(path):
        yield path
    else:
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - Path.glob is relative
        if not matches:
            raise SourceError(
                f"{path}: the pattern fits no file; check it, or create the files first"
            )
        for match in matches:
            if Path(match).is_dir():
                yield from _walk(match)
            else:
                yield match


def _walk(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise _unreadable(error.filename or folder, error) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith(HIDDEN_PREFIXES))
        for name in sorted(names):
            if not name.startswith(HIDDEN_PREFIXES):
                yield str(Path(parent) / name)


def _checked(path: str) -> ListedFile:
    try:
        with Path(path).open("rb") as stream:
            return ListedFile(path, os.fstat(stream.fileno()).st_size)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        parent = Path(path).absolute().parent
        where = f"{parent} exists" if parent.is_dir() else f"{parent} does not exist either"
        return SourceError(f"{path}: there is no such file or folder ({where}); check the path")
    return SourceError(f"{path}: cannot be read: {error.strerror or error}; check its permissions")
