from flinkette._native.c_isa cimport Isa


# The instruction set of a name; None is the one in use.
cdef Isa isa_of(str name) except *
