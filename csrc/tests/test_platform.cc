#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

#include "flk/clock.h"
#include "flk/live_count.h"
#include "flk/platform.h"

namespace flk {
namespace {

TEST(Platform, TheClocksNeverGoBackAndAgree) {
    const int64_t coarse = coarse_monotonic_ns();
    const int64_t start = monotonic_ns();
    EXPECT_LE(coarse, start);
    EXPECT_LT(start - coarse, 1'000'000'000);
    EXPECT_LE(start, monotonic_ns());
}

TEST(Platform, ARingBeforeTheParkIsNotLost) {
    Doorbell doorbell;
    ASSERT_EQ(doorbell.open(nullptr), Status::kOk);
    doorbell.ring();
    doorbell.ring();
    EXPECT_EQ(park(doorbell, nullptr, 0, kParkLimitNs), Status::kOk);
    EXPECT_EQ(park(doorbell, nullptr, 0, 0), Status::kOk) << "rung until cleared";
    EXPECT_TRUE(doorbell.clear());
    EXPECT_FALSE(doorbell.clear());
    EXPECT_EQ(park(doorbell, nullptr, 0, 0), Status::kEmpty);
}

TEST(Platform, ARingFromAnotherThreadEndsThePark) {
    Doorbell doorbell;
    ASSERT_EQ(doorbell.open(nullptr), Status::kOk);
    std::thread sender([&doorbell] { doorbell.ring(); });
    const int64_t deadline = monotonic_ns() + 10'000'000'000;
    Status status = Status::kEmpty;
    while (status == Status::kEmpty && monotonic_ns() < deadline) {
        status = park(doorbell, nullptr, 0, kParkLimitNs);
    }
    sender.join();
    EXPECT_EQ(status, Status::kOk);
}

TEST(Platform, APartialMillisecondIsNotSpunAway) {
    Doorbell doorbell;
    ASSERT_EQ(doorbell.open(nullptr), Status::kOk);
    const int64_t start = monotonic_ns();
    EXPECT_EQ(park(doorbell, nullptr, 0, 1'500'000), Status::kEmpty);
    EXPECT_GE(monotonic_ns() - start, 1'500'000);
}

TEST(Platform, AReadableDescriptorEndsThePark) {
    Doorbell doorbell;
    ASSERT_EQ(doorbell.open(nullptr), Status::kOk);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const int32_t readable = ends[0];
    EXPECT_EQ(park(doorbell, &readable, 1, 0), Status::kEmpty);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_EQ(park(doorbell, &readable, 1, 0), Status::kOk);
    close(ends[0]);
    close(ends[1]);
    EXPECT_EQ(park(doorbell, &readable, 1, 0), Status::kInvalid);
}

TEST(Platform, LiveObjectsAreCounted) {
    const int64_t before = live_count(LiveKind::kDoorbell);
    {
        Doorbell doorbell;
        EXPECT_EQ(live_count(LiveKind::kDoorbell), before + 1);
    }
    EXPECT_EQ(live_count(LiveKind::kDoorbell), before);
}

}  // namespace
}  // namespace flk
