#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "flk/exact_sum.h"

namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();

TEST(ExactSum, ASumBeyond64BitsComesBackExactly) {
    flk::ExactSum<int64_t> sum = {};
    for (int row = 0; row < 1000; ++row) {
        ASSERT_TRUE(sum.add(kSmallest));
    }
    EXPECT_TRUE(sum.value() == static_cast<flk::Int128>(kSmallest) * 1000);
    for (int row = 0; row < 1000; ++row) {
        ASSERT_TRUE(sum.add(kLargest));
    }
    EXPECT_TRUE(sum.value() == -1000);
    EXPECT_EQ(sum.count(), 2000);
}

TEST(ExactSum, SubtractUndoesMergeAtEveryExtreme) {
    const int64_t values[] = {kSmallest, -1, 0, 1, kLargest};
    for (const int64_t left : values) {
        for (const int64_t right : values) {
            flk::ExactSum<int64_t> first = {};
            flk::ExactSum<int64_t> second = {};
            ASSERT_TRUE(first.add(left) && second.add(right));
            ASSERT_TRUE(first.merge(second));
            EXPECT_TRUE(first.value() == static_cast<flk::Int128>(left) + right);
            first.subtract(second);
            EXPECT_TRUE(first.value() == left);
            EXPECT_EQ(first.count(), 1);
        }
    }
}

TEST(ExactSum, RowsCanBeTakenBackBeforeTheyWereAdded) {
    flk::ExactSum<int64_t> early = {};
    flk::ExactSum<int64_t> late = {};
    ASSERT_TRUE(early.take(kLargest) && early.take(5));
    EXPECT_EQ(early.count(), -2);
    EXPECT_TRUE(early.value() == -static_cast<flk::Int128>(kLargest) - 5);
    ASSERT_TRUE(late.add(5) && late.add(kLargest) && late.merge(early));
    EXPECT_EQ(late.count(), 0);
    EXPECT_TRUE(late.value() == 0);
}

TEST(ExactSum, UnsignedValuesAddUpToo) {
    flk::ExactSum<uint64_t> sum = {};
    constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
    ASSERT_TRUE(sum.add(kMax) && sum.add(kMax) && sum.add(1));
    EXPECT_TRUE(sum.value() == static_cast<flk::Int128>(kMax) * 2 + 1);
    ASSERT_TRUE(sum.take(kMax));
    EXPECT_TRUE(sum.value() == static_cast<flk::Int128>(kMax) + 1);
}

TEST(ExactSum, AValueBeyondWhatAStateHoldsIsRefused) {
    flk::ExactSum<int64_t> sum = {};
    ASSERT_TRUE(sum.add(kLargest));
    bool is_held = true;
    for (int doubled = 0; doubled < 30 && is_held; ++doubled) {
        is_held = sum.merge(flk::ExactSum<int64_t>(sum));
    }
    EXPECT_FALSE(is_held);
}

TEST(ExactRatio, IsRoundedOnce) {
    constexpr flk::Int128 kTwo53 = flk::Int128{1} << 53;
    EXPECT_EQ(flk::exact_ratio(kTwo53 + 1, 1), 9007199254740992.0);
    EXPECT_EQ(flk::exact_ratio(kTwo53 + 3, 1), 9007199254740996.0);
    EXPECT_EQ(flk::exact_ratio((kTwo53 + 1) * 3 + 1, 3), 9007199254740994.0);
    EXPECT_EQ(flk::exact_ratio(-((kTwo53 + 1) * 3 + 1), 3), -9007199254740994.0);
    EXPECT_EQ(flk::exact_ratio(flk::Int128{1} << 80, 1024), 0x1p70);
    EXPECT_EQ(flk::exact_ratio(1, 3), 1.0 / 3.0);
}

}  // namespace
