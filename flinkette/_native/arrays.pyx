"""Who else holds the arrays that a user's function returned. See arrays.pyi."""

from cpython.dict cimport PyDict_Next
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyObject

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *object) noexcept


def shared_names(list returned not None):
    cdef PyObject *arrays
    cdef PyObject *name = NULL
    cdef PyObject *array = NULL
    cdef Py_ssize_t position = 0
    cdef bint is_dict_shared
    cdef set shared = set()
    if PyList_GET_SIZE(returned) != 1 or type(returned[0]) is not dict:
        raise TypeError("a list of one dict is needed")
    # Borrowed references all the way: each one that we took would count.
    arrays = <PyObject *> PyList_GET_ITEM(returned, 0)
    is_dict_shared = Py_REFCNT(arrays) > 1
    while PyDict_Next(<object> arrays, &position, &name, &array):
        if is_dict_shared or Py_REFCNT(array) > 1:
            shared.add(<object> name)
    return shared
