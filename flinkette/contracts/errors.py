"""The exceptions flinkette raises: one tree, each also the builtin it refines.

A message says what went wrong, where, the value, and what to do.
"""

from __future__ import annotations

__all__ = [
    "ClusterError",
    "ClusterTimeoutError",
    "ConfigurationError",
    "ExchangeError",
    "FlinketteError",
    "InvalidPipelineError",
    "InvalidTypeError",
    "JobCancelledError",
    "JobExecutionError",
    "KeyEncodingError",
    "MalformedInputError",
    "MissingTimestampError",
    "NotEnoughSlotsError",
    "RowConversionError",
    "SharedMemoryError",
    "SinkError",
    "SourceError",
    "UnsupportedFeatureError",
    "UserFunctionError",
    "WorkerLostError",
]


class FlinketteError(Exception):
    """Base of every exception that flinkette raises itself."""


class InvalidPipelineError(FlinketteError, ValueError):
    """The program asks for something that cannot be built, such as a window of size 0."""


class InvalidTypeError(FlinketteError, TypeError):
    """An argument or a type description has the wrong Python type."""


class ConfigurationError(FlinketteError, ValueError):
    """The value of a configuration key cannot be read or is out of range."""


class UnsupportedFeatureError(FlinketteError, NotImplementedError):
    """A part of PyFlink's API that needs a JVM, or that flinkette does not have yet."""


class RowConversionError(FlinketteError, ValueError):
    """A value does not fit the type declared for its stream or state."""


class KeyEncodingError(FlinketteError, TypeError):
    """A key has no canonical encoding, so it cannot be partitioned."""


class MissingTimestampError(FlinketteError, ValueError):
    """A row without event time reached an operator that needs one."""


class MalformedInputError(FlinketteError, ValueError):
    """A piece of input cannot be parsed.

    Parameters
    ----------
    message : str
        The whole text, with file, line and what to do.
    file : str
        Path of the input, empty if it is not a file.
    line : int
        Line number counted from 1, 0 if unknown.

    Attributes
    ----------
    file : str
        As the parameter.
    line : int
        As the parameter.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


class SourceError(FlinketteError, OSError):
    """A source cannot be read: missing file, no permission, closed connection."""


class SinkError(FlinketteError, OSError):
    """A sink cannot be written."""


class ExchangeError(FlinketteError, ValueError):
    """What another process of the job sent is malformed: a bug, or damaged memory."""


class SharedMemoryError(FlinketteError, MemoryError):
    """The system has no shared memory, or no descriptor, left for a channel between workers."""


class WorkerLostError(FlinketteError, ConnectionError):
    """A process of the job ended, or closed its channels, before its work was done."""


class ClusterError(FlinketteError, ConnectionError):
    """A process of the cluster cannot be reached, or does not want to do what it was asked."""


class ClusterTimeoutError(ClusterError, TimeoutError):
    """A process of the cluster did not answer in time."""


class JobExecutionError(FlinketteError, RuntimeError):
    """A job ended in failure; the reason is `__cause__`."""


class NotEnoughSlotsError(JobExecutionError):
    """A job needs more slots than there are.

    Parameters
    ----------
    needed : int
        Slots of the job.
    offered : int
        Slots of all workers together.

    Attributes
    ----------
    needed, offered
        As the parameters.
    """

    def __init__(self, needed: int, offered: int) -> None:
        super().__init__(
            f"the job needs {needed} slots, {offered} there; lower its parallelism, put its "
            "operators into fewer slot sharing groups, or add workers"
        )
        self.needed = needed
        self.offered = offered

    def __reduce__(self) -> tuple[type[NotEnoughSlotsError], tuple[int, int]]:
        return (NotEnoughSlotsError, (self.needed, self.offered))


class JobCancelledError(FlinketteError, RuntimeError):
    """A job was cancelled before it ended."""


class UserFunctionError(JobExecutionError):
    """A user function raised; its exception is `__cause__`.

    Parameters
    ----------
    message : str
        The whole text.
    operator : str
        Name of the operator that called the function.
    call_site : str
        Where in the user's program the operator was made, `file:line`; empty if unknown.
    key : object
        Key of the row, None outside keyed streams.
    timestamp_ms : int or None
        Event time of the row, None if it has none.
    value_text : str
        The row as text, cut to 1 kB.
    subtask : int
        Index of the parallel instance, counted from 0.

    Attributes
    ----------
    operator, call_site, key, timestamp_ms, value_text, subtask
        As the parameters.
    """

    def __init__(
        self,
        message: str,
        *,
        operator: str = "",
        call_site: str = "",
        key: object = None,
        timestamp_ms: int | None = None,
        value_text: str = "",
        subtask: int = 0,
    ) -> None:
        super().__init__(message)
        self.operator = operator
        self.call_site = call_site
        self.key = key
        self.timestamp_ms = timestamp_ms
        self.value_text = value_text
        self.subtask = subtask
