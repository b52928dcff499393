from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from flinkette._native.c_base cimport Error, Status


cdef extern from "flk/ring_frame.h" namespace "flk" nogil:
    cdef struct FrameHeader:
        uint32_t length_bytes
        uint8_t kind
        uint8_t flags
        uint16_t zero
        uint32_t attempt
        uint32_t checksum
        uint64_t sequence
        int64_t argument

    cdef struct FrameView:
        FrameHeader header
        const uint8_t *payload
        int64_t payload_bytes

    Status frame_parse(
        const uint8_t *bytes, int64_t available_bytes, FrameView *out_frame, Error *error) noexcept


cdef extern from "flk/spsc_ring.h" namespace "flk" nogil:
    cdef enum class RingSide(unsigned int):
        kAbsent
        kOpen
        kClosed
        kDead

    int64_t ring_memory_bytes(int64_t capacity_bytes) noexcept
    Status ring_format(
        uint8_t *memory, int64_t size_bytes, int64_t capacity_bytes, uint32_t attempt,
        int64_t channel, Error *error) noexcept

    cdef cppclass RingEnd:
        int64_t capacity_bytes() noexcept
        int64_t max_payload_bytes() noexcept
        uint32_t attempt() noexcept
        int64_t channel() noexcept
        RingSide producer_side() noexcept
        RingSide consumer_side() noexcept
        int64_t producer_process() noexcept
        int64_t consumer_process() noexcept
        void declare_producer_dead() noexcept
        void declare_consumer_dead() noexcept

    cdef cppclass RingWriter(RingEnd):
        RingWriter()
        Status attach(uint8_t *memory, int64_t size_bytes, Error *error) noexcept
        Status reserve(int64_t payload_bytes, uint8_t **out_payload, Error *error) noexcept
        Status extend(int64_t payload_bytes, Error *error) noexcept
        bint publish(
            uint8_t kind, int64_t argument, int64_t payload_bytes, bint has_checksum) noexcept
        void cancel() noexcept
        bint has_open_frame() noexcept
        bint is_consumer_idle() noexcept
        void limit(int64_t window_bytes) noexcept
        uint64_t returned_bytes() noexcept
        uint64_t sequence() noexcept
        bint fall_asleep(int64_t payload_bytes) noexcept
        void wake_up() noexcept
        void announce_barrier(uint64_t barrier) noexcept
        bint close() noexcept

    cdef cppclass RingReader(RingEnd):
        RingReader()
        Status attach(uint8_t *memory, int64_t size_bytes, Error *error) noexcept
        Status peek(FrameView *out_frame, Error *error) noexcept
        void advance() noexcept
        bint release() noexcept
        int64_t held_bytes() noexcept
        bint is_drained() noexcept
        uint64_t dropped_frames() noexcept
        bint fall_asleep() noexcept
        void wake_up() noexcept
        uint64_t announced_barrier() noexcept
        bint close() noexcept
