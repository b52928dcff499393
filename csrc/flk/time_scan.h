/* time_scan.h — questions about all times of a run at once, in loops that wait for nothing.
 *
 * Each answer is gathered in four chains of sign bits or extremes, so that one element costs a
 * quarter of a cycle or two instead of the latency of a compare. Pure functions; any thread.
 */
#ifndef FLK_TIME_SCAN_H_
#define FLK_TIME_SCAN_H_

#include <algorithm>
#include <cstdint>

namespace flk {

/* Whether all of count times lie in [start, end), start < end. False also where that cannot be
 * told because times are farther than int64 apart. */
inline bool all_within(const int64_t *times, int64_t count, int64_t start, int64_t end) noexcept {
    const auto first = static_cast<uint64_t>(start);
    const uint64_t last = static_cast<uint64_t>(end) - 1;
    uint64_t outside[4] = {0, 0, 0, 0};
    int64_t row = 0;
    for (; row + 4 <= count; row += 4) {
        for (int lane = 0; lane < 4; ++lane) {
            const auto time = static_cast<uint64_t>(times[row + lane]);
            outside[lane] |= (time - first) | (last - time);
        }
    }
    for (; row < count; ++row) {
        const auto time = static_cast<uint64_t>(times[row]);
        outside[0] |= (time - first) | (last - time);
    }
    return ((outside[0] | outside[1] | outside[2] | outside[3]) >> 63) == 0;
}

/* Smallest and largest of count > 0 times. */
inline void range_of(const int64_t *times, int64_t count, int64_t *out_earliest,
                     int64_t *out_latest) noexcept {
    int64_t least[4] = {times[0], times[0], times[0], times[0]};
    int64_t most[4] = {times[0], times[0], times[0], times[0]};
    int64_t row = 0;
    for (; row + 4 <= count; row += 4) {
        for (int lane = 0; lane < 4; ++lane) {
            least[lane] = std::min(least[lane], times[row + lane]);
            most[lane] = std::max(most[lane], times[row + lane]);
        }
    }
    for (; row < count; ++row) {
        least[0] = std::min(least[0], times[row]);
        most[0] = std::max(most[0], times[row]);
    }
    *out_earliest = std::min(std::min(least[0], least[1]), std::min(least[2], least[3]));
    *out_latest = std::max(std::max(most[0], most[1]), std::max(most[2], most[3]));
}

/* First row without event time (INT64_MIN), or count. */
inline int64_t first_untimed(const int64_t *times, int64_t count) noexcept {
    uint64_t signs[4] = {0, 0, 0, 0};
    int64_t row = 0;
    for (; row + 4 <= count; row += 4) {
        for (int lane = 0; lane < 4; ++lane) {
            signs[lane] |= static_cast<uint64_t>(times[row + lane]);
        }
    }
    for (; row < count; ++row) {
        signs[0] |= static_cast<uint64_t>(times[row]);
    }
    if (((signs[0] | signs[1] | signs[2] | signs[3]) >> 63) == 0) {
        return count; /* all are after 1970 */
    }
    return std::find(times, times + count, INT64_MIN) - times;
}

}  // namespace flk

#endif  // FLK_TIME_SCAN_H_
