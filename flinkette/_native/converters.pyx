"""One converter per declared type: each gives what PyFlink's coder of that type gives back."""

import cython
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from sys import intern

from flinkette._native.values import ConversionError

from cpython.bytes cimport PyBytes_CheckExact
from cpython.float cimport PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_CheckExact
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_CheckExact

from flinkette._native.row cimport Row, new_row_of_kind
from flinkette._native.values cimport Converter, fix

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) except? -1
    object PyUnicode_FromObject(object text)
    int PyUnicode_KIND(object text) noexcept
    Py_UCS4 PyUnicode_READ_CHAR(object text, Py_ssize_t at) noexcept


@cython.final
cdef class IntConverter(Converter):
    cdef long long lowest
    cdef long long highest
    cdef int bits  # 0: any

    cdef object convert(self, object value):
        cdef int overflow = 0
        cdef long long number
        if not PyLong_CheckExact(value):
            # PyFlink's coder cuts fractions off and takes whatever has __int__ for a number.
            if not hasattr(value, "__int__"):
                return self.refuse(value, "an integer")
            try:
                value = int(value)
            except (TypeError, ValueError, OverflowError):
                return self.refuse(value, "an integer")
        if self.bits:
            number = PyLong_AsLongLongAndOverflow(value, &overflow)
            if overflow or number < self.lowest or number > self.highest:
                raise ConversionError(self.declared, value, f"does not fit {self.bits} bits")
        return value


@cython.final
cdef class FloatConverter(Converter):
    cdef bint is_single

    cdef object convert(self, object value):
        cdef double number
        cdef float single
        if not PyFloat_CheckExact(value):
            if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
                return self.refuse(value, "a number")
            try:
                value = float(value)
            except OverflowError:
                raise ConversionError(self.declared, value, "is too large for a float") from None
            except (TypeError, ValueError):
                return self.refuse(value, "a number")
        if not self.is_single:
            return value
        number = value
        single = <float> number
        return value if single == number or number != number else <double> single


@cython.final
cdef class BooleanConverter(Converter):
    cdef object convert(self, object value):
        if value is True or value is False:
            return value
        if not hasattr(value, "__int__"):
            return self.refuse(value, "a boolean")
        try:
            return int(value) != 0
        except (TypeError, ValueError, OverflowError):
            return self.refuse(value, "a boolean")


@cython.final
cdef class TextConverter(Converter):
    cdef bint is_char

    cdef object convert(self, object value):
        cdef Py_ssize_t at
        if not PyUnicode_CheckExact(value):
            if not isinstance(value, str):
                return self.refuse(value, "a str")
            value = PyUnicode_FromObject(value)
        if PyUnicode_KIND(value) != 1:
            for at in range(len(<str> value)):
                if 0xD800 <= PyUnicode_READ_CHAR(value, at) <= 0xDFFF:
                    raise ConversionError(
                        self.declared, value, f"has a lone surrogate at index {at}, not text"
                    )
        if self.is_char and (len(<str> value) != 1 or PyUnicode_READ_CHAR(value, 0) > 0xFFFF):
            raise ConversionError(self.declared, value, "is not one 16-bit character")
        return value


@cython.final
cdef class DecimalConverter(Converter):
    cdef object convert(self, object value):
        if type(value) is Decimal:
            return value
        if value is None or isinstance(value, bool):
            return self.refuse(value, "a decimal number")
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return self.refuse(value, "a decimal number")


@cython.final
cdef class InstantConverter(Converter):
    cdef object convert(self, object value):
        if hasattr(value, "seconds") and hasattr(value, "nanos"):
            return fix(value)
        return self.refuse(value, "an Instant")


@cython.final
cdef class DateConverter(Converter):
    cdef object convert(self, object value):
        if type(value) is date:
            return value
        if not isinstance(value, date):
            return self.refuse(value, "a datetime.date")
        return date(value.year, value.month, value.day)


@cython.final
cdef class TimeConverter(Converter):
    cdef object convert(self, object value):
        if not isinstance(value, (time, datetime)):
            return self.refuse(value, "a datetime.time")
        # PyFlink keeps milliseconds and no zone.
        micros = value.microsecond
        if type(value) is time and micros % 1000 == 0 and value.tzinfo is None:
            return value
        return time(value.hour, value.minute, value.second, micros - micros % 1000)


@cython.final
cdef class TimestampConverter(Converter):
    cdef object convert(self, object value):
        if not isinstance(value, datetime):
            return self.refuse(value, "a datetime.datetime")
        micros = value.microsecond
        if type(value) is datetime and micros % 1000 == 0 and value.tzinfo is None:
            return value
        return datetime(
            value.year, value.month, value.day, value.hour, value.minute, value.second,
            micros - micros % 1000,
        )


@cython.final
cdef class RowConverter(Converter):
    cdef tuple names
    cdef tuple fields

    cdef object convert(self, object value):
        cdef int kind = 0
        cdef tuple values
        cdef Row row
        if isinstance(value, Row):
            row = value
            kind = row._kind
            values = row._data
            if row._names is not None and row._names is not self.names and row._names != self.names:
                values = self.pick(row)
        elif isinstance(value, (tuple, list)):
            values = tuple(value)
        elif isinstance(value, dict):
            # PyFlink's from_collection takes dicts for rows and leaves missing fields null.
            values = tuple([value.get(name) for name in self.names])
        else:
            return self.refuse(value, "a Row")
        if PyTuple_GET_SIZE(values) != PyTuple_GET_SIZE(self.fields):
            raise ConversionError(
                self.declared, value,
                f"has {len(values)} fields, not the {len(self.fields)} declared",
            )
        values = convert_members(values, self.fields, self.names, True)
        return new_row_of_kind(values, self.names, kind)

    cdef tuple pick(self, Row row):
        """The declared fields of a row that has others, or another order."""
        missing = [name for name in self.names if name not in row._names]
        if missing:
            raise ConversionError(
                self.declared, row, f"has the fields {list(row._names)} but not {missing}"
            )
        return tuple(row.get_fields_by_names(self.names))


@cython.final
cdef class TupleConverter(Converter):
    cdef tuple fields

    cdef object convert(self, object value):
        if isinstance(value, (tuple, list, Row)):
            values = tuple(value)
        else:
            return self.refuse(value, "a tuple")
        if PyTuple_GET_SIZE(values) != PyTuple_GET_SIZE(self.fields):
            raise ConversionError(
                self.declared, value,
                f"has {len(values)} fields, not the {len(self.fields)} declared",
            )
        return convert_members(values, self.fields, None, False)


cdef tuple convert_members(tuple values, tuple fields, tuple names, bint nullable):
    """Convert each member by its field's converter; the tuple itself if none of them changes."""
    cdef Py_ssize_t at = 0, count = PyTuple_GET_SIZE(values)
    cdef tuple converted = PyTuple_New(count)
    cdef bint same = True
    try:
        for at in range(count):
            item = <object> PyTuple_GET_ITEM(values, at)
            if item is None and nullable:
                fixed = None
            else:
                fixed = (<Converter> PyTuple_GET_ITEM(fields, at)).convert(item)
            same = same and fixed is item
            Py_INCREF(fixed)
            PyTuple_SET_ITEM(converted, at, fixed)
    except ConversionError as error:
        raise error.inside(f"field {names[at]!r}" if names is not None else f"field {at}") from None
    return values if same else converted


@cython.final
cdef class ListConverter(Converter):
    cdef Converter element
    cdef bint nullable

    cdef object convert(self, object value):
        cdef Py_ssize_t at = 0
        if not isinstance(value, list):
            return self.refuse(value, "a list")
        cdef list converted = list(<list> value)
        try:
            for at in range(PyList_GET_SIZE(converted)):
                item = <object> PyList_GET_ITEM(converted, at)
                if item is not None or not self.nullable:
                    converted[at] = self.element.convert(item)
        except ConversionError as error:
            raise error.inside(f"item {at}") from None
        return converted


@cython.final
cdef class BytesConverter(Converter):
    cdef object convert(self, object value):
        if PyBytes_CheckExact(value):
            return value
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        return self.refuse(value, "bytes")


@cython.final
cdef class MapConverter(Converter):
    cdef Converter key
    cdef Converter content

    cdef object convert(self, object value):
        if not isinstance(value, dict):
            return self.refuse(value, "a dict")
        cdef dict converted = {}
        name = None
        try:
            for name, item in (<dict> value).items():
                fixed = None if item is None else self.content.convert(item)
                converted[self.key.convert(name)] = fixed
        except ConversionError as error:
            raise error.inside(f"entry {name!r}") from None
        return converted


def converter_for(tuple spec not None):
    """Build the converter of a type specification, with those of its parts."""
    cdef Converter made
    cdef str kind = spec[0]
    if kind == "row":
        made = row_of(spec[1], spec[2])
    elif kind == "tuple":
        made = tuple_of(spec[1])
    elif kind == "map":
        made = map_of(spec[1], spec[2])
    elif kind == "list" or kind.endswith("array"):
        made = list_of(kind, spec[1])
    elif kind in WHOLE_BITS:
        made = whole_number(WHOLE_BITS[kind])
    elif kind == "float" or kind == "double":
        made = real_number(kind == "float")
    elif kind == "string" or kind == "char":
        made = text(kind == "char")
    elif kind in PLAIN:
        made = PLAIN[kind]()
    else:
        raise ValueError(f"unknown type specification {spec!r}")
    made.declared = NAMES.get(kind, kind.upper())
    return made


cdef dict WHOLE_BITS = {"byte": 8, "short": 16, "int": 32, "long": 64, "big_int": 0}
cdef dict PLAIN = {
    "boolean": BooleanConverter,
    "bytes": BytesConverter,
    "decimal": DecimalConverter,
    "instant": InstantConverter,
    "date": DateConverter,
    "time": TimeConverter,
    "timestamp": TimestampConverter,
    "pickled": Converter,
}
cdef dict NAMES = {
    "decimal": "BIG_DEC",
    "bytes": "PRIMITIVE_ARRAY",
    "date": "SQL_DATE",
    "time": "SQL_TIME",
    "timestamp": "SQL_TIMESTAMP",
    "pickled": "PICKLED_BYTE_ARRAY",
}


cdef Converter whole_number(int bits):
    cdef IntConverter made = IntConverter.__new__(IntConverter)
    made.bits = bits
    if bits:
        made.highest = <long long> ((<unsigned long long> 1 << (bits - 1)) - 1)
        made.lowest = -made.highest - 1
    return made


cdef Converter real_number(bint is_single):
    cdef FloatConverter made = FloatConverter.__new__(FloatConverter)
    made.is_single = is_single
    return made


cdef Converter text(bint is_char):
    cdef TextConverter made = TextConverter.__new__(TextConverter)
    made.is_char = is_char
    return made


cdef Converter row_of(object names, object fields):
    cdef RowConverter made = RowConverter.__new__(RowConverter)
    made.fields = tuple([converter_for(field) for field in fields])
    if names is None:
        names = [f"f{at}" for at in range(len(made.fields))]
    made.names = tuple([intern(name) for name in names])
    return made


cdef Converter tuple_of(object fields):
    cdef TupleConverter made = TupleConverter.__new__(TupleConverter)
    made.fields = tuple([converter_for(field) for field in fields])
    return made


cdef Converter map_of(tuple key, tuple content):
    cdef MapConverter made = MapConverter.__new__(MapConverter)
    made.key = converter_for(key)
    made.content = converter_for(content)
    return made


cdef Converter list_of(str kind, tuple element):
    cdef ListConverter made = ListConverter.__new__(ListConverter)
    made.element = converter_for(element)
    made.nullable = kind != "primitive_array"
    return made
