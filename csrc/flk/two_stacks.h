/* two_stacks.h — sums over sliding windows for aggregates that cannot subtract.
 *
 *   front_   [ a+b+c ][ b+c ][ c ]   back_   d+e
 *              oldest first            newer slices, summed as they come
 *
 * See window_fold.h. When the oldest slices leave and the front is used up, what is left of the
 * back becomes a new front. The keys of a window come in the order of their first touch, oldest
 * slice first.
 */
#ifndef FLK_TWO_STACKS_H_
#define FLK_TWO_STACKS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "flk/base.h"
#include "flk/state_blocks.h"
#include "flk/window_fold.h"

namespace flk {

class TwoStacks final : public WindowFold {
  public:
    TwoStacks(const DefinedStates &states, const WindowSpans &spans, StateArena *arena)
        : WindowFold(states, spans), arena_(arena), back_(arena) {}

    Status leave(int64_t budget, bool *out_done, Error *error) noexcept override;
    Status update(const Slice &slice, const WindowRows &rows, int64_t row, bool is_new_key,
                  bool is_new_slice, Error *error) noexcept override;
    int64_t memory_bytes() const noexcept override;

  private:
    struct Suffix {
        explicit Suffix(StateArena *arena) noexcept : states(arena) {}
        int64_t start = 0;
        StateBlocks states;
    };
    using SuffixPtr = std::unique_ptr<Suffix>;

    Status add(const Slice &slice, int64_t first, int64_t count, Error *error) noexcept override;
    Status read_folded(int64_t max_rows, FoldedChunk *out_chunk, Error *error) noexcept override;
    bool is_empty() const noexcept override { return front_.empty() && back_.empty(); }

    Status merge_into(StateBlocks *target, const StateBlocks &source, int64_t first, int64_t count,
                      Error *error) noexcept;
    Status flip_step(int64_t budget, bool *out_done, Error *error) noexcept;
    void pop_front() noexcept;
    void forget_all() noexcept;

    StateArena *arena_;
    std::deque<SuffixPtr> front_; /* oldest first */
    StateBlocks back_;
    std::vector<Slice *> flipping_; /* slices that become the front, oldest first; taken from the
                                       end */
    bool is_flipping_ = false;
    int64_t line_ = kTimeMin; /* slices that start before it are in the front, if there is one */
    int flip_part_ = 0;       /* of the newest suffix: 0 copy the slice, 1 add the next suffix */
    int64_t flip_at_ = 0;
    std::vector<SuffixPtr> free_;
    std::vector<uint64_t> scratch_; /* states of keys that are on both sides */
};

}  // namespace flk

#endif  // FLK_TWO_STACKS_H_
