/* platform.h — what differs between Linux and macOS: clocks, doorbell, park, cache lines, pages.
 *
 *   sender                               worker
 *   put work where the worker looks      park(doorbell, descriptors, timeout) sleeps
 *   doorbell.ring()  ──────────────────→ returns; doorbell.clear(), then look for work
 *
 * A ring between the worker's last look and its park is not lost: the doorbell stays rung until
 * it is cleared. park is the only function here that sleeps.
 */
#ifndef FLK_PLATFORM_H_
#define FLK_PLATFORM_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/clock.h"
#include "flk/live_count.h"

#if defined(__GNUC__) || defined(__clang__)
#define FLK_PREFETCH_READ(address) __builtin_prefetch((address), 0)
#define FLK_PREFETCH_WRITE(address) __builtin_prefetch((address), 1)
#else
#define FLK_PREFETCH_READ(address) static_cast<void>(address)
#define FLK_PREFETCH_WRITE(address) static_cast<void>(address)
#endif

namespace flk {

/* Bytes between a fetch and its use in loops that pass over a column once. Left alone, the hardware
 * begins anew at each page of 4 KiB: such a loop then takes three times as long from memory. */
inline constexpr int64_t kStreamAheadBytes = 2048;

/* Fetch what such a loop comes to after this place, which may be beyond the column's end. */
inline void fetch_stream(const void *place) noexcept {
    FLK_PREFETCH_READ(reinterpret_cast<const void *>(reinterpret_cast<std::uintptr_t>(place) +
                                                     kStreamAheadBytes));
}

/* Bytes that two threads must be apart not to slow each other down. */
#if defined(__APPLE__) && defined(__aarch64__)
inline constexpr int64_t kCacheLineBytes = 128;
#else
inline constexpr int64_t kCacheLineBytes = 64;
#endif

/* The longest that one park lasts, so that nothing missed is missed for longer. */
inline constexpr int64_t kParkLimitNs = 100'000'000;

/* Memory for a table that is read at random, aligned to cache lines or more, in large pages where
 * the system gives them; nullptr if there is none. Freed by std::free. */
void *allocate_far(int64_t size_bytes) noexcept;

/* Nanoseconds of a clock that never goes back, from an unspecified start; any thread. The cheap
 * one for deadlines is coarse_monotonic_ns() of clock.h, which trails this one. */
int64_t monotonic_ns() noexcept;

/* Wakes a parked worker: an eventfd, or a pipe where there is none. */
class Doorbell {
  public:
    Doorbell() = default;
    Doorbell(const Doorbell &) = delete;
    Doorbell &operator=(const Doorbell &) = delete;
    ~Doorbell();

    /* Get the descriptors; once, before anything else. kInvalid if the system has none left. */
    Status open(Error *error) noexcept;

    /* Wake the worker now or at its next park. Any thread or signal handler; never blocks. */
    void ring() const noexcept;

    /* Forget all rings so far. The worker only. Returns whether there were any. */
    bool clear() const noexcept;

    /* Becomes readable when rung; for poll and selectors. Stays owned by the doorbell. */
    int32_t descriptor() const noexcept { return read_descriptor_; }

    /* What another process rings by (ring_doorbell); stays owned by the doorbell. */
    int32_t ring_descriptor() const noexcept { return write_descriptor_; }

  private:
    int32_t read_descriptor_ = -1;
    int32_t write_descriptor_ = -1;
    LiveCount<LiveKind::kDoorbell> live_;
};

/* Ring the doorbell of another process, whose ring_descriptor() this one was handed. Any thread or
 * signal handler; never blocks. */
void ring_doorbell(int32_t ring_descriptor) noexcept;

/* Sleep until the doorbell is rung, a descriptor is readable, or time is over.
 *
 * doorbell          open
 * descriptors       `descriptor_count` (0 .. 64) more to wait for; may be nullptr if there are none
 * timeout_ns        0 looks once; anything above kParkLimitNs means kParkLimitNs
 * returns           kOk if something is readable (the doorbell is not cleared), kEmpty after the
 *                   timeout or a signal, kInvalid for too many or bad descriptors
 */
Status park(const Doorbell &doorbell, const int32_t *descriptors, uint32_t descriptor_count,
            int64_t timeout_ns) noexcept;

}  // namespace flk

#endif  // FLK_PLATFORM_H_
