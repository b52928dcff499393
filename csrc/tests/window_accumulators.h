/* window_accumulators.h — small accumulators for tests of window kernels. */
#ifndef FLK_TESTS_WINDOW_ACCUMULATORS_H_
#define FLK_TESTS_WINDOW_ACCUMULATORS_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "flk/accumulator.h"

namespace flk {

inline TypePtr int64_type() {
    TypePtr type;
    EXPECT_EQ(type_from_format("l", &type, nullptr), Status::kOk);
    return type;
}

inline ColumnPtr int64_column(const std::vector<int64_t> &values) {
    ColumnPtr column;
    Buffer buffer;
    const auto bytes = static_cast<int64_t>(values.size() * sizeof(int64_t));
    EXPECT_EQ(buffer_allocate(bytes, &buffer, nullptr), Status::kOk);
    if (!values.empty()) {
        std::memcpy(buffer.memory.get(), values.data(), static_cast<std::size_t>(bytes));
    }
    EXPECT_EQ(column_fixed(int64_type(), static_cast<int64_t>(values.size()), buffer, Buffer{},
                           &column, nullptr),
              Status::kOk);
    return column;
}

/* Base: a state is [ rows │ value ]; finalize gives value. */
class TestAccumulator : public Accumulator {
  public:
    struct State {
        int64_t rows;
        int64_t value;
    };

    explicit TestAccumulator(bool can_subtract) : Accumulator(sizeof(State), int64_type()) {
        can_subtract_ = can_subtract;
    }

    static State *at(uint8_t *state, int32_t offset) {
        return reinterpret_cast<State *>(state + offset);
    }

    Status consume(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error * /*error*/) noexcept override {
        for (int64_t each = 0; each < rows.count; ++each) {
            const int64_t row = rows.rows == nullptr ? rows.first_row + each : rows.rows[each];
            State *state = at(rows.states[each], offset);
            add_value(state, column->values<int64_t>()[row]);
            ++state->rows;
        }
        return Status::kOk;
    }
    Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count, int32_t offset,
                 Error * /*error*/) noexcept override {
        for (int64_t each = 0; each < count; ++each) {
            const State *other = at(const_cast<uint8_t *>(from[each]), offset);
            add_value(at(into[each], offset), other->value);
            at(into[each], offset)->rows += other->rows;
        }
        return Status::kOk;
    }
    void subtract(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                  int32_t offset) noexcept override {
        for (int64_t each = 0; each < count; ++each) {
            const State *other = at(const_cast<uint8_t *>(from[each]), offset);
            at(into[each], offset)->value -= other->value;
            at(into[each], offset)->rows -= other->rows;
        }
    }
    Status finalize(const uint8_t *const *states, int64_t count, int32_t offset,
                    ColumnPtr *out_column, Error * /*error*/) noexcept override {
        std::vector<int64_t> values;
        for (int64_t each = 0; each < count; ++each) {
            values.push_back(at(const_cast<uint8_t *>(states[each]), offset)->value);
        }
        *out_column = int64_column(values);
        return Status::kOk;
    }
    Status snapshot(const uint8_t *const *, int64_t, int32_t, std::vector<uint8_t> *,
                    Error *) const noexcept override {
        return Status::kUnsupported;
    }
    Status restore(uint8_t *const *, int64_t, int32_t, const uint8_t *, int64_t, int64_t *,
                   Error *) noexcept override {
        return Status::kUnsupported;
    }

  protected:
    virtual void add_value(State *state, int64_t value) const = 0;
};

class TestSum final : public TestAccumulator {
  public:
    using TestAccumulator::TestAccumulator;

  protected:
    void add_value(State *state, int64_t value) const override { state->value += value; }
};

/* Largest value, 0 if there is none; never subtracts. */
class TestMax final : public TestAccumulator {
  public:
    TestMax() : TestAccumulator(false) {}

  protected:
    void add_value(State *state, int64_t value) const override {
        state->value = std::max(state->value, value);
    }
};

/* A sum whose state is memory of its own: leaks and double frees show under ASan. */
class TestHeapSum final : public Accumulator {
  public:
    TestHeapSum() : Accumulator(8, int64_type()) { owns_memory_ = true; }

    static int64_t *&at(const uint8_t *state, int32_t offset) {
        return *reinterpret_cast<int64_t **>(const_cast<uint8_t *>(state) + offset);
    }
    static void add(uint8_t *state, int32_t offset, int64_t value) {
        if (at(state, offset) == nullptr) {
            at(state, offset) = new int64_t(0);
        }
        *at(state, offset) += value;
    }
    Status consume(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error * /*error*/) noexcept override {
        for (int64_t each = 0; each < rows.count; ++each) {
            const int64_t row = rows.rows == nullptr ? rows.first_row + each : rows.rows[each];
            add(rows.states[each], offset, column->values<int64_t>()[row]);
        }
        return Status::kOk;
    }
    Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count, int32_t offset,
                 Error * /*error*/) noexcept override {
        for (int64_t each = 0; each < count; ++each) {
            add(into[each], offset, *at(from[each], offset));
        }
        return Status::kOk;
    }
    Status finalize(const uint8_t *const *states, int64_t count, int32_t offset,
                    ColumnPtr *out_column, Error * /*error*/) noexcept override {
        std::vector<int64_t> values;
        for (int64_t each = 0; each < count; ++each) {
            values.push_back(*at(states[each], offset));
        }
        *out_column = int64_column(values);
        return Status::kOk;
    }
    Status snapshot(const uint8_t *const *, int64_t, int32_t, std::vector<uint8_t> *,
                    Error *) const noexcept override {
        return Status::kUnsupported;
    }
    Status restore(uint8_t *const *, int64_t, int32_t, const uint8_t *, int64_t, int64_t *,
                   Error *) noexcept override {
        return Status::kUnsupported;
    }
    void release(uint8_t *const *states, int64_t count, int32_t offset) noexcept override {
        for (int64_t each = 0; each < count; ++each) {
            delete at(states[each], offset);
            at(states[each], offset) = nullptr;
        }
    }
};

inline void append(AccumulatorLayout *layout, AccumulatorPtr accumulator) {
    layout->offsets.push_back(layout->stride);
    layout->stride += accumulator->state_bytes();
    layout->accumulators.push_back(std::move(accumulator));
}

}  // namespace flk

#endif  // FLK_TESTS_WINDOW_ACCUMULATORS_H_
