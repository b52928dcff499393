"""What import-linter (pyproject.toml) does not see: purity, and the door to C++."""

from __future__ import annotations

import re

from architecture.source_tree import KERNEL_TESTS, KERNELS, PACKAGE, TESTS, files, imports, short

PURE_PACKAGES = ("contracts", "graph", "plan", "sql")
IMPURE = {
    "aiohttp", "asyncio", "multiprocessing", "random", "secrets", "selectors", "socket",
    "subprocess", "threading", "time", "zmq",
}  # fmt: skip
NATIVE = PACKAGE / "_native"
# Definitions without code: there is nothing in them to run.
WITHOUT_TEST = {"arrow_abi.h", "base.h"}


def test_pure_packages_and_machines_import_no_socket_thread_clock_or_random() -> None:
    pure = [path for name in PURE_PACKAGES for path in files(PACKAGE / name, ".py")]
    pure += PACKAGE.rglob("*_machine.py")
    used = {short(path): {name.split(".")[0] for name in imports(path)} & IMPURE for path in pure}
    assert {name: found for name, found in used.items() if found} == {}


def test_every_native_module_has_a_stub_and_every_stub_a_module() -> None:
    modules = {path.stem for path in NATIVE.glob("*.pyx")}
    assert modules == {path.stem for path in NATIVE.glob("*.pyi")}


def test_every_declaration_file_is_a_modules_or_a_headers() -> None:
    declared = {path.stem for path in NATIVE.glob("*.pxd")}
    modules = {path.stem for path in NATIVE.glob("*.pyx")}
    headers = {f"c_{path.stem}" for path in KERNELS.glob("*.h")}
    assert declared - modules - headers == set()


def test_every_kernel_header_is_run_by_a_test_without_python() -> None:
    included: set[str] = set()
    for test in KERNEL_TESTS.glob("*.cc"):
        included.update(re.findall(r'#include "flk/(\w+\.h)"', test.read_text(encoding="utf-8")))
    assert {path.name for path in KERNELS.glob("*.h")} - WITHOUT_TEST - included == set()


def test_kernels_do_not_know_python() -> None:
    knowing = [
        short(path) for path in files(KERNELS, ".h", ".cc") if "Python.h" in path.read_text("utf-8")
    ]
    assert knowing == []


def test_tests_import_shared_code_from_the_tests_folder() -> None:
    # `tests.` resolves only where the working directory happens to be on sys.path.
    wrong = [
        short(path)
        for path in files(TESTS, ".py")
        if any(name.split(".")[0] == "tests" for name in imports(path))
    ]
    assert wrong == []
