"""In which form a `map_batches` function wants its batches: read from its annotation."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flinkette.datastream.checks import described, invalid_argument, wrong_type
from flinkette.graph.operators import MapBatchesDescription

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["batch_form", "map_batches_description"]

_FORMS = {
    ("pyarrow", "RecordBatch"): "arrow",
    ("pyarrow", "Table"): "table",
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
}
_SHORT_NAMES = {"pa": "pyarrow", "pd": "pandas", "pl": "polars"}


def map_batches_description(fn: Any) -> MapBatchesDescription:
    """Check a function for `map_batches` and describe its operator.

    Parameters
    ----------
    fn : callable
        Takes one batch.

    Returns
    -------
    MapBatchesDescription
        With the form of the batches.

    Raises
    ------
    InvalidTypeError
        If it cannot be called.
    InvalidPipelineError
        If its annotation names no form.
    """
    if not callable(fn):
        raise wrong_type(f"map_batches() needs a callable function, got {described(fn)}")
    return MapBatchesDescription(fn, batch_form(fn))


def batch_form(fn: Callable[..., Any]) -> str:
    """Return the form that the annotation of the first parameter names.

    Parameters
    ----------
    fn : callable
        A function, method or object with `__call__`.

    Returns
    -------
    str
        "arrow" (also without annotation), "table", "pandas", "polars" or "numpy".

    Raises
    ------
    InvalidPipelineError
        If the annotation names something else.

    Examples
    --------
    >>> def double(columns: dict) -> dict:
    ...     return {"v": columns["v"] * 2}
    >>> batch_form(double)
    'numpy'
    """
    annotation = _first_annotation(fn)
    if annotation is None:
        return "arrow"
    origin = typing.get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "numpy"
    form = _FORMS.get(_library_and_name(origin))
    if form is None:
        raise invalid_argument(
            f"map_batches(): the first parameter of the function is annotated {annotation!r}; "
            "annotate pyarrow.RecordBatch, pyarrow.Table, pandas.DataFrame, polars.DataFrame or "
            "dict (numpy arrays by column)"
        )
    return form


def _first_annotation(fn: Callable[..., Any]) -> Any:
    """Return the annotation of the first parameter as an object if it can be had, else as text."""
    try:
        parameter = next(iter(inspect.signature(fn).parameters.values()), None)
    except (TypeError, ValueError):  # a builtin without signature
        return None
    if parameter is None or parameter.annotation is inspect.Parameter.empty:
        return None
    if not isinstance(parameter.annotation, str):
        return parameter.annotation
    target = fn if inspect.isroutine(fn) else type(fn).__call__
    scope = getattr(inspect.unwrap(target), "__globals__", {})
    try:
        return eval(parameter.annotation, scope)  # noqa: S307 - the user's own annotation
    except Exception:  # a name of TYPE_CHECKING imports, or of a function's locals
        return dict if parameter.annotation.startswith(("dict", "Dict")) else parameter.annotation


def _library_and_name(annotation: Any) -> tuple[str, str]:
    """Return the top package and the name of a class, or of its text such as ``pd.DataFrame``."""
    if isinstance(annotation, str):
        library, _, name = annotation.rpartition(".")
        return _SHORT_NAMES.get(library, library), name
    module = getattr(annotation, "__module__", "")
    return module.partition(".")[0], getattr(annotation, "__name__", "")
