/* time_scan.h — questions about all times of a run at once, in loops that wait for nothing.
 *
 *   times of a batch ──range_of──→ earliest, latest       within a slice? after the watermark?
 *
 * Where the extremes answer, no row is looked at by itself. Pure functions; any thread.
 */
#ifndef FLK_TIME_SCAN_H_
#define FLK_TIME_SCAN_H_

#include <cstdint>

#include "flk/isa.h"

namespace flk {

/* The smallest and the largest of some times. */
struct TimeRange {
    int64_t earliest;
    int64_t latest;
};

/* Range of count > 0 times: a fifth of a cycle each, once they are near. */
TimeRange range_of(const int64_t *times, int64_t count) noexcept;

/* The same with an instruction set that this CPU has. */
TimeRange range_of_with(Isa isa, const int64_t *times, int64_t count) noexcept;

/* How many times from the first on lie in [start, end), start < end: all of a run, or up to the
 * first that does not. */
int64_t count_within(const int64_t *times, int64_t count, int64_t start, int64_t end) noexcept;

}  // namespace flk

#endif  // FLK_TIME_SCAN_H_
