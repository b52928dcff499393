/* window_kernel.h — what the windows of built-in aggregates have in common: rows in, results out.
 *
 *   consume(rows 0..99)   next → empty       rows between two watermarks, in one call or in many
 *   advance(watermark)    next → 8192 results, next → 1808 results, next → empty
 *   consume(rows 100..)   ...
 *
 * A kernel owns the states (flk/accumulator.h) of its windows and keeps the ids of their keys alive
 * in the KeyMap: one reference for each (key, place that holds a state of it). It makes no columns:
 * whoever drives it turns ids and states of a chunk into columns before the next call
 * (flk/window_output.h does).
 *
 * Order and batches: what comes out must not depend on how rows are cut into calls of `consume`.
 * A kernel therefore treats rows in row order wherever the order could show.
 *
 * Several definitions are several windows over the same rows that share what they can; each has
 * results and late rows of its own. Everything is resumable: no call works on more than about
 * kStepRows rows or states. One owner, not thread safe; none of it needs the GIL.
 *
 * To those who write a kernel: derive from WindowKernel, put the states of keys into StateBlocks
 * (flk/state_blocks.h) or memory of your own, and let a `make_<kind>_window` open it.
 * `_native/slice_window.pyx` drives any of them; only the assigner's name decides which.
 */
#ifndef FLK_WINDOW_KERNEL_H_
#define FLK_WINDOW_KERNEL_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "flk/accumulator.h"
#include "flk/base.h"
#include "flk/column.h"
#include "flk/key_map.h"
#include "flk/live_count.h"
#include "flk/time_scan.h"

namespace flk {

enum class WindowShape : int32_t {
    kTumbling,   /* [k size + offset, + size) */
    kSliding,    /* [k slide + offset, + size), any slide */
    kCumulative, /* [k size + offset, + slide), + 2 slide, ... + size; size is n slides */
    kSession,    /* rows of a key that are at most `size` apart */
    kCountRows,  /* `size` rows of a key, every `slide` rows; the last ones are never handed out */
    kSessionOfRow, /* as kSession, with a gap for each row */
};

/* One window of an operator. Times in ms of event time. */
struct WindowDefinition {
    WindowShape shape = WindowShape::kTumbling;
    int64_t size = 0;                  /* > 0; a session's gap */
    int64_t slide = 0;                 /* > 0 where the shape has one: slide, or step */
    int64_t offset = 0;                /* |offset| < size, or < slide of kSliding */
    int64_t lateness = 0;              /* >= 0: how long a window takes rows after it has fired */
    std::vector<int32_t> accumulators; /* indexes into the layout: what the results are made of */
};

/* Rows of a batch. All arrays begin with row 0 of the batch. */
struct WindowRows {
    const uint32_t *ids;          /* live ids of the rows' keys */
    const int64_t *times;         /* nullptr for kCountRows */
    const int64_t *gaps;          /* kSessionOfRow; else nullptr */
    const Column *const *columns; /* one per accumulator; nullptr for one without a field */
    int64_t first_row;            /* rows first_row .. end_row - 1 are to be consumed */
    int64_t end_row;
    int64_t first_arrival;                    /* arrival number of row 0 */
    TimeRange range = {INT64_MIN, INT64_MAX}; /* holds all times of the rows; as narrow as known */
};

/* Results of one definition, in order. Valid until the next call of any function of the kernel. */
struct WindowResults {
    int32_t definition;
    int64_t count;          /* 0: a step was done that had no results yet */
    const uint32_t *ids;    /* live ids of the keys */
    uint8_t *const *states; /* whole states; those of the definition's accumulators are valid */
    int64_t start;          /* bounds of the window of all results, unless ... */
    int64_t end;            /* exclusive; INT64_MAX if the true end is beyond */
    const int64_t *starts;  /* ... these are not nullptr: bounds of each one */
    const int64_t *ends;
};

class WindowKernel {
  public:
    /* Rows or states after which a call should return. */
    static constexpr int64_t kStepRows = 8192;

    WindowKernel(const WindowKernel &) = delete;
    WindowKernel &operator=(const WindowKernel &) = delete;
    virtual ~WindowKernel() = default;

    /* Add rows. All come after the watermark of the last `advance`; nothing is due.
     *
     * returns  kOk: all are consumed; late firings may wait in `next`
     *          kFull: many results wait: call `next` until kEmpty, then `consume` again with the
     *          very same rows; the kernel knows where it stopped
     *          kNoMemory, kOverflow (an aggregate's): the kernel can only be destroyed
     */
    virtual Status consume(const WindowRows &rows, Error *error) noexcept = 0;

    /* Let the watermark pass; `next` hands out what it makes due. Only after `next` said kEmpty.
     * A watermark that is not above the last one does nothing. */
    virtual void advance(int64_t watermark_ms) noexcept = 0;

    /* The next results: windows in the order of their ends, keys of one window in an order that
     * does not depend on batches.
     *
     * max_rows  > 0
     * returns   kOk: *out_results is filled (count may be 0: call again); kEmpty: nothing is due;
     *           kNoMemory, kOverflow
     */
    virtual Status next(int64_t max_rows, WindowResults *out_results, Error *error) noexcept = 0;

    /* Rows of the batch whose windows were all gone when they came, since the last `clear_late`;
     * ascending. */
    const std::vector<uint32_t> &late_rows(int32_t definition) const noexcept {
        return late_rows_[static_cast<std::size_t>(definition)];
    }
    void clear_late_rows() noexcept {
        for (std::vector<uint32_t> &rows : late_rows_) {
            rows.clear();
        }
    }

    const AccumulatorLayout &layout() const noexcept { return layout_; }
    const std::vector<WindowDefinition> &definitions() const noexcept { return definitions_; }
    int64_t watermark() const noexcept { return watermark_; }

    /* States of keys that are held now, in all places, and bytes reserved for them. */
    virtual int64_t live_states() const noexcept = 0;
    virtual int64_t memory_bytes() const noexcept = 0;

  protected:
    WindowKernel(AccumulatorLayout layout, std::vector<WindowDefinition> definitions, KeyMap *keys)
        : layout_(std::move(layout)),
          definitions_(std::move(definitions)),
          keys_(keys),
          late_rows_(definitions_.size()) {}

    AccumulatorLayout layout_;
    std::vector<WindowDefinition> definitions_;
    KeyMap *keys_; /* outlives the kernel */
    int64_t watermark_ = INT64_MIN;
    std::vector<std::vector<uint32_t>> late_rows_;

  private:
    LiveCount<LiveKind::kWindowKernel> live_;
};

using WindowKernelPtr = std::unique_ptr<WindowKernel>;

/* Each kind has a function of this form: kInvalid for a definition it cannot run, kNoMemory.
 *
 *   Status make_slice_window(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
 *                            KeyMap *keys, WindowKernelPtr *out_kernel, Error *error) noexcept;
 */

}  // namespace flk

#endif  // FLK_WINDOW_KERNEL_H_
