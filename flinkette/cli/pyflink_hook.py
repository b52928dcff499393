"""Serves the modules of one package under the name of another, in this process only.

``flinkette run`` serves `pyflink.*` from `flinkette.*`; `flinkette.on_flink` does the reverse. A
module is the same object under both names, so classes are the same too.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

__all__ = ["AliasFinder", "serve_pyflink"]


class AliasFinder(MetaPathFinder):
    """Finds modules of one package in another.

    Parameters
    ----------
    name : str
        Package name that programs import, such as ``pyflink``.
    target : str
        Package the modules come from, such as ``flinkette``.
    missing : callable
        Takes the full name of a module that is not there, returns the text of the error.
    has_root : bool
        False: the package `name` itself stays what it is, and only its modules are served.
    kept : sequence of str
        Modules that are not served: they stay what they are.
    """

    def __init__(
        self,
        name: str,
        target: str,
        missing: Callable[[str], str],
        *,
        has_root: bool = True,
        kept: Sequence[str] = (),
    ) -> None:
        self._name = name
        self._target = target
        self._missing = missing
        self._has_root = has_root
        self._kept = tuple(kept)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return a spec for a module that is served, None for any other.

        Parameters
        ----------
        fullname : str
            What is imported.
        path : sequence of str, optional
            Not used.
        target : module, optional
            Not used.

        Returns
        -------
        ModuleSpec or None
            None leaves the name to the other finders.

        Raises
        ------
        ModuleNotFoundError
            If the module is of the served package but not in the target.
        """
        root, dot, rest = fullname.partition(".")
        if root != self._name or not (dot or self._has_root):
            return None
        if any(fullname == kept or fullname.startswith(f"{kept}.") for kept in self._kept):
            return None
        real_name = f"{self._target}.{rest}" if rest else self._target
        if not _exists(real_name):
            raise ModuleNotFoundError(self._missing(fullname), name=fullname)
        return ModuleSpec(fullname, _AliasLoader(real_name))

    def install(self) -> None:
        """Serve from now on, before every other finder."""
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Serve no longer, and forget what was imported under the served name."""
        sys.meta_path.remove(self)
        for fullname in [name for name in sys.modules if name.partition(".")[0] == self._name]:
            module = sys.modules[fullname]
            if getattr(module, "__name__", fullname) != fullname:
                del sys.modules[fullname]


class _PyFlinkFinder(AliasFinder):
    """Serves `pyflink.*`; travels with programs, whose functions import these names elsewhere."""

    travels_with_programs = True

    def __init__(self) -> None:
        super().__init__("pyflink", "flinkette", _missing_in_flinkette)

    def __reduce__(self) -> tuple[Callable[[], AliasFinder], tuple[()]]:
        return _served_once, ()


def _served_once() -> AliasFinder:
    """Serve `pyflink.*` in the process that loads a program, if it does not yet."""
    for finder in sys.meta_path:
        if isinstance(finder, _PyFlinkFinder):
            return finder
    return serve_pyflink()


class _AliasLoader(Loader):
    """Loads a module by importing it under its real name."""

    def __init__(self, real_name: str) -> None:
        self._real_name = real_name
        self._real_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the real module."""
        module = importlib.import_module(self._real_name)
        self._real_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Undo what the import system wrote into the module; it has been executed."""
        module.__spec__ = self._real_spec


def _exists(real_name: str) -> bool:
    try:
        return real_name in sys.modules or find_spec(real_name) is not None
    except ModuleNotFoundError:
        return False


def _missing_in_flinkette(fullname: str) -> str:
    if fullname.startswith(("pyflink.java_gateway", "pyflink.util", "pyflink.fn_execution")):
        return f"{fullname} is a part of PyFlink that works with a JVM; flinkette has none"
    return f"{fullname} is not there yet in flinkette, which serves pyflink.* in this process"


def serve_pyflink() -> AliasFinder:
    """Serve `pyflink.*` from `flinkette.*` in this process, whether pyflink is installed or not.

    Returns
    -------
    AliasFinder
        Its `uninstall` ends it.
    """
    finder = _PyFlinkFinder()
    finder.install()
    return finder
