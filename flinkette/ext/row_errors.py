"""What happens to a row whose user function raises."""

from __future__ import annotations

from typing import TypeVar

from flinkette.contracts.output_tag import OutputTag
from flinkette.datastream.checks import invalid_argument, require_instance
from flinkette.datastream.data_stream import DataStream
from flinkette.graph.transformations import RowErrorPolicy

__all__ = ["on_row_error"]

Stream = TypeVar("Stream", bound=DataStream)
_ACTIONS = ("fail", "skip", "side-output")


def on_row_error(stream: Stream, action: str, tag: OutputTag | None = None) -> Stream:
    """Choose what happens to a row for which the function of a stream's operator raises.

    Parameters
    ----------
    stream : DataStream
        What ``map``, ``process`` and the like returned; the setting is its operator's.
    action : str
        ``"fail"`` ends the job (default), ``"skip"`` leaves the row out and counts it,
        ``"side-output"`` sends a `RowError` to a side output.
    tag : OutputTag, optional
        The side output; needed with ``"side-output"`` and only there.

    Returns
    -------
    DataStream
        The same stream.

    Raises
    ------
    InvalidPipelineError
        If the action is unknown, or the tag is missing or not wanted.

    Notes
    -----
    Rows before the failing one are processed, and its own state writes are undone.

    Examples
    --------
    >>> from flinkette.datastream import OutputTag, StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> bad = OutputTag("bad")
    >>> halves = env.from_collection([4, 0]).map(lambda x: 8 / x)
    >>> rejected = on_row_error(halves, "side-output", bad).get_side_output(bad)
    """
    require_instance("on_row_error", stream, DataStream)
    if action not in _ACTIONS:
        raise invalid_argument(
            f"on_row_error(): the action must be one of {', '.join(_ACTIONS)}, got {action!r}"
        )
    if (action == "side-output") != (tag is not None):
        raise invalid_argument(
            'on_row_error(): give a tag together with "side-output", and only then'
        )
    if tag is not None:
        require_instance("on_row_error", tag, OutputTag)
    stream._operator_node("on_row_error").row_error = RowErrorPolicy(action, tag)
    return stream
