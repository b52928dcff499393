/* clock.h — the cheap monotonic clock that deadlines of row programs are checked against.
 *
 * Read after every call of user code, so it must cost nanoseconds: Linux's coarse clock reads a
 * value the kernel keeps (resolution 1 to 4 ms, about 5 ns a call). Same origin as
 * time.monotonic_ns(), which it trails by at most its resolution. Any thread.
 */
#ifndef FLK_CLOCK_H_
#define FLK_CLOCK_H_

#include <cstdint>
#include <ctime>

namespace flk {

inline int64_t coarse_monotonic_ns() noexcept {
#if defined(CLOCK_MONOTONIC_COARSE)
    constexpr clockid_t kClock = CLOCK_MONOTONIC_COARSE;
#elif defined(CLOCK_MONOTONIC_RAW_APPROX)
    constexpr clockid_t kClock = CLOCK_MONOTONIC_RAW_APPROX;
#else
    constexpr clockid_t kClock = CLOCK_MONOTONIC;
#endif
    timespec now;
    if (clock_gettime(kClock, &now) != 0) {
        return 0;
    }
    return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

}  // namespace flk

#endif  // FLK_CLOCK_H_
