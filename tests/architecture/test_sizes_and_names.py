"""Files stay readable, and names say what is inside."""

from __future__ import annotations

from pathlib import Path

from architecture.source_tree import KERNEL_TESTS, KERNELS, PACKAGE, ROOT, TESTS, files, short

CODE_LINES = 500
TEST_LINES = 800
SUFFIXES = (".py", ".pyx", ".pxd", ".pyi", ".h", ".cc")
VAGUE = {"common", "core", "helper", "helpers", "lib", "misc", "tools", "util", "utils"}
# PyFlink has a package of this name.
ALLOWED = {"flinkette/common"}


def longer_than(limit: int, paths: list[Path]) -> list[str]:
    counts = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{name}: {lines} lines" for name, lines in counts.items() if lines > limit]


def test_no_code_file_is_longer_than_its_limit() -> None:
    paths = [ROOT / "setup.py", *files(PACKAGE, *SUFFIXES), *files(KERNELS, *SUFFIXES)]
    assert longer_than(CODE_LINES, paths) == []


def test_no_test_file_is_longer_than_its_limit() -> None:
    assert longer_than(TEST_LINES, [*files(TESTS, ".py"), *files(KERNEL_TESTS, ".cc")]) == []


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    paths = [path for folder in (PACKAGE, KERNELS, TESTS) for path in files(folder, *SUFFIXES)]
    named = {path for path in paths if path.stem.lower().strip("_") in VAGUE}
    named |= {path.parent for path in paths if path.parent.name.lower().strip("_") in VAGUE}
    assert sorted(short(path) for path in named if short(path) not in ALLOWED) == []
