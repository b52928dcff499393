"""The configuration keys of JobManager and TaskManager processes: Flink's, and a few of our own."""

from __future__ import annotations

from flinkette.contracts.config_option import ConfigOption
from flinkette.contracts.option_values import duration_ms, integer

__all__ = [
    "HEARTBEAT_INTERVAL",
    "HEARTBEAT_TIMEOUT",
    "JOB_MANAGER_ADDRESS",
    "JOB_MANAGER_BIND_HOST",
    "JOB_MANAGER_PORT",
    "JOB_PRIORITY",
    "KEYS",
    "KEY_NAME",
    "REGISTRATION_FIRST_RETRY",
    "REGISTRATION_LONGEST_RETRY",
    "REGISTRATION_TIMEOUT",
    "SHARE_GROUP",
    "SLOTS",
    "SLOT_REQUEST_TIMEOUT",
    "TARGET",
    "TASK_MANAGERS",
    "TASK_MANAGER_BIND_HOST",
    "TASK_MANAGER_HOST",
]

JOB_MANAGER_ADDRESS: ConfigOption[str] = ConfigOption(
    "jobmanager.rpc.address", "localhost", doc="Where others find the JobManager."
)
JOB_MANAGER_PORT: ConfigOption[int] = ConfigOption(
    "jobmanager.rpc.port", 6123, integer, least=0, doc="Its port; 0 takes any free one."
)
JOB_MANAGER_BIND_HOST: ConfigOption[str | None] = ConfigOption(
    "jobmanager.bind-host",
    None,
    doc="Address it listens on; not set: the one of jobmanager.rpc.address.",
)
HEARTBEAT_INTERVAL: ConfigOption[int] = ConfigOption(
    "heartbeat.interval",
    10_000,
    duration_ms,
    unit="ms",
    least=10,
    doc="How often the JobManager asks task managers for a sign of life.",
)
HEARTBEAT_TIMEOUT: ConfigOption[int] = ConfigOption(
    "heartbeat.timeout",
    50_000,
    duration_ms,
    unit="ms",
    least=20,
    doc="Silence after which a task manager, or the JobManager, is lost.",
)
SLOT_REQUEST_TIMEOUT: ConfigOption[int] = ConfigOption(
    "slot.request.timeout",
    300_000,
    duration_ms,
    unit="ms",
    least=0,
    doc="How long a job waits for slots before it fails.",
)
SLOTS: ConfigOption[int] = ConfigOption(
    "taskmanager.numberOfTaskSlots", 1, integer, least=1, doc="Slots of one task manager."
)
TASK_MANAGER_HOST: ConfigOption[str | None] = ConfigOption(
    "taskmanager.host",
    None,
    doc="Where workers of other machines find its workers; not set: the address by which it "
    "reaches the JobManager.",
)
TASK_MANAGER_BIND_HOST: ConfigOption[str | None] = ConfigOption(
    "taskmanager.bind-host",
    None,
    doc="Address its workers listen on; not set: the one of taskmanager.host.",
)
REGISTRATION_TIMEOUT: ConfigOption[int] = ConfigOption(
    "taskmanager.registration.timeout",
    300_000,
    duration_ms,
    unit="ms",
    least=0,
    doc="How long a task manager tries to reach the JobManager before it ends.",
)
REGISTRATION_FIRST_RETRY: ConfigOption[int] = ConfigOption(
    "cluster.registration.initial-timeout",
    100,
    duration_ms,
    unit="ms",
    least=1,
    doc="Wait before the second try to register; it doubles.",
)
REGISTRATION_LONGEST_RETRY: ConfigOption[int] = ConfigOption(
    "cluster.registration.max-timeout",
    30_000,
    duration_ms,
    unit="ms",
    least=1,
    doc="Longest wait between two tries to register.",
)
TASK_MANAGERS: ConfigOption[int] = ConfigOption(
    "minicluster.number-of-taskmanagers",
    1,
    integer,
    least=0,
    doc="Task managers that `flinkette cluster start` starts on this machine.",
)
TARGET: ConfigOption[str | None] = ConfigOption(
    "execution.target", None, doc="local, or remote: the cluster of jobmanager.rpc.address."
)
KEYS: ConfigOption[str | None] = ConfigOption(
    "flinkette.security.keys",
    None,
    doc="Folder of the cluster's keys, made by `flinkette cluster keygen`; needed beyond loopback.",
)
KEY_NAME: ConfigOption[str] = ConfigOption(
    "flinkette.security.key-name", "node", doc="Which key of the folder this process has."
)
JOB_PRIORITY: ConfigOption[int] = ConfigOption(
    "flinkette.job.priority",
    0,
    integer,
    doc="Among jobs that wait for slots of a cluster the highest comes first.",
)
SHARE_GROUP: ConfigOption[str] = ConfigOption(
    "flinkette.job.share-group",
    "",
    doc="Among waiting jobs of one priority the group that holds fewest slots comes first.",
)
