/* window_output.h — results of a window kernel on their way to a batch: ids, bounds, columns.
 *
 *   chunk of 3000 ┐                       ids      7 3 9 ...      one per row
 *   chunk of 5192 ┴─→ finalized at once   starts   0 0 0 ...      window bounds, if asked for
 *                                         times    9999 9999 ...  last millisecond of the window
 *                                         columns  [sum][max]     joined when the batch is taken
 *                     marks  stops [3000] times [9999]
 *
 * States live only until the kernel goes on, so results become columns as they come. One owner,
 * not thread safe.
 */
#ifndef FLK_WINDOW_OUTPUT_H_
#define FLK_WINDOW_OUTPUT_H_

#include <cstdint>
#include <vector>

#include "flk/accumulator.h"
#include "flk/base.h"
#include "flk/column.h"
#include "flk/window_kernel.h"

namespace flk {

/* Watermarks between rows: times[i] stands after the first stops[i] rows. */
struct MarkList {
    std::vector<int64_t> stops;
    std::vector<int64_t> times;

    /* Note a watermark after `stop` rows; the last one at a place counts. */
    void add(int64_t stop, int64_t time) {
        if (!stops.empty() && stops.back() == stop) {
            times.back() = time;
            return;
        }
        stops.push_back(stop);
        times.push_back(time);
    }
    void clear() noexcept {
        stops.clear();
        times.clear();
    }
};

/* The result that could not become a row. */
struct FailedResult {
    uint32_t id;
    int64_t start;
    int64_t end;
};

/* What one definition has made since the last `clear`. */
class WindowOutput {
  public:
    WindowOutput() = default;

    /* Add results as columns; those before the first one that cannot be, then see `failed`. */
    Status add(const WindowResults &results, const AccumulatorLayout &layout,
               const std::vector<int32_t> &accumulators, Error *error) noexcept;

    /* Which one that was. */
    const FailedResult &failed() const noexcept { return failed_; }

    /* Note that the watermark stands after the results so far and after `late_count` late rows. */
    Status mark(int64_t time, int64_t late_count) noexcept;

    int64_t row_count() const noexcept { return static_cast<int64_t>(ids_.size()); }
    const uint32_t *ids() const noexcept { return ids_.data(); }
    const MarkList &marks() const noexcept { return marks_; }
    /* Among the late rows; a watermark before the first of them is left out. */
    const MarkList &late_marks() const noexcept { return late_marks_; }
    void clear_late_marks() noexcept { late_marks_.clear(); }

    /* Columns of all rows: aggregates in the order of the definition, int64 starts, ends, and
     * times.
     */
    Status column_of(std::size_t aggregate, ColumnPtr *out_column, Error *error) const noexcept;
    Status starts(ColumnPtr *out_column, Error *error) const noexcept;
    Status ends(ColumnPtr *out_column, Error *error) const noexcept;
    Status times(ColumnPtr *out_column, Error *error) const noexcept;

    /* Forget rows and marks. */
    void clear() noexcept;

  private:
    Status add_all(const WindowResults &results, const AccumulatorLayout &layout,
                   const std::vector<int32_t> &accumulators, Error *error) noexcept;

    struct Bounds {
        int64_t count;
        int64_t start;
        int64_t end;
    };

    template <typename Value>
    Status fill(Value value, ColumnPtr *out_column, Error *error) const noexcept;

    std::vector<uint32_t> ids_;
    std::vector<Bounds> bounds_;                 /* runs of rows of one window */
    std::vector<std::vector<ColumnPtr>> pieces_; /* by aggregate */
    MarkList marks_;
    MarkList late_marks_;
    FailedResult failed_{};
};

}  // namespace flk

#endif  // FLK_WINDOW_OUTPUT_H_
