"""Flags of `flinkette run` that say what the program is and what its functions need."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., "CompletedProcess[str]"]
JOB = """
import sys
from pyflink.datastream import StreamExecutionEnvironment
from beside import plus

class Tag:
    def __init__(self, value):
        self.value = value

env = StreamExecutionEnvironment.get_execution_environment()
tagged = env.from_collection([1, 2, 3]).map(lambda value: Tag(plus(value)))
tagged.key_by(lambda tag: tag.value).map(lambda tag: tag.value * 10).print()
env.execute()
print(__name__, *sys.argv[1:])
"""


@pytest.fixture
def flinkette(run_python: Run, tmp_path: Path) -> Run:
    """Run the command in a folder with a program, and a module of its functions elsewhere."""
    (tmp_path / "job.py").write_text(JOB)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "beside.py").write_text("def plus(value):\n    return value + 1\n")

    def run(*arguments: str, check: bool = True, **environment: str) -> CompletedProcess[str]:
        return run_python("-m", "flinkette", *arguments, check=check, **environment)

    return run


@pytest.mark.parametrize(
    "flags",
    [
        ("-py", "job.py", "-pyfs", "lib/beside.py"),
        ("--pyModule", "job", "--pyFiles", "lib"),
        ("-pypath", "lib", "-p", "2", "-py", "job.py"),
    ],
)
def test_a_program_and_the_modules_of_its_functions_are_named(
    flinkette: Run, flags: tuple[str, ...]
) -> None:
    lines = flinkette("run", *flags, "a", "-p", "7").stdout.splitlines()
    assert sorted(int(line.rpartition("> ")[2]) for line in lines[:-1]) == [20, 30, 40]
    assert lines[-1] == "__main__ a -p 7"


def test_files_packages_and_archives_become_keys_with_absolute_paths(
    flinkette: Run, tmp_path: Path
) -> None:
    (tmp_path / "needs.txt").write_text("")
    (tmp_path / "data.zip").write_text("")
    (tmp_path / "show.py").write_text(
        "from flinkette.datastream.launch_options import launch_options\n"
        "for item in sorted(launch_options().items()): print(*item)\n"
    )
    flags = ("-pyreq", "needs.txt#lib", "-pyarch", "data.zip#data,data.zip", "-pyfs", "lib")
    done = flinkette("run", *flags, "-Dflinkette.job.priority=3", "-t", "local", "show.py")
    assert done.stdout.splitlines() == [
        "execution.target local",
        "flinkette.job.priority 3",
        f"python.archives {tmp_path}/data.zip#data,{tmp_path}/data.zip",
        f"python.files {tmp_path}/lib",
        f"python.requirements {tmp_path}/needs.txt#{tmp_path}/lib",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument 'JOB'"),
        (("nothing.py",), "the program 'nothing.py' is not a file"),
        (("-py", "job.py", "-pym", "job"), "both name the program"),
        (("-pyfs", "nothing", "job.py"), "--pyFiles: 'nothing' does not exist"),
        (("-pyclientexec", "no-such-python", "job.py"), "there is no program 'no-such-python'"),
        (("-s", "somewhere", "job.py"), "savepoints come with checkpointing"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(
    flinkette: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = flinkette("run", *arguments, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_another_interpreter_runs_the_program_when_asked(flinkette: Run, tmp_path: Path) -> None:
    other = tmp_path / "other-python"
    other.write_text(f'#!/bin/sh\necho other\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    (tmp_path / "hello.py").write_text("import sys\nprint(*sys.argv[1:])\n")
    done = flinkette("run", "-pyclientexec", str(other), "hello.py", "-p", "x")
    assert done.stdout.splitlines() == ["other", "-p x"]
    same = flinkette("run", "-pyclientexec", sys.executable, "hello.py")
    assert same.stdout == "\n"


def test_an_interpreter_that_workers_cannot_have_is_said(flinkette: Run, tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text("print('hello')\n")
    done = flinkette("run", "-pyexec", "/bin/sh", "hello.py")
    assert done.stdout == "hello\n"
    assert "--pyExecutable /bin/sh is not used" in done.stderr
    assert flinkette("run", "-pyexec", sys.executable, "hello.py").stderr == ""


def test_a_module_that_fails_shows_the_users_lines_and_no_others(
    flinkette: Run, tmp_path: Path
) -> None:
    (tmp_path / "failing.py").write_text("def fail():\n    raise OSError('no')\n\nfail()\n")
    done = flinkette("run", "-pym", "failing", check=False)
    assert done.returncode == 1
    assert "line 2, in fail" in done.stderr
    assert "runpy" not in done.stderr


def test_info_of_something_else_says_what_it_takes(flinkette: Run) -> None:
    done = flinkette("info", "no-such", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'no-such' is neither a file nor the id of a job" in done.stderr
