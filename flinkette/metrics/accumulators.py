"""Accumulators on their way: registered by functions, pickled by subtasks, merged by the client.

```
 add_accumulator ─► Accumulators (a subtask) ─states─► reports, figures ─merged─► the program
```

Between the subtask and the program nobody unpickles: the classes may be the user's.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from flinkette.contracts.accumulators import Accumulator
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError, JobExecutionError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AccumulatorState", "Accumulators", "merged"]

MAX_STATE_BYTES = 1 << 18
"""Of one subtask: reports go out twice a second, and the last is kept as long as the job."""

A = TypeVar("A", bound="Accumulator[Any, Any]")


class AccumulatorState(NamedTuple):
    """What one subtask has collected in one accumulator."""

    name: str
    pickled: bytes
    failure: str = ""
    """Why there is nothing in `pickled`."""


class Accumulators:
    """The accumulators of one subtask, by operator and name. Slot thread only."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[str, Accumulator[Any, Any]]] = {}

    def add(self, node: int, place: str, name: str, accumulator: Accumulator[Any, Any]) -> None:
        """Register an accumulator of an operator; `place` says which in errors."""
        if not isinstance(accumulator, Accumulator):
            raise InvalidTypeError(
                f"{place}: add_accumulator({name!r}, …) takes an Accumulator, got {accumulator!r}"
            )
        if (node, name) in self._known:
            raise InvalidPipelineError(
                f"{place}: there is an accumulator {name!r} already; take another name, or "
                "get_accumulator(...) to add to it"
            )
        self._known[node, name] = (place, accumulator)

    def find(self, node: int, name: str) -> Accumulator[Any, Any] | None:
        """Return an operator's accumulator, None if there is none of the name."""
        found = self._known.get((node, name))
        return None if found is None else found[1]

    def of_kind(self, node: int, place: str, name: str, kind: type[A]) -> A:
        """Return an operator's accumulator of a kind, made when it is first asked for."""
        found = self.find(node, name)
        if found is None:
            self.add(node, place, name, found := kind())
        if not isinstance(found, kind):
            raise InvalidTypeError(
                f"{place}: the accumulator {name!r} is of class {type(found).__name__}, not "
                f"{kind.__name__}; take another name"
            )
        return found

    def states(self) -> list[AccumulatorState]:
        """Return what they hold now."""
        made: list[AccumulatorState] = []
        left = MAX_STATE_BYTES
        for (_, name), (place, accumulator) in self._known.items():
            state = _state(place, name, accumulator, left)
            left -= len(state.pickled)
            made.append(state)
        return made


def merged(states: Iterable[AccumulatorState]) -> dict[str, Any]:
    """Return the results of a job's accumulators by name.

    Raises
    ------
    JobExecutionError
        If one could not be sent, or two of one name are of different classes.
    """
    found: dict[str, Accumulator[Any, Any]] = {}
    for state in states:
        if state.failure:
            raise JobExecutionError(state.failure)
        accumulator: Accumulator[Any, Any] = pickle.loads(state.pickled)
        first = found.setdefault(state.name, accumulator)
        if first is accumulator:
            continue
        if type(first).__qualname__ != type(accumulator).__qualname__:
            raise JobExecutionError(
                f"accumulator {state.name!r} is of class {type(first).__name__} in one operator "
                f"and {type(accumulator).__name__} in another; give them names of their own"
            )
        first.merge(accumulator)
    return {name: accumulator.get_local_value() for name, accumulator in found.items()}


def _state(
    place: str, name: str, accumulator: Accumulator[Any, Any], max_bytes: int
) -> AccumulatorState:
    import cloudpickle

    try:
        pickled: bytes = cloudpickle.dumps(accumulator)
    except Exception as error:
        return AccumulatorState(
            name, b"", f"{place}: accumulator {name!r} cannot be pickled: {error}"
        )
    if len(pickled) > max_bytes:
        return AccumulatorState(
            name,
            b"",
            f"{place}: accumulator {name!r} has {len(pickled):,} bytes in one subtask; all of a "
            f"subtask may have {MAX_STATE_BYTES:,} together: write large results to a sink",
        )
    return AccumulatorState(name, pickled)
