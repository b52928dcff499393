"""Values between two functions: made safe from later changes, or turned into their declared type.

`fix` keeps what user code has emitted from changing with the object it still holds. A `Converter`
does what PyFlink does to a value by serialising it as a declared type; `converters` has one class
per type.
"""

import copyreg
import enum
import sys
from datetime import date, datetime, time, timedelta, timezone
from types import BuiltinFunctionType, EllipsisType, FunctionType, NotImplementedType

from cpython.dict cimport PyDict_Copy, PyDict_Next, PyDict_SetItem
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport (
    PyTuple_Check, PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM
)

from flinkette._native.row cimport Row, new_row_of_kind
from flinkette._native.values cimport is_plain

cdef extern from "Python.h":
    dict PyObject_GenericGetDict(object value, void *context)
    int PyObject_GenericSetDict(object value, object attributes, void *context) except -1

# Deeper nesting than this, which a value that contains itself has too, is left to pickle.
cdef int MAX_DEPTH = 60
cdef Py_ssize_t MAX_TEXT = 1000
cdef long HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE

# A bare None passes where the type's Java serialiser knows null.
cdef frozenset NONE_TYPES = frozenset(
    ("string", "big_int", "decimal", "date", "time", "timestamp", "instant", "pickled")
)

cdef set immutable_types = {
    type(None), int, float, bool, str, bytes, complex, range, date, datetime, time, timedelta,
    timezone, FunctionType, BuiltinFunctionType, EllipsisType, NotImplementedType,
}
# Known by name, because importing their modules costs every program milliseconds.
cdef frozenset IMMUTABLE_NAMES = frozenset((
    ("decimal", "Decimal"), ("fractions", "Fraction"), ("uuid", "UUID"), ("re", "Pattern"),
    ("ipaddress", "IPv4Address"), ("ipaddress", "IPv6Address"), ("zoneinfo", "ZoneInfo"),
))
# Classes that pickle would take apart into their __dict__ and nothing else; looked at once.
cdef set plain_classes = set()


class TooDeep(Exception):
    pass


def register_immutable(cls):
    """Declare that objects of exactly this class never change: `fix` hands them on as they are."""
    immutable_types.add(cls)


def is_immutable(value):
    """Tell whether `fix` hands `value` on as it is."""
    return fix(value) is value


def fix_list(list values not None):
    """Fix each value of a list; the result is a new list."""
    return [value if is_plain(value) else fix(value) for value in values]


cpdef object fix(object value):
    """Return a value that later changes of `value` cannot reach.

    Immutable values come back as they are; lists, dicts, sets, bytearrays, Rows and objects that
    are nothing but their ``__dict__`` are copied through; the rest takes a round trip of pickle.
    """
    if is_plain(value):
        return value
    try:
        return fix_structure(value, 0)
    except TooDeep:
        return round_trip(value)


cdef object fix_structure(object value, int depth):
    cdef type kind = type(value)
    cdef tuple members
    cdef Row row
    if depth > MAX_DEPTH:
        raise TooDeep()
    if kind is tuple:
        return fix_members(value, depth)
    if kind is Row:
        row = value
        return new_row_of_kind(fix_members(row._data, depth), row._names, row._kind)
    if kind is list:
        return fix_items(value, depth)
    if kind is dict:
        return fix_entries(value, depth)
    if PyTuple_Check(value):
        return fix_named_tuple(value, kind, depth)
    if kind in immutable_types or issubclass(kind, type) or isinstance(kind, enum.EnumMeta):
        return value
    if kind is set or kind is frozenset:
        # The set is rebuilt only when a member had to be copied, which makes it another object.
        members = tuple(value)
        fixed = fix_members(members, depth)
        if fixed is members:
            return value.copy()
        return kind(fixed)
    if kind is bytearray:
        return bytearray(value)
    return fix_other(value, kind, depth)


cdef tuple fix_members(tuple members, int depth):
    """The tuple itself if nothing in it can change, else one of fixed members."""
    cdef Py_ssize_t at, count = PyTuple_GET_SIZE(members)
    cdef tuple copied = None
    for at in range(count):
        item = <object> PyTuple_GET_ITEM(members, at)
        if is_plain(item):
            if copied is not None:
                Py_INCREF(item)
                PyTuple_SET_ITEM(copied, at, item)
            continue
        fixed = fix_structure(item, depth + 1)
        if copied is None and fixed is not item:
            copied = PyTuple_New(count)
            for before in range(at):
                earlier = <object> PyTuple_GET_ITEM(members, before)
                Py_INCREF(earlier)
                PyTuple_SET_ITEM(copied, before, earlier)
        if copied is not None:
            Py_INCREF(fixed)
            PyTuple_SET_ITEM(copied, at, fixed)
    return members if copied is None else copied


cdef list fix_items(list items, int depth):
    # The shallow copy comes first: pickling a member runs code that could change the original.
    cdef list copied = items[:]
    cdef Py_ssize_t at
    for at in range(PyList_GET_SIZE(copied)):
        item = <object> PyList_GET_ITEM(copied, at)
        if not is_plain(item):
            copied[at] = fix_structure(item, depth + 1)
    return copied


cdef dict fix_entries(dict entries, int depth):
    cdef dict copied = PyDict_Copy(entries)
    cdef PyObject *key = NULL
    cdef PyObject *item = NULL
    cdef Py_ssize_t at = 0
    while PyDict_Next(copied, &at, &key, &item):
        name = <object> key
        if not is_plain(name) and fix_structure(name, depth + 1) is not name:
            return {
                fix_structure(member, depth + 1): fix_structure(content, depth + 1)
                for member, content in copied.items()
            }
        if not is_plain(<object> item):
            # Another value for a key that is there does not move entries.
            PyDict_SetItem(copied, name, fix_structure(<object> item, depth + 1))
    return copied


cdef object fix_named_tuple(object value, type kind, int depth):
    if (<PyTypeObject *> kind).tp_dictoffset and value.__dict__:
        return round_trip(value)
    # The cast is unchecked: a subclass lies in memory as a tuple does.
    cdef tuple fixed = fix_members(<tuple> value, depth)
    if fixed is value:
        return value
    if hasattr(kind, "_fields"):
        return tuple.__new__(kind, fixed)
    return round_trip(value)


cdef object fix_other(object value, type kind, int depth):
    if kind in plain_classes:
        # Past the class's own __setattr__, which refuses in a frozen dataclass.
        copied = object.__new__(kind)
        attributes = fix_entries(PyObject_GenericGetDict(value, NULL), depth)
        PyObject_GenericSetDict(copied, attributes, NULL)
        return copied
    if is_named_immutable(kind) or (kind.__module__ == "numpy" and is_numpy_scalar(value)):
        immutable_types.add(kind)
        return value
    if is_plain_class(kind):
        plain_classes.add(kind)
        return fix_other(value, kind, depth)
    return round_trip(value)


cdef bint is_named_immutable(type kind) except -1:
    name = (kind.__module__, kind.__qualname__)
    return name in IMMUTABLE_NAMES and getattr(sys.modules[name[0]], name[1], None) is kind


cdef bint is_numpy_scalar(object value) except -1:
    # numpy is loaded when such a value exists. A void is a view of a record, which can change.
    import numpy
    return isinstance(value, numpy.generic) and not isinstance(value, numpy.void)


cdef bint is_plain_class(type kind) except -1:
    """Whether an object's __dict__ is all that pickle would keep of it."""
    for name in ("__reduce_ex__", "__reduce__", "__getstate__", "__new__"):
        if getattr(kind, name, None) is not getattr(object, name, None):
            return False
    for name in ("__setstate__", "__getnewargs__", "__getnewargs_ex__"):
        if hasattr(kind, name):
            return False
    for base in kind.__mro__:
        # A base written in C may keep state of its own outside the __dict__.
        if base is not object and not base.__flags__ & HEAP_TYPE:
            return False
    if (<PyTypeObject *> kind).tp_dictoffset == 0 or kind in copyreg.dispatch_table:
        return False
    return not copyreg._slotnames(kind)


cdef object round_trip(object value):
    import copy
    import pickle
    try:
        return pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        # Classes made inside a function have no name to pickle by, but copy well in one process.
        try:
            return copy.deepcopy(value)
        except Exception:
            raise TypeError(
                f"{text_of(value)} of {type(value).__qualname__} cannot be copied for the next "
                f"function ({error}); emit plain values, or set pipeline.object-reuse to true"
            ) from error


cdef str text_of(object value):
    text = repr(value)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


class ConversionError(ValueError):
    """A value does not fit its declared type.

    Attributes
    ----------
    path : str
        Where in the value, for example ``field 'b', item 3``; empty for the value itself.
    declared : str
        Name of the declared type.
    value : object
        What does not fit.
    reason : str
        Why.
    """

    def __init__(self, declared, value, reason, path=""):
        self.path, self.declared, self.value, self.reason = path, declared, value, reason
        where = f"{path} ({declared})" if path else declared
        super().__init__(f"{where}: {text_of(value)} {reason}")

    def inside(self, step):
        """Return the same error seen from the container: `step` leads to the value."""
        path = f"{step}, {self.path}" if self.path else step
        return ConversionError(self.declared, self.value, self.reason, path)

    def __reduce__(self):
        return ConversionError, (self.declared, self.value, self.reason, self.path)


cdef class Converter:
    """Turn values into a declared type. Keeps no state; one may serve many operators."""

    cdef object convert(self, object value):
        return fix(value)

    cdef object refuse(self, object value, str wanted):
        # PyFlink hands a bare None on where the type's Java serialiser knows null.
        if value is None:
            if self.takes_none:
                return None
            hint = f"is not {wanted}; None may stand in fields of a Row, entries of a list or map"
            raise ConversionError(self.declared, value, hint)
        raise ConversionError(
            self.declared, value, f"of type {type(value).__qualname__} is not {wanted}"
        )

    def __call__(self, value):
        return self.convert(value)

    def convert_list(self, list values not None):
        """Convert each value; an error names the row by its index."""
        cdef Py_ssize_t at = 0
        cdef list converted = []
        try:
            for value in values:
                converted.append(self.convert(value))
                at += 1
        except ConversionError as error:
            raise error.inside(f"row {at}") from None
        return converted


cpdef Converter make_converter(tuple spec):
    """Return the converter of a type, given as TypeInformation.type_spec() gives it."""
    # Imported here because the classes there extend Converter, so that module comes after this.
    from flinkette._native.converters import converter_for
    cdef Converter made = converter_for(spec)
    made.takes_none = spec[0] in NONE_TYPES
    return made
