from cpython.bytes cimport PyBytes_CheckExact
from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.unicode cimport PyUnicode_CheckExact


cdef inline bint is_plain(object value) noexcept:
    """Whether `value` is one of the immutable values that nearly all fields are; no call."""
    return (
        value is None or PyLong_CheckExact(value) or PyUnicode_CheckExact(value)
        or PyFloat_CheckExact(value) or value is True or value is False
        or PyBytes_CheckExact(value)
    )


# A value that later changes of `value` cannot reach: `value` itself where nothing can change it.
cpdef object fix(object value)


cdef class Converter:
    cdef public str declared  # the type's name in errors
    cdef bint takes_none

    # The value as PyFlink hands it on after a stream of the declared type; shares nothing that
    # can change with `value`, so no `fix` is needed beside it. Raises ConversionError.
    cdef object convert(self, object value)
    cdef object refuse(self, object value, str wanted)


cpdef Converter make_converter(tuple spec)
