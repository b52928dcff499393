"""What a job's master and the workers of one host tell each other, inside control messages."""

from __future__ import annotations

import msgspec

from flinkette.cluster.messages import FromWorker, ToWorker

__all__ = [
    "ForHost",
    "FromHost",
    "HostPlan",
    "KillWorker",
    "PlannedChannel",
    "ReleaseWorker",
    "TellWorker",
    "WorkerGone",
    "WorkerSaid",
]


class PlannedChannel(msgspec.Struct, frozen=True, array_like=True):
    """A channel between two workers of the host, which becomes a ring."""

    edge: int
    sender_vertex: int
    sender_index: int
    sender_worker: int
    receiver_vertex: int
    receiver_index: int
    receiver_worker: int


class HostPlan(msgspec.Struct, frozen=True):
    """The workers of a job on one host, the channels between them, and the program.

    Workers are numbered over all hosts of the job. What each of them builds comes after this.
    """

    workers: list[int]
    channels: list[PlannedChannel]
    ring_bytes: int
    program: bytes
    dependencies: dict[str, str] = {}
    """What to make ready on the host first, see `dependencies`."""


class TellWorker(msgspec.Struct, frozen=True, tag=True):
    """Say this to a worker."""

    worker: int
    message: ToWorker


class KillWorker(msgspec.Struct, frozen=True, tag=True):
    """End a worker's process."""

    worker: int


class ReleaseWorker(msgspec.Struct, frozen=True, tag=True):
    """A worker has said its last word."""

    worker: int


class WorkerSaid(msgspec.Struct, frozen=True, tag=True):
    """A worker said this."""

    worker: int
    message: FromWorker


class WorkerGone(msgspec.Struct, frozen=True, tag=True):
    """A worker's process is gone."""

    worker: int
    text: str


ForHost = TellWorker | KillWorker | ReleaseWorker
FromHost = WorkerSaid | WorkerGone
