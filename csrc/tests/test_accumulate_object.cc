#include <gtest/gtest.h>

#include "accumulator_states.h"
#include "flk/accumulate_kinds.h"
#include "flk/accumulate_object.h"

namespace {

using flk::AggregateKind;
using flk::ColumnPtr;
using flk::LiveKind;
using flk::Status;
using flk_test::column_of;
using flk_test::make;
using flk_test::States;
using flk_test::texts_of;
using flk_test::type_of;

std::string text_at(const ColumnPtr &column, int64_t row) {
    int64_t size = 0;
    const uint8_t *bytes = column->bytes_at(row, &size);
    return std::string(reinterpret_cast<const char *>(bytes), static_cast<size_t>(size));
}

TEST(ObjectAccumulator, KeepsTextsAndFreesThem) {
    const int64_t before = flk::live_count(LiveKind::kAggregate);
    {
        const auto min = make(AggregateKind::kMin, type_of("u"));
        const auto last = make(AggregateKind::kLast, type_of("u"));
        States least(min.get());
        States latest(last.get());
        const ColumnPtr column =
            texts_of({"b", "a text that is on the heap", "c", "d"}, {true, true, true, false});
        ASSERT_EQ(least.consume(column, {0, 0, 1, 1}), Status::kOk);
        ASSERT_EQ(latest.consume(column, {0, 0, 1, 1}, 10), Status::kOk);
        ASSERT_EQ(latest.consume(texts_of({"early"}), {1}, 3), Status::kOk);
        EXPECT_EQ(text_at(least.finalize(), 0), "a text that is on the heap");
        EXPECT_EQ(text_at(latest.finalize(), 0), "a text that is on the heap");
        EXPECT_EQ(text_at(latest.finalize(), 1), "c");
        EXPECT_FALSE(latest.finalize()->is_valid(2));
        ASSERT_EQ(latest.merge(2, 0), Status::kOk);
        EXPECT_EQ(text_at(latest.finalize(), 2), "a text that is on the heap");
        EXPECT_EQ(flk::live_count(LiveKind::kAggregate), before + 5);
        EXPECT_TRUE(min->owns_memory());
    }
    EXPECT_EQ(flk::live_count(LiveKind::kAggregate), before);
}

TEST(ObjectAccumulator, CollectMergesByArrival) {
    const auto collect = make(AggregateKind::kCollect, type_of("i"));
    States states(collect.get());
    ASSERT_EQ(states.consume(column_of<int32_t>("i", {0, 1, 2, 3, 4, 5, 6}), {0, 1, 1, 0, 0, 1, 0}),
              Status::kOk);
    ASSERT_EQ(states.merge(0, 1), Status::kOk);
    const ColumnPtr column = states.finalize();
    int64_t size = 0;
    const int64_t first = column->list_at(0, &size);
    ASSERT_EQ(size, 7);
    for (int64_t at = 0; at < size; ++at) {
        EXPECT_EQ(column->children[0]->values<int32_t>()[first + at], at);
    }
    EXPECT_FALSE(column->is_valid(3));
}

TEST(ObjectAccumulator, AMultisetForgetsWhatIsTakenBackEvenBeforeItCame) {
    const auto min = make(AggregateKind::kMin, type_of("l"), 0, 0.0, true);
    ASSERT_TRUE(min->can_retract());
    States states(min.get());
    ASSERT_EQ(states.consume(column_of<int64_t>("l", {5, 3, 4, 3}), {0, 0, 0, 1}), Status::kOk);
    ASSERT_EQ(states.retract(column_of<int64_t>("l", {3, 5, 9}), {0, 1, 1}), Status::kOk);
    EXPECT_EQ(states.finalize()->values<int64_t>()[0], 4);
    EXPECT_EQ(states.finalize()->values<int64_t>()[1], 3);
    ASSERT_EQ(states.merge(0, 1), Status::kOk);
    EXPECT_EQ(states.finalize()->values<int64_t>()[0], 3);
    const auto bytes = states.snapshot();
    ASSERT_EQ(states.restore(bytes), Status::kOk);
    EXPECT_EQ(states.snapshot(), bytes);
}

TEST(ObjectAccumulator, TopKeepsOnlyWhatCanStillBeAsked) {
    const auto top = make(AggregateKind::kTopN, type_of("l"), 3);
    States states(top.get());
    std::vector<int64_t> values(1000);
    for (size_t at = 0; at < values.size(); ++at) {
        values[at] = static_cast<int64_t>(at * 7919 % 1000);
    }
    values.push_back(999);
    ASSERT_EQ(
        states.consume(column_of<int64_t>("l", values), std::vector<size_t>(values.size(), 0)),
        Status::kOk);
    const ColumnPtr column = states.finalize();
    const auto *kept = column->children[0]->values<int64_t>();
    EXPECT_EQ((std::vector<int64_t>(kept, kept + 3)), (std::vector<int64_t>{999, 999, 998}));
    EXPECT_LE(states.snapshot().size(), 4u + 8 + 3 * 24);
}

TEST(ObjectAccumulator, ByFieldKeepsTheFirstRowOfEqualOnes) {
    flk::TypePtr type;
    ASSERT_EQ(flk::type_struct({{"name", type_of("u")}, {"v", type_of("l")}}, &type, nullptr),
              Status::kOk);
    ColumnPtr rows;
    ASSERT_EQ(flk::column_struct(type, 4,
                                 {texts_of({"a", "b", "c", "d"}),
                                  column_of<int64_t>("l", {2, 1, 1, 0}, {true, true, true, false})},
                                 flk::Buffer(), &rows, nullptr),
              Status::kOk);
    const auto min_by = make(AggregateKind::kMinBy, type, 1);
    States states(min_by.get());
    ASSERT_EQ(states.consume(rows, {0, 0, 1, 2}), Status::kOk);
    ASSERT_EQ(states.merge(1, 0), Status::kOk);
    const ColumnPtr column = states.finalize();
    EXPECT_EQ(text_at(column->children[0], 0), "b");
    EXPECT_EQ(text_at(column->children[0], 1), "b");
    EXPECT_FALSE(column->is_valid(2));
    flk::AccumulatorPtr none;
    flk::Error error;
    EXPECT_EQ(flk::make_accumulator({AggregateKind::kMinBy, type, 2}, &none, &error),
              Status::kInvalid);
    EXPECT_STREQ(error.message, "min_by: there is no field 2 among 2");
}

TEST(ObjectAccumulator, EveryKindSurvivesDamagedSnapshots) {
    const ColumnPtr column = texts_of({"a", "b", "b", "", "long enough to be on the heap", "c"});
    for (const AggregateKind kind :
         {AggregateKind::kMin, AggregateKind::kLast, AggregateKind::kTopN, AggregateKind::kCollect,
          AggregateKind::kCountDistinct, AggregateKind::kApproxCountDistinct}) {
        const auto accumulator = make(kind, type_of("u"), 5);
        States states(accumulator.get());
        ASSERT_EQ(states.consume(column, {0, 0, 1, 1, 1, 0}), Status::kOk);
        const auto bytes = states.snapshot();
        ASSERT_EQ(states.restore(bytes), Status::kOk) << flk::aggregate_name(kind);
        EXPECT_EQ(states.snapshot(), bytes);
        for (size_t at = 0; at < bytes.size(); ++at) {
            const auto end = bytes.begin() + static_cast<int64_t>(at);
            EXPECT_EQ(states.restore({bytes.begin(), end}), Status::kInvalid);
            for (const int flip : {1, 0x80, 0xff}) {
                auto damaged = bytes;
                damaged[at] = static_cast<uint8_t>(damaged[at] ^ flip);
                int64_t position = 0;
                const flk::Status status = states.try_restore(damaged, &position);
                EXPECT_TRUE(status == Status::kOk || status == Status::kInvalid);
            }
        }
    }
}

}  // namespace
