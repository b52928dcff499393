from libc.stdint cimport int64_t


cdef extern from "flk/arrow_abi.h" nogil:
    cdef struct ArrowSchema:
        const char *format
        const char *name
        int64_t n_children
        ArrowSchema **children
        void (*release)(ArrowSchema *) noexcept

    cdef struct ArrowArray:
        int64_t length
        int64_t null_count
        int64_t n_children
        ArrowArray **children
        void (*release)(ArrowArray *) noexcept

    cdef struct ArrowArrayStream:
        int (*get_schema)(ArrowArrayStream *, ArrowSchema *out) noexcept
        int (*get_next)(ArrowArrayStream *, ArrowArray *out) noexcept
        const char *(*get_last_error)(ArrowArrayStream *) noexcept
        void (*release)(ArrowArrayStream *) noexcept
        void *private_data
