#include "flk/platform.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#if defined(__linux__)
#include <sys/eventfd.h>
#include <sys/mman.h>
#endif

namespace flk {

namespace {

constexpr uint32_t kMaxDescriptors = 64;

#if !defined(__linux__)
bool set_flags(int32_t descriptor) noexcept {
    const int status_flags = fcntl(descriptor, F_GETFL);
    return status_flags >= 0 && fcntl(descriptor, F_SETFL, status_flags | O_NONBLOCK) == 0 &&
           fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}
#endif

}  // namespace

void *allocate_far(int64_t size_bytes) noexcept {
    constexpr int64_t kLargePage = int64_t{2} << 20;
    const bool is_large = size_bytes >= kLargePage;
    const int64_t alignment = is_large ? kLargePage : kCacheLineBytes;
    const auto size =
        static_cast<std::size_t>((size_bytes + alignment - 1) / alignment * alignment);
    void *memory = std::aligned_alloc(static_cast<std::size_t>(alignment), size);
#if defined(__linux__)
    if (is_large && memory != nullptr) {
        /* A page of 2 MiB takes one entry of the address cache instead of 512. A refusal is fine.
         */
        static_cast<void>(madvise(memory, size, MADV_HUGEPAGE));
    }
#endif
    return memory;
}

int64_t monotonic_ns() noexcept {
#if defined(__APPLE__)
    /* The clock that the coarse one approximates; CLOCK_MONOTONIC is another there. */
    constexpr clockid_t kClock = CLOCK_MONOTONIC_RAW;
#else
    constexpr clockid_t kClock = CLOCK_MONOTONIC;
#endif
    timespec now{};
    clock_gettime(kClock, &now);
    return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + static_cast<int64_t>(now.tv_nsec);
}

Doorbell::~Doorbell() {
    if (write_descriptor_ >= 0 && write_descriptor_ != read_descriptor_) {
        close(write_descriptor_);
    }
    if (read_descriptor_ >= 0) {
        close(read_descriptor_);
    }
}

Status Doorbell::open(Error *error) noexcept {
    FLK_DCHECK(read_descriptor_ < 0);
#if defined(__linux__)
    read_descriptor_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    write_descriptor_ = read_descriptor_;
    const bool is_open = read_descriptor_ >= 0;
#else
    int ends[2] = {-1, -1};
    bool is_open = pipe(ends) == 0;
    read_descriptor_ = ends[0];
    write_descriptor_ = ends[1];
    is_open = is_open && set_flags(ends[0]) && set_flags(ends[1]);
#endif
    if (!is_open) {
        return fail(error, Status::kInvalid, "a doorbell needs a file descriptor: %s",
                    std::strerror(errno));
    }
    return Status::kOk;
}

void Doorbell::ring() const noexcept { ring_doorbell(write_descriptor_); }

void ring_doorbell(int32_t ring_descriptor) noexcept {
    /* A full pipe or counter is rung already; a signal may interrupt the write. */
    const int saved_errno = errno;
    const uint64_t one = 1;
    while (write(ring_descriptor, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    errno = saved_errno;
}

bool Doorbell::clear() const noexcept {
    uint64_t rings[32];
    bool was_rung = false;
    while (true) {
        const auto count = read(read_descriptor_, rings, sizeof(rings));
        if (count > 0) {
            was_rung = true;
        } else if (count == 0 || errno != EINTR) {
            return was_rung;
        }
    }
}

Status park(const Doorbell &doorbell, const int32_t *descriptors, uint32_t descriptor_count,
            int64_t timeout_ns) noexcept {
    if (descriptor_count > kMaxDescriptors) {
        return Status::kInvalid;
    }
    pollfd waits[kMaxDescriptors + 1];
    waits[0] = pollfd{doorbell.descriptor(), POLLIN, 0};
    for (uint32_t at = 0; at < descriptor_count; ++at) {
        waits[at + 1] = pollfd{descriptors[at], POLLIN, 0};
    }
    const int64_t bounded = timeout_ns < 0 ? 0 : timeout_ns;
    const int64_t limited = bounded > kParkLimitNs ? kParkLimitNs : bounded;
    /* Rounded up: a worker that wakes too early would spin until its deadline. */
    const int timeout_ms = static_cast<int>((limited + 999'999) / 1'000'000);
    const int ready = poll(waits, static_cast<nfds_t>(descriptor_count + 1), timeout_ms);
    if (ready == 0 || (ready < 0 && errno == EINTR)) {
        return Status::kEmpty;
    }
    if (ready < 0) {
        return Status::kInvalid;
    }
    for (uint32_t at = 0; at <= descriptor_count; ++at) {
        if ((waits[at].revents & POLLNVAL) != 0) {
            return Status::kInvalid;
        }
    }
    return Status::kOk;
}

}  // namespace flk
