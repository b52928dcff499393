"""Tier 3. Owns harnesses for users' tests; may import `datastream`, `client`, `runtime` and below.

`OperatorHarness` runs what one stream's last function does, `PipelineHarness` a whole program: in
the calling thread, on the engine's own operators, with a clock that moves when the test says so.
`assert_rows` compares what came out and draws what happened when it differs. Start at
`operator_harness.py`; `engine.py` is what both drive. Invariant: nothing sleeps, no thread is
started, and the same pushes give the same rows in the same order.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.runtime.operator import PendingTimer
    from flinkette.testing.assertions import assert_rows
    from flinkette.testing.harness import LeakError
    from flinkette.testing.inputs import HarnessInput
    from flinkette.testing.operator_harness import OperatorHarness
    from flinkette.testing.operator_view import OperatorView
    from flinkette.testing.outputs import Collected, MadeRow
    from flinkette.testing.pipeline_harness import HarnessSource, PipelineHarness

__all__ = [
    "Collected",
    "HarnessInput",
    "HarnessSource",
    "LeakError",
    "MadeRow",
    "OperatorHarness",
    "OperatorView",
    "PendingTimer",
    "PipelineHarness",
    "assert_rows",
]

_HOMES = {
    "Collected": "flinkette.testing.outputs",
    "HarnessInput": "flinkette.testing.inputs",
    "HarnessSource": "flinkette.testing.pipeline_harness",
    "LeakError": "flinkette.testing.harness",
    "MadeRow": "flinkette.testing.outputs",
    "OperatorHarness": "flinkette.testing.operator_harness",
    "OperatorView": "flinkette.testing.operator_view",
    "PendingTimer": "flinkette.runtime.operator",
    "PipelineHarness": "flinkette.testing.pipeline_harness",
    "assert_rows": "flinkette.testing.assertions",
}


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
