/* accumulate_plain.h — accumulators whose state is a plain struct: the loops, written once.
 *
 *   Kernel   what one value does to one state; inlined into the loops below
 *   Reader   how a row of the column becomes a value
 *
 *                     no nulls              nulls
 *   rows in a run     step(state, row)      test a bit, step
 *   rows by number    load row, step        load row, test a bit, step
 *
 * The four loops are chosen once per batch. For implementations of accumulators only.
 *
 * A Kernel has
 *   State               trivially copyable, alignment 8 at most, all zeros = no rows
 *   Result              machine type of the result column; bool for one of bits
 *   kCanSubtract, kCanRetract
 *   add(state, value, arrival), merge(into, from), subtract(into, from), retract(state, value):
 *                       false: the state cannot hold it (kOverflow)
 *   result(state, out_value, out_is_valid, error)
 *   is_state(state)     whether bytes that were read can be a state
 *   kName               for messages
 */
#ifndef FLK_ACCUMULATE_PLAIN_H_
#define FLK_ACCUMULATE_PLAIN_H_

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "flk/accumulator.h"
#include "flk/platform.h"

namespace flk {

/* ---- readers ---- */

/* Each has `kRowsPerFetch`, and `fetch`, which is called for the first of as many rows. */
template <typename T>
struct FixedReader {
    using Value = T;
    static constexpr int64_t kRowsPerFetch = 64 / sizeof(T);
    const T *values;
    explicit FixedReader(const Column *column) noexcept : values(column->values<T>()) {}
    T operator()(int64_t row) const noexcept { return values[row]; }
    void fetch(int64_t row) const noexcept { fetch_stream(values + row); }
};

struct BoolReader {
    using Value = bool;
    static constexpr int64_t kRowsPerFetch = 512;
    const Column *column;
    explicit BoolReader(const Column *bits) noexcept : column(bits) {}
    bool operator()(int64_t row) const noexcept { return column->bool_at(row); }
    void fetch(int64_t) const noexcept {}
};

/* Rows without a field. */
struct RowReader {
    using Value = bool;
    static constexpr int64_t kRowsPerFetch = 512;
    explicit RowReader(const Column *) noexcept {}
    bool operator()(int64_t) const noexcept { return true; }
    void fetch(int64_t) const noexcept {}
};

/* ---- loops ---- */

/* step(i, row) for each of the rows that is not null, in order, until it says false; the number
 * of rows that were passed. */
template <typename Step>
inline int64_t for_each_row(const ConsumedRows &rows, const Column *column, Step step) noexcept {
    const bool has_nulls = column != nullptr && column->null_count > 0;
    if (has_nulls && column->validity == nullptr) {
        return rows.count; /* a column of type null */
    }
    if (rows.rows == nullptr) {
        for (int64_t at = 0; at < rows.count; ++at) {
            const int64_t row = rows.first_row + at;
            if (has_nulls && !column->is_valid(row)) {
                continue;
            }
            if (!step(at, row)) {
                return at;
            }
        }
        return rows.count;
    }
    for (int64_t at = 0; at < rows.count; ++at) {
        const int64_t row = rows.rows[at];
        if (has_nulls && !column->is_valid(row)) {
            continue;
        }
        if (!step(at, row)) {
            return at;
        }
    }
    return rows.count;
}

/* The same for rows in a run of which none is null. */
template <typename Reader, typename Step>
inline int64_t for_each_row_of_run(const ConsumedRows &rows, const Reader &read,
                                   Step step) noexcept {
    for (int64_t at = 0; at < rows.count;) {
        read.fetch(rows.first_row + at);
        const int64_t stop = std::min(at + Reader::kRowsPerFetch, rows.count);
        for (; at < stop; ++at) {
            if (!step(at, rows.first_row + at)) {
                return at;
            }
        }
    }
    return rows.count;
}

template <typename State>
inline State *state_at(uint8_t *state, int32_t offset) noexcept {
    return static_cast<State *>(static_cast<void *>(state + offset));
}

template <typename State>
inline const State &state_at(const uint8_t *state, int32_t offset) noexcept {
    return *static_cast<const State *>(static_cast<const void *>(state + offset));
}

/* A column of machine values (bits for bool), filled by get(i, out_value, out_is_valid). */
template <typename T, typename Get>
Status fixed_results(const TypePtr &type, int64_t count, ColumnPtr *out_column, Error *error,
                     Get get) noexcept {
    constexpr bool kIsBits = std::is_same_v<T, bool>;
    Buffer values;
    Buffer validity;
    const int64_t bits_bytes = (count + 7) / 8;
    const int64_t value_bytes = kIsBits ? bits_bytes : count * static_cast<int64_t>(sizeof(T));
    FLK_RETURN_NOT_OK(buffer_allocate(value_bytes, &values, error));
    if constexpr (kIsBits) {
        std::memset(values.bytes(), 0, static_cast<std::size_t>(bits_bytes));
    }
    for (int64_t at = 0; at < count; ++at) {
        T value{};
        bool is_valid = true;
        FLK_RETURN_NOT_OK(get(at, &value, &is_valid));
        if constexpr (kIsBits) {
            if (is_valid && value) {
                set_bits(values.bytes(), at, 1);
            }
        } else {
            values.as<T>()[at] = value;
        }
        if (!is_valid && validity.memory == nullptr) {
            FLK_RETURN_NOT_OK(buffer_allocate(bits_bytes, &validity, error));
            std::memset(validity.bytes(), 0, static_cast<std::size_t>(bits_bytes));
            set_bits(validity.bytes(), 0, at);
        } else if (is_valid && validity.memory != nullptr) {
            set_bits(validity.bytes(), at, 1);
        }
    }
    return column_fixed(type, count, values, validity, out_column, error);
}

/* ---- the accumulator ---- */

template <typename Kernel, typename Reader>
class PlainAccumulator final : public Accumulator {
    using State = typename Kernel::State;
    static_assert(std::is_trivially_copyable_v<State>, "states are zeroed and copied as bytes");
    static_assert(sizeof(State) % 8 == 0 && alignof(State) <= 8, "states lie side by side");

  public:
    PlainAccumulator(Kernel kernel, TypePtr result_type) noexcept
        : Accumulator(static_cast<int32_t>(sizeof(State)), std::move(result_type)),
          kernel_(kernel) {
        can_subtract_ = Kernel::kCanSubtract;
        can_retract_ = Kernel::kCanRetract;
    }

    Status consume(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error *error) noexcept override {
        const Reader read(column);
        const auto step = [&](int64_t at, int64_t row) {
            return kernel_.add(state_at<State>(rows.states[at], offset), read(row),
                               rows.first_arrival + row);
        };
        const bool is_run = rows.rows == nullptr && (column == nullptr || column->null_count == 0);
        const int64_t done =
            is_run ? for_each_row_of_run(rows, read, step) : for_each_row(rows, column, step);
        return done == rows.count ? Status::kOk : too_large(error);
    }

    Status retract(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error *error) noexcept override {
        if constexpr (Kernel::kCanRetract) {
            const Reader read(column);
            const int64_t done = for_each_row(rows, column, [&](int64_t at, int64_t row) {
                return kernel_.retract(state_at<State>(rows.states[at], offset), read(row));
            });
            return done == rows.count ? Status::kOk : too_large(error);
        } else {
            return Accumulator::retract(rows, offset, column, error);
        }
    }

    Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count, int32_t offset,
                 Error *error) noexcept override {
        for (int64_t at = 0; at < count; ++at) {
            if (!kernel_.merge(state_at<State>(into[at], offset),
                               state_at<State>(from[at], offset))) {
                return too_large(error);
            }
        }
        return Status::kOk;
    }

    void subtract(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                  int32_t offset) noexcept override {
        if constexpr (Kernel::kCanSubtract) {
            for (int64_t at = 0; at < count; ++at) {
                kernel_.subtract(state_at<State>(into[at], offset),
                                 state_at<State>(from[at], offset));
            }
        } else {
            Accumulator::subtract(into, from, count, offset);
        }
    }

    Status finalize(const uint8_t *const *states, int64_t count, int32_t offset,
                    ColumnPtr *out_column, Error *error) noexcept override {
        using Result = typename Kernel::Result;
        return fixed_results<Result>(result_type_, count, out_column, error,
                                     [&](int64_t at, Result *out_value, bool *out_is_valid) {
                                         return kernel_.result(state_at<State>(states[at], offset),
                                                               out_value, out_is_valid, error);
                                     });
    }

    Status snapshot(const uint8_t *const *states, int64_t count, int32_t offset,
                    std::vector<uint8_t> *out_bytes, Error *error) const noexcept override {
        try {
            const std::size_t begin = out_bytes->size();
            out_bytes->resize(begin + static_cast<std::size_t>(count) * sizeof(State));
            for (int64_t at = 0; at < count; ++at) {
                std::memcpy(
                    out_bytes->data() + begin + static_cast<std::size_t>(at) * sizeof(State),
                    states[at] + offset, sizeof(State));
            }
            return Status::kOk;
        } catch (const std::bad_alloc &) {
            return fail(error, Status::kNoMemory, "no memory for a snapshot of %s", Kernel::kName);
        }
    }

    Status restore(uint8_t *const *states, int64_t count, int32_t offset, const uint8_t *bytes,
                   int64_t size, int64_t *io_position, Error *error) noexcept override {
        constexpr int64_t kStateBytes = sizeof(State);
        if (*io_position > size || count > (size - *io_position) / kStateBytes) {
            return fail(error, Status::kInvalid,
                        "%s: %lld states of %lld bytes at byte %lld of a snapshot of %lld bytes",
                        Kernel::kName, static_cast<long long>(count),
                        static_cast<long long>(kStateBytes), static_cast<long long>(*io_position),
                        static_cast<long long>(size));
        }
        for (int64_t at = 0; at < count; ++at) {
            State state;
            std::memcpy(&state, bytes + *io_position, sizeof(State));
            if (!Kernel::is_state(state)) {
                return fail(error, Status::kInvalid, "%s: byte %lld of a snapshot is no state",
                            Kernel::kName, static_cast<long long>(*io_position));
            }
            std::memcpy(states[at] + offset, &state, sizeof(State));
            *io_position += kStateBytes;
        }
        return Status::kOk;
    }

  private:
    Status too_large(Error *error) const noexcept {
        return fail(error, Status::kOverflow, "%s: the running value is beyond what a state holds",
                    Kernel::kName);
    }

    Kernel kernel_;
};

/* Publish a new accumulator of a kernel. */
template <typename Reader, typename Kernel>
Status make_plain(Kernel kernel, const TypePtr &result_type, AccumulatorPtr *out_accumulator,
                  Error *error) noexcept {
    auto *made = new (std::nothrow) PlainAccumulator<Kernel, Reader>(kernel, result_type);
    if (made == nullptr) {
        return fail(error, Status::kNoMemory, "no memory for an accumulator");
    }
    out_accumulator->reset(made);
    return Status::kOk;
}

}  // namespace flk

#endif  // FLK_ACCUMULATE_PLAIN_H_
