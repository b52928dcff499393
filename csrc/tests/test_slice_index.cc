#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "flk/slice_index.h"

namespace flk {
namespace {

WindowDefinition window(WindowShape shape, int64_t size, int64_t slide, int64_t offset) {
    WindowDefinition definition;
    definition.shape = shape;
    definition.size = size;
    definition.slide = slide;
    definition.offset = offset;
    return definition;
}

/* Two times have one entry if and only if they are in one slice. */
void check(const std::vector<WindowDefinition> &definitions, int64_t earliest, int64_t latest,
           std::mt19937_64 *random) {
    const SliceEdges edges(definitions);
    SliceIndex index;
    ASSERT_TRUE(index.build(edges, earliest, latest, 100'000));
    const auto span = static_cast<uint64_t>(latest - earliest) + 1;
    for (int turn = 0; turn < 500; ++turn) {
        const int64_t time = earliest + static_cast<int64_t>((*random)() % span);
        SliceIndex::Entry *entry = index.find(time);
        const SliceBounds bounds = edges.slice_of(time);
        for (const int64_t other : {bounds.start, bounds.end - 1, bounds.start - 1, bounds.end}) {
            if (other < earliest || other > latest) {
                continue;
            }
            const bool is_inside = other >= bounds.start && other < bounds.end;
            ASSERT_EQ(index.find(other) == entry, is_inside) << time << " " << other;
        }
    }
}

TEST(SliceIndex, FindsTheSliceOfEachTime) {
    std::mt19937_64 random(2);
    for (const int64_t from : {int64_t{0}, int64_t{-70'000}, int64_t{1'357'000'000'123}}) {
        check({window(WindowShape::kTumbling, 10'000, 0, 0)}, from, from + 40'000, &random);
        check({window(WindowShape::kTumbling, 1, 0, 0)}, from, from + 500, &random);
        check({window(WindowShape::kTumbling, 7, 0, 3)}, from, from + 50'000, &random);
        check({window(WindowShape::kSliding, 60, 10, -3)}, from, from + 7'000, &random);
        check({window(WindowShape::kSliding, 59, 10, 0)}, from, from + 7'000, &random);
        check({window(WindowShape::kSliding, 4, 10, 1)}, from, from + 7'000, &random);
        check({window(WindowShape::kCumulative, 60, 6, 1)}, from, from, &random);
        check({window(WindowShape::kTumbling, 60, 0, 0), window(WindowShape::kSliding, 40, 20, 0)},
              from, from + 3'000, &random);
        check({window(WindowShape::kTumbling, 60, 0, 0), window(WindowShape::kSliding, 40, 25, 0)},
              from, from + 3'000, &random);
    }
}

TEST(SliceIndex, GivesUpWhereThereWouldBeMoreEntriesThanRows) {
    const SliceEdges edges({window(WindowShape::kTumbling, 10, 0, 0)});
    SliceIndex index;
    EXPECT_FALSE(index.build(edges, 0, 1000, 100));
    EXPECT_TRUE(index.build(edges, 0, 999, 100));
    EXPECT_EQ(index.size(), 100u);
    EXPECT_FALSE(index.build(edges, INT64_MIN, INT64_MAX, 100));
}

TEST(SliceIndex, PeriodIsThatOfTheFinestEdgesIfAllOthersFallOnThem) {
    EXPECT_EQ(SliceEdges({window(WindowShape::kSliding, 60, 10, 3)}).period(), 10);
    EXPECT_EQ(SliceEdges({window(WindowShape::kSliding, 65, 10, 3)}).period(), 0);
    EXPECT_EQ(SliceEdges({window(WindowShape::kTumbling, 60, 0, 13),
                          window(WindowShape::kCumulative, 40, 20, -7)})
                  .period(),
              20);
    EXPECT_EQ(SliceEdges({window(WindowShape::kTumbling, 60, 0, 0),
                          window(WindowShape::kTumbling, 40, 0, 0)})
                  .period(),
              0);
}

}  // namespace
}  // namespace flk
