"""What a job's master and a worker process tell each other, and the fork server's two words.

Versioned by the release: both sides are one installation. Descriptors travel beside a message.
"""

from __future__ import annotations

import msgspec

from flinkette.metrics.task_counts import ChannelBytes, TaskCounts

__all__ = [
    "Assign",
    "Cancel",
    "Closed",
    "Commit",
    "Committed",
    "Deploy",
    "Deployed",
    "Died",
    "Doorbells",
    "Ended",
    "Failed",
    "Fork",
    "Forked",
    "FromWorker",
    "LinkKeys",
    "Listen",
    "Listening",
    "Output",
    "Report",
    "Rows",
    "RowsOfWorker",
    "RowsTaken",
    "Run",
    "SplitWanted",
    "StopSources",
    "ToWorker",
    "Wire",
    "Wires",
]

CLIENT = -1
"""Stands for the client where a worker's number is expected."""


class Doorbells(msgspec.Struct, tag="doorbells", frozen=True):
    """Doorbells of these workers, one descriptor each; the receiver's own is among them."""

    workers: list[int]


class Wire(msgspec.Struct, frozen=True):
    """One end of a channel to another worker, or of a collecting sink to the client."""

    edge: int
    """Index in `JobGraph.edges`; of the sink among collecting ones if `peer` is the client."""
    sender: int
    receiver: int
    is_sender: bool
    peer: int


class Wires(msgspec.Struct, tag="wires", frozen=True):
    """Ends of channels with the memory of their rings, one descriptor each."""

    wires: list[Wire]


class LinkKeys(msgspec.Struct, frozen=True):
    """Keys of CURVE of one worker, made for one attempt to run a job and never written down."""

    public: bytes
    secret: bytes
    peers: dict[int, bytes]
    """Public keys of the workers it has connections with, the only ones it lets in."""

    def __repr__(self) -> str:
        return f"LinkKeys(public={self.public!r}, secret=…)"


class Listen(msgspec.Struct, tag="listen", frozen=True):
    """Bind a ZeroMQ socket for each of these workers."""

    peers: list[int]
    token: bytes
    attempt: int
    keys: LinkKeys | None = None
    endpoint: str = "tcp://127.0.0.1:*"
    """Filled in on the worker's host, which knows where others reach it."""


class Listening(msgspec.Struct, tag="listening", frozen=True):
    """Where a worker listens, in the order it was asked."""

    addresses: list[str]


class Deploy(msgspec.Struct, tag="deploy", frozen=True):
    """Build the subtasks placed on you and open them. The program is in the descriptor."""

    worker: int
    attempt: int
    placement: list[list[int]]
    """Worker by vertex and subtask."""
    folder: str
    """Working directory of the program."""
    environment: dict[str, str]
    import_path: list[str]
    log_level: int | None
    addresses: dict[int, str] = {}
    """Where other workers listen for this one."""
    token: bytes = b""
    keys: LinkKeys | None = None
    arguments: list[str] = []
    """`sys.argv` of the program."""


class Run(msgspec.Struct, tag="run", frozen=True):
    """Everyone is deployed: go."""


class Assign(msgspec.Struct, tag="assign", frozen=True):
    """An answer to `SplitWanted`; without a split: there is none now, or never again."""

    vertex: int
    subtask: int
    split: bytes | None
    is_exhausted: bool


class RowsTaken(msgspec.Struct, tag="rows-taken", frozen=True):
    """The client has taken rows of a collecting sink: more of them may come."""

    sink: int
    granted_bytes: int
    """That may be sent, ever."""


class StopSources(msgspec.Struct, tag="stop", frozen=True):
    """End your sources where they are."""


class Commit(msgspec.Struct, tag="commit", frozen=True):
    """Every subtask of the job has ended: make results visible and close."""


class Cancel(msgspec.Struct, tag="cancel", frozen=True):
    """Drop what was not committed and close."""


class Deployed(msgspec.Struct, tag="deployed", frozen=True):
    """The subtasks are open."""


class SplitWanted(msgspec.Struct, tag="split-wanted", frozen=True):
    """A reader has room for a split."""

    vertex: int
    subtask: int


class Ended(msgspec.Struct, tag="ended", frozen=True):
    """Every subtask here has ended, and what they sent has left."""


class Committed(msgspec.Struct, tag="committed", frozen=True):
    """Results are visible, everything is closed."""


class Closed(msgspec.Struct, tag="closed", frozen=True):
    """Everything is closed; nothing was committed."""


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """Something here failed."""

    error: bytes
    """See `remote_errors`."""
    is_consequence: bool
    """The other side of a channel went away: someone else has the reason."""


class Output(msgspec.Struct, tag="output", frozen=True):
    """What user code or a sink printed."""

    is_error: bool
    text: str


class Rows(msgspec.Struct, tag="rows", frozen=True):
    """A frame of what a collecting sink sends to the client, see `mailed_rows`."""

    sink: int
    kind: int
    argument: int
    payload: bytes


class RowsOfWorker(msgspec.Struct, frozen=True, array_like=True):
    """Rows with the worker that sent them."""

    worker: int
    rows: Rows


class Report(msgspec.Struct, tag="report", frozen=True):
    """What subtasks here did so far, or those of a worker of many whose turn it is."""

    tasks: list[TaskCounts]
    channels: list[ChannelBytes]


class Fork(msgspec.Struct, tag="fork", frozen=True):
    """Fork a worker whose link is the descriptor."""

    worker: int


class Forked(msgspec.Struct, tag="forked", frozen=True):
    """The worker's process runs."""

    worker: int
    process: int


class Died(msgspec.Struct, tag="died", frozen=True):
    """A worker's process has ended; `status` as `os.waitpid` returns it."""

    process: int
    status: int


ToWorker = (
    Doorbells | Wires | Listen | Deploy | Run | Assign | RowsTaken | StopSources | Commit | Cancel
)
FromWorker = (
    Listening
    | Deployed
    | SplitWanted
    | Rows
    | Ended
    | Committed
    | Closed
    | Failed
    | Output
    | Report
)
