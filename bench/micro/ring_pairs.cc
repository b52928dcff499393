/* The ring beside what the machine can do, between two processes, for test_ring.py.
 *
 * Reads lines "<case> bare" or "<case> ours" and answers each with the seconds it took: `transfer`
 * (64 KiB batches, copied in and summed), `round_trip` (both sides spin), `wake` (both sleep at
 * once). Bare is the same work over plain shared memory: slots and two counters, a cache line each
 * way, an eventfd or (`wake_futex`) a futex each way. Runs take a millisecond when nobody disturbs:
 * short enough to find such moments on a machine that others use too.
 */
#include <linux/futex.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "flk/platform.h"
#include "flk/shared_memory.h"
#include "flk/spsc_ring.h"

namespace {

using namespace flk;

/* With its header a frame of 64 KiB, so that both hold eight. */
constexpr int64_t kBatchBytes = (64 << 10) - 32;
constexpr int64_t kRingBytes = 512 << 10;
constexpr int64_t kSlotBytes = 64 << 10;
constexpr int64_t kSlots = kRingBytes / kSlotBytes;
constexpr int64_t kBatches = 400;
constexpr int64_t kRoundTrips = 3000;
constexpr int64_t kWakes = 100;

void expect(bool condition, const char *what) {
    if (!condition) {
        std::fprintf(stderr, "ring_pairs: %s\n", what);
        std::exit(1);
    }
}

/* Yields now and then: on a machine that is full, the other side may need this very core. */
template <typename Ready>
void spin_until(Ready ready) {
    for (int turn = 1; !ready(); ++turn) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
        if (turn % 4096 == 0) {
            sched_yield();
        }
    }
}

struct Line {
    alignas(128) std::atomic<uint64_t> value{0};
};

struct Board {
    Line go, done, tail, head;
    alignas(128) std::atomic<uint32_t> ping{0};
    alignas(128) std::atomic<uint32_t> pong{0};
};

/* The other side on another core, if there is one: on the same they would take turns. */
void take_core(int which) {
    static const cpu_set_t allowed = [] {
        cpu_set_t found;
        CPU_ZERO(&found);
        sched_getaffinity(0, sizeof(found), &found);
        return found;
    }();
    if (CPU_COUNT(&allowed) < 2) {
        return;
    }
    for (int core = 0, seen = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &allowed) && seen++ == which) {
            cpu_set_t chosen;
            CPU_ZERO(&chosen);
            CPU_SET(core, &chosen);
            sched_setaffinity(0, sizeof(chosen), &chosen);
            return;
        }
    }
}

/* Seconds from go until both functions have returned, each in a process of its own. */
template <typename Here, typename There>
double seconds_of(Board *board, Here here, There there) {
    const pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        take_core(1);
        board->go.value.store(1, std::memory_order_release);
        there();
        board->done.value.store(1, std::memory_order_release);
        _exit(0);
    }
    spin_until([&] { return board->go.value.load(std::memory_order_acquire) != 0; });
    const int64_t started_ns = monotonic_ns();
    here();
    spin_until([&] { return board->done.value.load(std::memory_order_acquire) != 0; });
    const int64_t ended_ns = monotonic_ns();
    int status = 0;
    waitpid(child, &status, 0);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the other side failed");
    return static_cast<double>(ended_ns - started_ns) * 1e-9;
}

uint64_t sum_of(const uint8_t *bytes) {
    uint64_t sum = 0;
    for (int64_t at = 0; at < kBatchBytes; at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes + at, sizeof(word));
        sum += word;
    }
    return sum;
}

struct Batch {
    Batch() : bytes(static_cast<size_t>(kBatchBytes)) {
        for (size_t at = 0; at < bytes.size(); ++at) {
            bytes[at] = static_cast<uint8_t>(at * 31);
        }
        sum = sum_of(bytes.data());
    }
    std::vector<uint8_t> bytes;
    uint64_t sum = 0;
};

struct Ring {
    Ring() {
        const int64_t size = ring_memory_bytes(kRingBytes);
        expect(memory.create(size, nullptr) == Status::kOk, "memory");
        expect(ring_format(memory.bytes(), size, kRingBytes, 1, 1, nullptr) == Status::kOk, "ring");
        expect(bell.open(nullptr) == Status::kOk, "doorbell");
    }
    void attach(RingWriter *writer) const {
        expect(writer->attach(memory.bytes(), memory.size_bytes(), nullptr) == Status::kOk, "in");
    }
    void attach(RingReader *reader) const {
        expect(reader->attach(memory.bytes(), memory.size_bytes(), nullptr) == Status::kOk, "out");
    }
    SharedMemory memory;
    Doorbell bell; /* the reader's */
};

double transfer_bare(Board *board) {
    const Batch batch;
    SharedMemory slots;
    expect(slots.create(kRingBytes, nullptr) == Status::kOk, "memory");
    return seconds_of(
        board,
        [&] {
            uint64_t head = 0;
            for (uint64_t sent = 0; sent < kBatches; ++sent) {
                if (sent - head == kSlots) {
                    spin_until([&] {
                        head = board->head.value.load(std::memory_order_acquire);
                        return sent - head < kSlots;
                    });
                }
                std::memcpy(slots.bytes() + sent % kSlots * kSlotBytes, batch.bytes.data(),
                            kBatchBytes);
                board->tail.value.store(sent + 1, std::memory_order_release);
            }
        },
        [&] {
            uint64_t tail = 0;
            for (uint64_t seen = 0; seen < kBatches; ++seen) {
                if (tail == seen) {
                    spin_until([&] {
                        tail = board->tail.value.load(std::memory_order_acquire);
                        return tail != seen;
                    });
                }
                expect(sum_of(slots.bytes() + seen % kSlots * kSlotBytes) == batch.sum, "sum");
                board->head.value.store(seen + 1, std::memory_order_release);
            }
        });
}

void send(RingWriter *writer, const uint8_t *bytes, int64_t size, const Doorbell *bell) {
    uint8_t *payload = nullptr;
    spin_until([&] { return writer->reserve(size, &payload, nullptr) == Status::kOk; });
    std::memcpy(payload, bytes, static_cast<size_t>(size));
    if (writer->publish(16, 0, size) && bell != nullptr) {
        bell->ring();
    }
}

double transfer_ours(Board *board) {
    const Batch batch;
    const Ring ring;
    return seconds_of(
        board,
        [&] {
            RingWriter writer;
            ring.attach(&writer);
            for (int64_t sent = 0; sent < kBatches; ++sent) {
                send(&writer, batch.bytes.data(), kBatchBytes, nullptr);
            }
        },
        [&] {
            RingReader reader;
            ring.attach(&reader);
            for (int64_t seen = 0; seen < kBatches; ++seen) {
                FrameView frame;
                spin_until([&] { return reader.peek(&frame, nullptr) == Status::kOk; });
                expect(sum_of(frame.payload) == batch.sum, "sum");
                reader.advance();
                reader.release();
            }
        });
}

double round_trip_bare(Board *board) {
    const auto wait_for = [](const Line &line, uint64_t value) {
        spin_until([&] { return line.value.load(std::memory_order_acquire) == value; });
    };
    return seconds_of(
        board,
        [&] {
            for (uint64_t turn = 1; turn <= kRoundTrips; ++turn) {
                board->tail.value.store(turn, std::memory_order_release);
                wait_for(board->head, turn);
            }
        },
        [&] {
            for (uint64_t turn = 1; turn <= kRoundTrips; ++turn) {
                wait_for(board->tail, turn);
                board->head.value.store(turn, std::memory_order_release);
            }
        });
}

/* One side of a game of ping-pong over two rings. It sleeps at once, or never. */
void play(const Ring &out, const Ring &in, int64_t turns, bool begins, bool is_sleeper) {
    RingWriter writer;
    RingReader reader;
    out.attach(&writer);
    in.attach(&reader);
    const uint64_t ball = 5;
    const auto *bytes = reinterpret_cast<const uint8_t *>(&ball);
    const Doorbell *bell = is_sleeper ? &out.bell : nullptr;
    if (begins) {
        send(&writer, bytes, sizeof(ball), bell);
    }
    for (int64_t turn = 0; turn < turns; ++turn) {
        FrameView frame;
        if (is_sleeper) {
            while (reader.peek(&frame, nullptr) == Status::kEmpty) {
                if (reader.fall_asleep()) {
                    static_cast<void>(park(in.bell, nullptr, 0, kParkLimitNs));
                    reader.wake_up();
                }
                in.bell.clear();
            }
        } else {
            spin_until([&] { return reader.peek(&frame, nullptr) == Status::kOk; });
        }
        expect(frame.payload_bytes == sizeof(ball) && frame.payload[0] == 5, "ball");
        reader.advance();
        reader.release();
        if (!begins || turn + 1 < turns) {
            send(&writer, bytes, sizeof(ball), bell);
        }
    }
}

double game(Board *board, int64_t turns, bool is_sleeper) {
    const Ring there;
    const Ring back;
    return seconds_of(
        board, [&] { play(there, back, turns, true, is_sleeper); },
        [&] { play(back, there, turns, false, is_sleeper); });
}

double wake_eventfd(Board *board) {
    const int there = eventfd(0, EFD_CLOEXEC);
    const int back = eventfd(0, EFD_CLOEXEC);
    const auto ring = [](int bell) {
        const uint64_t one = 1;
        expect(write(bell, &one, sizeof(one)) == sizeof(one), "write");
    };
    const auto wait = [](int bell) {
        uint64_t rings = 0;
        expect(read(bell, &rings, sizeof(rings)) == sizeof(rings), "read");
    };
    const double seconds = seconds_of(
        board,
        [&] {
            for (int64_t turn = 0; turn < kWakes; ++turn) {
                ring(there);
                wait(back);
            }
        },
        [&] {
            for (int64_t turn = 0; turn < kWakes; ++turn) {
                wait(there);
                ring(back);
            }
        });
    close(there);
    close(back);
    return seconds;
}

double wake_futex(Board *board) {
    const auto set = [](std::atomic<uint32_t> *word, uint32_t value) {
        word->store(value, std::memory_order_release);
        syscall(SYS_futex, word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    };
    const auto wait = [](std::atomic<uint32_t> *word, uint32_t value) {
        while (word->load(std::memory_order_acquire) != value) {
            syscall(SYS_futex, word, FUTEX_WAIT, value - 1, nullptr, nullptr, 0);
        }
    };
    return seconds_of(
        board,
        [&] {
            for (uint32_t turn = 1; turn <= kWakes; ++turn) {
                set(&board->ping, turn);
                wait(&board->pong, turn);
            }
        },
        [&] {
            for (uint32_t turn = 1; turn <= kWakes; ++turn) {
                wait(&board->ping, turn);
                set(&board->pong, turn);
            }
        });
}

double run(const std::string &name) {
    SharedMemory memory;
    expect(memory.create(sizeof(Board), nullptr) == Status::kOk, "memory");
    auto *board = reinterpret_cast<Board *>(memory.bytes());
    if (name == "transfer bare") {
        return transfer_bare(board);
    }
    if (name == "transfer ours") {
        return transfer_ours(board);
    }
    if (name == "round_trip bare") {
        return round_trip_bare(board);
    }
    if (name == "round_trip ours") {
        return game(board, kRoundTrips, false);
    }
    if (name == "wake bare") {
        return wake_eventfd(board);
    }
    if (name == "wake_futex bare") {
        return wake_futex(board);
    }
    if (name == "wake ours" || name == "wake_futex ours") {
        return game(board, kWakes, true);
    }
    expect(false, "no such case");
    return 0;
}

}  // namespace

int main() {
    take_core(0);
    char line[64];
    while (std::fgets(line, sizeof(line), stdin) != nullptr) {
        std::printf("%.9f\n", run(std::string(line, std::strcspn(line, "\n"))));
        std::fflush(stdout);
    }
    return 0;
}
