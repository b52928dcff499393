#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "accumulator_states.h"
#include "flk/accumulate_kinds.h"

namespace {

using flk::AggregateKind;
using flk::ColumnPtr;
using flk::Status;
using flk_test::column_of;
using flk_test::make;
using flk_test::States;
using flk_test::type_of;

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Count, OfRowsCountsAllAndOfAFieldThoseThatAreNotNull) {
    const auto rows = make(AggregateKind::kCount, nullptr);
    const auto field = make(AggregateKind::kCount, type_of("l"));
    States all(rows.get());
    States present(field.get());
    const ColumnPtr column = column_of<int64_t>("l", {1, 2, 3}, {true, false, true});
    ASSERT_EQ(all.consume(nullptr, {0, 0, 1}), Status::kOk);
    ASSERT_EQ(present.consume(column, {0, 0, 1}), Status::kOk);
    EXPECT_EQ(all.finalize()->values<int64_t>()[0], 2);
    EXPECT_EQ(present.finalize()->values<int64_t>()[0], 1);
    EXPECT_EQ(present.finalize()->values<int64_t>()[1], 1);
    EXPECT_EQ(present.finalize()->values<int64_t>()[2], 0);
    EXPECT_EQ(present.finalize()->null_count, 0);
}

TEST(CountIf, CountsWhereAFieldOfBooleansIsTrue) {
    flk::AccumulatorPtr other;
    EXPECT_EQ(flk::make_accumulator({AggregateKind::kCountIf, type_of("l")}, &other, nullptr),
              Status::kUnsupported);
    EXPECT_EQ(flk::make_accumulator({AggregateKind::kCountIf, nullptr}, &other, nullptr),
              Status::kUnsupported);
    const auto count = make(AggregateKind::kCountIf, type_of("b"));
    EXPECT_TRUE(count->can_subtract());
    EXPECT_TRUE(count->can_retract());
}

TEST(Sum, OfIntsIsExactInBetweenAndCheckedAtTheEnd) {
    const auto sum = make(AggregateKind::kSum, type_of("l"));
    States states(sum.get());
    ASSERT_EQ(states.consume(column_of<int64_t>("l", {kLargest, kLargest}), {0, 0}), Status::kOk);
    ColumnPtr column;
    EXPECT_EQ(states.try_finalize(&column), Status::kOverflow);
    EXPECT_STREQ(states.error.message,
                 "sum: 18446744073709551614 does not fit int64; sum a float or decimal field "
                 "instead");
    ASSERT_EQ(states.consume(column_of<int64_t>("l", {-kLargest, 7}), {0, 1}), Status::kOk);
    column = states.finalize();
    EXPECT_EQ(column->values<int64_t>()[0], kLargest);
    EXPECT_EQ(column->values<int64_t>()[1], 7);
    EXPECT_FALSE(column->is_valid(2));
    EXPECT_TRUE(column->is_valid(0));
}

TEST(Sum, TakesRowsByTheirNumber) {
    const auto sum = make(AggregateKind::kSum, type_of("s"));
    States states(sum.get());
    const ColumnPtr column = column_of<int16_t>("s", {1, 10, 100, 1000}, {true, true, false, true});
    ASSERT_EQ(states.consume_rows(column, {3, 2, 1, 1}, {0, 0, 1, 1}), Status::kOk);
    EXPECT_EQ(states.finalize()->values<int64_t>()[0], 1000);
    EXPECT_EQ(states.finalize()->values<int64_t>()[1], 20);
}

TEST(Sum, OfFloatsKeepsTheSignOfZero) {
    const auto sum = make(AggregateKind::kSum, type_of("g"));
    States states(sum.get());
    ASSERT_EQ(states.consume(column_of<double>("g", {-0.0, -0.0, -0.0, 0.0}), {0, 0, 1, 1}),
              Status::kOk);
    EXPECT_TRUE(std::signbit(states.finalize()->values<double>()[0]));
    EXPECT_FALSE(std::signbit(states.finalize()->values<double>()[1]));
    EXPECT_FALSE(sum->can_subtract());
}

TEST(Sum, OfDecimalsIsExactAndRefusesMoreThan38Digits) {
    const auto sum = make(AggregateKind::kSum, type_of("d:20,2"));
    EXPECT_EQ(type_text(*sum->result_type()), "decimal128(38, 2)");
    States states(sum.get());
    struct Decimal {
        uint64_t low;
        int64_t high;
    };
    const Decimal minus_one = {~uint64_t{0}, -1};
    const Decimal large = {0, int64_t{1} << 61};
    const Decimal small = {0, -(int64_t{1} << 61)};
    ASSERT_EQ(states.consume(column_of<Decimal>("d:20,2", {minus_one, large, small, minus_one}),
                             {0, 0, 0, 0}),
              Status::kOk);
    ColumnPtr column = states.finalize();
    EXPECT_EQ(column->values<Decimal>()->high, -1);
    EXPECT_EQ(column->values<Decimal>()->low, ~uint64_t{0} - 1);
    ASSERT_EQ(states.retract(column_of<Decimal>("d:20,2", {minus_one}), {0}), Status::kOk);
    ASSERT_EQ(
        states.consume(column_of<Decimal>("d:20,2", {large, large, large, large}), {1, 1, 1, 1}),
        Status::kOk);
    EXPECT_EQ(states.try_finalize(&column), Status::kOverflow);
}

TEST(Sum, SubtractUndoesMerge) {
    for (const AggregateKind kind : {AggregateKind::kSum, AggregateKind::kCount}) {
        const auto sum = make(kind, type_of("l"));
        ASSERT_TRUE(sum->can_subtract());
        States states(sum.get());
        ASSERT_EQ(states.consume(column_of<int64_t>("l", {kLargest, 4, 5}), {0, 1, 1}),
                  Status::kOk);
        const auto before = states.snapshot();
        ASSERT_EQ(states.merge(0, 1), Status::kOk);
        EXPECT_NE(states.snapshot(), before);
        states.subtract(0, 1);
        EXPECT_EQ(states.snapshot(), before);
    }
}

TEST(Avg, IsTheExactSumDividedOnce) {
    const auto avg = make(AggregateKind::kAvg, type_of("l"));
    States states(avg.get());
    ASSERT_EQ(states.consume(column_of<int64_t>("l", {kLargest, kLargest, 1, 2}), {0, 0, 1, 1}),
              Status::kOk);
    EXPECT_EQ(states.finalize()->values<double>()[0], 9223372036854775808.0);
    EXPECT_EQ(states.finalize()->values<double>()[1], 1.5);
    EXPECT_FALSE(states.finalize()->is_valid(2));
    ASSERT_EQ(states.retract(column_of<int64_t>("l", {kLargest, 1}), {0, 1}), Status::kOk);
    EXPECT_EQ(states.finalize()->values<double>()[1], 2.0);
}

TEST(Min, NanIsLargerThanEveryNumberAndTheFirstOfEqualValuesStays) {
    const auto min = make(AggregateKind::kMin, type_of("g"));
    const auto max = make(AggregateKind::kMax, type_of("g"));
    States least(min.get());
    States most(max.get());
    const ColumnPtr column = column_of<double>("g", {kNan, 1, kNan, -0.0, 0.0, kNan});
    const std::vector<size_t> groups = {0, 0, 0, 1, 1, 2};
    ASSERT_EQ(least.consume(column, groups), Status::kOk);
    ASSERT_EQ(most.consume(column, groups), Status::kOk);
    EXPECT_EQ(least.finalize()->values<double>()[0], 1);
    EXPECT_TRUE(std::isnan(most.finalize()->values<double>()[0]));
    EXPECT_TRUE(std::signbit(least.finalize()->values<double>()[1]));
    EXPECT_TRUE(std::signbit(most.finalize()->values<double>()[1]));
    EXPECT_TRUE(std::isnan(least.finalize()->values<double>()[2]));
    EXPECT_FALSE(least.finalize()->is_valid(3));
    ASSERT_EQ(least.merge(2, 0), Status::kOk);
    ASSERT_EQ(least.merge(3, 3), Status::kOk);
    EXPECT_EQ(least.finalize()->values<double>()[2], 1);
    EXPECT_FALSE(least.finalize()->is_valid(3));
}

TEST(Max, OfBoolsAndTimesKeepsTheirType) {
    const auto flags = make(AggregateKind::kMax, type_of("b"));
    States states(flags.get());
    ColumnPtr column;
    ASSERT_EQ(flk::column_fixed(type_of("b"), 3, flk_test::bits_of({false, true, false}),
                                flk::Buffer(), &column, nullptr),
              Status::kOk);
    ASSERT_EQ(states.consume(column, {0, 0, 1}), Status::kOk);
    EXPECT_TRUE(states.finalize()->bool_at(0));
    EXPECT_FALSE(states.finalize()->bool_at(1));
    EXPECT_FALSE(states.finalize()->is_valid(2));
    EXPECT_EQ(flk::type_text(*make(AggregateKind::kMin, type_of("tsu:UTC"))->result_type()),
              "timestamp[us, tz=UTC]");
}

TEST(First, GoesByArrivalAlsoAcrossSlices) {
    const auto first = make(AggregateKind::kFirst, type_of("s"));
    const auto last = make(AggregateKind::kLast, type_of("s"));
    States earliest(first.get());
    States latest(last.get());
    const ColumnPtr column = column_of<int16_t>("s", {10, 20, 30, 40});
    for (States *states : {&earliest, &latest}) {
        ASSERT_EQ(states->consume(column, {1, 0, 0, 1}, 5), Status::kOk);
        ASSERT_EQ(states->merge(0, 1), Status::kOk);
        ASSERT_EQ(states->merge(2, 0), Status::kOk);
    }
    EXPECT_EQ(earliest.finalize()->values<int16_t>()[0], 10);
    EXPECT_EQ(latest.finalize()->values<int16_t>()[0], 40);
    EXPECT_EQ(earliest.finalize()->values<int16_t>()[2], 10);
    EXPECT_FALSE(latest.finalize()->is_valid(3));
}

TEST(Variance, IsThatOfTheValuesAndOfMergedGroups) {
    const auto sample = make(AggregateKind::kVariance, type_of("l"));
    const auto all = make(AggregateKind::kStdDev, type_of("l"), 1);
    States states(sample.get());
    States roots(all.get());
    const ColumnPtr column = column_of<int64_t>("l", {2, 4, 4, 4, 5, 5, 7, 9});
    ASSERT_EQ(states.consume(column, {0, 0, 0, 0, 1, 1, 1, 1}), Status::kOk);
    ASSERT_EQ(roots.consume(column, {0, 0, 0, 0, 0, 0, 0, 2}), Status::kOk);
    ASSERT_EQ(states.merge(0, 1), Status::kOk);
    ASSERT_EQ(roots.merge(0, 2), Status::kOk);
    EXPECT_DOUBLE_EQ(states.finalize()->values<double>()[0], 32.0 / 7.0);
    EXPECT_DOUBLE_EQ(roots.finalize()->values<double>()[0], 2.0);
    EXPECT_EQ(roots.finalize()->values<double>()[2], 0.0);
    EXPECT_FALSE(states.finalize()->is_valid(2));
    flk::AccumulatorPtr none;
    EXPECT_EQ(flk::make_accumulator({AggregateKind::kVariance, type_of("l"), 2}, &none, nullptr),
              Status::kInvalid);
}

TEST(Kinds, ATypeWithoutAnAccumulatorIsNamed) {
    flk::AccumulatorPtr accumulator;
    flk::Error error;
    EXPECT_EQ(flk::make_accumulator({AggregateKind::kSum, type_of("u")}, &accumulator, &error),
              Status::kUnsupported);
    EXPECT_STREQ(error.message, "sum of utf8 has no native accumulator");
    EXPECT_EQ(flk::make_accumulator({AggregateKind::kMax, nullptr}, &accumulator, &error),
              Status::kUnsupported);
    EXPECT_STREQ(flk::aggregate_name(AggregateKind::kQuantile), "quantile");
}

}  // namespace
