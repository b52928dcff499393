"""Tier 0/1. Owns the only door to C++; may import nothing of flinkette.

All modules of this package live in one shared object, `_core`, so that counters, budgets and
instruction-set dispatch exist once in the process. The finder below loads each module from it by
name. Start reading at `batch`. Invariant: nothing here loads numpy or pyarrow.
"""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

__all__: list[str] = []


def _core_path() -> str | None:
    folder = Path(__file__).parent
    for suffix in EXTENSION_SUFFIXES:
        candidate = folder / f"_core{suffix}"
        if candidate.exists():
            return str(candidate)
    return None


class _CoreFinder:
    """Meta-path finder: `flinkette._native.X` is the module X inside `_core`."""

    modules = frozenset(path.stem for path in Path(__file__).parent.glob("*.pyi"))

    @classmethod
    def find_spec(cls, name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        package, _, module = name.rpartition(".")
        if package != __name__ or module not in cls.modules:
            return None
        core = _core_path()
        if core is None:
            raise ImportError(
                "flinkette's native core is not built for this Python "
                f"({sys.version.split()[0]}); run `pip install .` in the source tree"
            )
        return spec_from_file_location(name, core, loader=ExtensionFileLoader(name, core))


if not any(finder is _CoreFinder for finder in sys.meta_path):
    sys.meta_path.append(_CoreFinder)
