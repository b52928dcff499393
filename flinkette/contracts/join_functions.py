"""User functions that join two streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flinkette.contracts.row_functions import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CoGroupFunction", "FlatJoinFunction", "JoinFunction", "ProcessJoinFunction"]


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
