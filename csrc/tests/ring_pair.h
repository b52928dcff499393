/* ring_pair.h — a ring with both its ends in one process, and frames whose bytes can be checked. */
#ifndef FLK_TESTS_RING_PAIR_H_
#define FLK_TESTS_RING_PAIR_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "flk/spsc_ring.h"

namespace flk {

/* From the heap: AddressSanitizer sees the first byte outside of it. */
struct HeapMemory {
    explicit HeapMemory(int64_t size_bytes)
        : start_(static_cast<uint8_t *>(
              std::aligned_alloc(kRingHeaderBytes, static_cast<size_t>(size_bytes)))),
          size_bytes_(size_bytes) {
        std::memset(start_, 0, static_cast<size_t>(size_bytes));
    }
    HeapMemory(const HeapMemory &) = delete;
    HeapMemory &operator=(const HeapMemory &) = delete;
    ~HeapMemory() { std::free(start_); }

    uint8_t *bytes() const { return start_; }
    int64_t size_bytes() const { return size_bytes_; }

  private:
    uint8_t *start_;
    int64_t size_bytes_;
};

struct RingPair {
    explicit RingPair(int64_t capacity_bytes = kMinRingBytes, uint32_t attempt = 7)
        : memory(ring_memory_bytes(capacity_bytes)) {
        const int64_t size = memory.size_bytes();
        Error error;
        EXPECT_EQ(ring_format(memory.bytes(), size, capacity_bytes, attempt, 42, &error),
                  Status::kOk)
            << error.message;
        EXPECT_EQ(writer.attach(memory.bytes(), size, &error), Status::kOk) << error.message;
        EXPECT_EQ(reader.attach(memory.bytes(), size, &error), Status::kOk) << error.message;
    }

    RingHeader *header() const { return reinterpret_cast<RingHeader *>(memory.bytes()); }
    uint8_t *frames() const { return memory.bytes() + kRingHeaderBytes; }

    Status try_send(const std::string &text, uint8_t kind = 3, int64_t argument = 0) {
        uint8_t *payload = nullptr;
        const Status status = writer.reserve(static_cast<int64_t>(text.size()), &payload, nullptr);
        if (status == Status::kOk) {
            std::memcpy(payload, text.data(), text.size());
            writer.publish(kind, argument, static_cast<int64_t>(text.size()));
        }
        return status;
    }

    void send(const std::string &text) { EXPECT_EQ(try_send(text), Status::kOk); }

    /* The next frame as text, "?" if there is none, "!" if the ring is broken. */
    std::string receive() {
        FrameView frame;
        const Status status = reader.peek(&frame, nullptr);
        if (status != Status::kOk) {
            return status == Status::kEmpty ? "?" : "!";
        }
        reader.advance();
        return std::string(reinterpret_cast<const char *>(frame.payload),
                           static_cast<size_t>(frame.payload_bytes));
    }

    HeapMemory memory;
    RingWriter writer;
    RingReader reader;
};

/* Bytes that depend on the frame's number and their place, so that mixed ones show. */
inline uint8_t pattern_byte(uint64_t sequence, int64_t at) {
    return static_cast<uint8_t>((sequence * 7 + static_cast<uint64_t>(at) * 13 + sequence / 251) ^
                                static_cast<uint64_t>(at >> 8));
}

/* Byte by byte: what memcpy and memcmp touch, ThreadSanitizer does not always see. */
inline void fill_pattern(uint8_t *payload, int64_t payload_bytes, uint64_t sequence) {
    for (int64_t at = 0; at < payload_bytes; ++at) {
        payload[at] = pattern_byte(sequence, at);
    }
}

inline bool has_pattern(const FrameView &frame) {
    for (int64_t at = 0; at < frame.payload_bytes; ++at) {
        if (frame.payload[at] != pattern_byte(frame.header.sequence, at)) {
            return false;
        }
    }
    return true;
}

}  // namespace flk

#endif  // FLK_TESTS_RING_PAIR_H_
