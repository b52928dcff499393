/* pane_list.h — the panes of one key whose windows overlap, and what is already merged of them.
 *
 *      first_                  closed_              end
 *        │      front            │      open panes   │
 *   [ i..m │ i+1..m │ …  m ][ m+1 │ m+2 │ …   ][ …    ]     front: suffix merges, in place
 *     └─── front_count_ ──┘  └─ merged in back_ ┘            back: panes as they are
 *
 * With subtraction there is no front and `back_` is the total of all closed panes.
 *
 * One owner, not thread safe. close and drop: O(1) merges amortised per pane.
 */
#ifndef FLK_PANE_LIST_H_
#define FLK_PANE_LIST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flk/pending_rows.h"
#include "flk/state_pool.h"

namespace flk {

/* What the lists of one operator share. */
struct PaneSharing {
    const AccumulatorLayout *layout;
    StatePool *pool;
    bool can_subtract; /* every accumulator can */
};

class PaneList {
  public:
    /* Begin a pane at the end; its state, or nullptr (or std::bad_alloc) without memory.
     *
     * starts_window  whether a window starts with it
     */
    uint8_t *begin_pane(const PaneSharing &shared, bool starts_window) {
        uint8_t *state = shared.pool->take();
        if (state != nullptr) {
            panes_.push_back(Pane{state, starts_window});
        }
        return state;
    }

    /* Number of the pane after the last one; panes of a key are counted from 0. */
    int64_t end() const noexcept { return dropped_ + static_cast<int64_t>(panes_.size() - first_); }

    /* Merge the window that ends with pane `end` - 1 into `result`, then drop the panes that
     * belong to it and to no later window. Rows of these panes have been consumed. */
    Status complete(const PaneSharing &shared, int64_t end, uint8_t *result,
                    Error *error) noexcept {
        if (back_ == nullptr) {
            back_ = shared.pool->take();
            if (back_ == nullptr) {
                return fail(error, Status::kNoMemory, "no memory for count windows");
            }
        }
        const std::size_t closed_end = first_ + static_cast<std::size_t>(end - dropped_);
        for (; closed_ < closed_end; ++closed_) {
            FLK_RETURN_NOT_OK(merge(shared, back_, panes_[closed_].state, error));
        }
        if (front_count_ > 0) {
            FLK_RETURN_NOT_OK(merge(shared, result, panes_[first_].state, error));
        }
        FLK_RETURN_NOT_OK(merge(shared, result, back_, error));
        return drop(shared, error);
    }

    /* Give every state back. */
    void clear(const PaneSharing &shared) noexcept {
        for (std::size_t at = first_; at < panes_.size(); ++at) {
            give_back(shared, panes_[at].state);
        }
        if (back_ != nullptr) {
            give_back(shared, back_);
        }
        panes_.clear();
        back_ = nullptr;
        first_ = 0;
        closed_ = 0;
        front_count_ = 0;
    }

  private:
    struct Pane {
        uint8_t *state;
        bool starts_window;
    };

    static Status merge(const PaneSharing &shared, uint8_t *into, const uint8_t *from,
                        Error *error) noexcept {
        return merge_states(*shared.layout, &into, &from, 1, error);
    }

    static void give_back(const PaneSharing &shared, uint8_t *state) noexcept {
        clear_state(*shared.layout, state);
        shared.pool->give_back(state);
    }

    /* Drop closed panes up to the start of the next window. */
    Status drop(const PaneSharing &shared, Error *error) noexcept {
        bool is_back_stale = false;
        do {
            uint8_t *state = panes_[first_].state;
            if (shared.can_subtract) {
                const uint8_t *from = state;
                const AccumulatorLayout &layout = *shared.layout;
                for (std::size_t at = 0; at < layout.accumulators.size(); ++at) {
                    layout.accumulators[at]->subtract(&back_, &from, 1, layout.offsets[at]);
                }
            } else if (front_count_ > 0) {
                --front_count_;
            } else {
                is_back_stale = true;
            }
            give_back(shared, state);
            ++first_;
            ++dropped_;
        } while (first_ < closed_ && !panes_[first_].starts_window);
        if (is_back_stale) {
            FLK_RETURN_NOT_OK(turn_over(shared, error));
        }
        if (first_ > 16 && first_ * 2 > panes_.size()) {
            panes_.erase(panes_.begin(), panes_.begin() + static_cast<std::ptrdiff_t>(first_));
            closed_ -= first_;
            first_ = 0;
        }
        return Status::kOk;
    }

    /* Make all closed panes the front. */
    Status turn_over(const PaneSharing &shared, Error *error) noexcept {
        clear_state(*shared.layout, back_);
        front_count_ = closed_ - first_;
        for (std::size_t at = closed_; at-- > first_ + 1;) {
            FLK_RETURN_NOT_OK(merge(shared, panes_[at - 1].state, panes_[at].state, error));
        }
        return Status::kOk;
    }

    std::vector<Pane> panes_;
    uint8_t *back_ = nullptr;
    std::size_t first_ = 0;
    std::size_t closed_ = 0;
    std::size_t front_count_ = 0;
    int64_t dropped_ = 0;
};

}  // namespace flk

#endif  // FLK_PANE_LIST_H_
