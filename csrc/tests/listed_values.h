/* listed_values.h — for tests of windows: an aggregate that keeps every value, and one that adds.
 *
 * They take their "column" for an array of int64, so that tests need no real columns. The list owns
 * memory and shows the order of rows and merges; a state that is lost shows as a leak.
 */
#ifndef FLK_TESTS_LISTED_VALUES_H_
#define FLK_TESTS_LISTED_VALUES_H_

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "flk/accumulator.h"

namespace flk {

inline const Column *values_as_column(const std::vector<int64_t> &values) {
    return reinterpret_cast<const Column *>(values.data());
}

class WithoutColumns : public Accumulator {
  public:
    using Accumulator::Accumulator;
    Status finalize(const uint8_t *const *, int64_t, int32_t, ColumnPtr *,
                    Error *error) noexcept override {
        return fail(error, Status::kUnsupported, "for tests only");
    }
    Status snapshot(const uint8_t *const *, int64_t, int32_t, std::vector<uint8_t> *,
                    Error *error) const noexcept override {
        return fail(error, Status::kUnsupported, "for tests only");
    }
    Status restore(uint8_t *const *, int64_t, int32_t, const uint8_t *, int64_t, int64_t *,
                   Error *error) noexcept override {
        return fail(error, Status::kUnsupported, "for tests only");
    }

  protected:
    static int64_t value_of(const ConsumedRows &rows, int64_t at, const Column *column) {
        const int64_t row = rows.rows == nullptr ? rows.first_row + at : rows.rows[at];
        return reinterpret_cast<const int64_t *>(column)[row];
    }
};

class ListedValues final : public WithoutColumns {
  public:
    ListedValues() : WithoutColumns(8, nullptr) { owns_memory_ = true; }

    Status consume(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error *) noexcept override {
        for (int64_t at = 0; at < rows.count; ++at) {
            list_in(rows.states[at] + offset)->push_back(value_of(rows, at, column));
        }
        return Status::kOk;
    }
    Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count, int32_t offset,
                 Error *) noexcept override {
        for (int64_t at = 0; at < count; ++at) {
            const std::vector<int64_t> added = values(from[at] + offset);
            std::vector<int64_t> *list = list_in(into[at] + offset);
            list->insert(list->end(), added.begin(), added.end());
        }
        return Status::kOk;
    }
    void release(uint8_t *const *states, int64_t count, int32_t offset) noexcept override {
        for (int64_t at = 0; at < count; ++at) {
            delete pointer_in(states[at] + offset);
            std::memset(states[at] + offset, 0, 8);
        }
    }

    static std::vector<int64_t> values(const uint8_t *state) {
        const std::vector<int64_t> *list = pointer_in(state);
        return list == nullptr ? std::vector<int64_t>() : *list;
    }

  private:
    static std::vector<int64_t> *pointer_in(const uint8_t *state) {
        std::vector<int64_t> *list = nullptr;
        std::memcpy(&list, state, sizeof(list));
        return list;
    }
    static std::vector<int64_t> *list_in(uint8_t *state) {
        std::vector<int64_t> *list = pointer_in(state);
        if (list == nullptr) {
            list = new std::vector<int64_t>();
            std::memcpy(state, &list, sizeof(list));
        }
        return list;
    }
};

class AddedValues final : public WithoutColumns {
  public:
    AddedValues() : WithoutColumns(8, nullptr) { can_subtract_ = true; }

    Status consume(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error *) noexcept override {
        for (int64_t at = 0; at < rows.count; ++at) {
            add(rows.states[at] + offset, value_of(rows, at, column));
        }
        return Status::kOk;
    }
    Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count, int32_t offset,
                 Error *) noexcept override {
        for (int64_t at = 0; at < count; ++at) {
            add(into[at] + offset, value(from[at] + offset));
        }
        return Status::kOk;
    }
    void subtract(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                  int32_t offset) noexcept override {
        for (int64_t at = 0; at < count; ++at) {
            add(into[at] + offset, -value(from[at] + offset));
        }
    }

    static int64_t value(const uint8_t *state) {
        int64_t sum = 0;
        std::memcpy(&sum, state, sizeof(sum));
        return sum;
    }

  private:
    static void add(uint8_t *state, int64_t added) {
        const int64_t sum = value(state) + added;
        std::memcpy(state, &sum, sizeof(sum));
    }
};

/* A list, or a sum that can be subtracted, at offset 0. */
inline AccumulatorLayout layout_of_values(bool is_list) {
    AccumulatorLayout layout;
    if (is_list) {
        layout.accumulators.push_back(std::make_unique<ListedValues>());
    } else {
        layout.accumulators.push_back(std::make_unique<AddedValues>());
    }
    layout.offsets = {0};
    layout.stride = 8;
    return layout;
}

}  // namespace flk

#endif  // FLK_TESTS_LISTED_VALUES_H_
