"""Keyed state whose values expire. See expiring_state.pyi."""

from collections import namedtuple

import cython
from libc.stdint cimport INT64_MAX, int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.state cimport (
    ABSENT, FoldingState, KeyContext, ListState, MapState, StateColumn, ValueState,
)

ExpiryRule = namedtuple(
    "ExpiryRule",
    ["parts", "ttl_ms", "reads_count", "shows_expired", "cleanup_size", "cleans_for_every_row"],
)

# what expires by itself: the value of a key, an element of its list, an entry of its map
cdef int WHOLE = 0
cdef int ELEMENTS = 1
cdef int ENTRIES = 2

# ids without a value are passed at little cost, but not at none
cdef int64_t FREE_IDS_FOR_A_KEY = 16

PARTS = {"whole": WHOLE, "elements": ELEMENTS, "entries": ENTRIES}


@cython.final
cdef class ExpiringColumn(StateColumn):
    """A state of all keys, with the times at which its values were last touched beside them.

    The value of a list is [elements, times], that of a map [entries, times by map key].
    """

    cdef int _parts
    cdef int64_t _ttl_ms
    cdef bint _reads_count
    cdef bint _shows_expired
    cdef int64_t _cleanup_size
    cdef bint _cleans_for_every_row
    # by id: last touch of the value, or of that part of it which expires first
    cdef vector[int64_t] _times
    cdef int64_t _accesses
    cdef int64_t _owed
    cdef Py_ssize_t _cursor

    cdef bint _has_expired(self, int64_t time) noexcept:
        return time <= self.context.now_ms - self._ttl_ms

    cdef int _begin_access(self) except -1:
        self._accesses += 1
        self.context.look_at_clock()
        return 0

    cdef object _fetch(self):
        """Begin an access; what is stored for the current key, or None."""
        self._begin_access()
        return self.get()

    cdef int _store(self, object value) except -1:
        """Put a value that is touched now."""
        cdef uint32_t key_id = self._id()
        if key_id >= self._times.size():
            self._times.resize(max(<size_t> key_id + 1, 2 * self._times.size()), INT64_MAX)
        self.put(value)
        self._times[key_id] = self.context.now_ms
        return 0

    cdef object _read_whole(self):
        """A value that expires as a whole. One that has expired is gone after this look at it."""
        cdef uint32_t key_id
        value = self._fetch()
        if value is None:
            return None
        key_id = self.context.current_id
        if self._has_expired(self._times[key_id]):
            self.drop()
            return value if self._shows_expired else None
        if self._reads_count:
            self._times[key_id] = self.context.now_ms
        return value

    cdef Py_ssize_t _num_expired(self, list times) except -1:
        """Times of a list never fall, so what has expired stands in front."""
        cdef Py_ssize_t count = 0
        while count < len(times) and self._has_expired(times[count]):
            count += 1
        return count

    cdef int _cut_elements(self, uint32_t key_id, list parts, Py_ssize_t count) except -1:
        """Forget the first elements of a list that keeps others."""
        if count:
            del (<list> parts[0])[:count]
            del (<list> parts[1])[:count]
        self._times[key_id] = (<list> parts[1])[0]
        return 0

    cdef int _cut_entries(self, uint32_t key_id, list parts, list gone) except -1:
        """Forget entries of a map that keeps others."""
        cdef dict entries = parts[0]
        cdef dict times = parts[1]
        for key in gone:
            del entries[key]
            del times[key]
        self._times[key_id] = min(times.values())
        return 0

    cdef object _undo_entry(self, uint32_t key_id, object value):
        return value, self._times[key_id]

    cdef int _restore(self, uint32_t key_id, object value) except -1:
        StateColumn._restore(self, key_id, (<tuple> value)[0])
        self._times[key_id] = (<tuple> value)[1]
        return 0

    cdef int sweep(self, int64_t rows) except -1:
        """Look at the next few keys for each access since the last sweep, at most once at each."""
        cdef int64_t ids = min(<int64_t> len(self._values), <int64_t> self._times.size())
        cdef int64_t left = self._accesses
        if self._cleans_for_every_row:
            left += rows
        self._accesses = 0
        left = min(left * self._cleanup_size - self._owed, ids)
        ids = min(left * FREE_IDS_FOR_A_KEY, ids)
        while left > 0 and ids > 0:
            ids -= 1
            if self._cursor >= <Py_ssize_t> self._times.size() or self._cursor >= len(self._values):
                self._cursor = 0
            if self._times[self._cursor] != INT64_MAX:
                left -= 1
                if self._has_expired(self._times[self._cursor]):
                    left -= self._clean(<uint32_t> self._cursor)
            self._cursor += 1
        self._owed = max(-left, 0)
        return 0

    cdef int64_t _clean(self, uint32_t key_id) except -1:
        """Free what has expired of a key's value; how many more parts than one were looked at."""
        cdef list parts
        cdef Py_ssize_t more = 0
        cdef Py_ssize_t num_gone
        value = self._values[key_id]
        if value is not ABSENT and self._parts == ELEMENTS:
            parts = value
            num_gone = self._num_expired(parts[1])
            more = max(num_gone - 1, 0)
            if num_gone < len(<list> parts[1]):
                self._cut_elements(key_id, parts, num_gone)
                return more
        elif value is not ABSENT and self._parts == ENTRIES:
            parts = value
            more = len(<dict> parts[1]) - 1
            gone = self._expired_entries(parts)
            if len(gone) <= more:
                self._cut_entries(key_id, parts, gone)
                return more
        self._times[key_id] = INT64_MAX
        if value is not ABSENT:
            self._values[key_id] = ABSENT
            self.context.key_map.release(key_id)
        return more

    cdef list _expired_entries(self, list parts):
        return [key for key, time in (<dict> parts[1]).items() if self._has_expired(time)]


def expiring_column(KeyContext keys not None, str name not None, rule not None, clock not None):
    cdef ExpiringColumn column = ExpiringColumn(keys)
    column.rule = rule
    column._parts = PARTS[rule.parts]
    column._ttl_ms = rule.ttl_ms
    column._reads_count = rule.reads_count
    column._shows_expired = rule.shows_expired
    column._cleanup_size = rule.cleanup_size
    column._cleans_for_every_row = rule.cleans_for_every_row
    keys.add_expiring(name, column, clock)
    return column


@cython.final
cdef class ExpiringValueState(ValueState):
    """One value per key that expires. Slot thread only."""

    def value(self):
        return (<ExpiringColumn> self._column)._read_whole()

    def update(self, value):
        if value is None:
            self._column.drop()
        else:
            value = value if self._convert is None else self._convert(value)
            (<ExpiringColumn> self._column)._begin_access()
            (<ExpiringColumn> self._column)._store(value)


@cython.final
cdef class ExpiringFoldingState(FoldingState):
    """Reducing and aggregating state that expires with its last change. Slot thread only."""

    def get(self):
        accumulator = (<ExpiringColumn> self._column)._read_whole()
        if accumulator is None or self._result is None:
            return accumulator
        return self._result(accumulator)

    def add(self, value):
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        column._store(self._folded(column._read_whole(), value))


@cython.final
cdef class ExpiringListState(ListState):
    """A list per key, each element with a life of its own. Slot thread only."""

    def get(self):
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        cdef list parts = column._fetch()
        cdef list elements
        cdef list shown
        cdef Py_ssize_t num_expired
        if parts is None:
            return []
        elements = parts[0]
        num_expired = column._num_expired(parts[1])
        shown = elements[0 if column._shows_expired else num_expired:]
        if num_expired == len(elements):
            column.drop()
        elif column._reads_count:
            column._cut_elements(column.context.current_id, parts, num_expired)
            parts[1] = [column.context.now] * len(elements)
            column._times[column.context.current_id] = column.context.now_ms
        elif not column._shows_expired:
            column._cut_elements(column.context.current_id, parts, num_expired)
        return shown

    def add(self, value):
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        cdef list parts
        value = value if self._convert is None else self._convert(value)
        parts = column._fetch()
        if parts is None:
            column._store([[value], [column.context.now]])
        else:
            (<list> parts[0]).append(value)
            (<list> parts[1]).append(column.context.now)

    def update(self, values):
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        new = list(values) if self._convert is None else [self._convert(value) for value in values]
        column._begin_access()
        if new:
            column._store([new, [column.context.now] * len(new)])
        else:
            column.drop()


@cython.final
cdef class ExpiringMapState(MapState):
    """A dict per key, each entry with a life of its own. Slot thread only."""

    def get(self, key):
        return self._look_up(key, None)

    def contains(self, key):
        return self._look_up(key, ABSENT) is not ABSENT

    cdef object _look_up(self, object key, object missing):
        """The value of a map key. One that has expired is gone after this look at it."""
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        cdef list parts = column._fetch()
        cdef dict times
        if parts is None:
            return missing
        times = parts[1]
        key = self._found_key(key)
        if key not in times:
            return missing
        value = (<dict> parts[0])[key]
        if column._has_expired(times[key]):
            self._forget(parts, [key])
            return value if column._shows_expired else missing
        if column._reads_count:
            times[key] = column.context.now
        return value

    cdef int _forget(self, list parts, list gone) except -1:
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        if len(gone) == len(<dict> parts[0]):
            column.drop()
            return 0
        for key in gone:
            # the time of the column stays: nothing expires before it
            del (<dict> parts[0])[key]
            del (<dict> parts[1])[key]
        return 0

    cdef list _look_at_all(self):
        """The entries that can be seen. Those that have expired are gone after this look."""
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        cdef list parts = column._fetch()
        cdef dict times
        if parts is None:
            return []
        times = parts[1]
        shown = list((<dict> parts[0]).items())
        if column._has_expired(column._times[column.context.current_id]):
            gone = column._expired_entries(parts)
            if gone and not column._shows_expired:
                shown = [entry for entry in shown if not column._has_expired(times[entry[0]])]
            if len(gone) == len(times):
                column.drop()
                return shown
            column._cut_entries(column.context.current_id, parts, gone)
        if column._reads_count:
            parts[1] = dict.fromkeys(times, column.context.now)
            column._times[column.context.current_id] = column.context.now_ms
        return shown

    def put(self, key, value):
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        cdef list parts
        if self._convert_key is not None:
            key = self._convert_key(key)
        if self._convert_value is not None and value is not None:
            value = self._convert_value(value)
        parts = column._fetch()
        if parts is None:
            column._store([{key: value}, {key: column.context.now}])
        else:
            (<dict> parts[0])[key] = value
            (<dict> parts[1])[key] = column.context.now

    def remove(self, key):
        cdef list parts = (<ExpiringColumn> self._column)._fetch()
        key = self._found_key(key)
        if parts is not None and key in <dict> parts[0]:
            self._forget(parts, [key])

    def is_empty(self):
        cdef ExpiringColumn column = <ExpiringColumn> self._column
        cdef list parts = column._fetch()
        if parts is None:
            return True
        if column._shows_expired \
                or not column._has_expired(column._times[column.context.current_id]):
            return False
        for time in (<dict> parts[1]).values():
            if not column._has_expired(time):
                return False
        return True

    def items(self):
        return iter(self._look_at_all())

    def keys(self):
        return iter([key for key, _ in self._look_at_all()])

    def values(self):
        return iter([value for _, value in self._look_at_all()])
