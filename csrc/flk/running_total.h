/* running_total.h — the sum of a window's slices, carried on to the next window.
 *
 *   state of a key in the total   [ the accumulators' bytes │ slices │ position ]
 *                                                             │        └ in ids() of the total
 *                                                             └ how many slices have the key
 *
 * See window_fold.h. The keys of a window come in the order in which they entered the total.
 */
#ifndef FLK_RUNNING_TOTAL_H_
#define FLK_RUNNING_TOTAL_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/state_blocks.h"
#include "flk/window_fold.h"

namespace flk {

class RunningTotal final : public WindowFold {
  public:
    static constexpr int32_t kExtraBytes = 8;

    /* arena           of states with kExtraBytes more than the layout's stride
     * is_always_anew  never carry a total on to the next window */
    RunningTotal(const DefinedStates &states, const WindowSpans &spans, StateArena *arena,
                 bool is_always_anew)
        : WindowFold(states, spans), total_(arena), is_always_anew_(is_always_anew) {}
    ~RunningTotal() override { total_.release(states_.layout()); }

    Status leave(int64_t budget, bool *out_done, Error *error) noexcept override;
    Status update(const Slice &slice, const WindowRows &rows, int64_t row, bool is_new_key,
                  bool is_new_slice, Error *error) noexcept override;
    int64_t memory_bytes() const noexcept override { return total_.memory_bytes(); }

  private:
    struct Extra {
        uint32_t slice_count;
        uint32_t position;
    };

    Status add(const Slice &slice, int64_t first, int64_t count, Error *error) noexcept override;
    Status read_folded(int64_t max_rows, FoldedChunk *out_chunk, Error *error) noexcept override;
    bool is_empty() const noexcept override { return total_.empty(); }

    Extra *extra_of(uint8_t *state) const noexcept {
        return reinterpret_cast<Extra *>(state + states_.layout().stride);
    }
    void subtract(const Slice &slice, int64_t first, int64_t count) noexcept;
    void forget_all() noexcept;

    StateBlocks total_;
    bool is_always_anew_;
};

}  // namespace flk

#endif  // FLK_RUNNING_TOTAL_H_
