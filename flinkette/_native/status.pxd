from flinkette._native.c_base cimport Error, Status


cdef int check(Status status, const Error *error) except -1
