"""Broadcast state: one dict per descriptor and subtask. See broadcast.pyi."""

import cython

from flinkette._native.state cimport MapSyntax
from flinkette._native.values cimport fix

cdef object ABSENT = object()


@cython.final
cdef class BroadcastState(MapSyntax):
    """What the broadcast side sees. Slot thread only."""

    cdef readonly str name
    cdef dict _entries
    # What the row at work has found under the keys it touched; None where nobody undoes.
    cdef dict _before

    def __cinit__(self, str name not None):
        self.name = name
        self._entries = {}
        self._before = None

    cdef int _remember(self, object key) except -1:
        if self._before is not None and key not in self._before:
            # user code may change the value it is given, so an undo needs a copy
            before = self._entries.get(key, ABSENT)
            self._before[key] = before if before is ABSENT else fix(before)
        return 0

    cdef int _undo(self) except -1:
        for key, value in self._before.items():
            if value is ABSENT:
                self._entries.pop(key, None)
            else:
                self._entries[key] = value
        self._before.clear()
        return 0

    def get(self, key):
        self._remember(key)
        return self._entries.get(key)

    def contains(self, key):
        return key in self._entries

    def items(self):
        if self._before is not None:
            for key in self._entries:
                self._remember(key)
        return iter(list(self._entries.items()))

    def keys(self):
        return iter(list(self._entries))

    def values(self):
        return iter([value for _, value in self.items()])

    def is_empty(self):
        return not self._entries

    def put(self, key, value):
        self._remember(key)
        self._entries[key] = value

    def put_all(self, dict_value):
        for key, value in dict_value.items():
            self.put(key, value)

    def remove(self, key):
        self._remember(key)
        self._entries.pop(key, None)

    def clear(self):
        for key in self._entries:
            self._remember(key)
        self._entries.clear()


@cython.final
cdef class ReadOnlyBroadcastState(MapSyntax):
    """What the other side and timers see."""

    cdef BroadcastState _state

    def __cinit__(self, BroadcastState state not None):
        self._state = state

    def get(self, key):
        return self._state._entries.get(key)

    def contains(self, key):
        return key in self._state._entries

    def items(self):
        return iter(list(self._state._entries.items()))

    def keys(self):
        return iter(list(self._state._entries))

    def values(self):
        return iter(list(self._state._entries.values()))

    def is_empty(self):
        return not self._state._entries

    cdef int _refuse(self, str method) except -1:
        raise RuntimeError(
            f"{method}() on the broadcast state {self._state.name!r} from the side that is not "
            "broadcast: only process_broadcast_element may write it, so that it is the same in "
            "every subtask; use keyed state here, or write it there"
        )

    def put(self, key, value):
        self._refuse("put")

    def put_all(self, dict_value):
        self._refuse("put_all")

    def remove(self, key):
        self._refuse("remove")

    def clear(self):
        self._refuse("clear")


@cython.final
cdef class BroadcastStates:
    """The broadcast states of one operator's subtask. Slot thread only."""

    def __cinit__(self, names not None, *, bint is_logging):
        cdef BroadcastState state
        self._states = {}
        self._is_logging = is_logging
        for name in names:
            state = BroadcastState(name)
            if is_logging:
                state._before = {}
            self._states[name] = state

    def names(self):
        return list(self._states)

    def writable(self, str name):
        return self._states[name]

    def read_only(self, str name):
        return ReadOnlyBroadcastState(self._states[name])

    cdef int begin_row(self) except -1:
        """Forget what the row before has found."""
        if self._is_logging:
            for state in self._states.values():
                (<BroadcastState> state)._before.clear()
        return 0

    cdef int roll_back(self) except -1:
        """Undo what the current row has written."""
        if self._is_logging:
            for state in self._states.values():
                (<BroadcastState> state)._undo()
        return 0
