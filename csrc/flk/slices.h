/* slices.h — the live slices of an operator in time order, and which one a row belongs to.
 *
 *   live_   [ 0, 3 )  [ 3, 5 )  [ 8, 9 )        sorted by start; only slices that got rows
 *              │         │         └ states of keys (flk/state_blocks.h)
 *
 * A slice is made when its first row comes and dropped when the last window that holds it has been
 * cleaned. Dropped ones are used again with the room they have. One owner, not thread safe.
 */
#ifndef FLK_SLICES_H_
#define FLK_SLICES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "flk/base.h"
#include "flk/slice_edges.h"
#include "flk/state_blocks.h"

namespace flk {

struct Slice {
    explicit Slice(StateArena *arena) noexcept : states(arena) {}

    int64_t start = 0;
    int64_t end = 0;
    int64_t first_end = 0; /* earliest end of the windows of all definitions that hold it */
    int64_t clean_at = 0;  /* watermark at which the last of them takes no more rows */
    StateBlocks states;
};

/* Largest time of a window that ends at `end`; windows that end beyond int64 have no other. */
inline int64_t max_time_of(int64_t end) noexcept { return end == kTimeMax ? end : end - 1; }

class Slices {
  public:
    Slices(const std::vector<WindowDefinition> &definitions, StateArena *arena)
        : edges_(definitions), definitions_(&definitions), arena_(arena) {}

    const SliceEdges &edges() const noexcept { return edges_; }

    /* The live slice that starts at `start`, or nullptr. */
    Slice *find(int64_t start) const noexcept;

    /* Make the slice with these bounds, which some definition has a window for. nullptr without
     * memory. */
    Slice *add(const SliceBounds &bounds) noexcept;

    /* First live slice that starts at or after `time`, as a position of live(). */
    std::size_t lower_bound(int64_t time) const noexcept;

    const std::vector<Slice *> &live() const noexcept { return live_; }

    /* First live slice that may be dropped at the watermark, or nullptr; O(1) if there is none. */
    Slice *cleanable(int64_t watermark) noexcept;

    /* Forget a live slice whose states have been released. */
    void drop(Slice *slice) noexcept;

    /* first_end and clean_at of the slice that starts at `start`. A definition without a window
     * there counts rows behind the watermark as late: it ends with the slice's first row.
     * `*out_clean_at` is kTimeMin if there is no window at all. */
    void ends_of(int64_t start, int64_t *out_first_end, int64_t *out_clean_at) const noexcept;

    int64_t live_states() const noexcept;
    int64_t memory_bytes() const noexcept;

  private:
    SliceEdges edges_;
    const std::vector<WindowDefinition> *definitions_;
    StateArena *arena_;
    std::vector<std::unique_ptr<Slice>> all_;
    std::vector<Slice *> live_;
    std::vector<Slice *> free_;
    int64_t next_clean_ = kTimeMax;
};

}  // namespace flk

#endif  // FLK_SLICES_H_
