"""From a Configuration to what planning and running need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts import options
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.options import warn_unknown_keys
from flinkette.plan.job_graph import PlanOptions
from flinkette.runtime.cores import available_cores
from flinkette.runtime.deploy import DeployOptions

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration
    from flinkette.runtime.clock import Clock

__all__ = ["deploy_options", "plan_options"]


def plan_options(configuration: Configuration) -> PlanOptions:
    """Read what planning depends on; warn once about keys nobody knows."""
    warn_unknown_keys(configuration)
    parallelism = configuration.get(options.PARALLELISM)
    if parallelism is None:
        parallelism = available_cores()
    max_parallelism = configuration.get(options.MAX_PARALLELISM)
    return PlanOptions(
        parallelism,
        max_parallelism if max_parallelism > 0 else None,
        bool(configuration.get(options.OPERATOR_CHAINING)),
        bool(configuration.get(options.WINDOW_SHARING)),
        bool(configuration.get(options.CHAINING_ACROSS_MAX_PARALLELISM)),
        bool(configuration.get(options.SLOT_SHARING)),
    )


def deploy_options(
    configuration: Configuration, clock: Clock, *, is_bounded: bool
) -> DeployOptions:
    """Read what running depends on; `is_bounded` tells whether every source ends."""
    mode = configuration.get(options.RUNTIME_MODE)
    if mode == "BATCH" and not is_bounded:
        raise InvalidPipelineError(
            "execution.runtime-mode is BATCH, but a source never ends; use STREAMING or AUTOMATIC"
        )
    parameters: dict[str, str] | None = configuration.get(options.GLOBAL_JOB_PARAMETERS)
    has_timeout = configuration.get(options.BUFFER_TIMEOUT_ENABLED)
    return DeployOptions(
        clock=clock,
        batch_rows=configuration.get(options.BATCH_ROWS),
        is_object_reuse=bool(configuration.get(options.OBJECT_REUSE)),
        watermark_interval_ms=configuration.get(options.AUTO_WATERMARK_INTERVAL),
        job_parameters=parameters or {},
        is_combining=bool(configuration.get(options.WINDOW_COMBINING)),
        buffer_timeout_ms=configuration.get(options.BUFFER_TIMEOUT) if has_timeout else -1,
        long_call_ms=configuration.get(options.LONG_CALL_WARNING),
        is_batch=mode == "BATCH" or (mode == "AUTOMATIC" and is_bounded),
    )
