"""Pickling of programs: what workers can import travels by name, everything else by value."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import cloudpickle

if TYPE_CHECKING:
    import pickle
    from collections.abc import Callable

__all__ = ["Classes", "dump", "install_classes"]

Classes = dict[str, dict[str, type]]
"""Classes that travel by value: of each module, by name. Rows between workers name them."""


def dump(program: Any, add_buffer: Callable[[pickle.PickleBuffer], object] | None = None) -> bytes:
    """Pickle a program and the classes that its rows may be of.

    Functions and classes of the main script, and of modules that were loaded from a file outside
    the import path (a notebook's, a test runner's), travel by value.

    Parameters
    ----------
    program : object
        What to pickle.
    add_buffer : callable, optional
        Takes large buffers, which are then not in the result; None keeps them in it.

    Returns
    -------
    bytes
        A pickle of ``(program, classes)``; see `install_classes`.

    Raises
    ------
    Exception
        Whatever the pickling of a user's object raises.
    """
    stream = io.BytesIO()
    pickler = _ProgramPickler(stream, protocol=5, buffer_callback=add_buffer)
    try:
        pickler.dump((program, _Later(pickler)))
    finally:
        pickler.forget_modules()
        pickler.clear_memo()  # `_Later` is in it: a circle that holds tables until the next gc
    return stream.getvalue()


def install_classes(classes: Classes) -> None:
    """Make classes that came by value known under their names: rows are unpickled by them."""
    for module_name, members in classes.items():
        module = sys.modules.get(module_name)
        if module is None:
            _provide_package(module_name.rpartition(".")[0])
            module = sys.modules[module_name] = ModuleType(module_name)
        for name, each in members.items():
            setattr(module, name, each)


def _provide_package(name: str) -> None:
    """Have a package that a module's name lies in: pickling by that name imports it."""
    if not name or name in sys.modules:
        return
    _provide_package(name.rpartition(".")[0])
    try:
        import_module(name)
    except ImportError:
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = []


class _Later:
    """Stands for the classes, which are known when the program before them is pickled."""

    def __init__(self, pickler: _ProgramPickler) -> None:
        self._pickler = pickler

    def __reduce__(self) -> tuple[type, tuple[Classes]]:
        names = ["__main__", *self._pickler.modules_by_value]
        return dict, ({name: _own_classes(sys.modules[name]) for name in names},)


class _ProgramPickler(cloudpickle.Pickler):  # type: ignore[misc]
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.modules_by_value: list[str] = []
        self._seen = {"__main__", "builtins"}

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, (FunctionType, type)) and value.__module__ not in self._seen:
            self._look_at(value.__module__)
        return super().reducer_override(value)

    def forget_modules(self) -> None:
        """Leave the registry of cloudpickle, which is the process's, as it was."""
        for name in self.modules_by_value:
            cloudpickle.unregister_pickle_by_value(sys.modules[name])

    def _look_at(self, name: str) -> None:
        self._seen.add(name)
        module = sys.modules.get(name)
        if module is None or module.__name__ in cloudpickle.list_registry_pickle_by_value():
            return
        if getattr(module, "__file__", None) and not _is_found(name):
            cloudpickle.register_pickle_by_value(module)
            self.modules_by_value.append(name)


def _is_found(name: str) -> bool:
    """Tell whether a fresh process with this import path would find a module."""
    path = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        full_name = ".".join(parts[:end])
        for finder in sys.meta_path:
            spec = finder.find_spec(full_name, path)
            if spec is not None:
                break
        else:
            return False
        path = spec.submodule_search_locations
    return True


def _own_classes(module: ModuleType) -> dict[str, type]:
    classes = {}
    for name, each in vars(module).items():
        if isinstance(each, type) and each.__module__ == module.__name__:
            try:
                cloudpickle.dumps(each)
            except Exception:  # noqa: S112 - if a function needs it, pickling that says so
                continue
            classes[name] = each
    return classes
