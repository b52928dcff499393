from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t

from flinkette._native.c_base cimport Status


cdef extern from "flk/decimal.h" namespace "flk" nogil:
    int32_t decimal128_text(const uint8_t *bytes, int32_t scale, char *out_text) noexcept
    Status decimal128_parse(
        const char *text, int64_t text_bytes, int32_t precision, int32_t scale,
        uint8_t *out_bytes) noexcept
    double half_to_double(uint16_t half) noexcept
