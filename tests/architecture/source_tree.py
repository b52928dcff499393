"""The sources the architecture tests look at."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "flinkette"
KERNELS = ROOT / "csrc" / "flk"
KERNEL_TESTS = ROOT / "csrc" / "tests"
TESTS = ROOT / "tests"
# What a user imports; the rest of the package is ours.
API = ("common", "connectors", "contracts", "datastream", "ext", "formats", "testing")


def files(folder: Path, *suffixes: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_public(name: str) -> bool:
    return not any(part.startswith("_") for part in name.split("."))


def public_modules() -> list[Path]:
    return [path for path in files(PACKAGE, ".py") if is_public(module_name(path))]


def api_modules() -> list[str]:
    names = [module_name(path) for path in public_modules()]
    return [name for name in names if name == "flinkette" or name.split(".")[1] in API]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> set[str]:
    """Return the dotted names a module imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found
