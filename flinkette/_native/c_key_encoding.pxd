from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from flinkette._native.c_base cimport Status


cdef extern from "flk/key_encoding.h" namespace "flk" nogil:
    cdef enum KeyTag:
        kKeyNull
        kKeyBool
        kKeyInt
        kKeyBigInt
        kKeyFloat
        kKeyStr
        kKeyBytes
        kKeyDecimal
        kKeyDate
        kKeyTime
        kKeyTimeOffset
        kKeyDateTime
        kKeyDateTimeOffset
        kKeyTimeDelta
        kKeyTuple
        kKeyList
        kKeyRow
        kKeyPickle

    cdef struct KeyView:
        uint64_t hash
        const uint8_t *body
        uint32_t body_bytes
        uint8_t tag

    cdef cppclass KeyWriter:
        KeyWriter()
        const uint8_t *data() noexcept
        int64_t size() noexcept
        void truncate(int64_t size) noexcept
        Status put_tag(uint8_t tag) noexcept
        Status put_fixed(uint8_t tag, uint64_t word, int64_t width) noexcept
        Status put_word(uint64_t word, int64_t width) noexcept
        Status put_int(int64_t value) noexcept
        Status put_float(double value) noexcept
        Status put_sized(uint8_t tag, const uint8_t *bytes, int64_t count) noexcept
        Status put_bytes(const uint8_t *bytes, int64_t count) noexcept

    uint64_t canonical_float_bits(double value) noexcept
    KeyView view_of_int(int64_t value) noexcept
    KeyView view_of_payload(uint8_t tag, const uint8_t *bytes, uint32_t count) noexcept
    KeyView view_of_encoding(const uint8_t *encoding, int64_t count) noexcept
    uint64_t hash_encoding(const uint8_t *encoding, int64_t count) noexcept
