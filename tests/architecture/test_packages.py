"""Each package and module says what it is; each public name says what it does."""

from __future__ import annotations

import ast
import importlib
import inspect
from types import ModuleType

import pytest

from architecture.source_tree import (
    PACKAGE,
    api_modules,
    files,
    is_public,
    module_name,
    parse,
    public_modules,
    short,
)


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in files(PACKAGE, ".py", ".pyx")}
    assert [short(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_package_says_its_tier_what_it_owns_and_what_it_may_import() -> None:
    packages = [path.parent for path in PACKAGE.glob("*/__init__.py")]
    opening = {
        short(folder): (ast.get_docstring(parse(folder / "__init__.py")) or "")
        for folder in packages
    }
    wrong = {
        name: text[:60]
        for name, text in opening.items()
        if not (text.startswith("Tier ") and "Owns " in text and "ay import" in text)
    }
    assert wrong == {}


def test_every_public_module_has_a_docstring_and_says_what_it_exports() -> None:
    missing: list[str] = []
    for path in public_modules():
        tree = parse(path)
        if not ast.get_docstring(tree):
            missing.append(f"{short(path)}: docstring")
        names = {
            target.id
            for node in tree.body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        is_empty = all(
            isinstance(node, ast.Expr)
            or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
            for node in tree.body
        )
        if "__all__" not in names and not (path.stem == "__init__" and is_empty):
            missing.append(f"{short(path)}: __all__")
    assert missing == []


def undocumented(module: ModuleType) -> list[str]:
    missing: list[str] = []
    for name in module.__all__:
        value = getattr(module, name)
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            continue
        if not inspect.getdoc(value):
            missing.append(name)
        if inspect.isclass(value) and value.__module__.startswith("flinkette"):
            missing += [
                f"{name}.{member}"
                for member in vars(value)
                if is_public(member)
                and (
                    inspect.isroutine(found := getattr(value, member))
                    or isinstance(found, property)
                )
                and not inspect.getdoc(found)
            ]
    return missing


@pytest.mark.parametrize("name", api_modules())
def test_every_name_a_module_exports_exists_and_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    assert [export for export in module.__all__ if not hasattr(module, export)] == []
    assert undocumented(module) == []


def test_modules_outside_underscores_are_importable_without_side_effects() -> None:
    # Each must at least load: a module that nothing imports would otherwise rot unseen.
    for path in public_modules():
        if path.stem != "__main__":
            importlib.import_module(module_name(path))
