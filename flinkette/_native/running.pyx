"""Running aggregates of keyed streams: one result per row. See running.pyi."""

import cython
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport int64_t, uint32_t

from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.c_aggregate cimport RunningColumn
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport (
    Buffer,
    Column as NativeColumn,
    ColumnPtr,
    TypeId,
    TypePtr,
    buffer_allocate,
    column_fixed,
    type_from_format,
)
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.keys cimport KeyMap
from flinkette._native.row cimport Row, new_row_of_kind
from flinkette._native.status cimport check
from flinkette._native.values cimport fix, is_plain

from flinkette._native.values import fix_list

ctypedef fused Number:
    int64_t
    double

cdef object ABSENT = object()

cdef dict KINDS = {
    "sum": RunningKind.SUM,
    "min": RunningKind.MIN,
    "max": RunningKind.MAX,
    "min_by": RunningKind.MIN_BY,
    "max_by": RunningKind.MAX_BY,
    "count": RunningKind.COUNT,
    "avg": RunningKind.AVG,
}


@cython.final
cdef class RunningAggregate:
    """A running aggregate of one keyed operator. Slot thread only."""

    def __cinit__(self, str kind not None, position=0, *, integer_bits=None, object_reuse=False):
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not a running aggregate; use one of {', '.join(KINDS)}")
        if type(position) is not int and type(position) is not str:
            raise TypeError(
                f"the position of {kind} is an int index or a field name, "
                f"not {position!r} of type {type(position).__name__}"
            )
        if integer_bits is not None and integer_bits not in (8, 16, 32, 64):
            raise ValueError(f"integer_bits {integer_bits!r} is not 8, 16, 32, 64 or None")
        self.kind = kind
        self._kind = KINDS[kind]
        self.position = position
        self.integer_bits = integer_bits
        self._bits = 0 if integer_bits is None else integer_bits
        self._copies = not object_reuse
        self._is_named = type(position) is str
        self._index = -1 if self._is_named else position
        self._records = []
        self._fields = []
        self._counts = []

    cpdef list process(
        self, list values, Uint32Buffer ids, KeyMap key_map, list out=None, Py_ssize_t start=0
    ):
        cdef Py_ssize_t row
        cdef uint32_t key_id
        if ids.length != len(values):
            raise ValueError(f"{len(values)} rows have {ids.length} key ids")
        if out is None:
            out = []
        if self._state != RunningState.OBJECTS:
            self._move_to_objects(key_map)
        for row in range(start, ids.length):
            key_id = ids.data[row]
            out.append(self.process_row(values[row], key_id, key_map))
        return out

    cdef object process_row(self, object value, uint32_t key_id, KeyMap key_map):
        if key_id >= <uint32_t> len(self._fields):
            self._grow(max(key_map.capacity, key_id + 1))
        if self._fields[key_id] is ABSENT:
            return self._first(value, key_id, key_map)
        return self._next(value, key_id)

    def process_column(self, Column values not None, Uint32Buffer ids not None, KeyMap key_map):
        cdef int64_t done = 0
        cdef Column results
        cdef RunningState wanted = self._state_for(values)
        if ids.length != values.length:
            raise ValueError(f"{values.length} rows have {ids.length} key ids")
        if self._state == RunningState.NOWHERE:
            self._state = wanted
        if wanted == RunningState.OBJECTS or wanted != self._state:
            return None
        self._hold(ids, key_map)
        results = self._run_column(values, ids, &done)
        return results if done == values.length else results.slice(0, <Py_ssize_t> done)

    @property
    def is_in_columns(self):
        return self._state == RunningState.INTS or self._state == RunningState.FLOATS

    def column_state(self):
        cdef bint is_int = self._state == RunningState.INTS
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t live_count = 0
        cdef uint32_t key_id
        cdef Uint32Buffer ids
        cdef Buffer buffer, no_nulls
        cdef TypePtr type
        cdef ColumnPtr column
        cdef Error error
        for key_id in self._held:
            live_count += self._rows_of(key_id) != 0
        ids = Uint32Buffer.allocate(live_count)
        check(buffer_allocate(live_count * 8, &buffer, &error), &error)
        check(type_from_format(b"l" if is_int else b"g", &type, &error), &error)
        for key_id in self._held:
            if self._rows_of(key_id):
                ids.data[at] = key_id
                if is_int:
                    (<int64_t *> buffer.bytes())[at] = self._ints.value(key_id)
                else:
                    (<double *> buffer.bytes())[at] = self._floats.value(key_id)
                at += 1
        check(column_fixed(type, live_count, buffer, no_nulls, &column, &error), &error)
        return ids, wrap_column(column)

    def move_to_objects(self, KeyMap key_map not None, Uint32Buffer ids not None, list records):
        cdef int64_t at
        if ids.length != len(records):
            raise ValueError(f"{len(records)} records for {ids.length} key ids")
        self._move_to_objects(key_map)
        for at in range(ids.length):
            self._records[ids.data[at]] = records[at]

    cdef int64_t _rows_of(self, uint32_t key_id) noexcept:
        if self._state == RunningState.INTS:
            return self._ints.row_count(key_id)
        return self._floats.row_count(key_id)

    cdef RunningState _state_for(self, Column values) noexcept:
        cdef const NativeColumn *native = values.handle.get()
        if native.null_count or (
            self._kind == RunningKind.SUM and self._bits != 0 and self._bits != 64
        ):
            return RunningState.OBJECTS
        if native.type.get().id == TypeId.kInt64:
            return RunningState.INTS
        if native.type.get().id == TypeId.kFloat64:
            return RunningState.FLOATS
        return RunningState.OBJECTS

    cdef int _hold(self, Uint32Buffer ids, KeyMap key_map) except -1:
        cdef Uint32Buffer new_ids = Uint32Buffer.allocate(ids.length)
        cdef int64_t at, new_count
        cdef int64_t id_capacity = key_map.capacity
        for at in range(ids.length):
            if ids.data[at] >= id_capacity:
                raise IndexError(f"row {at} has the key id {ids.data[at]}, which is not in use")
        if self._state == RunningState.INTS:
            check(self._ints.resize(id_capacity), NULL)
            new_count = self._ints.hold(ids.data, ids.length, new_ids.data)
        else:
            check(self._floats.resize(id_capacity), NULL)
            new_count = self._floats.hold(ids.data, ids.length, new_ids.data)
        for at in range(new_count):
            key_map.retain(new_ids.data[at])
            self._held.push_back(new_ids.data[at])
        return 0

    cdef Column _run_column(self, Column values, Uint32Buffer ids, int64_t *out_done):
        """The results; with an overflow only the first `out_done` mean something."""
        cdef bint is_int = self._state == RunningState.INTS
        cdef bint gives_int = self._kind == RunningKind.COUNT or (
            is_int and self._kind != RunningKind.AVG)
        cdef Buffer buffer, no_nulls
        cdef TypePtr type
        cdef ColumnPtr column
        cdef Error error
        cdef Status status
        check(buffer_allocate(values.length * 8, &buffer, &error), &error)
        check(type_from_format(b"l" if gives_int else b"g", &type, &error), &error)
        if is_int:
            status = run_kernel(
                self._ints, self._kind, ids, values.handle.get().values[int64_t](), values.length,
                buffer.bytes(), out_done)
        else:
            status = run_kernel(
                self._floats, self._kind, ids, values.handle.get().values[double](), values.length,
                buffer.bytes(), out_done)
        if status != Status.kOverflow:
            check(status, NULL)
        check(column_fixed(type, values.length, buffer, no_nulls, &column, &error), &error)
        return wrap_column(column)

    cdef int _move_to_objects(self, KeyMap key_map) except -1:
        if self._state == RunningState.INTS:
            self._grow(self._ints.id_capacity())
            move_to_lists(
                self._ints, self._kind, self._records, self._fields, self._counts, key_map)
        elif self._state == RunningState.FLOATS:
            self._grow(self._floats.id_capacity())
            move_to_lists(
                self._floats, self._kind, self._records, self._fields, self._counts, key_map)
        self._state = RunningState.OBJECTS
        self._held.clear()
        return 0

    cdef int _grow(self, Py_ssize_t id_count) except -1:
        cdef Py_ssize_t missing = id_count - len(self._fields)
        if missing > 0:
            self._records.extend([ABSENT] * missing)
            self._fields.extend([ABSENT] * missing)
            self._counts.extend([0] * missing)
        return 0

    cdef object _first(self, object value, uint32_t key_id, KeyMap key_map):
        field = None
        if self._kind == RunningKind.COUNT:
            result = 1
        else:
            field = self._field_of(value)
            if self._kind == RunningKind.AVG:
                result = field / 1
            else:
                self._check_bits(field)
                result = self._own(value)
                self._records[key_id] = value
        self._fields[key_id] = field
        self._counts[key_id] = 1
        key_map.retain(key_id)
        return result

    cdef object _next(self, object value, uint32_t key_id):
        cdef bint is_taken
        if self._kind == RunningKind.COUNT:
            result = self._counts[key_id] + 1
            self._counts[key_id] = result
            return result
        field = self._field_of(value)
        current = self._fields[key_id]
        if self._kind == RunningKind.SUM or self._kind == RunningKind.AVG:
            field = current + field
            is_taken = True
        elif self._kind == RunningKind.MIN or self._kind == RunningKind.MIN_BY:
            is_taken = field < current
        else:
            is_taken = field > current
        if not is_taken:
            field = current
        if self._kind == RunningKind.AVG:
            rows = self._counts[key_id] + 1
            result = field / rows
            self._counts[key_id] = rows
        elif self._kind == RunningKind.MIN_BY or self._kind == RunningKind.MAX_BY:
            record = value if is_taken else self._records[key_id]
            result = self._own(record)
            self._records[key_id] = record
        else:
            if self._kind == RunningKind.SUM:
                self._check_bits(field)
            result = self._with_field(self._records[key_id], field)
        self._fields[key_id] = field
        return result

    cdef object _own(self, object value):
        """What later changes by user code cannot take into the state."""
        if is_plain(value) or not self._copies:
            return value
        return fix(value)

    cdef object _field_of(self, object value):
        cdef Py_ssize_t index
        if type(value) is tuple:
            index = self._index_in(value, PyTuple_GET_SIZE(value))
            return <object> PyTuple_GET_ITEM(value, index)
        if isinstance(value, Row):
            if self._is_named:
                index = self._index_of_name((<Row> value)._names)
            else:
                index = self._index_in(value, PyTuple_GET_SIZE((<Row> value)._data))
            return (<Row> value)._data[index]
        if isinstance(value, (tuple, list)):
            return value[self._index_in(value, len(value))]
        if self._is_named or self._index != 0:
            raise TypeError(
                f"{self.kind}({self.position!r}): a value of type {type(value).__name__} has no "
                "fields; leave the position out, or map to a tuple or Row first"
            )
        return value

    cdef Py_ssize_t _index_in(self, object value, Py_ssize_t size) except -1:
        cdef Py_ssize_t index = self._index
        if self._is_named:
            raise TypeError(
                f"{self.kind}({self.position!r}): a {type(value).__name__} has no field names; "
                f"use an index 0..{size - 1}, or a Row with names"
            )
        if index < 0:
            index += size
        if not 0 <= index < size:
            raise IndexError(
                f"{self.kind}({self.position}): the {type(value).__name__} has {size} fields; use "
                f"an index 0..{size - 1}"
            )
        return index

    cdef Py_ssize_t _index_of_name(self, tuple names) except -1:
        if names is not None and names is not self._names:
            if self.position not in names:
                raise ValueError(
                    f"{self.kind}({self.position!r}): the Row's fields are "
                    f"{', '.join([str(name) for name in names])}"
                )
            self._named_index = names.index(self.position)
            self._names = names
        if names is None:
            raise ValueError(
                f"{self.kind}({self.position!r}): the Row has no field names; use an index, or "
                "give the stream a type of Types.ROW_NAMED"
            )
        return self._named_index

    cdef object _with_field(self, object record, object field):
        """The record with the aggregated field replaced, in a new container of the same kind."""
        cdef Row row
        cdef list items
        cdef tuple members
        if type(record) is tuple:
            return self._replace(record, self._index_in(record, PyTuple_GET_SIZE(record)), field)
        if isinstance(record, Row):
            row = record
            if self._is_named:
                index = self._index_of_name(row._names)
            else:
                index = self._index_in(row, PyTuple_GET_SIZE(row._data))
            return new_row_of_kind(self._replace(row._data, index, field), row._names, row._kind)
        if isinstance(record, list):
            items = list(record)
            items[self._index_in(record, len(items))] = field
            return fix_list(items) if self._copies else items
        if isinstance(record, tuple):
            members = tuple(record)
            return self._replace(members, self._index_in(record, len(members)), field)
        return self._own(field)

    cdef tuple _replace(self, tuple members, Py_ssize_t index, object member):
        """The members with one replaced, none of which later changes by user code can reach."""
        cdef Py_ssize_t at, size = PyTuple_GET_SIZE(members)
        cdef tuple replaced = PyTuple_New(size)
        for at in range(size):
            item = member if at == index else <object> PyTuple_GET_ITEM(members, at)
            if not is_plain(item) and self._copies:
                item = fix(item)
            Py_INCREF(item)
            PyTuple_SET_ITEM(replaced, at, item)
        return replaced

    cdef int _check_bits(self, object total) except -1:
        cdef int overflow = 0
        cdef long long number
        if self._bits == 0 or type(total) is not int:
            return 0
        number = PyLong_AsLongLongAndOverflow(total, &overflow)
        cdef int unused_bits = 64 - self._bits
        if overflow or ((number >> (63 - unused_bits)) not in (0, -1)):
            raise OverflowError(
                f"{self.kind}({self.position!r}): {total} does not fit the declared type of "
                f"{self.integer_bits} bits; declare a wider type, Types.BIG_INT() has no limit"
            )
        return 0


cdef Status run_kernel(
    RunningColumn[Number] &state, RunningKind kind, Uint32Buffer ids, const Number *values,
    int64_t row_count, void *out_values, int64_t *out_done
) noexcept:
    if kind == RunningKind.SUM:
        return state.sum(ids.data, values, row_count, <Number *> out_values, out_done)
    if kind == RunningKind.MIN or kind == RunningKind.MIN_BY:
        return state.min(ids.data, values, row_count, <Number *> out_values, out_done)
    if kind == RunningKind.MAX or kind == RunningKind.MAX_BY:
        return state.max(ids.data, values, row_count, <Number *> out_values, out_done)
    if kind == RunningKind.AVG:
        return state.avg(ids.data, values, row_count, <double *> out_values, out_done)
    state.count(ids.data, row_count, <int64_t *> out_values)
    out_done[0] = row_count
    return Status.kOk


cdef int move_to_lists(
    RunningColumn[Number] &state, RunningKind kind, list records, list fields, list counts,
    KeyMap key_map
) except -1:
    cdef uint32_t key_id
    for key_id in range(<uint32_t> state.id_capacity()):
        if not state.is_held(key_id):
            continue
        if state.row_count(key_id) == 0:
            # Held for a row that was not reached; the row itself will take a reference.
            key_map.release(key_id)
            continue
        counts[key_id] = state.row_count(key_id)
        if kind == RunningKind.COUNT:
            fields[key_id] = None
        else:
            fields[key_id] = state.value(key_id)
            records[key_id] = fields[key_id]
    return 0
