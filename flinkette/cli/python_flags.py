"""The Python flags of `flinkette run`, as Flink has them: `-py`, `-pym`, `-pyfs` and others."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["apply_python_flags", "python_flags", "start_in_client_interpreter"]

Command = TypeVar("Command", bound="Callable[..., Any]")

_REEXECUTED = "FLINKETTE_CLIENT_EXECUTABLE"


def python_flags(command: Command) -> Command:
    """Give a click command the flags; it gets their values by keyword."""
    for names, destination, what, help_text in reversed(_FLAGS):
        command = click.option(*names, destination, metavar=what, help=help_text)(command)
    return command


_FLAGS = (
    (("-py", "--python"), "python", "FILE", "The program; in place of JOB."),
    (("-pym", "--pyModule"), "py_module", "MODULE", "The program, by the name of its module."),
    (
        ("-pyfs", "--pyFiles"),
        "py_files",
        "FILES",
        "Python files, zip files and folders that functions import, with commas.",
    ),
    (
        ("-pyreq", "--pyRequirements"),
        "py_requirements",
        "FILE[#FOLDER]",
        "Packages that workers install; a folder of downloaded ones.",
    ),
    (
        ("-pyarch", "--pyArchives"),
        "py_archives",
        "ARCHIVES",
        "Archives that workers unpack, ARCHIVE[#FOLDER], with commas.",
    ),
    (("-pypath", "--pyPythonPath"), "py_path", "PATHS", "Put before PYTHONPATH."),
    (("-pyexec", "--pyExecutable"), "py_executable", "PYTHON", "The interpreter of workers."),
    (
        ("-pyclientexec", "--pyClientExecutable"),
        "py_client_executable",
        "PYTHON",
        "The interpreter that runs the program.",
    ),
)


def apply_python_flags(flags: Mapping[str, str | None]) -> dict[str, str]:
    """Put files where the program finds them, and return the keys that its workers need.

    Parameters
    ----------
    flags : mapping
        Values by the names that `python_flags` passes; None for one that was not given.

    Returns
    -------
    dict
        Keys of the configuration with absolute paths.

    Raises
    ------
    click.UsageError
        If a file is not there.
    """
    keys: dict[str, str] = {}
    files = _entries(flags["py_files"])
    if files:
        paths = [_existing("--pyFiles", each) for each in files]
        keys["python.files"] = ",".join(map(str, paths))
        sys.path[:0] = [str(each.parent if each.suffix == ".py" else each) for each in paths]
    if flags["py_path"]:
        sys.path[:0] = [str(Path(each).absolute()) for each in flags["py_path"].split(os.pathsep)]
    if flags["py_requirements"]:
        keys["python.requirements"] = _with_absolute_paths(
            "--pyRequirements", flags["py_requirements"], is_folder_ours=True
        )
    archives = _entries(flags["py_archives"])
    if archives:
        keys["python.archives"] = ",".join(
            _with_absolute_paths("--pyArchives", each, is_folder_ours=False) for each in archives
        )
    executable = flags["py_executable"]
    if executable:
        keys["python.executable"] = executable
        if not _is_this_interpreter(_found("--pyExecutable", executable)):
            click.echo(
                f"flinkette: --pyExecutable {executable} is not used: workers are forked from "
                f"this process or from a task manager, and run in its interpreter",
                err=True,
            )
    return keys


def start_in_client_interpreter(executable: str | None) -> None:
    """Run this command line anew in another interpreter, if that is not the one that runs.

    Raises
    ------
    click.UsageError
        If there is none of that name.
    """
    if executable is None or os.environ.pop(_REEXECUTED, None) == executable:
        return
    found = _found("--pyClientExecutable", executable)
    if _is_this_interpreter(found):
        return
    sys.stdout.flush()
    environment = {**os.environ, _REEXECUTED: executable}
    os.execve(found, [found, "-m", "flinkette", *sys.argv[1:]], environment)  # noqa: S606


def _entries(text: str | None) -> list[str]:
    return [each.strip() for each in (text or "").split(",") if each.strip()]


def _existing(flag: str, name: str) -> Path:
    path = Path(name).absolute()
    if not path.exists():
        raise click.UsageError(f"{flag}: {name!r} does not exist")
    return path


def _with_absolute_paths(flag: str, entry: str, *, is_folder_ours: bool) -> str:
    """Make FILE[#FOLDER] absolute; the folder only where it lies on this machine."""
    file, hash_mark, folder = entry.partition("#")
    if is_folder_ours and folder:
        folder = str(_existing(flag, folder))
    return f"{_existing(flag, file)}{hash_mark}{folder}"


def _found(flag: str, executable: str) -> str:
    found = shutil.which(executable)
    if found is None:
        raise click.UsageError(f"{flag}: there is no program {executable!r}")
    return found


def _is_this_interpreter(found: str) -> bool:
    # a virtual environment is a link to the interpreter it was made of: links are not followed
    return Path(found).absolute() == Path(sys.executable).absolute()
