#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "flk/pending_rows.h"
#include "tests/listed_values.h"

namespace flk {
namespace {

TEST(PendingRows, RowsReachTheirStatesInRowOrderAndOnlyOnce) {
    const AccumulatorLayout layout = layout_of_values(true);
    const std::vector<int64_t> values{10, 11, 12, 13, 14, 15};
    const Column *column = values_as_column(values);
    uint64_t memory[2] = {};
    auto *first = reinterpret_cast<uint8_t *>(&memory[0]);
    auto *second = reinterpret_cast<uint8_t *>(&memory[1]);
    PendingRows pending;
    ASSERT_EQ(pending.open(6, &column, 0), Status::kOk);
    pending.add(first, 1);
    pending.add(second, 2);
    pending.add(first, 3);
    ASSERT_EQ(pending.consume(layout, nullptr), Status::kOk);
    EXPECT_TRUE(pending.empty());
    pending.add(second, 4);  // row 5 is left out, and row 0 was
    ASSERT_EQ(pending.consume(layout, nullptr), Status::kOk);
    ASSERT_EQ(pending.consume(layout, nullptr), Status::kOk);
    EXPECT_EQ(ListedValues::values(first), (std::vector<int64_t>{11, 13}));
    EXPECT_EQ(ListedValues::values(second), (std::vector<int64_t>{12, 14}));
    clear_state(layout, first);
    clear_state(layout, second);
    EXPECT_EQ(memory[0] + memory[1], 0u);
}

TEST(PendingRows, RowsBetweenThemMayBeLeftOut) {
    const AccumulatorLayout layout = layout_of_values(false);
    const std::vector<int64_t> values{1, 10, 100, 1'000};
    const Column *column = values_as_column(values);
    uint64_t memory = 0;
    auto *state = reinterpret_cast<uint8_t *>(&memory);
    PendingRows pending;
    ASSERT_EQ(pending.open(4, &column, 0), Status::kOk);
    pending.add(state, 0);
    pending.add(state, 3);
    ASSERT_EQ(pending.consume(layout, nullptr), Status::kOk);
    EXPECT_EQ(AddedValues::value(state), 1'001);
}

}  // namespace
}  // namespace flk
