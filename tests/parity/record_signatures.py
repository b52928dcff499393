"""Write signatures.json: names, bases and parameters of PyFlink's public classes.

Run it with a Python that has apache-flink installed, never with ours:
`/path/to/flink/bin/python tests/parity/record_signatures.py`. Only names, parameter kinds and plain
defaults are recorded; nothing of PyFlink's code or text.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

PACKAGES = ("pyflink.common", "pyflink.datastream")
TARGET = Path(__file__).with_name("signatures.json")
SPECIAL = {
    "__call__", "__contains__", "__delitem__", "__enter__", "__exit__", "__getitem__", "__iter__",
    "__len__", "__next__", "__setitem__",
}  # fmt: skip
PLAIN = (str, int, float, bool, type(None))


def default_text(value: Any) -> str:
    """Return a default as text; enums by name, other objects by class."""
    if isinstance(value, PLAIN):
        return repr(value)
    return f"<{type(value).__name__}>"


def parameters(function: Any) -> list[list[str]] | None:
    """Return [name, kind, default] of each parameter, or None if it has no signature."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return [
        [
            parameter.name,
            parameter.kind.name,
            "" if parameter.default is inspect.Parameter.empty else default_text(parameter.default),
        ]
        for parameter in signature.parameters.values()
    ]


def class_entry(cls: type) -> dict[str, Any]:
    """Describe the public members a class has, inherited ones from its own library included."""
    members: dict[str, Any] = {}
    for owner in reversed(cls.__mro__):
        if owner.__module__.split(".")[0] != cls.__module__.split(".")[0]:
            continue
        for name, member in vars(owner).items():
            if name.startswith("_") and name not in SPECIAL:
                continue
            members[name] = member_entry(member)
    if "__init__" in vars(cls) and not is_java_wrapper(cls):
        members["__init__"] = member_entry(vars(cls)["__init__"])
    return {"members": dict(sorted(members.items()))}


def is_java_wrapper(cls: type) -> bool:
    """Tell whether users never call the constructor: it takes an object of the JVM."""
    names = list(inspect.signature(cls.__init__).parameters)[1:2]
    return bool(names) and names[0].startswith("j_")


def member_entry(member: Any) -> dict[str, Any]:
    """Describe one attribute of a class."""
    kind = "method"
    if isinstance(member, (staticmethod, classmethod)):
        kind, member = type(member).__name__, member.__func__
    if isinstance(member, type):
        return {"kind": "class"}
    if isinstance(member, property) or not callable(member):
        return {"kind": "attribute"}
    return {"kind": kind, "parameters": parameters(member)}


def public_names(module: Any) -> list[str]:
    """Return `__all__`, or what the module itself defines."""
    if hasattr(module, "__all__"):
        return sorted(set(module.__all__))
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    )


def module_names(package: str) -> list[str]:
    """Return the package and every module in it, except its tests."""
    root = importlib.import_module(package)
    found = [info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.")]
    return [package, *(name for name in sorted(found) if ".tests" not in name)]


def record() -> dict[str, Any]:
    """Return {"modules": {module: names}, "classes": {module.name: entry}, "functions": {...}}."""
    modules: dict[str, list[str]] = {}
    classes: dict[str, Any] = {}
    functions: dict[str, Any] = {}
    for module_name in (name for package in PACKAGES for name in module_names(package)):
        module = importlib.import_module(module_name)
        modules[module_name] = public_names(module)
        for name in modules[module_name]:
            value = getattr(module, name)
            if inspect.isclass(value) and value.__module__.startswith(PACKAGES):
                classes.setdefault(f"{value.__module__}.{value.__qualname__}", class_entry(value))
            elif inspect.isfunction(value) and value.__module__ == module_name:
                functions[f"{module_name}.{name}"] = parameters(value)
    return {"modules": modules, "classes": classes, "functions": functions}


def main() -> None:
    """Write the file and say how much it holds."""
    recorded = record()
    TARGET.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{TARGET}: {len(recorded['classes'])} classes\n")


if __name__ == "__main__":
    main()
