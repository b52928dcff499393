from flinkette._native.c_base cimport Error, Status


cdef extern from "flk/isa.h" namespace "flk" nogil:
    cdef enum class Isa(int):
        kScalar
        kAvx2
        kAvx512

    const char *isa_name(Isa isa) noexcept
    Isa best_isa() noexcept
    Status lower_isa(const char *name, Isa best, Isa *out_isa, Error *error) noexcept
    Status check_isa(Error *error) noexcept
    Isa isa_in_use() noexcept
