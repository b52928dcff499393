"""What is inside an operator: state of keys, timers, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.values import fix_list
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from flinkette.runtime.context import StateStore
from flinkette.runtime.operators.rows import RowsOperator

if TYPE_CHECKING:
    from flinkette.contracts.state import StateDescriptor
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.operator import Operator, PendingTimer
    from flinkette.runtime.operators.keyed import Keys

__all__ = ["OperatorView"]


class OperatorView:
    """Looks into the subtasks of one operator; nothing is changed by it.

    Made by `OperatorHarness`, which is one, and by `PipelineHarness.operator`.

    Parameters
    ----------
    operators : list of Operator
        The operator in each of its subtasks.
    clock : Clock
        The harness's.
    """

    def __init__(self, operators: list[Operator], clock: Clock) -> None:
        self._operators = operators
        self._view_clock = clock

    def state(self, key: Any, descriptor: StateDescriptor) -> Any:
        """Return the state of a key as plain values.

        Parameters
        ----------
        key : object
            A key, as the `key_by` makes it.
        descriptor : StateDescriptor
            The one the function asks with.

        Returns
        -------
        object
            A value, a list, a dict, or the result of a reducing or aggregating state; None or an
            empty list or dict for a key that has none. A copy.

        Raises
        ------
        InvalidPipelineError
            If the operator has no keys, or has not asked for a state of the name.

        Notes
        -----
        With a time to live whose updates count reads, this read counts as one.
        """
        name = descriptor.get_name()
        for operator in self._operators:
            keys = _keys_of(operator)
            if keys.context.find(name) is None:
                known = ", ".join(map(repr, keys.context.names())) or "none"
                raise InvalidPipelineError(
                    f"operator {operator.info.name!r} ({operator.info.node.call_site}) has no "
                    f"state {name!r}; it has {known}: give the descriptor that its function uses"
                )
            try:
                ids = keys.key_map.ids([key])
            except IndexError:
                continue  # the key is another subtask's
            try:
                keys.context.set_key(ids[0])
                keys.context.look_at_time()
                store = StateStore(keys.context, operator.info, self._view_clock)
                return fix_list([_plain(store, descriptor)])[0]
            finally:
                keys.release()
        raise AssertionError(f"no subtask owns the key {key!r}")

    def broadcast_state(self, descriptor: MapStateDescriptor) -> dict[Any, Any]:
        """Return a broadcast state.

        Parameters
        ----------
        descriptor : MapStateDescriptor
            The one that was given to `broadcast`.

        Returns
        -------
        dict
            A copy of its entries.

        Raises
        ------
        InvalidPipelineError
            If the operator has no such state.
        """
        operator = self._operators[0]
        states = operator.broadcast if isinstance(operator, RowsOperator) else None
        name = descriptor.get_name()
        if states is None or name not in states.names():
            known = "none" if states is None else ", ".join(map(repr, states.names()))
            raise InvalidPipelineError(
                f"operator {operator.info.name!r} ({operator.info.node.call_site}) has no "
                f"broadcast state {name!r}; it has {known}"
            )
        entries: dict[Any, Any] = fix_list([dict(states.read_only(name).items())])[0]
        return entries

    def state_entries(self) -> dict[str, list[Any]]:
        """Return the keys that have state.

        Returns
        -------
        dict
            Keys by the name of the state; every state the operator has asked for is there.
        """
        found: dict[str, list[Any]] = {}
        for operator in self._operators:
            keys = operator.keys
            if keys is not None:
                for name in keys.context.names():
                    column = keys.context.find(name)
                    assert column is not None
                    found.setdefault(name, []).extend(map(keys.key_map.key, column.ids()))
        return found

    def num_state_entries(self) -> int:
        """Return how many keys have state, counted for each state.

        Returns
        -------
        int
            As Flink's `numKeyedStateEntries`.
        """
        return sum(map(len, self.state_entries().values()))

    def event_timers(self) -> list[PendingTimer]:
        """Return the timers that wait for the watermark.

        Returns
        -------
        list of PendingTimer
            In the order in which they will fire; those that end windows are among them.
        """
        return [timer for timer in self._timers() if timer.is_event_time]

    def processing_timers(self) -> list[PendingTimer]:
        """Return the timers that wait for processing time.

        Returns
        -------
        list of PendingTimer
            In the order in which they will fire; those that end windows are among them.
        """
        return [timer for timer in self._timers() if not timer.is_event_time]

    def windows(self) -> list[tuple[Any, Any]]:
        """Return the windows that hold rows.

        Returns
        -------
        list of (key, window)
            By when they end.

        Raises
        ------
        InvalidPipelineError
            If the operator keeps rows in slices that several windows share, as windows of built-in
            aggregates do, and holds some.
        """
        found: list[tuple[Any, Any]] = []
        for operator in self._operators:
            live = operator.live_windows()
            if live is None:
                raise InvalidPipelineError(
                    f"operator {operator.info.name!r} ({operator.info.node.call_site}) adds rows "
                    "up in slices that several windows share, so it cannot list windows; look at "
                    "what comes out when the watermark passes"
                )
            found += live
        return sorted(found, key=lambda each: int(each[1].max_timestamp()))

    def leftovers(self) -> list[str]:
        """Return what keys still hold, in words: state, timers, windows, and ids without either.

        Returns
        -------
        list of str
            Empty when the operator has forgotten all keys.
        """
        found = [
            f"state {name!r} of key {key!r}"
            for name, keys in self.state_entries().items()
            for key in keys
        ]
        found += [
            f"{'an event' if timer.is_event_time else 'a processing'} time timer at "
            f"{timer.time_ms} of key {timer.key!r}"
            for timer in self._timers()
            if timer.window is None
        ]
        for operator in self._operators:
            live = operator.live_windows()
            if live is None:
                found.append("rows in slices of windows")
                continue
            found += [f"{window!r} of key {key!r}" for key, window in live]
            keys = operator.keys
            others = 0 if keys is None else len(keys.key_map) - self._num_held(operator, keys)
            if others:
                found.append(f"{others} keys that hold something else, such as a running sum")
        return found

    def _timers(self) -> list[PendingTimer]:
        return [timer for operator in self._operators for timer in operator.pending_timers()]

    def _num_held(self, operator: Operator, keys: Keys) -> int:
        """Count the keys that hold something; keys need not be hashable."""
        ids = {
            key_id
            for name in keys.context.names()
            if (column := keys.context.find(name)) is not None
            for key_id in column.ids()
        }
        others = [timer.key for timer in operator.pending_timers()]
        others += [key for key, _ in operator.live_windows() or ()]
        if others:
            ids.update(memoryview(keys.key_map.ids(others)).tolist())
            keys.release()
        return len(ids)


def _keys_of(operator: Operator) -> Keys:
    if operator.keys is None:
        raise InvalidPipelineError(
            f"operator {operator.info.name!r} ({operator.info.node.call_site}) has no keyed state: "
            "it does not follow a key_by"
        )
    return operator.keys


def _plain(store: StateStore, descriptor: StateDescriptor) -> Any:
    """Read a state of the current key as plain values."""
    if isinstance(descriptor, ValueStateDescriptor):
        return store.get_state(descriptor).value()
    if isinstance(descriptor, ListStateDescriptor):
        return store.get_list_state(descriptor).get()
    if isinstance(descriptor, MapStateDescriptor):
        return dict(store.get_map_state(descriptor).items())
    if isinstance(descriptor, ReducingStateDescriptor):
        return store.get_reducing_state(descriptor).get()
    assert isinstance(descriptor, AggregatingStateDescriptor)
    return store.get_aggregating_state(descriptor).get()
