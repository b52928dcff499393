/* Two processes over one ring, one of them killed at a random moment: the other never sees half a
 * frame, never hangs, and learns of the death. FLK_STRESS_RUNS=5000 for a long run. */
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <random>

#include "flk/peer_watch.h"
#include "flk/platform.h"
#include "flk/shared_memory.h"
#include "flk/spsc_ring.h"
#include "tests/ring_pair.h"

namespace flk {
namespace {

/* How a child ends; anything else is a failure. */
enum Ending : int { kPeerLeft = 0, kTornFrame = 10, kBrokenRing = 11, kNoRing = 12 };

struct Stage {
    SharedMemory memory;
    Doorbell producer_bell;
    Doorbell consumer_bell;
    int64_t patience = 0; /* yields before a side sleeps */
    uint64_t seed = 0;
};

/* The other process, as a side learns about it: it says so, somebody says so, or it is seen. */
class Peer {
  public:
    /* False once the other side is not there any more. */
    template <typename DeclareDead>
    bool is_there(RingSide side, int64_t process, DeclareDead declare_dead) {
        if (side == RingSide::kClosed || side == RingSide::kDead) {
            return false;
        }
        if (!is_watched_ && process > 0) {
            is_watched_ = true;
            is_dead_ = watch_.open(process, nullptr) != Status::kOk;
        }
        if (is_watched_ && (is_dead_ || !watch_.is_alive())) {
            declare_dead();
            return false;
        }
        return true;
    }

  private:
    PeerWatch watch_;
    bool is_watched_ = false;
    bool is_dead_ = false;
};

int produce(const Stage &stage) {
    RingWriter writer;
    if (writer.attach(stage.memory.bytes(), stage.memory.size_bytes(), nullptr) != Status::kOk) {
        return kNoRing;
    }
    std::mt19937_64 random(stage.seed);
    Peer peer;
    int64_t turns = 0;
    for (uint64_t sequence = 0;; ++sequence) {
        const uint64_t limit =
            random() % 8 == 0 ? static_cast<uint64_t>(writer.max_payload_bytes()) : 500;
        const auto size = static_cast<int64_t>(random() % (limit + 1));
        uint8_t *payload = nullptr;
        Status status = Status::kFull;
        while ((status = writer.reserve(size, &payload, nullptr)) == Status::kFull) {
            if (++turns % (stage.patience + 1) != 0) {
                sched_yield();
                continue;
            }
            if (!peer.is_there(writer.consumer_side(), writer.consumer_process(),
                               [&] { writer.declare_consumer_dead(); })) {
                return kPeerLeft;
            }
            stage.producer_bell.clear();
            if (writer.fall_asleep(size)) {
                static_cast<void>(park(stage.producer_bell, nullptr, 0, 20'000'000));
                writer.wake_up();
            }
        }
        if (status != Status::kOk) {
            return kBrokenRing;
        }
        fill_pattern(payload, size, sequence);
        if (writer.publish(16, size, size)) {
            ring_doorbell(stage.consumer_bell.ring_descriptor());
        }
    }
}

int consume(const Stage &stage) {
    RingReader reader;
    if (reader.attach(stage.memory.bytes(), stage.memory.size_bytes(), nullptr) != Status::kOk) {
        return kNoRing;
    }
    Peer peer;
    int64_t turns = 0;
    while (true) {
        FrameView frame;
        const Status status = reader.peek(&frame, nullptr);
        if (status == Status::kOk) {
            if (frame.header.argument != frame.payload_bytes || !has_pattern(frame)) {
                return kTornFrame;
            }
            reader.advance();
            if (reader.release()) {
                ring_doorbell(stage.producer_bell.ring_descriptor());
            }
            continue;
        }
        if (status != Status::kEmpty) {
            return kBrokenRing;
        }
        if (++turns % (stage.patience + 1) != 0) {
            sched_yield();
            continue;
        }
        const bool is_there = peer.is_there(reader.producer_side(), reader.producer_process(),
                                            [&] { reader.declare_producer_dead(); });
        if (!is_there && reader.is_drained()) {
            return kPeerLeft;
        }
        stage.consumer_bell.clear();
        if (reader.fall_asleep()) {
            static_cast<void>(park(stage.consumer_bell, nullptr, 0, 20'000'000));
            reader.wake_up();
        }
    }
}

template <typename Work>
pid_t start(const Stage &stage, Work work) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(work(stage));
    }
    return child;
}

/* The exit code of a child; -1 if it did not end in time and had to be killed. */
int ending_of(pid_t child) {
    const int64_t deadline_ns = monotonic_ns() + 20'000'000'000;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (monotonic_ns() > deadline_ns) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return -1;
        }
        usleep(200);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void kill_one_of_two(uint64_t seed, bool is_supervised) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Stage stage;
    stage.seed = random();
    stage.patience = random() % 2 == 0 ? 0 : 50;
    const int64_t capacity = kMinRingBytes << (random() % 3);
    const int64_t size = ring_memory_bytes(capacity);
    ASSERT_EQ(stage.memory.create(size, nullptr), Status::kOk);
    ASSERT_EQ(ring_format(stage.memory.bytes(), size, capacity, 1, 1, nullptr), Status::kOk);
    ASSERT_EQ(stage.producer_bell.open(nullptr), Status::kOk);
    ASSERT_EQ(stage.consumer_bell.open(nullptr), Status::kOk);
    RingObserver observer;
    ASSERT_EQ(observer.attach(stage.memory.bytes(), size, nullptr), Status::kOk);

    const pid_t producer = start(stage, produce);
    const pid_t consumer = start(stage, consume);
    ASSERT_GT(producer, 0);
    ASSERT_GT(consumer, 0);
    usleep(static_cast<useconds_t>(random() % 8000));
    const bool is_producer_killed = random() % 2 == 0;
    const pid_t victim = is_producer_killed ? producer : consumer;
    EXPECT_EQ(kill(victim, SIGKILL), 0);
    EXPECT_EQ(ending_of(victim), 1000 + SIGKILL);
    /* A side that died before it attached left no process id: only the supervisor knows. */
    const int64_t left_behind =
        is_producer_killed ? observer.producer_process() : observer.consumer_process();
    if (is_supervised || left_behind == 0) {
        is_producer_killed ? observer.declare_producer_dead() : observer.declare_consumer_dead();
        (is_producer_killed ? stage.consumer_bell : stage.producer_bell).ring();
    }
    EXPECT_EQ(ending_of(is_producer_killed ? consumer : producer), kPeerLeft);
    EXPECT_EQ(is_producer_killed ? observer.producer_side() : observer.consumer_side(),
              RingSide::kDead);
}

uint64_t run_count() {
    const char *text = std::getenv("FLK_STRESS_RUNS");
    return text == nullptr ? 60 : std::strtoull(text, nullptr, 10);
}

TEST(RingProcesses, TheSurvivorSeesByItselfThatTheOtherWasKilled) {
    for (uint64_t seed = 0; seed < run_count() && !HasFailure(); ++seed) {
        kill_one_of_two(seed, false);
    }
}

TEST(RingProcesses, TheSurvivorHearsFromTheSupervisorThatTheOtherWasKilled) {
    for (uint64_t seed = 0; seed < run_count() && !HasFailure(); ++seed) {
        kill_one_of_two(1'000'000 + seed, true);
    }
}

}  // namespace
}  // namespace flk
