from flinkette._native.c_shared_memory cimport SharedMemory as NativeMemory


cdef class SharedMemory:
    cdef NativeMemory native
    cdef Py_ssize_t _exports

    # Raise ValueError if the memory was closed.
    cdef int check_open(self) except -1
