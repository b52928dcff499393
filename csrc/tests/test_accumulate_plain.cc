#include <gtest/gtest.h>

#include "accumulator_states.h"
#include "flk/accumulate_plain.h"

namespace {

using flk::AggregateKind;
using flk::Status;
using flk_test::column_of;
using flk_test::make;
using flk_test::States;
using flk_test::type_of;

const AggregateKind kKinds[] = {AggregateKind::kCount, AggregateKind::kSum, AggregateKind::kMin,
                                AggregateKind::kMax, AggregateKind::kAvg};

TEST(PlainAccumulator, ASnapshotRestoresEveryState) {
    for (const AggregateKind kind : kKinds) {
        for (const char *format : {"l", "g"}) {
            const auto accumulator = make(kind, type_of(format));
            States states(accumulator.get());
            States others(accumulator.get());
            ASSERT_EQ(states.consume(column_of<int64_t>(format, {7, -7, 9}), {0, 2, 2}),
                      Status::kOk);
            const auto bytes = states.snapshot();
            ASSERT_EQ(others.restore(bytes), Status::kOk);
            EXPECT_EQ(others.snapshot(), bytes);
        }
    }
}

TEST(PlainAccumulator, BytesThatAreTooShortOrNoStatesAreRefused) {
    for (const AggregateKind kind : kKinds) {
        const auto accumulator = make(kind, type_of("l"));
        States states(accumulator.get());
        auto bytes = states.snapshot();
        for (size_t size = 0; size < bytes.size(); ++size) {
            const std::vector<uint8_t> part(bytes.begin(),
                                            bytes.begin() + static_cast<int64_t>(size));
            EXPECT_EQ(states.restore(part), Status::kInvalid);
        }
    }
    const auto min = make(AggregateKind::kMin, type_of("l"));
    States states(min.get());
    auto bytes = states.snapshot();
    bytes[8] = 2;
    EXPECT_EQ(states.restore(bytes), Status::kInvalid);
    EXPECT_STREQ(states.error.message, "min: byte 0 of a snapshot is no state");
}

TEST(PlainAccumulator, AColumnOfTypeNullHasNoValues) {
    flk::ColumnPtr nulls;
    ASSERT_EQ(flk::column_null(3, &nulls, nullptr), Status::kOk);
    const auto count = make(AggregateKind::kCount, type_of("n"));
    States states(count.get());
    ASSERT_EQ(states.consume(nulls, {0, 0, 1}), Status::kOk);
    EXPECT_EQ(states.finalize()->values<int64_t>()[0], 0);
}

TEST(Layout, RowsPassThroughAllAccumulatorsWhateverTheirNumber) {
    flk::AccumulatorLayout layout;
    flk::Error error;
    ASSERT_EQ(
        flk::make_layout({{AggregateKind::kSum, type_of("l")}, {AggregateKind::kCount, nullptr}},
                         &layout, &error),
        Status::kOk);
    std::vector<int64_t> values(1300);
    std::vector<uint32_t> odd;
    for (size_t row = 0; row < values.size(); ++row) {
        values[row] = static_cast<int64_t>(row);
        if (row % 2 == 1) {
            odd.push_back(static_cast<uint32_t>(row));
        }
    }
    const flk::ColumnPtr column = column_of<int64_t>("l", values);
    const flk::Column *columns[] = {column.get(), nullptr};
    uint64_t state[3] = {0, 0, 0};
    std::vector<uint8_t *> states(values.size(), reinterpret_cast<uint8_t *>(state));
    ASSERT_EQ(flk::consume_all(layout, {states.data(), 1300, 0, nullptr, 0}, columns, &error),
              Status::kOk);
    EXPECT_EQ(state[0], 1300u * 1299 / 2);
    EXPECT_EQ(state[2], 1300u);
    ASSERT_EQ(flk::consume_all(layout, {states.data(), 650, 0, odd.data(), 0}, columns, &error),
              Status::kOk);
    EXPECT_EQ(state[0], 1300u * 1299 / 2 + 650u * 650);
    EXPECT_EQ(state[2], 1950u);
}

TEST(PlainAccumulator, LayoutPutsStatesSideBySide) {
    flk::AccumulatorLayout layout;
    flk::Error error;
    ASSERT_EQ(flk::make_layout({{AggregateKind::kCount, nullptr},
                                {AggregateKind::kSum, type_of("l")},
                                {AggregateKind::kMax, type_of("i")}},
                               &layout, &error),
              Status::kOk);
    EXPECT_EQ(layout.offsets, (std::vector<int32_t>{0, 8, 24}));
    EXPECT_EQ(layout.stride, 32);
    EXPECT_EQ(flk::make_layout({{AggregateKind::kSum, type_of("u")}}, &layout, &error),
              Status::kUnsupported);
    EXPECT_EQ(layout.stride, 32);
}

}  // namespace
