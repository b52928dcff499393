"""Tier 3. Owns what PyFlink lacks; may import `datastream`, `connectors`, `contracts`.

`aggregations` has built-in aggregates for windows, `windows` further window assigners, `sinks` and
`sources` connectors of our own, `on_row_error` says what a failing row does, `job_figures` what the
operators of a job did; `map_async` and `map_async_batches` call services and models for rows.
Methods of streams and
environments that PyFlink lacks (`env.from_arrow`, `DataStream.map_batches`, `key_by("field")`)
stand with the classes they belong to. Invariant: nothing here is needed by a program that also runs
on Flink; ``flinkette lint --portable`` lists its use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.contracts.row_error import RowError
    from flinkette.ext.async_calls import map_async, map_async_batches
    from flinkette.ext.figures import job_figures
    from flinkette.ext.row_errors import on_row_error

__all__ = ["RowError", "job_figures", "map_async", "map_async_batches", "on_row_error"]

_HOMES = {
    "RowError": "flinkette.contracts.row_error",
    "job_figures": "flinkette.ext.figures",
    "map_async": "flinkette.ext.async_calls",
    "map_async_batches": "flinkette.ext.async_calls",
    "on_row_error": "flinkette.ext.row_errors",
}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
