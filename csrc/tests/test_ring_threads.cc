/* Two threads over one ring, spinning and sleeping: run under ThreadSanitizer by .ci/run. */
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdint>
#include <random>
#include <thread>

#include "flk/platform.h"
#include "flk/spsc_ring.h"
#include "tests/ring_pair.h"

namespace flk {
namespace {

/* How a side waits for the other: it yields `patience` times, then sleeps until it is woken. */
struct Waiter {
    Doorbell own;
    int64_t patience = 0;
    int64_t turns = 0;
    int64_t overslept = 0; /* time was over although there was something to do */

    template <typename FallAsleep, typename WakeUp>
    void wait(FallAsleep fall_asleep, WakeUp wake_up) {
        if (++turns <= patience) {
            sched_yield();
            return;
        }
        turns = 0;
        own.clear();
        if (fall_asleep()) {
            const bool is_rung = park(own, nullptr, 0, kParkLimitNs) == Status::kOk;
            wake_up();
            overslept += !is_rung && !fall_asleep() ? 1 : 0;
            wake_up();
        }
    }
};

struct Sizes {
    explicit Sizes(uint64_t seed) : random(seed) {}
    int64_t next(int64_t largest) {
        const uint64_t limit =
            random() % 16 == 0 ? static_cast<uint64_t>(largest) : static_cast<uint64_t>(300);
        return static_cast<int64_t>(random() % (limit + 1));
    }
    std::mt19937_64 random;
};

void produce(RingPair *ring, Waiter *waiter, const Doorbell &other, uint64_t frames,
             uint64_t seed) {
    Sizes sizes(seed);
    for (uint64_t sequence = 0; sequence < frames; ++sequence) {
        const int64_t size = sizes.next(ring->writer.max_payload_bytes());
        const int64_t first = size / 2;
        uint8_t *payload = nullptr;
        Status status = Status::kFull;
        while ((status = ring->writer.reserve(first, &payload, nullptr)) == Status::kFull) {
            waiter->wait([&] { return ring->writer.fall_asleep(first); },
                         [&] { ring->writer.wake_up(); });
        }
        ASSERT_EQ(status, Status::kOk);
        const bool is_whole = ring->writer.extend(size, nullptr) == Status::kOk;
        const int64_t used = is_whole ? size : first;
        fill_pattern(payload, used, sequence);
        if (ring->writer.publish(16, used, used)) {
            other.ring();
        }
    }
    if (ring->writer.close()) {
        other.ring();
    }
}

uint64_t consume(RingPair *ring, Waiter *waiter, const Doorbell &other) {
    uint64_t frames = 0;
    while (true) {
        FrameView frame;
        const Status status = ring->reader.peek(&frame, nullptr);
        if (status == Status::kOk) {
            EXPECT_EQ(frame.header.sequence, frames);
            EXPECT_EQ(frame.header.argument, frame.payload_bytes);
            EXPECT_TRUE(has_pattern(frame)) << frames;
            ++frames;
            ring->reader.advance();
        }
        if (frames % 3 == 0 || status != Status::kOk) {
            if (ring->reader.release()) {
                other.ring();
            }
        }
        if (status == Status::kOk) {
            continue;
        }
        EXPECT_EQ(status, Status::kEmpty);
        if (status != Status::kEmpty || ring->reader.is_drained()) {
            return frames;
        }
        waiter->wait([&] { return ring->reader.fall_asleep(); }, [&] { ring->reader.wake_up(); });
    }
}

void run(uint64_t seed, int64_t producer_patience, int64_t consumer_patience, uint64_t frames) {
    RingPair ring;
    Waiter producer;
    Waiter consumer;
    producer.patience = producer_patience;
    consumer.patience = consumer_patience;
    ASSERT_EQ(producer.own.open(nullptr), Status::kOk);
    ASSERT_EQ(consumer.own.open(nullptr), Status::kOk);
    uint64_t seen = 0;
    std::thread reading([&] { seen = consume(&ring, &consumer, producer.own); });
    produce(&ring, &producer, consumer.own, frames, seed);
    reading.join();
    EXPECT_EQ(seen, frames);
    /* What comes just when time is over is no lost wake; it is rare. */
    EXPECT_LE(producer.overslept + consumer.overslept, 2);
    EXPECT_TRUE(ring.writer.is_consumer_idle());
}

constexpr int64_t kForEver = int64_t{1} << 60;

TEST(RingThreads, BothYield) { run(1, kForEver, kForEver, 20'000); }

TEST(RingThreads, BothSleepAtOnce) { run(2, 0, 0, 3'000); }

TEST(RingThreads, BothYieldAWhileThenSleep) { run(3, 3, 3, 10'000); }

TEST(RingThreads, OnlyOneOfThemSleeps) {
    run(4, kForEver, 1, 5'000);
    run(5, 1, kForEver, 5'000);
}

/* Alone: it orders the two threads, and would hide what the frames fail to. */
TEST(RingThreads, ABarrierIsAnnouncedWhileFramesGoOn) {
    RingPair ring;
    constexpr uint64_t kBarriers = 1000;
    std::thread reading([&] {
        for (uint64_t seen = 0; seen < kBarriers;) {
            const uint64_t barrier = ring.reader.announced_barrier();
            EXPECT_GE(barrier, seen);
            seen = barrier;
            sched_yield();
        }
    });
    for (uint64_t barrier = 1; barrier <= kBarriers; ++barrier) {
        ring.writer.announce_barrier(barrier);
        sched_yield();
    }
    reading.join();
}

}  // namespace
}  // namespace flk
