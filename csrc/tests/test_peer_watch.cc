#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

#include "flk/peer_watch.h"
#include "flk/platform.h"

namespace flk {
namespace {

/* A child that sleeps until it is killed. */
pid_t sleeping_child() {
    const pid_t child = fork();
    if (child == 0) {
        while (true) {
            pause();
        }
    }
    return child;
}

TEST(PeerWatch, AProcessIsAliveUntilItIsKilledEvenIfNobodyWaitsForIt) {
    const pid_t child = sleeping_child();
    ASSERT_GT(child, 0);
    PeerWatch watch;
    EXPECT_FALSE(watch.is_alive()) << "nobody is watched yet";
    ASSERT_EQ(watch.open(child, nullptr), Status::kOk);
    EXPECT_TRUE(watch.is_alive());
    ASSERT_EQ(kill(child, SIGKILL), 0);
    if (watch.descriptor() >= 0) { /* parks end for it, the zombie counts as dead */
        Doorbell doorbell;
        ASSERT_EQ(doorbell.open(nullptr), Status::kOk);
        const int32_t descriptors[] = {watch.descriptor()};
        const int64_t deadline_ns = monotonic_ns() + 10'000'000'000;
        while (watch.is_alive() && monotonic_ns() < deadline_ns) {
            static_cast<void>(park(doorbell, descriptors, 1, kParkLimitNs));
        }
        EXPECT_FALSE(watch.is_alive());
    }
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(watch.is_alive());
    watch.close();
    Error error;
    EXPECT_EQ(watch.open(child, &error), Status::kInvalid);
}

TEST(PeerWatch, NumbersThatAreNoProcessAreRefused) {
    PeerWatch watch;
    Error error;
    for (const int64_t number : {int64_t{0}, int64_t{-1}, int64_t{1} << 40}) {
        EXPECT_EQ(watch.open(number, &error), Status::kInvalid) << number;
    }
}

TEST(PeerWatch, WeAreAliveOurselves) {
    PeerWatch watch;
    ASSERT_EQ(watch.open(getpid(), nullptr), Status::kOk);
    EXPECT_TRUE(watch.is_alive());
}

}  // namespace
}  // namespace flk
