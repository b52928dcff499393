"""Rows: a fixed number of fields, by position or by name. Public as `flinkette.common.Row`."""

import cython
from sys import intern

from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_New, PyTuple_SET_ITEM

cdef extern from "Python.h":
    ctypedef void *vectorcallfunc

    ctypedef struct TypeSlots "PyTypeObject":
        vectorcallfunc tp_vectorcall

    Py_ssize_t PyVectorcall_NARGS(size_t nargsf) noexcept
    PyTypeObject *Py_TYPE(object value) noexcept
    PyObject *_PyType_Lookup(PyTypeObject *cls, PyObject *name) noexcept
    object PyObject_GenericGetAttr(object value, object name)

# The members of RowKind in the order of their numbers; contracts/row.py registers them, because
# nothing in this package may import the Python layers.
cdef tuple row_kinds = ()


def register_row_kinds(kinds):
    """Set what `get_row_kind` returns for the kinds 0, 1, 2 and 3."""
    global row_kinds
    row_kinds = tuple(kinds)


def restore_row(cls, names, values, kind):
    """Rebuild a pickled row. Pickles name this function: it stays here under this name."""
    cdef Row row = cls.__new__(cls)
    row._data = tuple(values)
    row._names = None if names is None else names_of(names)
    row._kind = kind
    return row


cdef Row new_row(object values, tuple names):
    cdef Row row = Row.__new__(Row)
    row._data = values if type(values) is tuple else tuple(values)
    row._names = names
    return row


cdef Row new_row_of_kind(tuple values, tuple names, int kind):
    cdef Row row = Row.__new__(Row)
    row._data = values
    row._names = names
    row._kind = kind
    return row


cdef tuple names_of(object names):
    # Interned names make the usual look-up a comparison of pointers.
    return tuple([intern(name) if type(name) is str else name for name in names])


cdef Py_ssize_t index_of(tuple names, object name) except -2:
    """Position of `name`, or -1."""
    cdef Py_ssize_t at, count = PyTuple_GET_SIZE(names)
    for at in range(count):
        if <PyObject *> PyTuple_GET_ITEM(names, at) is <PyObject *> name:
            return at
    for at in range(count):
        if <object> PyTuple_GET_ITEM(names, at) == name:
            return at
    return -1


cdef Py_ssize_t position_of(Row row, object name) except -1:
    cdef Py_ssize_t at = index_of(row._names, name)
    if at < 0 or at >= PyTuple_GET_SIZE(row._data):
        raise ValueError(f"{name!r} is not among the fields {list(row._names)} of the row")
    return at


cdef int kind_number(object row_kind) except -1:
    cdef Py_ssize_t at
    for at in range(len(row_kinds)):
        if row_kinds[at] is row_kind:
            return <int> at
    number = getattr(row_kind, "value", row_kind)
    if type(number) is int and 0 <= number <= 3:
        return number
    raise TypeError(f"row kind {row_kind!r} is not a RowKind; use one of RowKind's four members")


cdef object dict_of(object value):
    """Turn rows inside a list or dict into dicts; other containers are left as they are."""
    if isinstance(value, Row):
        return (<Row> value).as_dict(True)
    if isinstance(value, list):
        return [dict_of(item) for item in value]
    if isinstance(value, dict):
        return {key: dict_of(item) for key, item in value.items()}
    return value


cdef object make_row(object cls, PyObject **args, size_t nargsf, PyObject *kwnames):
    # Row(...) without an argument dict: the names of a keyword call are shared by all its rows.
    cdef Py_ssize_t at, count = PyVectorcall_NARGS(nargsf)
    cdef tuple names = None
    if kwnames is not NULL:
        names = <tuple> kwnames
        if PyTuple_GET_SIZE(names) == 0:
            names = None
        elif count:
            raise ValueError(both_given())
        else:
            count = PyTuple_GET_SIZE(names)
    cdef tuple values = PyTuple_New(count)
    for at in range(count):
        Py_INCREF(<object> args[at])
        PyTuple_SET_ITEM(values, at, <object> args[at])
    return new_row(values, names)


cdef str both_given():
    return "a Row takes either positional or named values, not both"


@cython.freelist(256)
cdef class Row:
    """A row of values, by position or by name.

    Parameters
    ----------
    *args
        The values of a row without names.
    **kwargs
        The names and values of a row with names, in this order.

    Notes
    -----
    A row of names can be called to make rows with these names: ``Row("id", "name")(1, "Ann")``.
    Two rows are equal if names, values and kind are. Not thread safe when it is changed.

    Examples
    --------
    >>> from flinkette.common import Row
    >>> Row(name="Ann", age=7)
    Row(name='Ann', age=7)
    >>> Row(1, "Hi")
    <Row(1, 'Hi')>
    """

    def __init__(self, *args, **kwargs):
        if kwargs:
            if args:
                raise ValueError(both_given())
            self._names = tuple(kwargs)
            self._data = tuple(kwargs.values())
        else:
            self._data = args

    def __cinit__(self):
        self._data = ()

    @staticmethod
    def of_kind(row_kind, *args, **kwargs):
        """Make a row of a given kind.

        Parameters
        ----------
        row_kind : RowKind
            Insert, update before, update after or delete.
        *args, **kwargs
            The values, as in the constructor.

        Returns
        -------
        Row
            The new row.
        """
        cdef Row row = Row(*args, **kwargs)
        row._kind = kind_number(row_kind)
        return row

    def as_dict(self, recursive=False):
        """Return the fields as a dict of name to value.

        Parameters
        ----------
        recursive : bool
            Also turn rows inside fields, and inside lists and dicts in fields, into dicts.

        Returns
        -------
        dict
            One item per field.

        Raises
        ------
        TypeError
            If the row has no names.
        """
        if self._names is None:
            raise TypeError(f"{self!r} has no field names and cannot become a dict")
        if recursive:
            return {name: dict_of(value) for name, value in zip(self._names, self._data)}
        return dict(zip(self._names, self._data))

    def get_row_kind(self):
        """Return the kind of change this row stands for, `RowKind.INSERT` unless set.

        Returns
        -------
        RowKind
            The kind.
        """
        return row_kinds[self._kind] if row_kinds else self._kind

    def set_row_kind(self, row_kind):
        """Set the kind of change this row stands for.

        Parameters
        ----------
        row_kind : RowKind
            The kind.
        """
        self._kind = kind_number(row_kind)

    def set_field_names(self, field_names):
        """Name the fields.

        Parameters
        ----------
        field_names : list of str
            One name per field.
        """
        self._names = names_of(field_names)

    def get_fields_by_names(self, names):
        """Return the values of some fields; all values if the row has no names.

        Parameters
        ----------
        names : list of str
            The wanted fields, in the wanted order.

        Returns
        -------
        list
            One value per name.

        Raises
        ------
        ValueError
            If a name is not a field of this row.
        """
        if self._names is None:
            return list(self._data)
        unknown = [name for name in names if index_of(self._names, name) < 0]
        if unknown:
            raise ValueError(f"{unknown} are not among the fields {list(self._names)} of the row")
        return [self._data[index_of(self._names, name)] for name in names]

    @property
    def _fields(self):
        if self._names is None:
            raise AttributeError(f"{self!r} has no field names")
        return list(self._names)

    @property
    def _values(self):
        return list(self._data)

    @property
    def _row_kind(self):
        return self.get_row_kind()

    def __call__(self, *args):
        if len(args) > len(self._data):
            raise ValueError(
                f"{self!r} names {len(self._data)} fields but {len(args)} values came: {args!r}"
            )
        return new_row(args, names_of(self._data))

    def __getattribute__(self, name):
        cdef Py_ssize_t at
        # Methods win over fields of the same name; asking the type's cache first avoids making
        # and dropping an AttributeError for every access to a field.
        if self._names is not None:
            if _PyType_Lookup(Py_TYPE(self), <PyObject *> name) is NULL:
                at = index_of(self._names, name)
                if 0 <= at < PyTuple_GET_SIZE(self._data):
                    return <object> PyTuple_GET_ITEM(self._data, at)
                raise AttributeError(
                    f"{name!r} is not among the fields {list(self._names)} of the row"
                )
        return PyObject_GenericGetAttr(self, name)

    def __setattr__(self, name, value):
        if name == "_values":
            self._data = tuple(value)
        elif name == "_fields":
            self._names = names_of(value)
        elif name == "_row_kind":
            self._kind = kind_number(value)
        else:
            raise AttributeError(
                f"{name!r}: fields of a Row are set by item: row[{name!r}] = {value!r}"
            )

    def __getitem__(self, item):
        if type(item) is str:
            if self._names is None:
                raise AttributeError(f"{self!r} has no field names; {item!r} was asked for")
            return self._data[position_of(self, item)]
        if isinstance(item, slice):
            return list(self._data[item])
        return self._data[item]

    def __setitem__(self, item, value):
        values = list(self._data)
        if type(item) is str:
            if self._names is None:
                raise KeyError(item)
            item = position_of(self, item)
        values[item] = value
        self._data = tuple(values)

    def __delitem__(self, item):
        raise TypeError(f"{item!r}: the fields of a Row cannot be removed")

    def __contains__(self, item):
        return item in (self._data if self._names is None else self._names)

    def __iter__(self):
        return iter(self._data)

    def __len__(self):
        return len(self._data)

    def __eq__(self, other):
        if type(self) is not type(other):
            return False
        cdef Row that = other
        return self._kind == that._kind and self._names == that._names and self._data == that._data

    def __hash__(self):
        return hash(self._data)

    def __repr__(self):
        if self._names is None:
            return "<Row(" + ", ".join([repr(value) for value in self._data]) + ")>"
        fields = [f"{name}={value!r}" for name, value in zip(self._names, self._data)]
        return "Row(" + ", ".join(fields) + ")"

    def __reduce__(self):
        return restore_row, (type(self), self._names, self._data, self._kind)

    def __copy__(self):
        cdef Row row = type(self).__new__(type(self))
        row._data, row._names, row._kind = self._data, self._names, self._kind
        return row


(<TypeSlots *> Row).tp_vectorcall = <vectorcallfunc> <void *> make_row
