/* aggregate.h — running aggregates: one result per row, per key, in row order.
 *
 *   ids      3  0  3  3           id of the row's key
 *   values   5  2  1  4
 *   sum      5  2  6 10           what the stream has been for this key up to and with this row
 *
 * RunningColumn<T> holds the state of all keys for values of type int64_t or double. Sums of ints
 * are exact or kOverflow; floats are added in the order they arrive. min and max keep the first of
 * equal values and, as Python does, never replace a value by NaN or a NaN by a value.
 *
 * A call that fails with kOverflow has done the rows before `*out_done` and nothing of that row.
 * Not thread safe; needs no GIL. One addition or comparison and one random access per row.
 */
#ifndef FLK_AGGREGATE_H_
#define FLK_AGGREGATE_H_

#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

#include "flk/base.h"
#include "flk/live_count.h"

namespace flk {

template <typename T>
class RunningColumn {
    static_assert(std::is_same_v<T, int64_t> || std::is_same_v<T, double>);

  public:
    /* Make room for the ids 0 .. id_capacity - 1; never shrinks. */
    Status resize(int64_t id_capacity) noexcept {
        if (id_capacity <= static_cast<int64_t>(is_held_.size())) {
            return Status::kOk;
        }
        try {
            states_.resize(static_cast<std::size_t>(id_capacity), State{});
            is_held_.resize(static_cast<std::size_t>(id_capacity), 0);
        } catch (const std::bad_alloc &) {
            return Status::kNoMemory;
        }
        return Status::kOk;
    }

    /* The ids among these that no call before has named, each once, in row order.
     *
     * out_ids  room for `row_count`; the caller takes a reference to each for the state
     * returns  how many
     */
    int64_t hold(const uint32_t *ids, int64_t row_count, uint32_t *out_ids) noexcept {
        int64_t new_count = 0;
        for (int64_t row = 0; row < row_count; ++row) {
            uint8_t &is_held = is_held_[ids[row]];
            if (is_held == 0) {
                is_held = 1;
                out_ids[new_count++] = ids[row];
            }
        }
        return new_count;
    }

    bool is_held(uint32_t id) const noexcept { return is_held_[id] != 0; }
    int64_t id_capacity() const noexcept { return static_cast<int64_t>(is_held_.size()); }
    /* Rows of this key so far. id < id_capacity() here and below. */
    int64_t row_count(uint32_t id) const noexcept { return states_[id].row_count; }
    /* Sum, minimum or maximum of this key so far; of no meaning without rows. */
    T value(uint32_t id) const noexcept { return states_[id].value; }

    Status sum(const uint32_t *ids, const T *values, int64_t row_count, T *out_values,
               int64_t *out_done) noexcept {
        return run(ids, values, row_count, out_values, out_done, add);
    }

    Status min(const uint32_t *ids, const T *values, int64_t row_count, T *out_values,
               int64_t *out_done) noexcept {
        return run(ids, values, row_count, out_values, out_done, lesser);
    }

    Status max(const uint32_t *ids, const T *values, int64_t row_count, T *out_values,
               int64_t *out_done) noexcept {
        return run(ids, values, row_count, out_values, out_done, greater);
    }

    /* For min_by and max_by: whether each row becomes the one its key keeps. */
    void min_by(const uint32_t *ids, const T *values, int64_t row_count,
                uint8_t *out_taken) noexcept {
        take(ids, values, row_count, out_taken, [](T current, T value) { return value < current; });
    }

    void max_by(const uint32_t *ids, const T *values, int64_t row_count,
                uint8_t *out_taken) noexcept {
        take(ids, values, row_count, out_taken, [](T current, T value) { return value > current; });
    }

    /* Mean so far, the quotient of sum and count rounded once. kOverflow also if an int sum is
     * beyond 2^53, where a double cannot hold it. */
    Status avg(const uint32_t *ids, const T *values, int64_t row_count, double *out_values,
               int64_t *out_done) noexcept {
        for (int64_t row = 0; row < row_count; ++row) {
            State &state = states_[ids[row]];
            T total = values[row];
            if (state.row_count > 0 && !add(state.value, values[row], &total)) {
                *out_done = row;
                return Status::kOverflow;
            }
            if constexpr (std::is_same_v<T, int64_t>) {
                constexpr int64_t kExact = int64_t{1} << 53;
                if (total > kExact || total < -kExact) {
                    *out_done = row;
                    return Status::kOverflow;
                }
            }
            state.value = total;
            ++state.row_count;
            out_values[row] = static_cast<double>(total) / static_cast<double>(state.row_count);
        }
        *out_done = row_count;
        return Status::kOk;
    }

    void count(const uint32_t *ids, int64_t row_count, int64_t *out_counts) noexcept {
        for (int64_t row = 0; row < row_count; ++row) {
            out_counts[row] = ++states_[ids[row]].row_count;
        }
    }

  private:
    struct State {
        T value = 0;
        int64_t row_count = 0;
    };

    static bool add(T current, T value, T *out) noexcept {
        if constexpr (std::is_same_v<T, int64_t>) {
            return !__builtin_add_overflow(current, value, out);
        } else {
            *out = current + value;
            return true;
        }
    }

    static bool lesser(T current, T value, T *out) noexcept {
        *out = value < current ? value : current;
        return true;
    }

    static bool greater(T current, T value, T *out) noexcept {
        *out = value > current ? value : current;
        return true;
    }

    template <typename Combine>
    Status run(const uint32_t *ids, const T *values, int64_t row_count, T *out_values,
               int64_t *out_done, Combine combine) noexcept {
        for (int64_t row = 0; row < row_count; ++row) {
            FLK_DCHECK(ids[row] < states_.size());
            State &state = states_[ids[row]];
            T result = values[row];
            if (state.row_count > 0 && !combine(state.value, values[row], &result)) {
                *out_done = row;
                return Status::kOverflow;
            }
            state.value = result;
            ++state.row_count;
            out_values[row] = result;
        }
        *out_done = row_count;
        return Status::kOk;
    }

    template <typename IsBetter>
    void take(const uint32_t *ids, const T *values, int64_t row_count, uint8_t *out_taken,
              IsBetter is_better) noexcept {
        for (int64_t row = 0; row < row_count; ++row) {
            FLK_DCHECK(ids[row] < states_.size());
            State &state = states_[ids[row]];
            const bool is_taken = state.row_count == 0 || is_better(state.value, values[row]);
            if (is_taken) {
                state.value = values[row];
            }
            ++state.row_count;
            out_taken[row] = is_taken ? 1 : 0;
        }
    }

    std::vector<State> states_;
    std::vector<uint8_t> is_held_;
    LiveCount<LiveKind::kRunning> live_;
};

}  // namespace flk

#endif  // FLK_AGGREGATE_H_
