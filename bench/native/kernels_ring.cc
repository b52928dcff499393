#include <memory>

#include "flk/spsc_ring.h"
#include "kernels.h"

namespace bench {
namespace {

constexpr int64_t kCapacity = flk::kMinRingBytes;
constexpr int64_t kFrames = 64;
constexpr int64_t kPayloadBytes = 256;

/* Both ends in one thread: what a frame costs beside its bytes. */
struct Ring {
    std::vector<uint64_t> memory = std::vector<uint64_t>(
        static_cast<std::size_t>(flk::ring_memory_bytes(kCapacity)) / 8 + 512);
    flk::RingWriter writer;
    flk::RingReader reader;

    Ring() {
        /* The memory of a mapping begins on a page. */
        const auto address = reinterpret_cast<uintptr_t>(memory.data());
        auto *page = reinterpret_cast<uint8_t *>((address + 4095) & ~uintptr_t{4095});
        const int64_t bytes = flk::ring_memory_bytes(kCapacity);
        flk::Error error;
        require_ok(flk::ring_format(page, bytes, kCapacity, 1, 0, &error), "ring_format");
        require_ok(writer.attach(page, bytes, &error), "attaching the writer");
        require_ok(reader.attach(page, bytes, &error), "attaching the reader");
    }

    void run() {
        flk::Error error;
        for (int64_t frame = 0; frame < kFrames; ++frame) {
            uint8_t *payload = nullptr;
            require_ok(writer.reserve(kPayloadBytes, &payload, &error), "reserve");
            writer.publish(static_cast<uint8_t>(flk::FrameKind::kBytes), frame, kPayloadBytes);
        }
        for (int64_t frame = 0; frame < kFrames; ++frame) {
            flk::FrameView view;
            require_ok(reader.peek(&view, &error), "peek");
            reader.advance();
        }
        reader.release();
    }
};

std::function<void()> make_ring() {
    auto ring = std::make_shared<Ring>();
    return [ring] { ring->run(); };
}

}  // namespace

void add_ring_kernels(std::vector<Kernel> *out_kernels) {
    out_kernels->push_back({"ring_frames", kFrames, make_ring});
}

}  // namespace bench
