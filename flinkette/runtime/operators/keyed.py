"""What all keyed operators share: the key map of the subtask and the current key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette._native.keys import KeyMap
from flinkette._native.state import KeyContext
from flinkette.plan.key_groups import key_group_range

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette._native.buffer import Uint32Buffer
    from flinkette.runtime.operator import SubtaskContext

__all__ = ["Keys"]


class Keys:
    """Key ids of one keyed operator's subtask."""

    def __init__(self, context: SubtaskContext) -> None:
        first, last = key_group_range(
            context.subtask_index, context.parallelism, context.max_parallelism
        )
        self._map = KeyMap(context.max_parallelism, first, last)
        self.context = KeyContext(self._map)

    @property
    def key_map(self) -> KeyMap:
        """The native key map."""
        return self._map

    def ids(self, batch: Batch) -> Uint32Buffer:
        """Ids of the batch's keys; they stay valid until `release`."""
        return self._map.ids(batch.keys, batch.hashes)

    def ids_of_one_key(self, num_rows: int) -> Uint32Buffer:
        """Ids for a stream without keys: every row belongs to the key None."""
        return self._map.ids([None] * num_rows)

    def release(self) -> None:
        """Let go of the ids of the last batch that nothing refers to."""
        self._map.release_batch()
