"""Python objects to columns of a declared type; for Cython callers only.

A type is the nested tuple of TypeInformation.type_spec(). Values are what a Converter of that type
hands on; anything else is a ConversionError. None becomes null. Types and their Arrow form:

    byte short int long         int8 int16 int32 int64
    float double boolean        float32 float64 bool
    string char bytes           utf8 utf8 binary
    big_int, decimal            decimal128(38, 0), decimal128(38, 18) or (precision, scale)
    date time timestamp         date32 time64[us] timestamp[us]
    instant                     timestamp[ns, tz=UTC]
    list, ..array; map          list; map
    row, tuple                  struct
"""

from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.stdint cimport INT32_MAX, int32_t
from libcpp.vector cimport vector

from flinkette._native.c_base cimport Error
from flinkette._native.c_column cimport (
    Buffer, ColumnPtr, Field, TypePtr, buffer_allocate, column_list, column_struct, type_list,
    type_map, type_struct,
)
from flinkette._native.row cimport Row
from flinkette._native.status cimport check
from flinkette._native.unboxing cimport Validity, mark_valid, new_validity
from flinkette._native.unboxing_scalar cimport refuse, refuse_type, unbox_scalar
from flinkette._native.values import ConversionError


cdef int unbox_declared(list values, tuple spec, ColumnPtr *out_column) except -1:
    if unbox_scalar(values, spec, out_column):
        return 0
    kind = spec[0]
    if kind == "row" or kind == "tuple":
        return unbox_structs(values, spec, out_column)
    if kind == "map":
        return unbox_maps(values, spec, out_column)
    if kind == "list" or kind.endswith("array"):
        return unbox_lists(values, spec, out_column)
    raise TypeError(
        f"values of type {kind!r} have no Arrow form; declare the type of the stream "
        "(output_type=Types...) before handing it to a columnar reader"
    )


cdef object inner_error(object error, Py_ssize_t row, str step):
    """The error of a child's row as one of the parent's `row`; the child's row number goes."""
    path = error.path.partition(", ")[2]
    path = f"row {row}, {step}, {path}" if path else f"row {row}, {step}"
    return ConversionError(error.declared, error.value, error.reason, path)


cdef Py_ssize_t row_of(object error):
    """Row number an error of ours carries."""
    return int(error.path.partition(",")[0].removeprefix("row "))


cdef class OffsetsFiller:
    """Offsets of a list column that is being filled, and its children's values so far."""

    cdef Buffer offsets
    cdef list items

    cdef int end_row(self, Py_ssize_t row) except -1:
        if len(self.items) > INT32_MAX:
            raise OverflowError(f"row {row}: more than {INT32_MAX} values in one list column")
        (<int32_t *> self.offsets.bytes())[row + 1] = <int32_t> len(self.items)
        return 0

    cdef Py_ssize_t parent_of(self, Py_ssize_t child, Py_ssize_t *out_at) noexcept:
        """Row that a child's value belongs to, and its position in there."""
        cdef int32_t *ends = <int32_t *> self.offsets.bytes() + 1
        cdef Py_ssize_t row = 0
        while ends[row] <= child:
            row += 1
        out_at[0] = child - ends[row - 1]
        return row


cdef OffsetsFiller new_offsets(Py_ssize_t length):
    cdef Error error
    cdef OffsetsFiller filler = OffsetsFiller.__new__(OffsetsFiller)
    check(buffer_allocate((length + 1) * 4, &filler.offsets, &error), &error)
    (<int32_t *> filler.offsets.bytes())[0] = 0
    filler.items = []
    return filler


cdef int unbox_lists(list values, tuple spec, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef TypePtr type
    cdef ColumnPtr child
    cdef Py_ssize_t row, at = 0
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    cdef OffsetsFiller filler = new_offsets(length)
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is None:
            validity.add_null(row)
        else:
            if isinstance(value, (str, bytes, dict, Row)) or not hasattr(value, "__iter__"):
                refuse_type(row, spec[0], value, "a list")
            filler.items.extend(value)
            mark_valid(validity, row)
        filler.end_row(row)
    try:
        unbox_declared(filler.items, spec[1], &child)
    except ConversionError as failure:
        row = filler.parent_of(row_of(failure), &at)
        raise inner_error(failure, row, f"item {at}")
    check(type_list(child.get().type, &type, &error), &error)
    check(
        column_list(type, length, filler.offsets, child, validity.buffer, out_column, &error),
        &error
    )
    return 0


cdef int unbox_maps(list values, tuple spec, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef TypePtr type
    cdef ColumnPtr keys, items, entries
    cdef vector[ColumnPtr] children
    cdef Buffer no_validity
    cdef Py_ssize_t row, at = 0
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef list held = []
    cdef Validity validity = new_validity(length)
    cdef OffsetsFiller filler = new_offsets(length)
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is None:
            validity.add_null(row)
        else:
            if not isinstance(value, dict):
                refuse_type(row, "map", value, "a dict")
            if None in value:
                refuse(row, "map", value, "has the key None, which Arrow maps cannot hold")
            filler.items.extend(value.keys())
            held.extend(value.values())
            mark_valid(validity, row)
        filler.end_row(row)
    step = "key"
    try:
        unbox_declared(filler.items, spec[1], &keys)
        step = "value of key"
        unbox_declared(held, spec[2], &items)
    except ConversionError as failure:
        at = row_of(failure)
        key = filler.items[at]
        row = filler.parent_of(at, &at)
        raise inner_error(failure, row, f"{step} {key!r}")
    check(type_map(keys.get().type, items.get().type, &type, &error), &error)
    children.push_back(keys)
    children.push_back(items)
    check(
        column_struct(
            type.get().fields[0].type, len(held), children, no_validity, &entries, &error
        ),
        &error,
    )
    check(
        column_list(type, length, filler.offsets, entries, validity.buffer, out_column, &error),
        &error,
    )
    return 0


cdef tuple field_names(tuple spec):
    if spec[0] == "row" and spec[1] is not None:
        return tuple(spec[1])
    return tuple([f"f{at}" for at in range(len(field_specs(spec)))])


cdef tuple field_specs(tuple spec):
    return spec[2] if spec[0] == "row" else spec[1]


cdef list field_values(list values, tuple spec, Validity validity):
    cdef Py_ssize_t row, at
    cdef tuple names = field_names(spec)
    cdef Py_ssize_t width = PyTuple_GET_SIZE(names)
    cdef tuple members
    cdef list columns = [[None] * PyList_GET_SIZE(values) for _ in range(width)]
    for row in range(PyList_GET_SIZE(values)):
        value = <object> PyList_GET_ITEM(values, row)
        if value is None:
            if validity is None:
                refuse(row, spec[0], value, "is no row; rows of a table cannot be null")
            validity.add_null(row)
            continue
        members = members_of(value, names, spec, row)
        for at in range(width):
            (<list> PyList_GET_ITEM(columns, at))[row] = <object> PyTuple_GET_ITEM(members, at)
        if validity is not None:
            mark_valid(validity, row)
    return columns


cdef tuple members_of(object value, tuple names, tuple spec, Py_ssize_t row):
    """Fields of a row in declared order: by name where it has names, else by position."""
    cdef tuple members = None
    cdef Row typed
    if type(value) is tuple:
        members = value
    elif isinstance(value, Row):
        typed = value
        members = typed._data
        if typed._names is not None and typed._names != names and spec[0] == "row":
            members = picked(value, typed._names, names, spec, row)
    elif isinstance(value, dict) and spec[0] == "row":
        members = picked(value, tuple(value), names, spec, row)
    elif isinstance(value, (tuple, list)):
        members = tuple(value)
    else:
        refuse_type(row, spec[0], value, "a Row" if spec[0] == "row" else "a tuple")
    if PyTuple_GET_SIZE(members) != PyTuple_GET_SIZE(names):
        refuse(
            row, spec[0], value,
            f"has {len(members)} fields, not the {len(names)} declared: {', '.join(names)}",
        )
    return members


cdef tuple picked(object value, tuple given, tuple names, tuple spec, Py_ssize_t row):
    missing = [name for name in names if name not in given]
    if missing:
        refuse(row, spec[0], value, f"has the fields {list(given)} but not {missing}")
    return tuple([value[name] for name in names])


cdef int unbox_structs(list values, tuple spec, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef TypePtr type
    cdef ColumnPtr child
    cdef Field field
    cdef vector[Field] fields
    cdef vector[ColumnPtr] children
    cdef Py_ssize_t at
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    cdef list columns = field_values(values, spec, validity)
    cdef tuple names = field_names(spec)
    for at in range(len(columns)):
        unbox_field(columns[at], spec, at, &child)
        field.name = (<str> names[at]).encode()
        field.type = child.get().type
        fields.push_back(field)
        children.push_back(child)
    check(type_struct(fields, &type, &error), &error)
    check(column_struct(type, length, children, validity.buffer, out_column, &error), &error)
    return 0


cdef int unbox_field(list values, tuple spec, Py_ssize_t at, ColumnPtr *out_column) except -1:
    try:
        unbox_declared(values, field_specs(spec)[at], out_column)
    except ConversionError as failure:
        raise inner_error(failure, row_of(failure), f"field {field_names(spec)[at]!r}")
    return 0
