"""Settings of one operator: name, uid, parallelism and the like, shared by streams and sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.datastream.checks import (
    described,
    invalid_argument,
    require_int,
    require_parallelism,
    wrong_type,
)
from flinkette.graph.operators import SinkDescription, SourceDescription

if TYPE_CHECKING:
    from flinkette.graph.transformations import Transformation

__all__ = ["OperatorSettings", "StreamOperatorSettings"]

Self = TypeVar("Self", bound="OperatorSettings")


class OperatorSettings:
    """Setters that change the operator which made a stream, each returning its own object."""

    def _operator_node(self, method: str) -> Transformation:
        """Return the transformation that `method` is to change."""
        raise NotImplementedError

    def name(self: Self, name: str) -> Self:
        """Name the operator; the name shows in errors, metrics and the execution plan.

        Parameters
        ----------
        name : str
            Any text.

        Returns
        -------
        OperatorSettings
            The same object.
        """
        node = self._operator_node("name")
        node.name = f"{_prefix_of(node)}{_text('name', name)}"
        return self

    def uid(self: Self, uid: str) -> Self:
        """Give the operator an id by which its state is found again in checkpoints.

        Parameters
        ----------
        uid : str
            Unique within the job; `execute` refuses duplicates.

        Returns
        -------
        OperatorSettings
            The same object.
        """
        self._operator_node("uid").uid = _text("uid", uid)
        return self

    def set_uid_hash(self: Self, uid_hash: str) -> Self:
        """Give the operator the id itself instead of a text it is made from.

        Parameters
        ----------
        uid_hash : str
            32 hexadecimal digits, as logs and the web interface show them.

        Returns
        -------
        OperatorSettings
            The same object.
        """
        text = _text("set_uid_hash", uid_hash)
        if len(text) != 32 or not set(text) <= set("0123456789abcdefABCDEF"):
            raise invalid_argument(f"set_uid_hash(): {uid_hash!r} is not 32 hexadecimal digits")
        self._operator_node("set_uid_hash").uid = f"#{text.lower()}"
        return self

    def set_parallelism(self: Self, parallelism: int) -> Self:
        """Set the number of parallel instances of this operator.

        Parameters
        ----------
        parallelism : int
            1 to the operator's max parallelism; -1 for the environment's parallelism.

        Returns
        -------
        OperatorSettings
            The same object.

        Raises
        ------
        InvalidPipelineError
            If it is out of range, or not 1 for an operator that cannot run in parallel.
        """
        require_parallelism("set_parallelism", parallelism)
        node = self._operator_node("set_parallelism")
        if node.is_non_parallel and parallelism not in (1, -1):
            raise invalid_argument(
                f"operator {node.name!r} cannot run in parallel: its parallelism must be 1, got "
                f"{parallelism}; set the parallelism of the operators after it"
            )
        node.parallelism = None if parallelism == -1 else parallelism
        return self

    def set_description(self: Self, description: str) -> Self:
        """Describe the operator at length, for the execution plan.

        Parameters
        ----------
        description : str
            Any text.

        Returns
        -------
        OperatorSettings
            The same object.
        """
        self._operator_node("set_description").description = _text("set_description", description)
        return self

    def disable_chaining(self: Self) -> Self:
        """Run the operator by itself, not in one chain with its neighbours.

        Returns
        -------
        OperatorSettings
            The same object.
        """
        self._operator_node("disable_chaining").is_chaining_disabled = True
        return self

    def slot_sharing_group(self: Self, slot_sharing_group: Any) -> Self:
        """Put the operator into a slot sharing group; subtasks share slots within a group only.

        Parameters
        ----------
        slot_sharing_group : str or SlotSharingGroup
            The group or its name.

        Returns
        -------
        OperatorSettings
            The same object.
        """
        node = self._operator_node("slot_sharing_group")
        if hasattr(slot_sharing_group, "get_name"):
            slot_sharing_group = slot_sharing_group.get_name()
        node.slot_sharing_group = _text("slot_sharing_group", slot_sharing_group)
        return self


class StreamOperatorSettings(OperatorSettings):
    """The settings that streams have and sinks have not."""

    def get_name(self) -> str:
        """Return the name of the operator that makes this stream.

        Returns
        -------
        str
            As set by `name`, or the default such as ``Map``.
        """
        node = self._operator_node("get_name")
        return node.name.removeprefix(_prefix_of(node))

    def set_max_parallelism(self: StreamSelf, max_parallelism: int) -> StreamSelf:
        """Set the upper limit of the operator's parallelism: the number of its key groups.

        Parameters
        ----------
        max_parallelism : int
            1 to 32768. It cannot change while state is kept.

        Returns
        -------
        DataStream
            The same stream.

        Raises
        ------
        InvalidPipelineError
            If it is out of range.
        """
        require_int("set_max_parallelism", "max_parallelism", max_parallelism, least=1)
        require_parallelism("set_max_parallelism", max_parallelism, what="max_parallelism")
        self._operator_node("set_max_parallelism").max_parallelism = max_parallelism
        return self

    def force_non_parallel(self: StreamSelf) -> StreamSelf:
        """Run one instance of the operator, whatever the parallelism of the job.

        Returns
        -------
        DataStream
            The same stream.
        """
        node = self._operator_node("force_non_parallel")
        node.parallelism = 1
        node.max_parallelism = 1
        node.is_non_parallel = True
        return self

    def set_buffer_timeout(self: StreamSelf, timeout_millis: int) -> StreamSelf:
        """Set how long output of the operator may wait for more before it is sent on.

        Parameters
        ----------
        timeout_millis : int
            Milliseconds; 0 sends every row at once, -1 waits for full buffers.

        Returns
        -------
        DataStream
            The same stream.
        """
        require_int("set_buffer_timeout", "timeout_millis", timeout_millis, least=-1)
        self._operator_node("set_buffer_timeout").buffer_timeout_ms = timeout_millis
        return self

    def start_new_chain(self: StreamSelf) -> StreamSelf:
        """Start a chain with this operator: it is not chained to the one before.

        Returns
        -------
        DataStream
            The same stream.

        Notes
        -----
        An operator has one rule of chaining: `disable_chaining` before this call is taken back.
        """
        node = self._operator_node("start_new_chain")
        node.is_chain_start = True
        node.is_chaining_disabled = False
        return self


StreamSelf = TypeVar("StreamSelf", bound=StreamOperatorSettings)


def _text(method: str, value: Any) -> str:
    if not isinstance(value, str):
        raise wrong_type(f"{method}() needs a str, got {described(value)}")
    return value


def _prefix_of(node: Transformation) -> str:
    """Return what plans write before the names of sources and sinks."""
    if isinstance(node.operator, SourceDescription):
        return "Source: "
    return "Sink: " if isinstance(node.operator, SinkDescription) else ""
