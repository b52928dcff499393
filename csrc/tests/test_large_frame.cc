#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "flk/descriptor_passing.h"
#include "flk/large_frame.h"
#include "tests/ring_pair.h"

namespace flk {
namespace {

constexpr int64_t kBytes = 3 << 20;

/* A frame of 3 MiB on its way; the reference is next in the ring. */
struct Sent {
    Sent() {
        uint8_t *payload = nullptr;
        EXPECT_EQ(large_frame_create(kBytes, &memory, &payload, nullptr), Status::kOk);
        EXPECT_EQ((reinterpret_cast<uintptr_t>(payload) - 32) % 64, 0u);
        fill_pattern(payload, kBytes, ring.writer.sequence());
        EXPECT_EQ(large_frame_publish(&ring.writer, memory, 77, 5, -3, kBytes, &is_woken, nullptr),
                  Status::kOk);
        EXPECT_EQ(ring.reader.peek(&reference, nullptr), Status::kOk);
    }
    FrameHeader *header() const { return reinterpret_cast<FrameHeader *>(memory.bytes()); }
    Status map(FrameView *out) {
        SharedMemory mapped;
        return large_frame_map(reference, memory.descriptor(), &mapped, out, nullptr);
    }

    RingPair ring;
    SharedMemory memory;
    FrameView reference;
    bool is_woken = true;
};

TEST(LargeFrame, ItTravelsInMemoryOfItsOwnNamedByAFrameInTheRing) {
    RingPair ring;
    int sockets[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    ring.send("before");
    {
        SharedMemory memory;
        uint8_t *payload = nullptr;
        ASSERT_EQ(large_frame_create(kBytes, &memory, &payload, nullptr), Status::kOk);
        fill_pattern(payload, kBytes, ring.writer.sequence());
        ASSERT_EQ(send_descriptor(sockets[0], 77, memory.descriptor(), nullptr), Status::kOk);
        bool is_woken = true;
        ASSERT_EQ(large_frame_publish(&ring.writer, memory, 77, 5, -3, kBytes, &is_woken, nullptr),
                  Status::kOk);
        EXPECT_FALSE(is_woken);
    }
    ring.send("behind");
    EXPECT_EQ(ring.receive(), "before");
    FrameView reference;
    ASSERT_EQ(ring.reader.peek(&reference, nullptr), Status::kOk);
    int64_t id = 0;
    int32_t descriptor = -1;
    ASSERT_EQ(receive_descriptor(sockets[1], &id, &descriptor, nullptr), Status::kOk);
    EXPECT_EQ(reference.header.argument, id);
    SharedMemory memory;
    FrameView frame;
    ASSERT_EQ(large_frame_map(reference, descriptor, &memory, &frame, nullptr), Status::kOk);
    ring.reader.advance();
    ring.reader.release();
    EXPECT_EQ(frame.header.kind, 5);
    EXPECT_EQ(frame.header.argument, -3);
    EXPECT_EQ(frame.payload_bytes, kBytes);
    EXPECT_TRUE(has_pattern(frame));
    EXPECT_EQ(ring.receive(), "behind");
    for (const int end : {sockets[0], sockets[1], static_cast<int>(descriptor)}) {
        close(end);
    }
}

TEST(LargeFrame, MemoryThatDoesNotHoldTheAnnouncedFrameIsRefused) {
    const auto is_refused = [](auto change) {
        Sent sent;
        FrameView frame;
        EXPECT_EQ(sent.map(&frame), Status::kOk);
        change(&sent);
        return sent.map(&frame) == Status::kInvalid;
    };
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->header()->sequence = 5; }));
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->header()->attempt = 5; }));
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->header()->length_bytes -= 8; }));
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->header()->length_bytes = 0xffffffff; }));
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->header()->kind = 2; })) << "another reference";
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->header()->kind = 1; })) << "a pad";
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->reference.header.kind = 3; }));
    EXPECT_TRUE(is_refused([](Sent *sent) { sent->reference.payload_bytes = 7; }));
    for (const int64_t bytes : {int64_t{-1}, int64_t{31}, int64_t{1} << 33, int64_t{4} << 20}) {
        EXPECT_TRUE(is_refused([bytes](Sent *sent) {
            std::memcpy(sent->ring.frames() + kFrameHeaderBytes, &bytes, sizeof(bytes));
        })) << bytes;
    }
}

TEST(LargeFrame, AFullRingLeavesTheFrameForLater) {
    RingPair ring;
    while (ring.try_send("fills") == Status::kOk) {
    }
    SharedMemory memory;
    uint8_t *payload = nullptr;
    ASSERT_EQ(large_frame_create(100'000, &memory, &payload, nullptr), Status::kOk);
    bool is_woken = false;
    EXPECT_EQ(large_frame_publish(&ring.writer, memory, 1, 3, 0, 100'000, &is_woken, nullptr),
              Status::kFull);
    ring.receive();
    ring.reader.release();
    EXPECT_EQ(large_frame_publish(&ring.writer, memory, 1, 3, 0, 100'000, &is_woken, nullptr),
              Status::kOk);
}

TEST(LargeFrame, ALengthOf32BitsIsTheLimit) {
    SharedMemory memory;
    uint8_t *payload = nullptr;
    EXPECT_EQ(large_frame_create(kMaxLargePayload + 1, &memory, &payload, nullptr),
              Status::kOutOfRange);
    EXPECT_EQ(large_frame_create(-1, &memory, &payload, nullptr), Status::kOutOfRange);
}

}  // namespace
}  // namespace flk
