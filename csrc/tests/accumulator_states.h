/* accumulator_states.h — columns of literals and states of groups, for tests of accumulators. */
#ifndef FLK_TESTS_ACCUMULATOR_STATES_H_
#define FLK_TESTS_ACCUMULATOR_STATES_H_

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "flk/accumulator.h"

namespace flk_test {

inline flk::TypePtr type_of(const char *format) {
    flk::TypePtr type;
    EXPECT_EQ(flk::type_from_format(format, &type, nullptr), flk::Status::kOk);
    return type;
}

inline flk::Buffer bits_of(const std::vector<bool> &bits) {
    flk::Buffer buffer;
    const auto size_bytes = static_cast<int64_t>(bits.size() + 7) / 8;
    EXPECT_EQ(flk::buffer_allocate(size_bytes, &buffer, nullptr), flk::Status::kOk);
    std::memset(buffer.bytes(), 0, static_cast<size_t>(size_bytes));
    for (size_t row = 0; row < bits.size(); ++row) {
        if (bits[row]) {
            flk::set_bits(buffer.bytes(), static_cast<int64_t>(row), 1);
        }
    }
    return buffer;
}

/* A column of machine values; rows whose `valid` is false are null (empty: none). */
template <typename T>
flk::ColumnPtr column_of(const char *format, const std::vector<T> &values,
                         const std::vector<bool> &valid = {}) {
    flk::Buffer data;
    const size_t size_bytes = values.size() * sizeof(T);
    EXPECT_EQ(flk::buffer_allocate(static_cast<int64_t>(size_bytes), &data, nullptr),
              flk::Status::kOk);
    if (size_bytes > 0) {
        std::memcpy(data.bytes(), values.data(), size_bytes);
    }
    flk::ColumnPtr column;
    EXPECT_EQ(flk::column_fixed(type_of(format), static_cast<int64_t>(values.size()), data,
                                valid.empty() ? flk::Buffer() : bits_of(valid), &column, nullptr),
              flk::Status::kOk);
    return column;
}

/* A column of strings ("u") or bytes ("z"). */
inline flk::ColumnPtr texts_of(const std::vector<std::string> &texts,
                               const std::vector<bool> &valid = {}, const char *format = "u") {
    std::vector<int32_t> ends = {0};
    std::string joined;
    for (const std::string &text : texts) {
        joined += text;
        ends.push_back(static_cast<int32_t>(joined.size()));
    }
    flk::Buffer offsets;
    flk::Buffer bytes;
    EXPECT_EQ(flk::buffer_allocate(static_cast<int64_t>(ends.size() * 4), &offsets, nullptr),
              flk::Status::kOk);
    EXPECT_EQ(flk::buffer_allocate(static_cast<int64_t>(joined.size()), &bytes, nullptr),
              flk::Status::kOk);
    std::memcpy(offsets.bytes(), ends.data(), ends.size() * 4);
    std::memcpy(bytes.bytes(), joined.data(), joined.size());
    flk::ColumnPtr column;
    EXPECT_EQ(flk::column_bytes(type_of(format), static_cast<int64_t>(texts.size()), offsets, bytes,
                                valid.empty() ? flk::Buffer() : bits_of(valid), &column, nullptr),
              flk::Status::kOk);
    return column;
}

/* States of a few groups for one accumulator, and the verbs by group number. */
class States {
  public:
    explicit States(flk::Accumulator *accumulator, size_t group_count = 4, int32_t offset = 8)
        : accumulator_(accumulator),
          offset_(offset),
          stride_(static_cast<size_t>(offset + accumulator->state_bytes())),
          memory_(group_count * stride_ / 8) {
        for (size_t group = 0; group < group_count; ++group) {
            all_.push_back(reinterpret_cast<uint8_t *>(memory_.data()) + group * stride_);
        }
    }
    States(const States &) = delete;
    States &operator=(const States &) = delete;
    ~States() {
        accumulator_->release(all_.data(), static_cast<int64_t>(all_.size()), offset_);
        for (const uint64_t word : memory_) {
            EXPECT_EQ(word, 0u);
        }
    }

    flk::Status consume(const flk::ColumnPtr &column, const std::vector<size_t> &groups,
                        int64_t first_arrival = 0) {
        std::vector<uint8_t *> states = of(groups);
        const flk::ConsumedRows rows = {states.data(), static_cast<int64_t>(groups.size()), 0,
                                        nullptr, first_arrival};
        return accumulator_->consume(rows, offset_, column.get(), &error);
    }
    flk::Status consume_rows(const flk::ColumnPtr &column, const std::vector<uint32_t> &rows_taken,
                             const std::vector<size_t> &groups) {
        std::vector<uint8_t *> states = of(groups);
        const flk::ConsumedRows rows = {states.data(), static_cast<int64_t>(groups.size()), 0,
                                        rows_taken.data(), 0};
        return accumulator_->consume(rows, offset_, column.get(), &error);
    }
    flk::Status retract(const flk::ColumnPtr &column, const std::vector<size_t> &groups) {
        std::vector<uint8_t *> states = of(groups);
        const flk::ConsumedRows rows = {states.data(), static_cast<int64_t>(groups.size()), 0,
                                        nullptr, 0};
        return accumulator_->retract(rows, offset_, column.get(), &error);
    }
    flk::Status merge(size_t into, size_t from) {
        return accumulator_->merge(&all_[into], &all_[from], 1, offset_, &error);
    }
    void subtract(size_t into, size_t from) {
        accumulator_->subtract(&all_[into], &all_[from], 1, offset_);
    }
    flk::ColumnPtr finalize() {
        flk::ColumnPtr column;
        EXPECT_EQ(try_finalize(&column), flk::Status::kOk) << error.message;
        return column;
    }
    flk::Status try_finalize(flk::ColumnPtr *out_column) {
        return accumulator_->finalize(all_.data(), static_cast<int64_t>(all_.size()), offset_,
                                      out_column, &error);
    }
    std::vector<uint8_t> snapshot() {
        std::vector<uint8_t> bytes;
        EXPECT_EQ(accumulator_->snapshot(all_.data(), static_cast<int64_t>(all_.size()), offset_,
                                         &bytes, &error),
                  flk::Status::kOk);
        return bytes;
    }
    flk::Status try_restore(const std::vector<uint8_t> &bytes, int64_t *io_position) {
        accumulator_->release(all_.data(), static_cast<int64_t>(all_.size()), offset_);
        return accumulator_->restore(all_.data(), static_cast<int64_t>(all_.size()), offset_,
                                     bytes.data(), static_cast<int64_t>(bytes.size()), io_position,
                                     &error);
    }
    flk::Status restore(const std::vector<uint8_t> &bytes) {
        int64_t position = 0;
        const flk::Status status = try_restore(bytes, &position);
        if (status == flk::Status::kOk) {
            EXPECT_EQ(position, static_cast<int64_t>(bytes.size()));
        }
        return status;
    }

    flk::Error error;

  private:
    std::vector<uint8_t *> of(const std::vector<size_t> &groups) const {
        std::vector<uint8_t *> states;
        for (const size_t group : groups) {
            states.push_back(all_[group]);
        }
        return states;
    }

    flk::Accumulator *accumulator_;
    int32_t offset_;
    size_t stride_;
    std::vector<uint64_t> memory_;
    std::vector<uint8_t *> all_;
};

inline flk::AccumulatorPtr make(flk::AggregateKind kind, const flk::TypePtr &type,
                                int64_t option = 0, double parameter = 0.0,
                                bool is_retractable = false) {
    flk::AccumulatorPtr accumulator;
    flk::Error error;
    EXPECT_EQ(flk::make_accumulator({kind, type, option, parameter, is_retractable}, &accumulator,
                                    &error),
              flk::Status::kOk)
        << error.message;
    return accumulator;
}

}  // namespace flk_test

#endif  // FLK_TESTS_ACCUMULATOR_STATES_H_
