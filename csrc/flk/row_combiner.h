/* row_combiner.h — rows of one key in one slice become one row before they travel.
 *
 *   keys      7   3   7 | 7   3          one slice, sums; | ends a batch
 *   values    1   5   2 | 4   1
 *   held      7: 7    3: 6               in the order of the first row of each
 *
 * Windows of sums, minima and maxima of ints are the same whether they see the rows or these. A
 * combined row waits, over as many batches as it takes, until a watermark closes the slice of a
 * waiting row or MAX_HELD wait; then all go, in the order in which they began. A row behind the
 * watermark of its slice goes by itself at once, so that it comes no later than it would have. A
 * sum that would leave 64 bits begins another row.
 *
 * Flink SQL's two-phase (local-global) window aggregation is the same idea. Places are found by key
 * with linear probing, at most half of them in use. Not thread safe; needs no GIL.
 */
#ifndef FLK_ROW_COMBINER_H_
#define FLK_ROW_COMBINER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flk/base.h"

namespace flk {

enum class CombineKind : int32_t { kSum = 0, kMin = 1, kMax = 2 };

/* Rows of a batch with the watermarks among them: `mark_times[i]` is before row `mark_stops[i]`. */
struct CombinedRows {
    const int64_t *keys = nullptr;
    const int64_t *times = nullptr;
    int64_t count = 0;
    const int64_t *mark_stops = nullptr;
    const int64_t *mark_times = nullptr;
    int64_t mark_count = 0;
};

class RowCombiner {
  public:
    static constexpr uint32_t kMaxHeld = uint32_t{1} << 16;

    /* Slices begin at `offset` and every `unit` ms, unit > 0. One kind for each column. */
    Status open(int64_t unit, int64_t offset, const std::vector<CombineKind> &kinds) noexcept;

    /* Takes the rows of a batch; what has to go is in `handed` then, up to `settle`.
     *
     * columns  values of each column, rows.count of them
     */
    Status run(const CombinedRows &rows, const std::vector<const int64_t *> &columns) noexcept;

    /* Learns of a watermark; what waits goes if that closes its slice. */
    Status advance(int64_t watermark) noexcept;

    /* Lets all that waits go. */
    Status release() noexcept;

    /* Forgets the rows that went. The rows kept are numbered from 0 afterwards, in order. */
    void settle() noexcept;

    /* Rows of the last batch that began a combined row. These follow the kept rows' numbers. */
    const uint32_t *begun() const noexcept { return begun_.data(); }
    int64_t begun_count() const noexcept { return begun_count_; }

    /* Numbers of the combined rows that go, in this order, and their values. */
    const uint32_t *handed() const noexcept { return handed_.data(); }
    int64_t handed_count() const noexcept { return handed_count_; }
    const int64_t *handed_values(std::size_t column) const noexcept {
        return handed_values_[column].data();
    }

    /* For each mark of the last batch how many of them go before it. */
    const int64_t *mark_stops() const noexcept { return mark_stops_.data(); }

    /* Numbers of the combined rows that wait. */
    const uint32_t *held() const noexcept { return held_.data(); }
    int64_t held_count() const noexcept { return held_count_; }

  private:
    struct Place {
        int64_t key;
        int64_t slice;
        uint32_t slot; /* of the combined row among those that wait */
        uint32_t turn; /* places of another turn are free */
    };

    template <typename Columns>
    void run_with(const CombinedRows &rows, const Columns &columns) noexcept;
    void make_room(int64_t rows, int64_t marks);
    void grow() noexcept;
    void hand(uint32_t number, std::size_t slot) noexcept;
    void hand_held() noexcept;

    std::vector<CombineKind> kinds_;
    std::vector<Place> places_;
    std::vector<uint32_t> begun_, handed_, held_;
    std::vector<std::vector<int64_t>> handed_values_, held_values_;
    std::vector<int64_t> mark_stops_;
    int64_t unit_ = 1;
    int64_t offset_ = 0;
    int64_t begun_count_ = 0;
    int64_t handed_count_ = 0;
    int64_t held_count_ = 0;
    int64_t kept_count_ = 0; /* numbers given to rows of earlier batches */
    int64_t watermark_ = INT64_MIN;
    int64_t closing_ = INT64_MAX; /* watermark that closes the slice of a waiting row */
    uint32_t turn_ = 1;
    int shift_ = 0; /* a key's place is in the upper bits of its hash */
};

}  // namespace flk

#endif  // FLK_ROW_COMBINER_H_
