#include "flk/slice_index.h"

namespace flk {

bool SliceIndex::build(const SliceEdges &edges, int64_t earliest, int64_t latest,
                       std::size_t max_entries) {
    starts_.clear();
    entries_.clear();
    multiplier_ = 0;
    SliceBounds bounds = edges.slice_of(earliest);
    const int64_t period = edges.period();
    const uint64_t span = static_cast<uint64_t>(latest) - static_cast<uint64_t>(bounds.start);
    /* exact for numerators and divisors below 2^32 */
    constexpr uint64_t kExact = uint64_t{1} << 32;
    if (period > 0 && static_cast<uint64_t>(period) < kExact && span < kExact) {
        const uint64_t count = span / static_cast<uint64_t>(period) + 1;
        if (count > max_entries) {
            return false;
        }
        /* for a period of 1 it would be 2^64 */
        if (period > 1) {
            multiplier_ = UINT64_MAX / static_cast<uint64_t>(period) + 1;
            starts_.push_back(bounds.start);
            entries_.resize(count);
            return true;
        }
    }
    while (true) {
        if (starts_.size() == max_entries) {
            return false;
        }
        starts_.push_back(bounds.start);
        if (latest < bounds.end || bounds.end == kTimeMax) {
            break;
        }
        bounds = edges.slice_of(bounds.end);
    }
    entries_.resize(starts_.size());
    return true;
}

}  // namespace flk
