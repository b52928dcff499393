"""Batches in the payload of frames, copied once when written and not at all when read.

Format: docs/spec/column_frames.md. The schema of a batch is announced in band, once per channel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.typed_objects import TypedObjects

__all__ = ["BatchLayout", "BatchSchema", "KeysNeedPickle", "lay_out"]

class KeysNeedPickle(TypeError):
    """The keys of a batch are no column."""

class BatchLayout:
    """A batch ready to be written into a frame. Immutable.

    Attributes
    ----------
    schema : bytes
        Payload of the schema frame that has to come first.
    size_bytes : int
        Payload of the columns frame.
    """

    schema: bytes
    size_bytes: int
    def write(self, target: Any) -> None:
        """Write the columns frame into a buffer of `size_bytes`, at a multiple of 8."""

def lay_out(
    batch: Batch,
    *,
    typed: TypedObjects | None = None,
    pickled: bytes | None = None,
    ipc: bytes | None = None,
    pickled_keys: bytes | None = None,
) -> BatchLayout:
    """Prepare a batch with its times, keys, hashes, kinds and marks; nothing is copied yet.

    Parameters
    ----------
    batch
        The batch. A batch of objects needs one of the next two.
    typed, pickled
        Its rows as `type_objects` gives them, or a pickle of the list of them.
    ipc
        Its rows as Arrow IPC stream, for columns of types that frames do not carry.
    pickled_keys
        A pickle of the list of its keys.

    Raises
    ------
    KeysNeedPickle
        The keys are objects of no plain type.
    TypeError
        The rows are objects, or columns of a type with children.
    """

class BatchSchema:
    """What a schema frame said. Immutable.

    Raises
    ------
    ValueError
        The payload is malformed.
    """

    def __init__(self, payload: Any) -> None: ...
    def batch_of(
        self,
        payload: Any,
        *,
        loads: Callable[[Column], list[Any]],
        from_ipc: Callable[[Column], Batch],
        is_lent: bool = False,
    ) -> Batch:
        """Return the batch in a columns frame of this schema.

        Columns share the payload's memory, which is lent if `is_lent`. Objects come as objects, in
        memory of their own. Keys that were a column come as one, keys that were objects as a list;
        strings that were views as plain strings.

        Raises
        ------
        ValueError
            The payload is malformed.
        """
