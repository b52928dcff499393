/* late_results.h — results of windows that fire again for one key at a time.
 *
 *   ids_ [ 7 │ 7 │ 9 ]   starts_, ends_ [ 0, 5 │ 5, 10 │ 0, 5 ]   states_ → copies in blocks
 *
 * Each result is a state of its own, as it was when its row came; later rows do not change it.
 * One owner, not thread safe. Functions that add may throw std::bad_alloc.
 */
#ifndef FLK_LATE_RESULTS_H_
#define FLK_LATE_RESULTS_H_

#include <cstdint>
#include <vector>

#include "flk/accumulator.h"
#include "flk/state_blocks.h"
#include "flk/window_kernel.h"

namespace flk {

class LateResults {
  public:
    /* arena  of states of layout.stride bytes; both outlive the results */
    LateResults(const AccumulatorLayout *layout, StateArena *arena) noexcept
        : layout_(layout), arena_(arena) {}
    LateResults(LateResults &&) noexcept = default;
    ~LateResults() { clear(); }

    /* Add a result; its state is zeroed and is to be filled. nullptr without memory. */
    uint8_t *add(uint32_t id, int64_t start, int64_t end);

    bool empty() const noexcept { return taken_ == ids_.size(); }
    int64_t size() const noexcept { return static_cast<int64_t>(ids_.size() - taken_); }

    /* Hand out up to max_rows results; they stay valid until `drop_taken`. */
    void take(int64_t max_rows, WindowResults *out_results) noexcept;

    /* Free what was handed out, once all is. */
    void drop_taken() noexcept {
        if (!ids_.empty() && empty()) {
            clear();
        }
    }

  private:
    void clear() noexcept;

    const AccumulatorLayout *layout_;
    StateArena *arena_;
    std::vector<uint32_t> ids_;
    std::vector<int64_t> starts_;
    std::vector<int64_t> ends_;
    std::vector<uint8_t *> states_;
    std::vector<StateBlock *> blocks_;
    std::size_t taken_ = 0;
};

}  // namespace flk

#endif  // FLK_LATE_RESULTS_H_
