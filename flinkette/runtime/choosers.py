"""Receivers that chance or the user chooses: shuffle and partition_custom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError
from flinkette.runtime.failures import NO_ROW, make_error
from flinkette.runtime.user_code import bound

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from flinkette._native.batch import Batch
    from flinkette._native.buffer import Uint32Buffer
    from flinkette.graph.transformations import Edge
    from flinkette.runtime.operator import OperatorInfo

    Chooser = Callable[[Batch], Uint32Buffer]

__all__ = ["custom_chooser", "shuffler"]


def shuffler(receivers: int, source: random.Random) -> Chooser:
    """Choose receivers at random; where batches are cut does not matter."""
    seed = source.getrandbits(64)
    position = 0

    def choose(batch: Batch) -> Uint32Buffer:
        from flinkette._native.partition import random_owners

        nonlocal position
        chosen = random_owners(seed, position, batch.num_rows, receivers)
        position += batch.num_rows
        return chosen

    return choose


def custom_chooser(edge: Edge, receivers: int, info: OperatorInfo) -> Chooser:
    """Ask the user's partitioner: once per row, or once per key and batch of a named field."""
    partition = bound(edge.partitioner, "partition")
    selector = edge.key_selector
    if partition is None or selector is None:
        raise InvalidPipelineError("partition_custom needs a partitioner and a key selector")
    ask: Chooser
    if isinstance(selector, str):
        ask = _KeyChooser(selector, partition, receivers)
    else:
        ask = _row_chooser(bound(selector, "get_key"), partition, receivers)

    def choose(batch: Batch) -> Uint32Buffer:
        try:
            return ask(batch)
        except Exception as error:
            raise make_error(info, error, NO_ROW, None, None) from error

    return choose


def _row_chooser(get_key: Any, partition: Any, receivers: int) -> Chooser:
    from flinkette._native.rows import choose_receivers

    return lambda batch: choose_receivers(batch.objects(), partition, get_key, receivers)


class _KeyChooser:
    """Asks once for each distinct key of a batch; columns stay columns."""

    def __init__(self, field: str, partition: Any, receivers: int) -> None:
        from flinkette._native.keys import KeyMap

        self._field = field
        self._partition = partition
        self._receivers = receivers
        self._map = KeyMap(1, 0, 0)

    def __call__(self, batch: Batch) -> Uint32Buffer:
        from flinkette._native.fields import field_keys, field_values
        from flinkette._native.partition import distinct, pick
        from flinkette._native.rows import choose_receivers

        keys = field_keys(batch, self._field)
        if keys is None:
            keys = field_values(batch.objects(), self._field)
        try:
            firsts, places = distinct(self._map.ids(keys), self._map.capacity)
        finally:
            self._map.release_batch()
        if isinstance(keys, list):
            asked = [keys[firsts[at]] for at in range(len(firsts))]
        else:
            asked = keys.take(firsts).to_objects()
        answers = choose_receivers(asked, self._partition, _itself, self._receivers)
        return pick(answers, places)


def _itself(key: Any) -> Any:
    return key
