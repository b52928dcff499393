from libc.stdint cimport int32_t, int64_t, uint8_t


cdef extern from "flk/utf8.h" namespace "flk" nogil:
    int64_t utf8_size(const void *characters, int32_t width, int64_t length) noexcept
    uint8_t *utf8_write(
        const void *characters, int32_t width, int64_t length, uint8_t *out) noexcept
