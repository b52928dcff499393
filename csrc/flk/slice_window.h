/* slice_window.h — tumbling, sliding and cumulative windows of built-in aggregates over slices.
 *
 *   row ──→ slice of its time ──→ state of its key there           once, however many windows
 *
 *   watermark passes the end of a window: fold its slices (flk/window_fold.h), hand out its keys
 *   watermark passes the end of cleaning of a slice's last window: the slice is dropped
 *
 * Rows of slices none of whose windows has fired are added run by run. All others, which come
 * behind the watermark, are taken one by one in row order: they may be late, may belong to a sum
 * that is carried on, and may make windows fire again. As slices of the two kinds have no window
 * in common that has fired, the order between the kinds cannot show.
 *
 * See window_kernel.h for how it is driven, and contract 15: results are those of the general
 * window operator.
 */
#ifndef FLK_SLICE_WINDOW_H_
#define FLK_SLICE_WINDOW_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "flk/accumulator.h"
#include "flk/base.h"
#include "flk/key_map.h"
#include "flk/late_results.h"
#include "flk/slice_index.h"
#include "flk/slices.h"
#include "flk/state_blocks.h"
#include "flk/window_fold.h"
#include "flk/window_kernel.h"

namespace flk {

class SliceWindow final : public WindowKernel {
  public:
    /* May throw std::bad_alloc; definitions must be valid. */
    SliceWindow(AccumulatorLayout layout, std::vector<WindowDefinition> definitions, KeyMap *keys);
    ~SliceWindow() override;

    Status consume(const WindowRows &rows, Error *error) noexcept override;
    void advance(int64_t watermark_ms) noexcept override;
    Status next(int64_t max_rows, WindowResults *out_results, Error *error) noexcept override;
    int64_t live_states() const noexcept override { return slices_.live_states(); }
    int64_t memory_bytes() const noexcept override;
    int64_t live_slices() const noexcept { return static_cast<int64_t>(slices_.live().size()); }

  private:
    enum class Phase { kIdle, kFolding, kReading, kLeaving, kCleaning };

    /* ---- rows: slice_window.cc ---- */
    Status add_fresh(const WindowRows &rows, Error *error);
    Status find_states(const WindowRows &rows);
    Status find_states_by_row(const WindowRows &rows, int64_t first_row, bool *out_is_done);
    void put_aside(const WindowRows &rows, int64_t first_row, int64_t end_row, bool is_late);
    Slice *fresh_slice(int64_t time, SliceBounds *out_bounds, Status *out_status);
    Status touch(Slice *slice, const uint32_t *ids, int64_t count, uint8_t **out_states);
    Status add_late(const WindowRows &rows, Error *error);
    Status add_late_row(const WindowRows &rows, int64_t row, Error *error);
    bool is_taken(int64_t time, int64_t row);
    Status fire_again(const WindowRows &rows, int64_t row, int32_t definition, Error *error);
    void note_due(const Slice &slice) noexcept;

    /* ---- windows: slice_firing.cc ---- */
    int64_t next_end(std::size_t definition) const noexcept;
    void find_due() noexcept;
    Status begin_window() noexcept;
    Status step(int64_t max_rows, WindowResults *out_results, Error *error,
                bool *out_has_stopped) noexcept;
    bool clean_step() noexcept;

    StateArena plain_;
    StateArena counted_;
    Slices slices_;
    std::vector<std::unique_ptr<WindowFold>> folds_; /* one per definition */
    std::vector<int64_t> fired_until_;               /* end of the last window that was due */
    std::vector<LateResults> late_;
    int64_t late_count_ = 0;

    bool has_due_ = false;
    int64_t next_due_ = 0; /* earliest end of a window that has rows and has not fired */
    std::size_t due_definition_ = 0;
    Phase phase_ = Phase::kIdle;
    int64_t window_start_ = 0;
    int64_t window_end_ = 0;
    int64_t cleaned_ = 0; /* ids of the slice being dropped that were given back */

    SliceIndex index_;
    std::vector<uint8_t *> row_states_;
    int64_t fresh_count_ = 0;          /* rows that have a state in row_states_ */
    std::vector<uint32_t> fresh_rows_; /* which ones, if there are late ones */
    std::vector<uint32_t> late_order_; /* rows behind the watermark, to be taken one by one */
    std::size_t late_at_ = 0;
};

/* kInvalid for a definition that cannot be cut into slices or names an accumulator that is not
 * there; kNoMemory.
 *
 * keys  outlives the kernel
 */
Status make_slice_window(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                         KeyMap *keys, WindowKernelPtr *out_kernel, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_SLICE_WINDOW_H_
