from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp cimport bool as cpp_bool


cdef extern from "flk/utf8.h" namespace "flk" nogil:
    int64_t utf8_size(const void *characters, int32_t width, int64_t length) noexcept
    uint8_t *utf8_write(
        const void *characters, int32_t width, int64_t length, uint8_t *out) noexcept
    cpp_bool is_ascii(const uint8_t *bytes, int64_t size) noexcept
