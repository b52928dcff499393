"""The rows of two inputs in one window, and the pairs they make. See two_sides.pyi."""

import cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF


cdef extern from "Python.h":
    PyObject *PyIter_Next(object iterator) except? NULL


@cython.final
cdef class TwoSides:
    """Rows of the first and of the second input, each in the order they came."""

    def __cinit__(self):
        self.first = []
        self.second = []

    cdef int append(self, int side, object row) except -1:
        (self.first if side == 0 else self.second).append(row)
        return 0

    cdef int absorb(self, TwoSides later) except -1:
        self.first.extend(later.first)
        self.second.extend(later.second)
        return 0


@cython.final
cdef class Pairs:
    """Calls a function with each row of one side and each of the other. Slot thread only."""

    def __cinit__(self, TwoSides sides not None, function not None, bint is_flat):
        self._first = sides.first
        self._second = sides.second
        self._function = function
        self._is_flat = is_flat

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject *item
        while True:
            if self._results is not None:
                results, self._results = self._results, None
                item = PyIter_Next(results)
                if item is not NULL:
                    self._results = results
                    value = <object> item
                    Py_DECREF(value)
                    return value
            if self._row >= len(self._first) or not self._second:
                raise StopIteration
            self._pair = (self._first[self._row], self._second[self._partner])
            # moved on before user code runs, which may raise
            self._partner += 1
            if self._partner == len(self._second):
                self._partner = 0
                self._row += 1
            value = self._function(self._pair[0], self._pair[1])
            if not self._is_flat:
                return value
            if value is not None:
                self._results = iter(value)

    cdef tuple current(self):
        """The pair that the function was called with last."""
        return self._pair
