"""Rows as the text that Flink prints: Python's for objects and rows, Java's for other types."""

import cython
from datetime import date, datetime, time

from cpython.float cimport PyFloat_CheckExact
from cpython.unicode cimport PyUnicode_CheckExact
from libc.math cimport fabs, isinf, isnan
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from flinkette._native.row cimport Row

cdef tuple KINDS = ("+I", "-U", "+U", "-D")
cdef frozenset WHOLE = frozenset(("byte", "short", "int", "long", "big_int"))
cdef double SMALLEST_NORMAL_FLOAT = 1.1754943508222875e-38


def format_rows(list values not None, spec, str prefix not None):
    """Return one line per value, each after `prefix`; `spec` is None for undeclared values."""
    return RowText(spec).lines(values, prefix)


@cython.final
cdef class RowText:
    """Turns values of one type into text. Keeps no state; one may serve many writers.

    Parameters
    ----------
    spec : tuple or None
        The type as `TypeInformation.type_spec` gives it, None for undeclared values.
    java_rows : bool
        Write rows as Java's encoders do, not as `print()` in Python does.
    """

    cdef str kind
    cdef bint java_rows
    cdef tuple parts  # of a tuple, row, list or map, in this order

    def __init__(self, spec=None, bint java_rows=False):
        self.java_rows = java_rows
        self.kind = "pickled" if spec is None else spec[0]
        if self.kind == "row":
            self.parts = tuple([RowText(part) for part in spec[2]])
        elif self.kind == "tuple":
            self.parts = tuple([RowText(part) for part in spec[1]])
        else:
            self.parts = tuple([RowText(part) for part in spec[1:]]) if spec is not None else ()

    def __call__(self, value):
        """Return the text of one value."""
        return self.text(value)

    def lines(self, list values not None, str prefix=""):
        """Return one line per value, each after `prefix`.

        Parameters
        ----------
        values : list
            The values of a batch.
        prefix : str
            What stands before each value.

        Returns
        -------
        str
            The lines, each with its line end; empty without values.
        """
        cdef list pieces = []
        for value in values:
            pieces.append(self.text(value))
        if not pieces:
            return ""
        return prefix + f"\n{prefix}".join(pieces) + "\n"

    cdef str text(self, object value):
        if self.kind == "pickled":
            return str(value)
        if self.kind == "row" and not self.java_rows:
            # PyFlink prints a stream of rows from Python: fields as str() has them.
            return row_start(value) + ",".join([str(field) for field in value]) + "]"
        return self.java(value)

    cdef str java(self, object value):
        """The text of Java's toString of the value's Java counterpart."""
        if value is None:
            return "null"
        if PyUnicode_CheckExact(value):
            return value
        if self.kind == "pickled":
            return str(value)
        if self.kind == "double" or self.kind == "float":
            if isinstance(value, (int, float)):
                return float_text(value) if self.kind == "float" else double_text(value)
            return str(value)
        if self.kind in WHOLE:
            return str(int(value)) if isinstance(value, bool) else str(value)
        if value is True or value is False:
            return "true" if value else "false"
        if isinstance(value, Row):
            return row_start(value) + ", ".join(self.members(value)) + "]"
        if isinstance(value, tuple):
            return "(" + ",".join(self.members(value)) + ")"
        if isinstance(value, list):
            return "[" + ", ".join(self.items(value)) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(self.entries(value)) + "}"
        if isinstance(value, (bytes, bytearray)):
            signed = [str(byte - 256 if byte > 127 else byte) for byte in value]
            return "[" + ", ".join(signed) + "]"
        return java_time(value)

    cdef list members(self, object values):
        cdef list texts = []
        cdef Py_ssize_t at = 0
        for value in values:
            if at < len(self.parts):
                texts.append((<RowText> self.parts[at]).java(value))
            else:
                texts.append(str(value))
            at += 1
        return texts

    cdef list items(self, object values):
        cdef RowText part = self.parts[0] if self.parts else self
        return [part.java(value) for value in values]

    cdef list entries(self, dict entries):
        cdef RowText key = self.parts[0]
        cdef RowText content = self.parts[1]
        ordered = key.bucket_order(entries)
        return [f"{key.java(name)}={content.java(entries[name])}" for name in ordered]

    cdef list bucket_order(self, dict entries):
        """The keys as Java's HashMap, made for so many entries, walks through them."""
        cdef Py_ssize_t wanted = (len(entries) * 4 + 2) // 3
        cdef uint32_t hashed, buckets = 1
        cdef list ordered = []
        while <Py_ssize_t> buckets < wanted:
            buckets *= 2
        for name in entries:
            if not self.has_hash(name):
                return list(entries)
            hashed = self.hash_of(name)
            ordered.append(((hashed ^ (hashed >> 16)) & (buckets - 1), len(ordered), name))
        ordered.sort()
        return [entry[2] for entry in ordered]

    cdef bint has_hash(self, object name) except -1:
        if self.kind == "string" or self.kind == "char":
            return PyUnicode_CheckExact(name)
        if self.kind == "boolean":
            return isinstance(name, bool)
        if self.kind == "float" or self.kind == "double":
            return PyFloat_CheckExact(name)
        if self.kind not in WHOLE or self.kind == "big_int":
            return False
        return isinstance(name, int) and -(2**63) <= name < 2**63

    cdef uint32_t hash_of(self, object name) except? 0x5eed:
        cdef uint32_t hashed = 0
        cdef uint64_t wide = 0
        cdef double number
        cdef float single
        if self.kind == "string" or self.kind == "char":
            units = (<str> name).encode("utf-16-be", "surrogatepass")
            for at in range(0, len(units), 2):
                hashed = hashed * 31 + ((<uint32_t> units[at] << 8) | <uint32_t> units[at + 1])
            return hashed
        if self.kind == "boolean":
            return 1231 if name else 1237
        if self.kind == "float":
            single = <float> <double> name
            memcpy(&hashed, &single, 4)
            return hashed
        if self.kind == "double":
            number = name
            memcpy(&wide, &number, 8)
            return <uint32_t> (wide ^ (wide >> 32))
        wide = <uint64_t> <int64_t> name
        return <uint32_t> (wide ^ (wide >> 32)) if self.kind == "long" else <uint32_t> wide


cdef str row_start(object value):
    cdef int kind = (<Row> value)._kind if isinstance(value, Row) else 0
    return f"{KINDS[kind]}["


cdef str double_text(double number):
    """Double.toString: plain from 1e-3 to below 1e7, else with an exponent; shortest digits."""
    if isnan(number):
        return "NaN"
    if isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    cdef str shortest = repr(number)
    cdef double size = fabs(number)
    if size == 0 or 1e-3 <= size < 1e7:
        return shortest
    cdef str digits = shortest.partition("e")[0].replace(".", "").lstrip("-0").rstrip("0")
    # Two digits at least, the closest ones: 5e-324 is 4.9E-324 to Java.
    mantissa, _, exponent = f"{number:.{max(len(digits), 2) - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}E{int(exponent)}"


cdef str float_text(double number):
    """Float.toString: as for double, with the digits that tell 32-bit floats apart."""
    cdef float single = <float> number
    cdef int digits
    if isnan(number) or isinf(single) or single == 0:
        return double_text(single)
    for digits in range(2 if fabs(single) < SMALLEST_NORMAL_FLOAT else 6, 10):
        shorter = float(f"{<double> single:.{digits - 1}e}")
        if <float> <double> shorter == single:
            return double_text(shorter)
    return double_text(single)


cdef str java_time(object value):
    if isinstance(value, datetime):
        # java.sql.Timestamp: one digit of the fraction stays.
        fraction = f"{value.microsecond:06d}".rstrip("0") or "0"
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d} {clock(value)}.{fraction}"
    if isinstance(value, date):
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    if isinstance(value, time):
        return clock(value)
    if hasattr(value, "seconds") and hasattr(value, "nanos"):
        return instant_text(value.seconds, value.nanos)
    return str(value)


cdef str clock(object value):
    return f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"


cdef str instant_text(object seconds, object nanos):
    """java.time.Instant: the fraction has none, three, six or nine digits."""
    days, second = divmod(seconds, 86400)
    ordinal = days + 719163
    if not 1 <= ordinal <= 3652059:
        return f"Instant({seconds}, {nanos})"
    day = date.fromordinal(ordinal).isoformat()
    cdef str fraction = ""
    if nanos % 1_000 != 0:
        fraction = f".{nanos:09d}"
    elif nanos % 1_000_000 != 0:
        fraction = f".{nanos // 1_000:06d}"
    elif nanos != 0:
        fraction = f".{nanos // 1_000_000:03d}"
    return f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{fraction}Z"
