"""What a wheel carries: checked on the file FLK_WHEEL names, else on what is installed."""

from __future__ import annotations

import os
import re
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from architecture.source_tree import PACKAGE, ROOT, files

WHEEL_BYTES = 10_000_000
ALLOWED = [
    r"flinkette/(\w+/)*\w+\.py",
    r"flinkette/py\.typed",
    r"flinkette/_native/\w+\.pyi",
    r"flinkette/_native/_core\.[\w.-]+\.so",
    r"flinkette-[\w.]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|top_level\.txt)",
    r"flinkette-[\w.]+\.dist-info/licenses/LICENSE",
]
# Written by the installer.
INSTALLED = [
    r".*/__pycache__/[\w.-]+\.pyc",
    r"flinkette-[\w.]+\.dist-info/(INSTALLER|REQUESTED|direct_url\.json)",
    r"(\.\./)+bin/flinkette",
]


@pytest.fixture(scope="module")
def packaged() -> set[str]:
    """Return the names of the packaged files."""
    wheel = os.environ.get("FLK_WHEEL")
    if wheel:
        return set(zipfile.ZipFile(wheel).namelist())
    try:
        found = metadata.files("flinkette") or []
    except metadata.PackageNotFoundError:
        pytest.skip("flinkette is built in place: no wheel to look at")
    names = {file.as_posix() for file in found}
    if not any(name.startswith("flinkette/") for name in names):
        pytest.skip("flinkette is installed in editable mode: no wheel to look at")
    return {name for name in names if not any(re.fullmatch(rule, name) for rule in INSTALLED)}


def test_the_wheel_carries_nothing_but_the_package(packaged: set[str]) -> None:
    strange = [name for name in packaged if not any(re.fullmatch(rule, name) for rule in ALLOWED)]
    assert strange == []


def test_the_wheel_carries_every_module_and_stub(packaged: set[str]) -> None:
    sources = {path.relative_to(ROOT).as_posix() for path in files(PACKAGE, ".py", ".pyi")}
    assert sources - packaged == set()
    assert {name for name in packaged if name.endswith((".py", ".pyi"))} - sources == set()
    assert "flinkette/py.typed" in packaged


def test_the_wheel_carries_one_shared_object(packaged: set[str]) -> None:
    assert len([name for name in packaged if name.endswith(".so")]) == 1


def test_the_wheel_is_at_most_ten_megabytes(packaged: set[str]) -> None:
    wheel = os.environ.get("FLK_WHEEL")
    if wheel:
        size = Path(wheel).stat().st_size
    else:  # what is installed is larger than the wheel it came in
        size = sum(
            Path(str(metadata.distribution("flinkette").locate_file(n))).stat().st_size
            for n in packaged
        )
    assert size <= WHEEL_BYTES
