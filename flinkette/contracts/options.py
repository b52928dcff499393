"""The configuration keys flinkette reads or accepts, as objects.

A program sets them through `Configuration`, the engine reads `configuration.get(options.X)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts import cluster_options
from flinkette.contracts.config_option import ConfigOption
from flinkette.contracts.option_values import (
    boolean,
    duration_ms,
    floating,
    integer,
    memory_bytes,
    number_or_auto,
    text,
    text_map,
)

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration

__all__ = [
    "AUTO_GENERATE_UIDS",
    "AUTO_WATERMARK_INTERVAL",
    "BATCH_ROWS",
    "BUFFER_TIMEOUT",
    "BUFFER_TIMEOUT_ENABLED",
    "CHAINING_ACROSS_MAX_PARALLELISM",
    "CHECKPOINTING_INTERVAL",
    "CHECKPOINTING_MODE",
    "CHECKPOINT_DIRECTORY",
    "EXCHANGE_TRANSPORT",
    "GLOBAL_JOB_PARAMETERS",
    "JOB_ID",
    "JOB_NAME",
    "KNOWN_OPTIONS",
    "LONG_CALL_WARNING",
    "MAX_PARALLELISM",
    "NETWORK_MEMORY",
    "OBJECT_REUSE",
    "OPERATOR_CHAINING",
    "PARALLELISM",
    "RECOVER",
    "RESTART_STRATEGY",
    "RUNTIME_MODE",
    "SAVEPOINT_DIRECTORY",
    "SCHEDULER_STRATEGY",
    "SLOT_SHARING",
    "WINDOW_COMBINING",
    "WINDOW_SHARING",
    "WORKERS",
    "UnknownOptionWarning",
    "warn_unknown_keys",
]

PARALLELISM: ConfigOption[int | None] = ConfigOption(
    "parallelism.default",
    None,
    integer,
    least=1,
    doc="Subtasks of an operator that names no parallelism; not set: one per core.",
)
MAX_PARALLELISM: ConfigOption[int] = ConfigOption(
    "pipeline.max-parallelism",
    -1,
    integer,
    least=-1,
    doc="Number of key groups, the largest parallelism a job can be rescaled to; -1: derived.",
)
JOB_NAME: ConfigOption[str | None] = ConfigOption(
    "pipeline.name", None, doc="Name of the job if execute() gives none."
)
OBJECT_REUSE: ConfigOption[bool] = ConfigOption(
    "pipeline.object-reuse",
    False,
    boolean,
    doc="Hand values between functions without copying; functions must not change their input.",
)
AUTO_WATERMARK_INTERVAL: ConfigOption[int] = ConfigOption(
    "pipeline.auto-watermark-interval",
    200,
    duration_ms,
    unit="ms",
    least=0,
    doc="How often watermarks are emitted, by the wall clock; 0: never before the end.",
)
OPERATOR_CHAINING: ConfigOption[bool] = ConfigOption(
    "pipeline.operator-chaining.enabled",
    True,
    boolean,
    old_keys=("pipeline.operator-chaining",),
    doc="Run operators that need no exchange between them as one.",
)
CHAINING_ACROSS_MAX_PARALLELISM: ConfigOption[bool] = ConfigOption(
    "pipeline.operator-chaining.chain-operators-with-different-max-parallelism",
    True,
    boolean,
    doc="Off: operators with different max parallelism are not joined into one chain.",
)
AUTO_GENERATE_UIDS: ConfigOption[bool] = ConfigOption(
    "pipeline.auto-generate-uids",
    True,
    boolean,
    doc="Give operators without uid one; off: refuse to run a job with such an operator.",
)
GLOBAL_JOB_PARAMETERS: ConfigOption[dict[str, str] | None] = ConfigOption(
    "pipeline.global-job-parameters",
    None,
    text_map,
    doc="What RuntimeContext.get_job_parameter reads, as key:value,other:value.",
)
RUNTIME_MODE: ConfigOption[str] = ConfigOption(
    "execution.runtime-mode",
    "STREAMING",
    choices=("STREAMING", "BATCH", "AUTOMATIC"),
    doc="Results as rows come (STREAMING), only final ones (BATCH), or by the sources.",
)
BUFFER_TIMEOUT: ConfigOption[int] = ConfigOption(
    "execution.buffer-timeout.interval",
    100,
    duration_ms,
    unit="ms",
    least=0,
    old_keys=("execution.buffer-timeout",),
    doc="How long rows wait to be handed on together; 0: not at all.",
)
BUFFER_TIMEOUT_ENABLED: ConfigOption[bool] = ConfigOption(
    "execution.buffer-timeout.enabled",
    True,
    boolean,
    doc="Off: rows are handed on only when a buffer is full or the input ends.",
)
JOB_ID: ConfigOption[str | None] = ConfigOption(
    "execution.job-id", None, doc="Id under which a job finds its checkpoints again."
)
WORKERS: ConfigOption[int | str] = ConfigOption(
    "flinkette.execution.workers",
    "auto",
    number_or_auto,
    doc="Worker processes: a number, or auto: one in place, more if parallelism is set above 1.",
)
SCHEDULER_STRATEGY: ConfigOption[str] = ConfigOption(
    "flinkette.scheduler.strategy",
    "greedy",
    doc="How slots find workers: greedy, optimal, locality, or the dotted path of a class.",
)
EXCHANGE_TRANSPORT: ConfigOption[str] = ConfigOption(
    "flinkette.exchange.transport",
    "ring",
    choices=("ring", "zmq"),
    doc="What carries rows between workers of one host: rings in shared memory, or ZeroMQ.",
)
SLOT_SHARING: ConfigOption[bool] = ConfigOption(
    "flinkette.slot-sharing.enabled",
    True,
    boolean,
    doc="Subtasks of different chains share slots; false gives each chain slots of its own.",
)
LONG_CALL_WARNING: ConfigOption[int] = ConfigOption(
    "flinkette.long-call.warning",
    10_000,
    duration_ms,
    unit="ms",
    least=0,
    doc="A call of a user function that takes longer is named in a warning, once; 0: never.",
)
NETWORK_MEMORY: ConfigOption[int] = ConfigOption(
    "taskmanager.memory.network.max",
    64 << 20,
    memory_bytes,
    unit="bytes",
    least=1 << 20,
    doc="Shared memory for all channels between workers of one host; many channels may take more.",
)
BATCH_ROWS: ConfigOption[int] = ConfigOption(
    "flinkette.batch.rows",
    16_384,
    integer,
    unit="rows",
    least=1,
    doc="Largest number of rows worked on at once; results do not depend on it.",
)
WINDOW_COMBINING: ConfigOption[bool] = ConfigOption(
    "flinkette.window.combining",
    True,
    boolean,
    doc="Add rows of one key up before they go to other subtasks, for windows that add them up.",
)
WINDOW_SHARING: ConfigOption[bool] = ConfigOption(
    "flinkette.window.sharing",
    True,
    boolean,
    doc="Run windows of built-in aggregates on one keyed stream as one operator, where they can.",
)
RECOVER: ConfigOption[str | None] = ConfigOption(
    "flinkette.execution.recover",
    None,
    choices=("latest",),
    doc="latest: an embedded job goes on from its latest checkpoint.",
)
CHECKPOINTING_INTERVAL: ConfigOption[int | None] = ConfigOption(
    "execution.checkpointing.interval",
    None,
    duration_ms,
    unit="ms",
    least=10,
    doc="Time between two checkpoints; not set: none are taken.",
)
CHECKPOINTING_MODE: ConfigOption[str] = ConfigOption(
    "execution.checkpointing.mode",
    "EXACTLY_ONCE",
    choices=("EXACTLY_ONCE", "AT_LEAST_ONCE"),
    doc="Whether rows count once or at least once after a failure.",
)
CHECKPOINT_DIRECTORY: ConfigOption[str | None] = ConfigOption(
    "execution.checkpointing.dir",
    None,
    old_keys=("state.checkpoints.dir",),
    doc="Where checkpoints are kept.",
)
SAVEPOINT_DIRECTORY: ConfigOption[str | None] = ConfigOption(
    "execution.checkpointing.savepoint-dir",
    None,
    old_keys=("state.savepoints.dir",),
    doc="Where savepoints are kept.",
)
RESTART_STRATEGY: ConfigOption[str | None] = ConfigOption(
    "restart-strategy.type",
    None,
    old_keys=("restart-strategy",),
    doc="none, fixed-delay, exponential-delay or failure-rate.",
)


def _accepted(prefix: str, **options: tuple[Any, Any]) -> list[ConfigOption[Any]]:
    """Return options that are read by later parts of the engine: name -> (default, parse)."""
    return [
        ConfigOption(prefix + name.replace("__", ".").replace("_", "-"), default, parse)
        for name, (default, parse) in options.items()
    ]


_ACCEPTED = [
    *_accepted(
        "pipeline.",
        closure_cleaner_level=("RECURSIVE", text),
        execution_mode=("PIPELINED", text),
        time_characteristic=("event-time", text),
        cached_files=(None, text),
        classpaths=(None, text),
        jars=(None, text),
        jobvertex_parallelism_overrides=({}, text_map),
        watermark_alignment__allow_unaligned_source_splits=(False, boolean),
        vertex_description_mode=("TREE", text),
        vertex_name_include_index_prefix=(False, boolean),
        force_avro=(False, boolean),
        force_kryo=(False, boolean),
        force_kryo_avro=(None, boolean),
        generic_types=(True, boolean),
        serialization_config=(None, text),
    ),
    *_accepted(
        "execution.",
        attached=(False, boolean),
        batch_shuffle_mode=("ALL_EXCHANGES_BLOCKING", text),
        shutdown_on_application_finish=(True, boolean),
        shutdown_on_attached_exit=(False, boolean),
        submit_failed_job_on_application_error=(False, boolean),
        target=(None, text),
        sorted_inputs__enabled=(True, boolean),
        sorted_inputs__memory=(128 << 20, memory_bytes),
        state_recovery__path=(None, text),
        state_recovery__claim_mode=("NO_CLAIM", text),
        state_recovery__ignore_unclaimed_state=(False, boolean),
        state_recovery__from_local=(False, boolean),
    ),
    *_accepted(
        "execution.checkpointing.",
        timeout=(600_000, duration_ms),
        min_pause=(0, duration_ms),
        max_concurrent_checkpoints=(1, integer),
        tolerable_failed_checkpoints=(0, integer),
        num_retained=(1, integer),
        externalized_checkpoint_retention=("NO_EXTERNALIZED_CHECKPOINTS", text),
        unaligned__enabled=(False, boolean),
        unaligned__forced=(False, boolean),
        unaligned__max_subtasks_per_channel_state_file=(5, integer),
        unaligned__interruptible_timers__enabled=(False, boolean),
        aligned_checkpoint_timeout=(0, duration_ms),
        checkpoints_after_tasks_finish=(True, boolean),
        incremental=(False, boolean),
        storage=(None, text),
        create_subdir=(True, boolean),
        cleaner__parallel_mode=(True, boolean),
        data_inline_threshold=(20 << 10, memory_bytes),
        write_buffer=(4 << 10, integer),
        file_merging__enabled=(False, boolean),
        file_merging__across_checkpoint_boundary=(False, boolean),
        file_merging__max_file_size=(32 << 20, memory_bytes),
        file_merging__max_space_amplification=(2.0, floating),
        local_backup__enabled=(False, boolean),
        local_backup__dirs=(None, text),
        interval_during_backlog=(None, duration_ms),
        snapshot_compression=(False, boolean),
    ),
    *_accepted(
        "restart-strategy.",
        fixed_delay__attempts=(1, integer),
        fixed_delay__delay=(1_000, duration_ms),
        failure_rate__max_failures_per_interval=(1, integer),
        failure_rate__failure_rate_interval=(60_000, duration_ms),
        failure_rate__delay=(1_000, duration_ms),
        exponential_delay__initial_backoff=(1_000, duration_ms),
        exponential_delay__max_backoff=(60_000, duration_ms),
        exponential_delay__backoff_multiplier=(1.5, floating),
        exponential_delay__reset_backoff_threshold=(3_600_000, duration_ms),
        exponential_delay__jitter_factor=(0.1, floating),
        exponential_delay__attempts_before_reset_backoff=(2**31 - 1, integer),
    ),
]

KNOWN_OPTIONS: dict[str, ConfigOption[Any]] = {
    option.key: option
    for option in [
        *(value for value in list(globals().values()) if isinstance(value, ConfigOption)),
        *(value for value in vars(cluster_options).values() if isinstance(value, ConfigOption)),
        *_ACCEPTED,
    ]
}
"""Every option by its key."""

_OLD_KEYS = frozenset(key for option in KNOWN_OPTIONS.values() for key in option.old_keys)

# Flink's settings of its JVM, its cluster and its SQL: a program that carries them must run as it
# is, so they are taken without a word. "python." and "table." are whole families of their own.
_SILENT_PREFIXES = (
    "$internal.",
    "blob.",
    "classloader.",
    "client.",
    "cluster.",
    "containerized.",
    "env.",
    "external-resource",
    "fs.",
    "heartbeat.",
    "high-availability",
    "historyserver.",
    "io.",
    "job.autoscaler.",
    "jobmanager.",
    "jobstore.",
    "kubernetes.",
    "metrics.",
    "net.",
    "pekko.",
    "akka.",
    "plugin.",
    "process.",
    "python.",
    "queryable-state.",
    "resourcemanager.",
    "rest.",
    "s3.",
    "security.",
    "slot.",
    "slotmanager.",
    "sql-client.",
    "sql-gateway.",
    "state.",
    "table.",
    "task.",
    "taskmanager.",
    "web.",
    "yarn.",
    "zookeeper.",
    "minicluster.",
    "scheduler-mode",
)


class UnknownOptionWarning(UserWarning):
    """A configuration has a key that flinkette does not know; the key has no effect."""


def warn_unknown_keys(configuration: Configuration) -> None:
    """Warn about each key of a configuration that nobody reads, with the nearest known one.

    Keys of Flink's cluster, JVM and SQL settings are taken silently.

    Parameters
    ----------
    configuration : Configuration
        The settings of a program.
    """
    # loaded when a job starts, not with the names of the API
    import difflib
    import warnings

    for key in sorted(configuration.key_set()):
        if key in KNOWN_OPTIONS or key in _OLD_KEYS or key.startswith(_SILENT_PREFIXES):
            continue
        near = difflib.get_close_matches(key, KNOWN_OPTIONS, n=1, cutoff=0.6)
        advice = f"did you mean {near[0]!r}?" if near else "no known key is like it"
        warnings.warn(
            f"unknown configuration key {key!r} has no effect; {advice}",
            UnknownOptionWarning,
            stacklevel=2,
        )
