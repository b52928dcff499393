#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "flk/slices.h"

namespace flk {
namespace {

WindowDefinition tumbling(int64_t size, int64_t lateness) {
    WindowDefinition definition;
    definition.size = size;
    definition.lateness = lateness;
    return definition;
}

TEST(Slices, AreKeptInTimeOrderAndFoundByTheirStart) {
    const std::vector<WindowDefinition> definitions = {tumbling(10, 0)};
    StateArena arena(8);
    Slices slices(definitions, &arena);
    for (const int64_t time : {35, 5, -3, 20}) {
        ASSERT_NE(slices.add(slices.edges().slice_of(time)), nullptr);
    }
    std::vector<int64_t> starts;
    for (const Slice *slice : slices.live()) {
        starts.push_back(slice->start);
    }
    EXPECT_EQ(starts, (std::vector<int64_t>{-10, 0, 20, 30}));
    EXPECT_EQ(slices.find(20)->end, 30);
    EXPECT_EQ(slices.find(10), nullptr);
    EXPECT_EQ(slices.lower_bound(1), 2u);
}

TEST(Slices, CanBeDroppedOnceTheirLastWindowTakesNoMoreRows) {
    const std::vector<WindowDefinition> definitions = {tumbling(10, 5), tumbling(30, 0)};
    StateArena arena(8);
    Slices slices(definitions, &arena);
    Slice *first = slices.add(slices.edges().slice_of(0));
    Slice *last = slices.add(slices.edges().slice_of(20));
    EXPECT_EQ(first->first_end, 10);
    EXPECT_EQ(first->clean_at, 29);
    EXPECT_EQ(last->clean_at, 34);
    EXPECT_EQ(slices.cleanable(28), nullptr);
    EXPECT_EQ(slices.cleanable(29), first);
    slices.drop(first);
    EXPECT_EQ(slices.cleanable(33), nullptr);
    EXPECT_EQ(slices.cleanable(34), last);
    slices.drop(last);
    EXPECT_EQ(slices.cleanable(kTimeMax), nullptr);
    EXPECT_TRUE(slices.live().empty());
}

}  // namespace
}  // namespace flk
