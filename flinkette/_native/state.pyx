"""Keyed state as dense columns of Python references indexed by key id. See state.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t

from flinkette._native.keys cimport KeyMap
from flinkette._native.values cimport Converter, fix
from flinkette._native.values import ConversionError

cdef object ABSENT = object()


@cython.final
cdef class KeyContext:
    """The current key of one keyed operator and its state columns. Slot thread only."""

    def __cinit__(self, KeyMap key_map not None):
        self.key_map = key_map
        self.has_key = False
        self._columns = {}
        self._declared = {}
        self._undo = []
        self._row = 0
        self.is_logging = False
        self._expiring = []

    def set_key(self, uint32_t key_id):
        self.set_current(key_id)

    def current_key(self):
        self.check_key()
        # a copy, if user code could change it: the key of a row stays what it was
        return fix(self.key_map.key_object(self.current_id))

    cdef int check_key(self) except -1:
        if not self.has_key:
            raise RuntimeError(
                "there is no current key here: keyed state and get_current_key() may be used while "
                "a row or a timer of a keyed stream is processed, not in open() or close()"
            )
        return 0

    def declare(self, str name, what):
        return self._declared.setdefault(name, what)

    cpdef StateColumn column(self, str name):
        column = self._columns.get(name)
        if column is None:
            column = StateColumn(self)
            self._columns[name] = column
        return column

    def find(self, str name):
        return self._columns.get(name)

    def look_at_time(self):
        if self._clock is not None:
            self.read_clock()

    def names(self):
        return list(self._columns)

    cdef int add_expiring(self, str name, StateColumn column, clock) except -1:
        """Keep a column whose values expire; from now on every turn begins with a look at time."""
        self._columns[name] = column
        self._expiring.append(column)
        self._clock = clock
        self.begin_turn()
        return 0

    cdef int read_clock(self) except -1:
        self.now = self._clock()
        self.now_ms = self.now
        return 0

    cdef int rows_loaded(self, int64_t count) noexcept:
        self._rows_loaded += count
        return 0

    cdef int begin_turn(self) except -1:
        """Read the clock for the rows of the turn, and look for values that have expired."""
        cdef StateColumn column
        if self._clock is None:
            return 0
        self.read_clock()
        for column in self._expiring:
            column.sweep(self._rows_loaded)
        self._rows_loaded = 0
        return 0

    cdef int begin_row(self) except -1:
        """Start remembering what a row's user code overwrites, so that it can be undone."""
        self.is_logging = True
        self._row += 1
        if self._undo:
            self._undo.clear()
        return 0

    cdef int drop_all(self) except -1:
        """Forget all values of the current key, for good."""
        cdef StateColumn column
        self.is_logging = False
        for column in self._columns.values():
            column.drop()
        return 0

    cdef int roll_back(self) except -1:
        cdef StateColumn column
        while self._undo:
            column, key_id, value = self._undo.pop()
            column._restore(key_id, value)
        return 0


@cython.final
cdef class DeclaredValue:
    """Converts what goes into a state to its declared type. Immutable."""

    def __cinit__(self, Converter converter not None, str what not None):
        self._converter = converter
        self._what = what

    def __call__(self, value):
        try:
            return self._converter.convert(value)
        except ConversionError as error:
            raise TypeError(
                f"{self._what} cannot hold {value!r}: {error}; change the type in its descriptor, "
                "or the value"
            ) from None


cdef class StateColumn:
    """One state of all keys of a subtask. A value keeps its key's id alive."""

    def __cinit__(self, KeyContext context not None):
        self.context = context
        self._values = []
        self._logged_row = 0

    @cython.final
    cdef object get(self):
        """Value of the current key, or None."""
        cdef uint32_t key_id = self._id()
        if key_id >= <uint32_t> len(self._values):
            return None
        value = self._values[key_id]
        if value is ABSENT:
            return None
        if self.context.is_logging and self._logged_row != self.context._row:
            # user code may change the value it is given, so an undo needs a copy
            self._remember(key_id, fix(value))
        return value

    @cython.final
    cdef int put(self, object value) except -1:
        cdef uint32_t key_id = self._id()
        cdef Py_ssize_t missing = <Py_ssize_t> key_id + 1 - len(self._values)
        if missing > 0:
            self._values.extend([ABSENT] * max(missing, len(self._values)))
        old = self._values[key_id]
        if self.context.is_logging:
            self._remember(key_id, old)
        if old is ABSENT:
            self.context.key_map.retain(key_id)
        self._values[key_id] = value
        return 0

    @cython.final
    cdef int drop(self) except -1:
        cdef uint32_t key_id = self._id()
        if key_id >= <uint32_t> len(self._values):
            return 0
        old = self._values[key_id]
        if old is ABSENT:
            return 0
        if self.context.is_logging:
            self._remember(key_id, old)
        self._values[key_id] = ABSENT
        self.context.key_map.release(key_id)
        return 0

    @cython.final
    cdef int _remember(self, uint32_t key_id, object value) except -1:
        """Keep what the current row found, once: that is what an undo goes back to."""
        if self._logged_row != self.context._row:
            self._logged_row = self.context._row
            self.context._undo.append((self, key_id, self._undo_entry(key_id, value)))
        return 0

    cdef object _undo_entry(self, uint32_t key_id, object value):
        """What `_restore` needs to bring a value back."""
        return value

    cdef int sweep(self, int64_t rows) except -1:
        """Free some values that have expired; `rows` were loaded since the last sweep."""
        return 0

    cdef int _restore(self, uint32_t key_id, object value) except -1:
        current = self._values[key_id]
        if current is ABSENT and value is not ABSENT:
            self.context.key_map.retain(key_id)
        elif current is not ABSENT and value is ABSENT:
            self.context.key_map.release(key_id)
        self._values[key_id] = value
        return 0

    @cython.final
    cdef list present_values(self):
        """Values of all keys that have one, by key id."""
        return [value for value in self._values if value is not ABSENT]

    def ids(self):
        return [key_id for key_id, value in enumerate(self._values) if value is not ABSENT]

    @cython.final
    cdef uint32_t _id(self) except? 4294967295:
        self.context.check_key()
        return self.context.current_id


cdef class ValueState:
    """One value per key. Slot thread only."""

    def __cinit__(self, StateColumn column not None, convert=None):
        self._column = column
        self._convert = convert

    def value(self):
        return self._column.get()

    def update(self, value):
        if value is None:
            self._column.drop()
        else:
            self._column.put(value if self._convert is None else self._convert(value))

    def clear(self):
        self._column.drop()


cdef class ListState:
    """A list per key. Slot thread only."""

    def __cinit__(self, StateColumn column not None, convert=None):
        self._column = column
        self._convert = convert

    def get(self):
        values = self._column.get()
        return [] if values is None else list(values)

    def __iter__(self):
        return iter(self.get())

    def add(self, value):
        value = value if self._convert is None else self._convert(value)
        values = self._column.get()
        if values is None:
            self._column.put([value])
        else:
            values.append(value)

    def add_all(self, values):
        for value in values:
            self.add(value)

    def update(self, values):
        new = list(values) if self._convert is None else [self._convert(value) for value in values]
        if new:
            self._column.put(new)
        else:
            self._column.drop()

    def clear(self):
        self._column.drop()


cdef class MapSyntax:
    """What `state[key]` and its like mean, in the words of the methods of a subclass."""

    def __getitem__(self, key):
        return self.get(key)

    def __setitem__(self, key, value):
        self.put(key, value)

    def __delitem__(self, key):
        self.remove(key)

    def __contains__(self, key):
        return self.contains(key)

    def __iter__(self):
        return self.keys()


cdef class MapState(MapSyntax):
    """A dict per key. Slot thread only."""

    def __cinit__(self, StateColumn column not None, convert_key=None, convert_value=None):
        self._column = column
        self._convert_key = convert_key
        self._convert_value = convert_value

    @cython.final
    cdef dict _entries(self):
        entries = self._column.get()
        return {} if entries is None else entries

    @cython.final
    cdef object _found_key(self, object key):
        """The map key as `put` stores it; ABSENT, which is in no map, if `put` would refuse it."""
        if self._convert_key is None:
            return key
        try:
            return self._convert_key(key)
        except TypeError:
            return ABSENT

    def get(self, key):
        return self._entries().get(self._found_key(key))

    def put(self, key, value):
        if self._convert_key is not None:
            key = self._convert_key(key)
        if self._convert_value is not None and value is not None:
            value = self._convert_value(value)
        entries = self._column.get()
        if entries is None:
            self._column.put({key: value})
        else:
            entries[key] = value

    def put_all(self, dict_value):
        for key, value in dict_value.items():
            self.put(key, value)

    def remove(self, key):
        entries = self._column.get()
        key = self._found_key(key)
        if entries is not None and key in entries:
            del entries[key]
            if not entries:
                self._column.drop()

    def contains(self, key):
        return self._found_key(key) in self._entries()

    def items(self):
        return iter(list(self._entries().items()))

    def keys(self):
        return iter(list(self._entries()))

    def values(self):
        return iter(list(self._entries().values()))

    def is_empty(self):
        return not self._entries()

    def clear(self):
        self._column.drop()


cdef class FoldingState:
    """Reducing and aggregating state: an accumulator per key. Slot thread only."""

    def __cinit__(self, StateColumn column not None, create, add, result):
        self._column = column
        self._create = create
        self._add = add
        self._result = result

    def get(self):
        accumulator = self._column.get()
        if accumulator is None or self._result is None:
            return accumulator
        return self._result(accumulator)

    def add(self, value):
        self._column.put(self._folded(self._column.get(), value))

    @cython.final
    cdef object _folded(self, object accumulator, object value):
        """The accumulator, None for a key that has none, with `value` in it."""
        if self._create is None:
            return value if accumulator is None else self._add(accumulator, value)
        return self._add(value, self._create() if accumulator is None else accumulator)

    def clear(self):
        self._column.drop()
