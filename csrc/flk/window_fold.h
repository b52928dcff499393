/* window_fold.h — from slices to the states of one window at a time, without starting over.
 *
 *   slices        [ a ][ b ][ c ][ d ]
 *   window 1      └──────────────┘          total = a + b + c
 *   window 2           └─────────────┘      total = total - a + d
 *
 * RunningTotal keeps the sum of the slices of the last window. Sliding on, it subtracts slices,
 * which only aggregates that can_subtract allow; tumbling and cumulative windows never subtract,
 * because all slices go at once. Aggregates whose states own memory are summed up anew for each
 * window: their totals would be as large as all results together.
 *
 * TwoStacks is for the rest (min, max, floats): sums from each older slice up to a line, and one
 * sum from the line on. Each state is merged about three times, however many windows it is in.
 *
 *   front   a+b+c   b+c   c  │ line │  d+e     back      window from b = (b+c) + (d+e)
 *
 * A window with a single slice is read from the slice. All work is done in steps. One owner, not
 * thread safe.
 */
#ifndef FLK_WINDOW_FOLD_H_
#define FLK_WINDOW_FOLD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "flk/accumulator.h"
#include "flk/base.h"
#include "flk/slice_edges.h"
#include "flk/slices.h"
#include "flk/state_blocks.h"
#include "flk/window_kernel.h"

namespace flk {

/* Ids and states of some keys of a window; valid until the fold's next call. */
struct FoldedChunk {
    int64_t count = 0;
    const uint32_t *ids = nullptr;
    uint8_t *const *states = nullptr;
};

/* The accumulators that one definition reads. */
class DefinedStates {
  public:
    DefinedStates(const AccumulatorLayout &layout, const WindowDefinition &definition)
        : layout_(&layout), accumulators_(&definition.accumulators) {}

    const AccumulatorLayout &layout() const noexcept { return *layout_; }

    Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                 Error *error) const noexcept;
    void subtract(uint8_t *const *into, const uint8_t *const *from, int64_t count) const noexcept;
    /* Add one row of `rows` to a state. */
    Status consume_row(uint8_t *state, const WindowRows &rows, int64_t row,
                       Error *error) const noexcept;
    void release(uint8_t *const *states, int64_t count) const noexcept;

    bool can_subtract() const noexcept;
    bool owns_memory() const noexcept;

  private:
    const AccumulatorLayout *layout_;
    const std::vector<int32_t> *accumulators_;
};

class WindowFold {
  public:
    WindowFold(const WindowFold &) = delete;
    WindowFold &operator=(const WindowFold &) = delete;
    virtual ~WindowFold() = default;

    /* Begin with the window that ends at `end`, after all earlier ones.
     *
     * slices  its live slices in time order, at least one
     */
    Status begin(int64_t end, Slice *const *slices, std::size_t slice_count) noexcept;

    /* Fold about `budget` states; *out_done: the window can be read. */
    Status fold(int64_t budget, bool *out_done, Error *error) noexcept;

    /* The next keys of the window; count is 0 when there are no more. */
    Status read(int64_t max_rows, FoldedChunk *out_chunk, Error *error) noexcept;

    /* Let go of slices that no later window holds, about `budget` states at a time. */
    virtual Status leave(int64_t budget, bool *out_done, Error *error) noexcept = 0;

    /* A row came for a slice, and was added to it, after windows that hold the slice had been
     * folded.
     *
     * is_new_key    it is the first row of its key in the slice
     * is_new_slice  ... and the first row of the slice
     */
    virtual Status update(const Slice &slice, const WindowRows &rows, int64_t row, bool is_new_key,
                          bool is_new_slice, Error *error) noexcept = 0;

    virtual int64_t memory_bytes() const noexcept = 0;

  protected:
    WindowFold(const DefinedStates &states, const WindowSpans &spans)
        : states_(states), spans_(spans) {}

    /* Add the states of ids first .. first + count - 1 of a slice; count <= kChunk. */
    virtual Status add(const Slice &slice, int64_t first, int64_t count, Error *error) noexcept = 0;
    virtual Status read_folded(int64_t max_rows, FoldedChunk *out_chunk, Error *error) noexcept = 0;
    virtual bool is_empty() const noexcept = 0;

    /* Whether no window after the current one holds the slice that starts at `start`. */
    bool is_left(int64_t start) const noexcept { return spans_.last_end(start) <= end_; }
    /* Whether the slice is part of what is carried on to the next window. */
    bool holds(const Slice &slice) const noexcept {
        return slice.start < until_ && !is_left(slice.start);
    }
    /* Room in into_ and others_. */
    Status reserve(int64_t count) noexcept;

    static constexpr int64_t kChunk = 1024;

    DefinedStates states_;
    WindowSpans spans_;
    int64_t end_ = kTimeMin;      /* of the current window */
    int64_t until_ = kTimeMin;    /* slices from here on are not folded in yet */
    std::vector<Slice *> slices_; /* of the current window */
    std::size_t slice_at_ = 0;
    int64_t state_at_ = 0;
    bool is_direct_ = false;
    std::vector<uint32_t> ids_;
    std::vector<uint8_t *> into_;
    std::vector<uint8_t *> others_;
};

/* The fold that fits. May throw std::bad_alloc.
 *
 * plain, counted   arenas of layout.stride and of layout.stride + 8 bytes; they outlive the fold
 */
std::unique_ptr<WindowFold> make_window_fold(const AccumulatorLayout &layout,
                                             const WindowDefinition &definition, StateArena *plain,
                                             StateArena *counted);

}  // namespace flk

#endif  // FLK_WINDOW_FOLD_H_
