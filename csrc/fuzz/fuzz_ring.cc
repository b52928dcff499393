/* A ring whose whole shared memory another process may have written: read it as a consumer and
 * write to it as a producer. Whatever the bytes are, every frame handed out lies inside the ring.
 *
 *   clang++ -std=c++17 -Icsrc -g -fsanitize=fuzzer,address,undefined csrc/fuzz/fuzz_ring.cc \
 *       csrc/flk/{spsc_ring,ring_frame}.cc -o fuzz_ring && ./fuzz_ring
 *
 * csrc/tests/test_ring_fuzz.cc runs it over seeded inputs. Input: one word that says how, then
 * what is written over the memory of a ring that holds a few frames.
 */
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "flk/spsc_ring.h"

namespace {

using namespace flk;

constexpr int64_t kSize = ring_memory_bytes(kMinRingBytes);

uint64_t touch(const FrameView &frame) {
    uint64_t sum = 0;
    for (int64_t at = 0; at < frame.payload_bytes; ++at) {
        sum += frame.payload[at];
    }
    return sum;
}

void check(bool condition) {
    if (!condition) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t how = 0;
    if (size < sizeof(how)) {
        return 0;
    }
    std::memcpy(&how, data, sizeof(how));
    data += sizeof(how);
    size -= sizeof(how);
    /* Exactly the ring's bytes, from the heap: the sanitizer sees the first one outside. */
    auto *memory = static_cast<uint8_t *>(std::aligned_alloc(kRingHeaderBytes, kSize));
    std::memset(memory, 0, kSize);
    check(ring_format(memory, kSize, kMinRingBytes, 1, 1, nullptr) == Status::kOk);
    RingWriter writer;
    RingReader reader;
    check(writer.attach(memory, kSize, nullptr) == Status::kOk);
    check(reader.attach(memory, kSize, nullptr) == Status::kOk);
    uint8_t *payload = nullptr;
    for (uint64_t count = how % 64; count > 0; --count) {
        const auto length = static_cast<int64_t>((how >> 8) * count % 12'000);
        if (writer.reserve(length, &payload, nullptr) == Status::kOk) {
            std::memset(payload, 1, static_cast<size_t>(length));
            writer.publish(3, 0, length, count % 2 == 0);
        }
    }
    /* Half of the inputs go over the frames, half over the words of the shared header. */
    const auto where = static_cast<int64_t>(
        (how & 64) != 0 ? 128 + (how >> 32) % 600 : kRingHeaderBytes + (how >> 32) % 4096 * 8);
    const auto room = static_cast<size_t>(kSize - where);
    std::memcpy(memory + where, data, size < room ? size : room);

    uint64_t sum = 0;
    for (int turn = 0; turn < 200; ++turn) {
        FrameView frame;
        if (reader.peek(&frame, nullptr) != Status::kOk) {
            break;
        }
        check(frame.payload >= memory + kRingHeaderBytes);
        check(frame.payload + frame.payload_bytes <= memory + kSize);
        sum += touch(frame);
        reader.advance();
        if (turn % 3 == 0) {
            reader.release();
        }
        if (writer.reserve(1000, &payload, nullptr) == Status::kOk) {
            check(payload >= memory + kRingHeaderBytes && payload + 1000 <= memory + kSize);
            std::memset(payload, 2, 1000);
            writer.publish(3, 0, 1000);
        }
    }
    reader.is_drained();
    reader.fall_asleep();
    writer.fall_asleep(100);
    static_cast<void>(sum);
    std::free(memory);
    return 0;
}
