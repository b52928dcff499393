"""CollectionSource: the values of a Python list, read by one subtask in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.values import ConversionError, fix_list, is_immutable, make_converter
from flinkette.connectors.split_queue import SplitQueue, restored_splits
from flinkette.contracts.errors import RowConversionError
from flinkette.contracts.source import Fetched, Source, SourceSplit, SplitReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.contracts.source import ReaderContext, SplitEnumerator
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["CollectionReader", "CollectionSource", "CollectionSplit"]


@dataclass(frozen=True)
class CollectionSplit(SourceSplit):
    """The whole collection; `position` is the index of the next value."""

    position: int = 0


class CollectionSource(Source):
    """The values of a collection, in order, on one subtask.

    Parameters
    ----------
    values
        Read once, now; later changes of the collection or of its values are not seen.
    type_info
        Declared type of the values, or None for plain Python objects. Values are converted to it
        now, as PyFlink does.

    Raises
    ------
    RowConversionError
        If a value does not fit the declared type.

    Notes
    -----
    Every reading job gets values of its own: mutable ones are copied again when they are read, so
    that a function which changes a value does not change the source.
    """

    is_parallel = False

    def __init__(self, values: Iterable[Any], type_info: TypeInformation | None = None) -> None:
        own = _converted(list(values), type_info)
        self.type_info = type_info
        self._is_shareable = _are_immutable(own)
        self.values: list[Any] = own if self._is_shareable else fix_list(own)

    def produced_type(self) -> TypeInformation | None:
        """Return the declared type."""
        return self.type_info

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Make one split of the whole collection."""
        return SplitQueue([CollectionSplit("collection")])

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on as the snapshot says."""
        return SplitQueue(restored_splits(CollectionSplit, snapshot))

    def create_reader(self, context: ReaderContext) -> CollectionReader:
        """Make the reader of one subtask."""
        return CollectionReader(self.values, is_shareable=self._is_shareable)


def _are_immutable(values: list[Any]) -> bool:
    """Tell whether no value can change; in pieces, so that a mutable one is noticed early."""
    return all(
        is_immutable(tuple(values[start : start + 1024])) for start in range(0, len(values), 1024)
    )


def _converted(values: list[Any], type_info: TypeInformation | None) -> list[Any]:
    if type_info is None:
        return values
    try:
        return make_converter(type_info.type_spec()).convert_list(values)
    except ConversionError as error:
        raise RowConversionError(
            f"from_collection: {error}; change the value or the declared type"
        ) from error


class CollectionReader(SplitReader):
    """Slices the list; the position is the index of the next value."""

    def __init__(self, values: list[Any], *, is_shareable: bool) -> None:
        self._values = values
        self._is_shareable = is_shareable
        self._split: CollectionSplit | None = None
        self._next = 0

    def add_split(self, split: SourceSplit) -> None:
        """Start at the split's position."""
        assert isinstance(split, CollectionSplit)
        self._split = split
        self._next = split.position

    def poll(self, max_rows: int) -> Fetched | None:
        """Return the next values."""
        split = self._split
        if split is None:
            return None
        rows = self._values[self._next : self._next + max_rows]
        if not self._is_shareable:
            rows = fix_list(rows)
        self._next += len(rows)
        is_end = self._next >= len(self._values)
        if is_end:
            self._split = None
        return Fetched(
            split.split_id, Batch.from_objects(rows) if rows else None, self._next, is_end
        )
