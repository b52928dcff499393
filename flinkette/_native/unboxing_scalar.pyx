"""Python objects to columns of declared types without children; for Cython callers only."""

from datetime import date, datetime, time
from decimal import Decimal

from cpython.datetime cimport (
    datetime_hour, datetime_microsecond, datetime_minute, datetime_second, import_datetime,
    time_hour, time_microsecond, time_minute, time_second,
)
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_Check
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.math cimport isinf
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t
from libc.string cimport memset

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_civil cimport days_from_civil
from flinkette._native.c_column cimport (
    Buffer, ColumnPtr, TypePtr, buffer_allocate, column_fixed, type_from_format,
)
from flinkette._native.c_decimal cimport decimal128_parse
from flinkette._native.status cimport check
from flinkette._native.unboxing cimport (
    Validity, mark_valid, new_validity, unbox_bytes, unbox_texts,
)
from flinkette._native.values import ConversionError

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1

import_datetime()

cdef dict WHOLE_FORMATS = {"byte": b"c", "short": b"s", "int": b"i", "long": b"l"}
cdef int64_t MICROS_PER_SECOND = 1_000_000


cdef bint unbox_scalar(list values, tuple spec, ColumnPtr *out_column) except -1:
    kind = spec[0]
    if kind in WHOLE_FORMATS:
        unbox_whole(values, kind, WHOLE_FORMATS[kind], out_column)
    elif kind == "double" or kind == "float":
        unbox_floating(values, kind, kind == "float", out_column)
    elif kind == "string" or kind == "char":
        unbox_declared_texts(values, kind, out_column)
    elif kind == "boolean":
        unbox_booleans(values, out_column)
    elif kind == "timestamp" or kind == "instant" or kind == "time" or kind == "date":
        unbox_times(values, kind, out_column)
    elif kind == "decimal" or kind == "big_int":
        unbox_decimals(values, spec, out_column)
    elif kind == "bytes":
        unbox_declared_bytes(values, out_column)
    else:
        return False
    return True


cdef int refuse(Py_ssize_t row, str kind, object value, str reason) except -1:
    raise ConversionError(kind.upper(), value, reason, f"row {row}")


cdef int refuse_type(Py_ssize_t row, str kind, object value, str wanted) except -1:
    return refuse(row, kind, value, f"of type {type(value).__qualname__} is not {wanted}")


cdef int finish(
    const char *format, int64_t length, const Buffer &data, Validity validity, ColumnPtr *out_column
) except -1:
    cdef Error error
    cdef TypePtr type
    check(type_from_format(format, &type, &error), &error)
    check(column_fixed(type, length, data, validity.buffer, out_column, &error), &error)
    return 0


cdef int unbox_whole(list values, str kind, bytes format, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef int64_t number
    cdef int overflow = 0
    cdef Py_ssize_t row
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef int width = 1 << "csil".index(format.decode())
    cdef int64_t limit = (<int64_t> 1) << (8 * width - 1) if width < 8 else 0
    cdef Validity validity = new_validity(length)
    check(buffer_allocate(length * width, &data, &error), &error)
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        number = 0
        if value is None:
            validity.add_null(row)
        else:
            if not PyLong_Check(value) or isinstance(value, bool):
                if isinstance(value, bool) or not hasattr(value, "__index__"):
                    refuse_type(row, kind, value, "an int")
                value = value.__index__()
            number = PyLong_AsLongLongAndOverflow(value, &overflow)
            if overflow != 0 or (width < 8 and not -limit <= number < limit):
                refuse(row, kind, value, f"does not fit {8 * width} bits")
            mark_valid(validity, row)
        if width == 8:
            (<int64_t *> data.bytes())[row] = number
        elif width == 4:
            (<int32_t *> data.bytes())[row] = <int32_t> number
        elif width == 2:
            (<int16_t *> data.bytes())[row] = <int16_t> number
        else:
            (<int8_t *> data.bytes())[row] = <int8_t> number
    return finish(format, length, data, validity, out_column)


cdef int unbox_floating(list values, str kind, bint is_single, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef double number
    cdef Py_ssize_t row
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    check(buffer_allocate(length * (4 if is_single else 8), &data, &error), &error)
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        number = 0.0
        if value is None:
            validity.add_null(row)
        else:
            if isinstance(value, (bool, str, bytes)) or not (
                hasattr(value, "__float__") or hasattr(value, "__index__")
            ):
                refuse_type(row, kind, value, "a number")
            try:
                number = float(value)
            except OverflowError:
                refuse(row, kind, value, "does not fit a float")
            mark_valid(validity, row)
        if not is_single:
            (<double *> data.bytes())[row] = number
            continue
        (<float *> data.bytes())[row] = <float> number
        if isinf(<double> <float> number) and not isinf(number):
            refuse(row, kind, value, "does not fit 32 bits")
    return finish(b"f" if is_single else b"g", length, data, validity, out_column)


cdef int unbox_booleans(list values, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef uint8_t *bits
    cdef Py_ssize_t row
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    check(buffer_allocate((length + 7) // 8, &data, &error), &error)
    bits = data.bytes()
    memset(bits, 0, <size_t> ((length + 7) // 8))
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is None:
            validity.add_null(row)
            continue
        if value is True:
            bits[row >> 3] |= <uint8_t> (1 << (row & 7))
        elif value is not False:
            refuse_type(row, "boolean", value, "a bool")
        mark_valid(validity, row)
    return finish(b"b", length, data, validity, out_column)


cdef int unbox_declared_texts(list values, str kind, ColumnPtr *out_column) except -1:
    cdef Py_ssize_t row = 0
    for row in range(PyList_GET_SIZE(values)):
        value = <object> PyList_GET_ITEM(values, row)
        if value is not None and not isinstance(value, str):
            refuse_type(row, kind, value, "a str")
    if not unbox_texts(values, out_column, &row):
        refuse(row, kind, values[row], "has a lone surrogate and no UTF-8 form")
    return 0


cdef int unbox_declared_bytes(list values, ColumnPtr *out_column) except -1:
    cdef Py_ssize_t row
    cdef list plain = list(values)
    for row in range(len(plain)):
        value = plain[row]
        if value is None or type(value) is bytes:
            continue
        try:
            if isinstance(value, (list, tuple)):
                value = [item & 0xFF if -128 <= item <= 255 else item for item in value]
            elif not isinstance(value, (bytes, bytearray, memoryview)):
                refuse_type(row, "bytes", value, "bytes")
            plain[row] = bytes(value)
        except (TypeError, ValueError) as error:
            if isinstance(error, ConversionError):
                raise
            refuse_type(row, "bytes", value, "bytes")
    return unbox_bytes(plain, out_column)


cdef int64_t micros_of_day(object value) noexcept:
    cdef int64_t seconds
    if isinstance(value, datetime):
        seconds = (
            datetime_hour(value) * 3600 + datetime_minute(value) * 60 + datetime_second(value)
        )
        return seconds * MICROS_PER_SECOND + datetime_microsecond(value)
    seconds = time_hour(value) * 3600 + time_minute(value) * 60 + time_second(value)
    return seconds * MICROS_PER_SECOND + time_microsecond(value)


cdef int64_t micros_of_timestamp(object value) except? -1:
    # Wall-clock fields, whatever the zone: as PyFlink keeps SQL timestamps.
    cdef int64_t days = days_from_civil(value.year, value.month, value.day)
    return days * 86_400 * MICROS_PER_SECOND + micros_of_day(value)


cdef int64_t nanos_of_instant(Py_ssize_t row, object value) except? -1:
    cdef int overflow = 0
    cdef int64_t nanos
    if not (hasattr(value, "seconds") and hasattr(value, "nanos")):
        refuse_type(row, "instant", value, "an Instant")
    nanos = PyLong_AsLongLongAndOverflow(
        int(value.seconds) * 1_000_000_000 + int(value.nanos), &overflow
    )
    if overflow != 0:
        refuse(row, "instant", value, "is outside the years 1677 to 2262 that nanoseconds reach")
    return nanos


cdef int unbox_times(list values, str kind, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef int64_t number
    cdef Py_ssize_t row
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef bint is_date = kind == "date"
    cdef bint is_instant = kind == "instant"
    cdef Validity validity = new_validity(length)
    wanted = {"date": date, "time": time, "timestamp": datetime}.get(kind)
    formats = {"date": b"tdD", "time": b"ttu", "timestamp": b"tsu:", "instant": b"tsn:UTC"}
    check(buffer_allocate(length * (4 if is_date else 8), &data, &error), &error)
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        number = 0
        if value is None:
            validity.add_null(row)
        elif is_instant:
            number = nanos_of_instant(row, value)
        elif not isinstance(value, wanted) or (is_date and isinstance(value, datetime)):
            refuse_type(row, kind, value, f"a datetime.{wanted.__name__}")
        elif is_date:
            number = days_from_civil(value.year, value.month, value.day)
        elif wanted is time:
            number = micros_of_day(value)
        else:
            number = micros_of_timestamp(value)
        if value is not None:
            mark_valid(validity, row)
        if is_date:
            (<int32_t *> data.bytes())[row] = <int32_t> number
        else:
            (<int64_t *> data.bytes())[row] = number
    return finish(formats[kind], length, data, validity, out_column)


cdef int unbox_decimals(list values, tuple spec, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef Py_ssize_t row, size = 0
    cdef const char *text
    cdef Status status
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef bint is_whole = spec[0] == "big_int"
    cdef int precision = spec[1] if len(spec) > 1 else 38
    cdef int scale = spec[2] if len(spec) > 2 else 0 if is_whole or len(spec) > 1 else 18
    cdef Validity validity = new_validity(length)
    wanted = int if is_whole else (int, Decimal)
    check(buffer_allocate(length * 16, &data, &error), &error)
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is None:
            validity.add_null(row)
            memset(data.bytes() + row * 16, 0, 16)
            continue
        if not isinstance(value, wanted) or isinstance(value, bool):
            refuse_type(row, spec[0], value, "an int" if is_whole else "a Decimal")
        # Python refuses to write an int of more than 4,300 digits; 256 bits are too many already.
        if isinstance(value, int) and value.bit_length() > 256:
            refuse(row, spec[0], value.bit_length(), "bits do not fit 38 digits")
        written = str(value)
        text = PyUnicode_AsUTF8AndSize(written, &size)
        status = decimal128_parse(text, size, precision, scale, data.bytes() + row * 16)
        if status != Status.kOk:
            refuse(
                row, spec[0], value, "is not finite" if status == Status.kInvalid else
                f"does not fit {precision} digits, {scale} of them behind the point",
            )
        mark_valid(validity, row)
    return finish(f"d:{precision},{scale}".encode(), length, data, validity, out_column)
