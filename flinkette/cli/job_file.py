"""Runs a job file as Python would, and reports what went wrong in the user's terms."""

from __future__ import annotations

import runpy
import sys
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["report_error", "run_job_file", "run_job_module"]

_PACKAGE_FOLDER = str(Path(__file__).resolve().parent.parent)
_INTERNAL = (_PACKAGE_FOLDER, "<frozen importlib", "<frozen runpy", runpy.__file__)


def run_job_file(job: str, arguments: Sequence[str]) -> int:
    """Run a file as ``python job.py arguments...`` would.

    Parameters
    ----------
    job : str
        Path of the file.
    arguments : sequence of str
        Its command line.

    Returns
    -------
    int
        Exit code: 0, 1 after an error that was printed, or what the program passed to ``exit``.
    """
    path = str(Path(job))
    sys.argv = [path, *arguments]
    sys.path.insert(0, str(Path(job).resolve().parent))
    main = ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main

    def execute() -> None:
        source = Path(job).read_bytes()
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102

    return _exit_code_of(execute)


def run_job_module(module: str, arguments: Sequence[str]) -> int:
    """Run a module as ``python -m module arguments...`` would.

    Parameters
    ----------
    module : str
        Its dotted name; of a package, the module ``__main__`` in it.
    arguments : sequence of str
        Its command line.

    Returns
    -------
    int
        As `run_job_file`.
    """
    sys.argv = [module, *arguments]
    sys.path.insert(0, str(Path.cwd()))
    return _exit_code_of(lambda: runpy.run_module(module, run_name="__main__", alter_sys=True))


def _exit_code_of(program: Callable[[], object]) -> int:
    """Run a program to its end, however it comes to it."""
    try:
        program()
    except SystemExit as stop:
        return _exit_code(stop)
    except KeyboardInterrupt:
        return 130
    except BaseException as error:
        report_error(error, sys.stderr)
        return 1
    finally:
        sys.stdout.flush()
    return 0


def report_error(error: BaseException, stream: TextIO) -> None:
    """Print an error with the user's part of its traceback.

    Parameters
    ----------
    error : BaseException
        What was raised.
    stream : file
        Where to.
    """
    report = traceback.TracebackException.from_exception(error)
    _keep_user_frames(report)
    stream.write("".join(report.format()))


def _keep_user_frames(report: traceback.TracebackException) -> None:
    """Leave out frames of flinkette and of the import system, also of causes."""
    report.stack = traceback.StackSummary.from_list(_user_frames(report.stack))
    for earlier in (report.__cause__, report.__context__):
        if earlier is not None:
            _keep_user_frames(earlier)


def _user_frames(frames: Iterable[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    return [frame for frame in frames if not _is_internal(frame.filename)]


def _is_internal(file: str) -> bool:
    # frames of native code carry the path they were compiled from
    is_native = file.endswith((".pyx", ".pxd")) and "flinkette" in file
    return is_native or file.startswith(_INTERNAL)


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code
    sys.stderr.write(f"{stop.code}\n")
    return 1
