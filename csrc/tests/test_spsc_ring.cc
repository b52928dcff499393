#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "flk/shared_memory.h"
#include "flk/spsc_ring.h"
#include "tests/ring_pair.h"

namespace flk {
namespace {

std::string text_of(int64_t size, char letter = 'x') {
    return std::string(static_cast<size_t>(size), letter);
}

TEST(SpscRing, FramesComeInOrderWithKindAttemptSequenceAndArgument) {
    RingPair ring;
    EXPECT_EQ(ring.try_send("one", 3, -5), Status::kOk);
    EXPECT_EQ(ring.try_send("", 200, 6), Status::kOk);
    FrameView frame;
    ASSERT_EQ(ring.reader.peek(&frame, nullptr), Status::kOk);
    EXPECT_EQ(frame.header.kind, 3);
    EXPECT_EQ(frame.header.attempt, 7u);
    EXPECT_EQ(frame.header.sequence, 0u);
    EXPECT_EQ(frame.header.argument, -5);
    EXPECT_EQ(ring.receive(), "one");
    ASSERT_EQ(ring.reader.peek(&frame, nullptr), Status::kOk);
    EXPECT_EQ(frame.header.kind, 200);
    EXPECT_EQ(frame.header.sequence, 1u);
    EXPECT_EQ(frame.payload_bytes, 0);
    EXPECT_EQ(ring.receive(), "");
    EXPECT_EQ(ring.receive(), "?");
}

TEST(SpscRing, AnOpenFrameIsNotSeenBeforeItIsPublished) {
    RingPair ring;
    uint8_t *payload = nullptr;
    ASSERT_EQ(ring.writer.reserve(1000, &payload, nullptr), Status::kOk);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(payload) % 64, 32u);
    std::memcpy(payload, "open", 4);
    EXPECT_EQ(ring.receive(), "?");
    ring.writer.publish(3, 0, 4);
    EXPECT_EQ(ring.receive(), "open");
}

TEST(SpscRing, AFrameThatIsCancelledLeavesNothing) {
    RingPair ring;
    uint8_t *payload = nullptr;
    ASSERT_EQ(ring.writer.reserve(100, &payload, nullptr), Status::kOk);
    ring.writer.cancel();
    EXPECT_FALSE(ring.writer.has_open_frame());
    EXPECT_EQ(ring.try_send("next"), Status::kOk);
    EXPECT_EQ(ring.receive(), "next");
    EXPECT_EQ(ring.writer.sequence(), 1u);
}

TEST(SpscRing, AnOpenFrameGrowsInPlaceUntilItWouldHaveToMove) {
    RingPair ring;
    uint8_t *payload = nullptr;
    ASSERT_EQ(ring.writer.reserve(8, &payload, nullptr), Status::kOk);
    payload[0] = 'a';
    EXPECT_EQ(ring.writer.extend(ring.writer.max_payload_bytes(), nullptr), Status::kOk);
    EXPECT_EQ(ring.writer.extend(ring.writer.max_payload_bytes() + 1, nullptr),
              Status::kOutOfRange);
    payload[ring.writer.max_payload_bytes() - 1] = 'z';
    ring.writer.publish(3, 0, ring.writer.max_payload_bytes());
    const std::string text = ring.receive();
    EXPECT_EQ(text.front(), 'a');
    EXPECT_EQ(text.back(), 'z');
    /* Three quarters and a half: what is left before the end is an eighth. */
    for (const int64_t size : {16 << 10, 16 << 10, 8 << 10}) {
        EXPECT_EQ(ring.try_send(text_of(size - 32)), Status::kOk);
        EXPECT_NE(ring.receive(), "?");
    }
    ring.reader.release();
    ASSERT_EQ(ring.writer.reserve(8, &payload, nullptr), Status::kOk);
    EXPECT_EQ(ring.writer.extend((8 << 10) - 32, nullptr), Status::kOk);
    EXPECT_EQ(ring.writer.extend((8 << 10) - 31, nullptr), Status::kFull);
    EXPECT_TRUE(ring.writer.has_open_frame());
}

TEST(SpscRing, ItIsFullUntilTheConsumerReleases) {
    RingPair ring;
    int64_t sent = 0;
    while (ring.try_send(text_of(1000)) == Status::kOk) {
        ++sent;
    }
    EXPECT_EQ(sent, kMinRingBytes / 1088);
    EXPECT_EQ(ring.receive(), text_of(1000));
    EXPECT_EQ(ring.try_send(text_of(2000)), Status::kFull) << "taken, but not yet given back";
    for (int count = 0; count < 3; ++count) {
        ring.receive();
    }
    EXPECT_EQ(ring.reader.held_bytes(), 4 * 1088);
    ring.reader.release();
    EXPECT_EQ(ring.reader.held_bytes(), 0);
    EXPECT_EQ(ring.try_send(text_of(2000)), Status::kOk);
}

TEST(SpscRing, AWindowLimitsWhatIsOnItsWayButOneFrameMayFollowAnother) {
    RingPair ring;
    ring.writer.limit(1024);
    EXPECT_EQ(ring.try_send(text_of(4000)), Status::kOk);
    EXPECT_EQ(ring.try_send(text_of(4000)), Status::kOk); /* follows one */
    EXPECT_EQ(ring.try_send("x"), Status::kFull);
    EXPECT_TRUE(ring.writer.fall_asleep(1));
    ring.receive();
    EXPECT_TRUE(ring.reader.release()); /* wakes the producer */
    EXPECT_EQ(ring.try_send("x"), Status::kOk);
    EXPECT_EQ(ring.try_send("x"), Status::kFull);
    EXPECT_EQ(ring.writer.returned_bytes(), 4032u);
    ring.receive();
    ring.receive();
    ring.reader.release();
    for (int frame = 0; frame < 8; ++frame) {
        EXPECT_EQ(ring.try_send(text_of(96)), Status::kOk); /* 128 bytes with its header */
    }
    EXPECT_EQ(ring.try_send("x"), Status::kFull);
    ring.writer.limit(2048);
    EXPECT_FALSE(ring.writer.fall_asleep(1));
    EXPECT_EQ(ring.try_send("x"), Status::kOk);
}

TEST(SpscRing, AFrameAboveAQuarterIsRefusedAndOneOfAQuarterAlwaysFitsAnEmptyRing) {
    RingPair ring;
    uint8_t *payload = nullptr;
    Error error;
    EXPECT_EQ(ring.writer.reserve(kMinRingBytes / 4 - 31, &payload, &error), Status::kOutOfRange);
    EXPECT_NE(std::string(error.message).find("channel 42"), std::string::npos);
    for (int turn = 0; turn < 40; ++turn) {
        EXPECT_EQ(ring.try_send(text_of(turn * 64)), Status::kOk);
        ring.receive();
        ring.reader.release();
        EXPECT_EQ(ring.try_send(text_of(ring.writer.max_payload_bytes())), Status::kOk) << turn;
        EXPECT_EQ(ring.receive().size(), static_cast<size_t>(ring.writer.max_payload_bytes()));
        ring.reader.release();
    }
}

TEST(SpscRing, ViewsStayAsTheyAreUntilReleaseWhateverIsWritten) {
    RingPair ring;
    ring.send("first");
    ring.send("second");
    FrameView first;
    FrameView second;
    ASSERT_EQ(ring.reader.peek(&first, nullptr), Status::kOk);
    ring.reader.advance();
    ASSERT_EQ(ring.reader.peek(&second, nullptr), Status::kOk);
    ring.reader.advance();
    while (ring.try_send(text_of(5000, '#')) == Status::kOk) {
    }
    EXPECT_EQ(std::memcmp(first.payload, "first", 5), 0);
    EXPECT_EQ(std::memcmp(second.payload, "second", 6), 0);
    ring.reader.release();
#if defined(FLK_DEBUG) && FLK_DEBUG
    EXPECT_EQ(first.payload[0], 0xdb) << "released memory is poisoned in debug builds";
#endif
}

TEST(SpscRing, ItHoldsAnyMixOfFramesLikeAQueue) {
    std::mt19937_64 random(20260);
    for (int run = 0; run < 20; ++run) {
        RingPair ring(run % 2 == 0 ? kMinRingBytes : kMinRingBytes * 2);
        std::deque<std::pair<uint64_t, int64_t>> model;
        uint64_t sequence = 0;
        for (int turn = 0; turn < 2000; ++turn) {
            const bool is_large = random() % 8 == 0;
            const auto limit =
                static_cast<uint64_t>(is_large ? ring.writer.max_payload_bytes() : 2000);
            const auto size = static_cast<int64_t>(random() % (limit + 1));
            uint8_t *payload = nullptr;
            if (random() % 2 == 0 && ring.writer.reserve(size, &payload, nullptr) == Status::kOk) {
                fill_pattern(payload, size, sequence);
                ring.writer.publish(16, size, size, random() % 4 == 0);
                model.emplace_back(sequence++, size);
            }
            FrameView frame;
            if (random() % 2 == 0) {
                const Status status = ring.reader.peek(&frame, nullptr);
                ASSERT_EQ(status, model.empty() ? Status::kEmpty : Status::kOk);
                if (!model.empty()) {
                    ASSERT_EQ(frame.header.sequence, model.front().first);
                    ASSERT_EQ(frame.payload_bytes, model.front().second);
                    ASSERT_TRUE(has_pattern(frame));
                    ring.reader.advance();
                    model.pop_front();
                }
            }
            if (random() % 3 == 0) {
                ring.reader.release();
            }
        }
    }
}

TEST(SpscRing, FramesOfAnotherAttemptArePassedOver) {
    RingPair ring;
    ring.send("stale");
    ring.send("fresh");
    reinterpret_cast<FrameHeader *>(ring.frames())->attempt = 6;
    EXPECT_EQ(ring.receive(), "fresh");
    EXPECT_EQ(ring.reader.dropped_frames(), 1u);
    ring.reader.release();
    EXPECT_TRUE(ring.writer.is_consumer_idle());
}

TEST(SpscRing, ASideTakesItsEndOnce) {
    RingPair ring;
    RingWriter writer;
    RingReader reader;
    Error error;
    EXPECT_EQ(writer.attach(ring.memory.bytes(), ring.memory.size_bytes(), &error),
              Status::kInvalid);
    EXPECT_STREQ(error.message, "the ring of channel 42 has a producer");
    EXPECT_EQ(reader.attach(ring.memory.bytes(), ring.memory.size_bytes(), &error),
              Status::kInvalid);
    EXPECT_STREQ(error.message, "the ring of channel 42 has a consumer");
}

TEST(SpscRing, AttachRefusesWhatIsNoRing) {
    for (int what = 0; what < 5; ++what) {
        SharedMemory memory;
        ASSERT_EQ(memory.create(ring_memory_bytes(kMinRingBytes), nullptr), Status::kOk);
        ASSERT_EQ(ring_format(memory.bytes(), memory.size_bytes(), kMinRingBytes, 1, 1, nullptr),
                  Status::kOk);
        auto *header = reinterpret_cast<RingHeader *>(memory.bytes());
        int64_t size = memory.size_bytes();
        switch (what) {
            case 0:
                header->magic ^= 1;
                break;
            case 1:
                header->version = 2;
                break;
            case 2:
                header->capacity_bytes = kMinRingBytes * 2;
                break;
            case 3:
                header->capacity_bytes = -kMinRingBytes;
                break;
            default:
                size -= 1;
        }
        RingWriter writer;
        RingReader reader;
        EXPECT_EQ(writer.attach(memory.bytes(), size, nullptr), Status::kInvalid) << what;
        EXPECT_EQ(reader.attach(memory.bytes(), size, nullptr), Status::kInvalid) << what;
    }
}

TEST(SpscRing, OnlyPowersOfTwoFrom64KTo1MAreCapacities) {
    SharedMemory memory;
    ASSERT_EQ(memory.create(ring_memory_bytes(kMaxRingBytes * 2), nullptr), Status::kOk);
    for (const int64_t capacity :
         {int64_t{0}, int64_t{-65536}, kMinRingBytes / 2, kMinRingBytes + 64, kMaxRingBytes * 2}) {
        EXPECT_EQ(ring_format(memory.bytes(), memory.size_bytes(), capacity, 1, 1, nullptr),
                  Status::kInvalid)
            << capacity;
    }
    EXPECT_EQ(ring_format(memory.bytes(), 4096 + 65535, kMinRingBytes, 1, 1, nullptr),
              Status::kInvalid);
    EXPECT_EQ(ring_format(memory.bytes(), memory.size_bytes(), kMaxRingBytes, 1, 1, nullptr),
              Status::kOk);
}

TEST(SpscRing, ACounterThatCannotBeBreaksTheRingForGood) {
    const uint64_t tails[] = {uint64_t{0} - 64, 63, uint64_t{1} << 40, kMinRingBytes + 64};
    for (const uint64_t tail : tails) {
        RingPair ring;
        ring.send("x");
        ring.header()->tail_bytes = tail;
        Error error;
        FrameView frame;
        EXPECT_EQ(ring.reader.peek(&frame, &error), Status::kInvalid) << tail;
        EXPECT_NE(std::string(error.message).find("producer's counter"), std::string::npos);
        ring.header()->tail_bytes = 64;
        EXPECT_EQ(ring.reader.peek(&frame, &error), Status::kInvalid);
        EXPECT_TRUE(ring.reader.is_drained());
        EXPECT_FALSE(ring.reader.fall_asleep());
    }
    for (const uint64_t head : {uint64_t{0} - 64, uint64_t{1}, uint64_t{1} << 40}) {
        RingPair ring;
        while (ring.try_send(text_of(8000)) == Status::kOk) {
        }
        ring.header()->head_bytes = head;
        EXPECT_EQ(ring.try_send(text_of(8000)), Status::kInvalid) << head;
        ring.header()->head_bytes = 0;
        EXPECT_EQ(ring.try_send("x"), Status::kInvalid) << "and stays broken";
        EXPECT_FALSE(ring.writer.fall_asleep(8000));
    }
}

TEST(SpscRing, AFrameThatCannotBeBreaksTheRing) {
    const auto broken = [](auto change) {
        RingPair ring;
        ring.send("first");
        ring.send("second");
        change(reinterpret_cast<FrameHeader *>(ring.frames()));
        const bool is_refused = ring.receive() == "!";
        return is_refused && ring.receive() == "!";
    };
    EXPECT_TRUE(broken([](FrameHeader *header) { header->length_bytes = 0; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->length_bytes = 31; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->length_bytes = 129; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->length_bytes = 0xffffffff; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->kind = 0; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->kind = 6; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->kind = 1; })) << "a pad in the middle";
    EXPECT_TRUE(broken([](FrameHeader *header) { header->zero = 1; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->flags = 2; }));
    EXPECT_TRUE(broken([](FrameHeader *header) { header->flags = 1; })) << "a wrong checksum";
    EXPECT_TRUE(broken([](FrameHeader *header) { header->sequence = 1; }));
    EXPECT_FALSE(broken([](FrameHeader *header) { header->argument = 1; }));
}

TEST(SpscRing, ThePublisherHearsOnceThatTheConsumerSleeps) {
    RingPair ring;
    EXPECT_TRUE(ring.reader.fall_asleep());
    uint8_t *payload = nullptr;
    for (const bool is_woken : {true, false}) {
        ASSERT_EQ(ring.writer.reserve(0, &payload, nullptr), Status::kOk);
        EXPECT_EQ(ring.writer.publish(3, 0, 0), is_woken);
    }
    EXPECT_FALSE(ring.reader.fall_asleep()) << "there are frames";
    ring.receive();
    ring.receive();
    EXPECT_TRUE(ring.reader.fall_asleep());
    ring.reader.wake_up();
    ASSERT_EQ(ring.writer.reserve(0, &payload, nullptr), Status::kOk);
    EXPECT_FALSE(ring.writer.publish(3, 0, 0));
}

TEST(SpscRing, TheConsumerHearsOnceThatTheProducerSleeps) {
    RingPair ring;
    EXPECT_FALSE(ring.writer.fall_asleep(100)) << "there is room";
    while (ring.try_send(text_of(1000)) == Status::kOk) {
    }
    EXPECT_TRUE(ring.writer.fall_asleep(1000));
    ring.receive();
    EXPECT_TRUE(ring.reader.release());
    ring.receive();
    EXPECT_FALSE(ring.reader.release());
    EXPECT_FALSE(ring.writer.fall_asleep(1000));
}

TEST(SpscRing, BothSidesSeeWhetherTheOtherIsThereClosedOrDead) {
    RingPair ring;
    EXPECT_EQ(ring.reader.producer_side(), RingSide::kOpen);
    EXPECT_GT(ring.reader.producer_process(), 0);
    EXPECT_EQ(ring.writer.consumer_process(), ring.reader.producer_process());
    ring.send("last");
    EXPECT_FALSE(ring.reader.is_drained());
    EXPECT_FALSE(ring.writer.close());
    EXPECT_EQ(ring.reader.producer_side(), RingSide::kClosed);
    EXPECT_FALSE(ring.reader.is_drained()) << "one frame is left";
    EXPECT_EQ(ring.receive(), "last");
    EXPECT_TRUE(ring.reader.is_drained());
    EXPECT_FALSE(ring.reader.fall_asleep());
    ring.reader.declare_producer_dead();
    EXPECT_EQ(ring.reader.producer_side(), RingSide::kClosed) << "it closed in order";
    ring.writer.declare_consumer_dead();
    EXPECT_EQ(ring.writer.consumer_side(), RingSide::kDead);
    while (ring.try_send(text_of(1000)) == Status::kOk) {
    }
    EXPECT_FALSE(ring.writer.fall_asleep(1000)) << "nobody would wake us";
}

TEST(SpscRing, ClosingWakesASleeper) {
    RingPair first;
    EXPECT_TRUE(first.reader.fall_asleep());
    EXPECT_TRUE(first.writer.close());
    RingPair second;
    while (second.try_send(text_of(1000)) == Status::kOk) {
    }
    EXPECT_TRUE(second.writer.fall_asleep(1000));
    EXPECT_TRUE(second.reader.close());
    EXPECT_EQ(second.writer.consumer_side(), RingSide::kClosed);
}

TEST(SpscRing, ABarrierIsAnnouncedPastTheFramesInFrontOfIt) {
    RingPair ring;
    EXPECT_EQ(ring.reader.announced_barrier(), 0u);
    ring.send("before");
    ring.writer.announce_barrier(12);
    EXPECT_EQ(ring.reader.announced_barrier(), 12u);
    EXPECT_EQ(ring.receive(), "before");
}

TEST(SpscRing, TheConsumerIsIdleOnceItGaveEverythingBack) {
    RingPair ring;
    EXPECT_TRUE(ring.writer.is_consumer_idle());
    ring.send("x");
    EXPECT_FALSE(ring.writer.is_consumer_idle());
    ring.receive();
    EXPECT_FALSE(ring.writer.is_consumer_idle());
    ring.reader.release();
    EXPECT_TRUE(ring.writer.is_consumer_idle());
}

}  // namespace
}  // namespace flk
