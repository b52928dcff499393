"""Finds uses of what only flinkette has in a program's source."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "find_extensions"]

_ACCUMULATOR = "accumulators are not in PyFlink, only their results; use a metric or a side output"
_OWN_METHODS = {
    "co_group": "DataStream.co_group() is Flink's in Java only; connect the streams",
    "equal_to": "DataStream.join() is Flink's in Java only; connect the streams",
    "add_accumulator": _ACCUMULATOR,
    "get_double_counter": _ACCUMULATOR,
    "get_int_counter": _ACCUMULATOR,
    "get_long_counter": _ACCUMULATOR,
    "evictor": "evictor() of windows is flinkette's own; let the window function leave rows out",
    "from_arrow": "env.from_arrow() is flinkette's own; use from_collection",
    "interval_join": "KeyedStream.interval_join() is Flink's in Java only; connect the streams",
    "map_batches": "DataStream.map_batches() is flinkette's own; use map or flat_map",
}
_FIELD_METHODS = {
    "key_by": "key_by() with a field name is flinkette's own; pass a function",
    "partition_custom": "partition_custom() with a field name is flinkette's own; pass a function",
    "with_timestamp_assigner": (
        "with_timestamp_assigner() with a field name is flinkette's own; pass a TimestampAssigner"
    ),
}
_AWAITING_METHODS = {"filter", "flat_map", "map"}
_RESULT_METHODS = {"to_arrow", "to_batches", "to_pandas"}
_OWN_KEYWORDS = {"with_key", "with_window"}
_SHARED_PACKAGES = {"common", "datastream", "table"}


@dataclass(frozen=True)
class Finding:
    """A place that does not run on Flink."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def find_extensions(source: str, file: str) -> list[Finding]:
    """Return the uses of flinkette's own names in a program, by line.

    Parameters
    ----------
    source : str
        The program.
    file : str
        Its name, for the findings.

    Returns
    -------
    list of Finding
        Empty if it should run on Flink under ``python -m flinkette.on_flink``.

    Raises
    ------
    SyntaxError
        If it is no Python program.
    """
    tree = ast.parse(source, file)
    found = {(node_line, text) for node_line, text in _findings(tree)}
    return [Finding(file, line, text) for line, text in sorted(found)]


def _findings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    results = set(_names_of_results(tree))
    coroutines = {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _of_module(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from _of_from(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _of_call(node, node.func.attr)
            if node.func.attr in _AWAITING_METHODS and _is_one_of(node.args, coroutines):
                yield (
                    node.lineno,
                    f"{node.func.attr}() with an async function is flinkette's own; use "
                    "AsyncDataStream",
                )
            if node.func.attr in _RESULT_METHODS and _is_result(node.func.value, results):
                yield (
                    node.lineno,
                    f"{node.func.attr}() of a result is flinkette's own; iterate over the rows",
                )


def _is_one_of(arguments: list[ast.expr], names: set[str]) -> bool:
    first = arguments[0] if arguments else None
    return isinstance(first, ast.Name) and first.id in names


def _names_of_results(tree: ast.AST) -> Iterator[str]:
    """Find what ``x = stream.execute_and_collect()`` and ``with ... as x`` give names to."""
    for node in ast.walk(tree):
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.With):
            pairs = [(item.optional_vars, item.context_expr) for item in node.items]
        for target, value in pairs:
            if isinstance(target, ast.Name) and _is_result(value, set()):
                yield target.id


def _is_result(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr == "execute_and_collect"


def _of_module(module: str, line: int) -> Iterator[tuple[int, str]]:
    root, _, rest = module.partition(".")
    package = rest.partition(".")[0]
    if root == "flinkette" and package and package not in _SHARED_PACKAGES:
        yield line, f"{module} is flinkette's own; PyFlink has no such module"


def _of_from(node: ast.ImportFrom) -> Iterator[tuple[int, str]]:
    module = node.module or ""
    if module == "flinkette":
        for alias in node.names:
            yield from _of_module(f"flinkette.{alias.name}", node.lineno)
    yield from _of_module(module, node.lineno)


def _of_call(node: ast.Call, method: str) -> Iterator[tuple[int, str]]:
    first = node.args[0] if node.args else None
    is_field = any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) for each in node.args[:2]
    )
    if method in _OWN_METHODS:
        yield node.lineno, _OWN_METHODS[method]
    if method in _FIELD_METHODS and is_field:
        yield node.lineno, _FIELD_METHODS[method]
    if method == "aggregate" and any(word.arg in _OWN_KEYWORDS for word in node.keywords):
        yield node.lineno, "aggregate(with_key=..., with_window=...) is flinkette's own"
    key = first.value if isinstance(first, ast.Constant) else None
    if method.startswith("set_") and isinstance(key, str) and key.startswith("flinkette."):
        yield node.lineno, f"the configuration key {key} is flinkette's own"
