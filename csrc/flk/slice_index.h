/* slice_index.h — which slice a row of a disordered run belongs to, without a search per row.
 *
 *   times of the run   [ earliest ............................ latest ]
 *   entries_           [ slice 0 │ slice 1 │ unresolved │ slice 3 ]
 *
 * Built for one run of rows. Where all edges lie at multiples of one period, as those of most
 * windows do, the entry is a product and a shift away; else it is found by halving. Entries are
 * resolved to live slices when their first row comes, because a slice without rows must not be.
 * One owner, not thread safe.
 */
#ifndef FLK_SLICE_INDEX_H_
#define FLK_SLICE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flk/slice_edges.h"
#include "flk/slices.h"

namespace flk {

class SliceIndex {
  public:
    struct Entry {
        Slice *slice = nullptr; /* nullptr: rows are taken one by one */
        bool is_resolved = false;
    };

    /* Index the slices from `earliest` to `latest`. May throw std::bad_alloc.
     *
     * max_entries  gives up beyond this many
     * returns      whether there is an index now
     */
    bool build(const SliceEdges &edges, int64_t earliest, int64_t latest, std::size_t max_entries);

    /* earliest <= time <= latest */
    Entry *find(int64_t time) noexcept {
        return &entries_[multiplier_ != 0 ? product_of(time) : half_of(time)];
    }

    std::size_t size() const noexcept { return entries_.size(); }

  private:
    std::size_t product_of(int64_t time) const noexcept {
        const auto distance = static_cast<uint64_t>(time) - static_cast<uint64_t>(starts_.front());
        return static_cast<std::size_t>(
            static_cast<uint64_t>((static_cast<unsigned __int128>(distance) * multiplier_) >> 64));
    }

    /* The last start that is not above `time`. */
    std::size_t half_of(int64_t time) const noexcept {
        std::size_t first = 0;
        for (std::size_t count = starts_.size(); count > 1;) {
            const std::size_t half = count / 2;
            first += starts_[first + half] <= time ? half : 0;
            count -= half;
        }
        return first;
    }

    std::vector<int64_t> starts_;
    std::vector<Entry> entries_;
    uint64_t multiplier_ = 0; /* of the reciprocal of the period; 0: there is no period */
};

}  // namespace flk

#endif  // FLK_SLICE_INDEX_H_
