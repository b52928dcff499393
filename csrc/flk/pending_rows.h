/* pending_rows.h — rows whose state is known, waiting to be consumed together.
 *
 *   row       4    5    7    8          a row is put down when its window is found; the values are
 *   state   ●──  ●──  ●──  ●──          looked at once, column by column, in `consume`
 *
 * Whatever reads a state (a merge, a result) or moves it consumes what is pending first. One owner.
 */
#ifndef FLK_PENDING_ROWS_H_
#define FLK_PENDING_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "flk/accumulator.h"
#include "flk/base.h"

namespace flk {

class PendingRows {
  public:
    /* Make room for `count` rows and take the columns they are of. Nothing is pending.
     *
     * columns        one per accumulator, nullptr for one without a field; valid until the last
     *                row is consumed
     * first_arrival  arrival number of row 0 of the columns
     */
    Status open(int64_t count, const Column *const *columns, int64_t first_arrival) noexcept {
        FLK_DCHECK(count_ == 0);
        columns_ = columns;
        first_arrival_ = first_arrival;
        if (states_.size() < static_cast<std::size_t>(count)) {
            try {
                rows_.resize(static_cast<std::size_t>(count));
                states_.resize(static_cast<std::size_t>(count));
            } catch (const std::bad_alloc &) {
                return Status::kNoMemory;
            }
        }
        return Status::kOk;
    }

    /* Put down a row; rows ascend. */
    void add(uint8_t *state, int64_t row) noexcept {
        states_[count_] = state;
        rows_[count_] = static_cast<uint32_t>(row);
        ++count_;
    }

    /* Where the next rows and their states go, for loops that count in registers; `added` tells
     * how many were written. */
    uint8_t **next_states() noexcept { return states_.data() + count_; }
    uint32_t *next_rows() noexcept { return rows_.data() + count_; }
    void added(int64_t count) noexcept { count_ += static_cast<std::size_t>(count); }

    Status consume(const AccumulatorLayout &layout, Error *error) noexcept {
        if (count_ == 0) {
            return Status::kOk;
        }
        const bool has_gaps = rows_[count_ - 1] - rows_[0] + 1 != count_;
        const ConsumedRows rows{states_.data(), static_cast<int64_t>(count_), rows_[0],
                                has_gaps ? rows_.data() : nullptr, first_arrival_};
        count_ = 0;
        for (std::size_t at = 0; at < layout.accumulators.size(); ++at) {
            FLK_RETURN_NOT_OK(
                layout.accumulators[at]->consume(rows, layout.offsets[at], columns_[at], error));
        }
        return Status::kOk;
    }

    bool empty() const noexcept { return count_ == 0; }

  private:
    std::vector<uint8_t *> states_;
    std::vector<uint32_t> rows_;
    std::size_t count_ = 0;
    const Column *const *columns_ = nullptr;
    int64_t first_arrival_ = 0;
};

/* into[i] becomes the state of the rows of both, those of from[i] being the later ones. */
inline Status merge_states(const AccumulatorLayout &layout, uint8_t *const *into,
                           const uint8_t *const *from, int64_t count, Error *error) noexcept {
    for (std::size_t at = 0; at < layout.accumulators.size(); ++at) {
        FLK_RETURN_NOT_OK(
            layout.accumulators[at]->merge(into, from, count, layout.offsets[at], error));
    }
    return Status::kOk;
}

/* Make a state that of no rows. */
inline void clear_state(const AccumulatorLayout &layout, uint8_t *state) noexcept {
    for (std::size_t at = 0; at < layout.accumulators.size(); ++at) {
        if (layout.accumulators[at]->owns_memory()) {
            layout.accumulators[at]->release(&state, 1, layout.offsets[at]);
        }
    }
    std::memset(state, 0, static_cast<std::size_t>(layout.stride));
}

}  // namespace flk

#endif  // FLK_PENDING_ROWS_H_
