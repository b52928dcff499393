"""BroadcastStream: rows that every subtask keeps in state, to connect another stream with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.functions import BroadcastProcessFunction, KeyedBroadcastProcessFunction
from flinkette.contracts.state import MapStateDescriptor
from flinkette.datastream.checks import invalid_argument, require_instance, require_output_type
from flinkette.datastream.keyed_stream import KeyedStream
from flinkette.datastream.stream_base import connected_edges
from flinkette.graph.operators import BroadcastProcessDescription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.datastream.data_stream import DataStream

__all__ = ["BroadcastConnectedStream", "BroadcastStream", "broadcast_stream"]


class BroadcastStream:
    """A stream whose rows go to every subtask, made by `DataStream.broadcast` with descriptors.

    All that can be done with it is to connect another stream with it.

    Parameters
    ----------
    input_stream : DataStream
        The rows, on their way to every subtask.
    broadcast_state_descriptors : list of MapStateDescriptor
        The states that the rows may be kept in.
    """

    def __init__(
        self, input_stream: DataStream, broadcast_state_descriptors: list[MapStateDescriptor]
    ) -> None:
        self.input_stream = input_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors


class BroadcastConnectedStream:
    """A stream, keyed or not, connected with a broadcast one, made by `DataStream.connect`.

    Parameters
    ----------
    non_broadcast_stream : DataStream
        The stream whose rows are looked at in the light of the others.
    broadcast_stream : BroadcastStream
        The broadcast one.
    broadcast_state_descriptors : list of MapStateDescriptor
        Its states.
    """

    def __init__(
        self,
        non_broadcast_stream: DataStream,
        broadcast_stream: BroadcastStream,
        broadcast_state_descriptors: list[MapStateDescriptor],
    ) -> None:
        self.non_broadcast_stream = non_broadcast_stream
        self.broadcast_stream = broadcast_stream
        self.broadcast_state_descriptors = broadcast_state_descriptors

    def process(
        self,
        func: BroadcastProcessFunction | KeyedBroadcastProcessFunction,  # type: ignore[type-arg]
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Process the rows of both, with the broadcast state at hand.

        Parameters
        ----------
        func : BroadcastProcessFunction or KeyedBroadcastProcessFunction
            Its `process_broadcast_element` takes the broadcast rows and writes the state, its
            `process_element` takes the others and reads it; by key also with keyed state and
            timers.
        output_type : TypeInformation, optional
            Converts and checks each row of the main output; plain Python objects if not given.

        Returns
        -------
        DataStream
            The main output; `get_side_output` gives the others.

        Raises
        ------
        InvalidTypeError
            If `func` is another kind of function, or one for keys where there are none.
        """
        stream = self.non_broadcast_stream
        is_keyed = isinstance(stream, KeyedStream)
        kind = KeyedBroadcastProcessFunction if is_keyed else BroadcastProcessFunction
        hint = f"the stream {'has' if is_keyed else 'has no'} keys"
        require_instance("process", func, kind, hint=hint)
        require_output_type("process", output_type)
        names = tuple(each.get_name() for each in self.broadcast_state_descriptors)
        return stream._append(
            BroadcastProcessDescription(func, names, is_keyed),
            "Keyed-Co-Process-Broadcast" if is_keyed else "Co-Process-Broadcast",
            output_type,
            inputs=connected_edges(stream, self.broadcast_stream.input_stream),
        )


def broadcast_stream(
    stream: DataStream, descriptors: Sequence[MapStateDescriptor | None]
) -> BroadcastStream:
    """Check the descriptors and put a stream of broadcast rows beside them."""
    known: dict[str, MapStateDescriptor] = {}
    for descriptor in descriptors:
        require_instance("broadcast", descriptor, MapStateDescriptor)
        assert descriptor is not None
        name = descriptor.get_name()
        if name in known:
            raise invalid_argument(
                f"broadcast() got two states of the name {name!r}; give each a name of its own"
            )
        known[name] = descriptor
    return BroadcastStream(stream, list(known.values()))
