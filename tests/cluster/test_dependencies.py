"""Files, packages and archives that a program names are there for user functions on workers."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from flinkette.cluster.dependencies import Dependencies
from flinkette.common import Configuration
from flinkette.contracts.errors import ConfigurationError
from flinkette.datastream import StreamExecutionEnvironment

pytestmark = pytest.mark.usefixtures("fork_server_of_the_module")


def make_environment() -> StreamExecutionEnvironment:
    configuration = Configuration().set_integer("flinkette.execution.workers", 2)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(2)
    return env


def test_files_packages_and_archives_reach_user_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lookup.py").write_text("NAMES = {1: 'one', 2: 'two'}\n")
    data = tmp_path / "data"
    data.mkdir()
    (data / "greeting.txt").write_text("hello")
    archive = shutil.make_archive(str(tmp_path / "files"), "zip", data)
    monkeypatch.setattr(sys, "path", [*sys.path])
    env = make_environment()
    env.add_python_file(str(tmp_path / "lookup.py"))
    env.add_python_archive(archive, "unpacked")

    def look_up(number: int) -> Any:
        import lookup

        return lookup.NAMES[number], Path("unpacked/greeting.txt").read_text()

    rows = env.from_collection([1, 2]).rebalance().map(look_up).execute_and_collect()
    assert sorted(rows) == [("one", "hello"), ("two", "hello")]


def test_packages_are_installed_for_the_job_alone(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "brought_along-1-py3-none-any.whl").write_bytes(wheel_bytes(tmp_path))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("brought-along\n")
    env = make_environment()
    env.set_python_requirements(str(requirements), str(wheels))

    def ask(number: int) -> int:
        import brought_along

        return number + int(brought_along.ANSWER)

    assert list(env.from_collection([1]).rebalance().map(ask).execute_and_collect()) == [43]
    with pytest.raises(ImportError):
        __import__("brought_along")


def wheel_bytes(folder: Path) -> bytes:
    """Make a wheel by hand: a zip file with a module and three lists."""
    path = folder / "made.whl"
    info = "brought_along-1.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("brought_along.py", "ANSWER = 42\n")
        metadata = "Metadata-Version: 2.1\nName: brought-along\nVersion: 1\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("python.files", "/no/such/file.py", "does not exist"),
        ("python.requirements", "/no/such.txt", "is not a file"),
        ("python.archives", "/no/such.zip", "is not a file"),
        ("python.archives", f"{__file__}#../up", "outside the job's folder"),
        ("python.archives", __file__, "cannot be unpacked"),
    ],
)
def test_what_cannot_be_made_ready_is_named(key: str, value: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Dependencies.prepare(Configuration().set_string(key, value))


def test_packages_that_cannot_be_installed_leave_nothing(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("no-such-package-anywhere\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    setting = f"{requirements}#{empty}"
    with pytest.raises(ConfigurationError, match="no-such-package-anywhere"):
        Dependencies.prepare(Configuration().set_string("python.requirements", setting))
