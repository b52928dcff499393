/* row_combiner.h — rows of one key in one slice become one row before they travel.
 *
 *   keys      7   3   7   7   3          one slice, sums
 *   values    1   5   2   4   1
 *   out rows  0   1                      the first row of each
 *   combined  7   6
 *
 * Windows of sums, minima and maxima of ints are the same whether they see the rows or these: a
 * combined row has the place and the time of its first one, and takes no row from behind a
 * watermark that closes the slice. A sum that would leave 64 bits begins another row.
 *
 * A row costs one look into a table of 8,192 places by key; where two keys share a place, rows stay
 * apart that could be one. Not thread safe; needs no GIL.
 */
#ifndef FLK_ROW_COMBINER_H_
#define FLK_ROW_COMBINER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flk/base.h"

namespace flk {

enum class CombineKind : int32_t { kSum = 0, kMin = 1, kMax = 2 };

/* A column that windows aggregate. */
struct CombinedColumn {
    CombineKind kind = CombineKind::kSum;
    const int64_t *values = nullptr;
    int64_t *combined = nullptr; /* room for as many as there are rows */
};

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
    /* Slices begin at `offset` and every `unit` ms, unit > 0. */
    Status open(int64_t unit, int64_t offset) noexcept;

    /* Combines the rows of one batch; nothing is kept for the next one.
     *
     * out_rows  first rows, ascending; room for rows.count
     * returns   how many there are
     */
    int64_t run(const CombinedRows &rows, CombinedColumn *columns, std::size_t column_count,
                uint32_t *out_rows) noexcept;

  private:
    struct Place {
        int64_t key;
        int64_t slice;
        uint32_t row; /* number of the combined row */
        uint32_t turn;
    };

    template <typename Columns>
    int64_t run_with(const CombinedRows &rows, const Columns &columns, uint32_t *out_rows) noexcept;

    std::vector<Place> places_;
    int64_t unit_ = 1;
    int64_t offset_ = 0;
    uint32_t turn_ = 0;
};

}  // namespace flk

#endif  // FLK_ROW_COMBINER_H_
