"""User functions that join two streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flinkette.contracts.row import Row
from flinkette.contracts.row_functions import Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "CoGroupFunction",
    "FlatJoinFunction",
    "JoinFunction",
    "JoinedFields",
    "ProcessJoinFunction",
]


class JoinFunction(Function):
    """Makes one row of two that share key and window."""

    @abstractmethod
    def join(self, first: Any, second: Any) -> Any:
        """Return the row for one of the first stream and one of the second."""


class FlatJoinFunction(Function):
    """Makes any number of rows of two that share key and window."""

    @abstractmethod
    def join(self, first: Any, second: Any) -> Iterable[Any] | None:
        """Yield or return the rows for one of the first stream and one of the second."""


class CoGroupFunction(Function):
    """Makes any number of rows of all those of two streams that share key and window."""

    @abstractmethod
    def co_group(self, first: Iterable[Any], second: Iterable[Any]) -> Iterable[Any] | None:
        """Yield or return the rows for a window; one of the two lists may be empty."""


class ProcessJoinFunction(Function):
    """Makes any number of rows of two of one key whose times are near each other.

    A row goes to a side output as `yield tag, row`.
    """

    class Context(ABC):
        """What `process_element` can ask about its pair. Valid during the call only."""

        @abstractmethod
        def get_left_timestamp(self) -> int:
            """Return the event time of the left row in ms."""

        @abstractmethod
        def get_right_timestamp(self) -> int:
            """Return the event time of the right row in ms."""

        @abstractmethod
        def get_timestamp(self) -> int:
            """Return the event time of the results in ms: the later of the two."""

    @abstractmethod
    def process_element(
        self, left: Any, right: Any, ctx: ProcessJoinFunction.Context
    ) -> Iterable[Any] | None:
        """Yield or return the rows for one pair."""


class JoinedFields(ProcessJoinFunction):
    """Puts fields of both rows side by side: a Row if both rows have names, else a tuple.

    Where both streams have a declared row or tuple type, it is not called: the fields are joined as
    columns.

    Parameters
    ----------
    left : sequence of str or int, optional
        Names or positions of the left row's fields; all of them if not given.
    right : sequence of str or int, optional
        The same for the right row.

    Examples
    --------
    >>> from flinkette.common import Row
    >>> order, payment = Row(id=1, name="tea"), Row(id=1, sum=7)
    >>> next(iter(JoinedFields(right=["sum"]).process_element(order, payment, None)))
    Row(id=1, name='tea', sum=7)
    """

    def __init__(
        self,
        left: Sequence[int | str] | None = None,
        right: Sequence[int | str] | None = None,
    ) -> None:
        self.left = None if left is None else tuple(left)
        self.right = None if right is None else tuple(right)

    def process_element(self, left: Any, right: Any, ctx: Any) -> Iterable[Any]:
        """Return the one row of the pair."""
        names = _names(left, self.left), _names(right, self.right)
        values = *_values(left, self.left), *_values(right, self.right)
        if names[0] is None or names[1] is None:
            return [values]
        both = *names[0], *names[1]
        if len(set(both)) < len(both):
            raise ValueError(
                f"two fields of one row would have one name: {', '.join(both)}; choose the fields "
                "by JoinedFields(left=[...], right=[...])"
            )
        return [Row(**dict(zip(both, values, strict=True)))]


def _names(row: Any, fields: Sequence[int | str] | None) -> list[str] | None:
    known = getattr(row, "_fields", None)
    if not known:
        return None
    names = range(len(known)) if fields is None else fields
    return [known[each] if isinstance(each, int) else each for each in names]


def _values(row: Any, fields: Sequence[int | str] | None) -> Iterable[Any]:
    return row if fields is None else [row[field] for field in fields]
