"""Which instruction set the kernels use. See isa.pyi."""

from flinkette._native.c_base cimport Error
from flinkette._native.c_isa cimport Isa, best_isa, check_isa, isa_in_use, isa_name
from flinkette._native.status cimport check


def in_use():
    return isa_name(isa_in_use()).decode()


def available():
    return [isa_name(<Isa> isa).decode() for isa in range(<int> best_isa() + 1)]


cdef Isa isa_of(str name) except *:
    if name is None:
        return isa_in_use()
    names = available()
    if name not in names:
        raise ValueError(f"instruction set {name!r} is not one of this CPU's: {', '.join(names)}")
    return <Isa> <int> names.index(name)


cdef int check_environment() except -1:
    cdef Error error
    return check(check_isa(&error), &error)


check_environment()
