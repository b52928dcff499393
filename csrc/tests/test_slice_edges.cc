#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <utility>

#include "flk/slice_edges.h"

namespace flk {
namespace {

using Windows = std::set<std::pair<int64_t, int64_t>>;

WindowDefinition window(WindowShape shape, int64_t size, int64_t slide, int64_t offset) {
    WindowDefinition definition;
    definition.shape = shape;
    definition.size = size;
    definition.slide = slide;
    definition.offset = offset;
    return definition;
}

/* All windows of `time`, by trying every start near it. */
Windows windows_of(const WindowDefinition &definition, int64_t time) {
    Windows windows;
    const bool is_sliding = definition.shape == WindowShape::kSliding;
    const int64_t cycle = is_sliding ? definition.slide : definition.size;
    for (int64_t start = time - definition.size; start <= time; ++start) {
        if (((start - definition.offset) % cycle + cycle) % cycle != 0) {
            continue;
        }
        const int64_t step =
            definition.shape == WindowShape::kCumulative ? definition.slide : definition.size;
        for (int64_t end = start + step; end <= start + definition.size; end += step) {
            if (end > time) {
                windows.emplace(start, end);
            }
        }
    }
    return windows;
}

TEST(SliceEdges, AllTimesOfASliceHaveTheSameWindowsAndItsNeighboursHaveOthers) {
    std::mt19937_64 random(5);
    const auto below = [&](int64_t limit) {
        return static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
    };
    for (int turn = 0; turn < 2000; ++turn) {
        const auto shape = static_cast<WindowShape>(turn % 3);
        const int64_t slide = 1 + below(12);
        const int64_t size =
            shape == WindowShape::kCumulative ? slide * (1 + below(4)) : 1 + below(40);
        const int64_t limit = shape == WindowShape::kSliding ? slide : size;
        const WindowDefinition definition =
            window(shape, size, slide, below(2 * limit - 1) - limit + 1);
        const WindowSpans spans(definition);
        const int64_t time = below(400) - 200;
        const Windows windows = windows_of(definition, time);
        const SliceBounds bounds = spans.slice_of(time);
        ASSERT_LE(bounds.start, time);
        ASSERT_GT(bounds.end, time);
        for (int64_t other = bounds.start; other < bounds.end; ++other) {
            ASSERT_EQ(windows_of(definition, other), windows);
        }
        ASSERT_EQ(spans.slice_of(bounds.start).start, bounds.start);
        if (windows.empty()) {
            ASSERT_EQ(spans.first_end(time), kTimeMin);
            ASSERT_EQ(spans.last_end(time), kTimeMin);
            continue;
        }
        std::set<int64_t> ends;
        for (const auto &[start, end] : windows) {
            ends.insert(end);
            ASSERT_EQ(spans.start_of(end), start);
        }
        ASSERT_EQ(spans.first_end(time), *ends.begin());
        ASSERT_EQ(spans.last_end(time), *ends.rbegin());
        for (int64_t after = *ends.begin() - 2; after <= *ends.rbegin() + 1; ++after) {
            const auto next = ends.upper_bound(after);
            ASSERT_EQ(spans.next_end(time, after), next == ends.end() ? kTimeMin : *next);
        }
    }
}

TEST(SliceEdges, AnHourEveryAlmostHourHasTwoSlicesAWindow) {
    const WindowSpans spans(window(WindowShape::kSliding, 3'600'000, 3'599'999, 0));
    EXPECT_EQ(spans.slice_of(10).start, 1);
    EXPECT_EQ(spans.slice_of(10).end, 3'599'999);
    EXPECT_EQ(spans.slice_of(0).end, 1);
}

TEST(SliceEdges, TimesAtTheEndsOfInt64DoNotOverflow) {
    for (const WindowShape shape :
         {WindowShape::kTumbling, WindowShape::kSliding, WindowShape::kCumulative}) {
        const WindowSpans spans(window(shape, 1000, 100, -7));
        for (const int64_t time : {kTimeMin + 1, kTimeMin + 50, kTimeMax - 50, kTimeMax}) {
            const SliceBounds bounds = spans.slice_of(time);
            EXPECT_LE(bounds.start, time);
            EXPECT_GE(bounds.end, time);
            EXPECT_GE(spans.last_end(time), spans.first_end(time));
        }
    }
}

TEST(SliceEdges, RefusesWindowsThatCannotBeCut) {
    Error error;
    EXPECT_EQ(check_sliced_window(window(WindowShape::kTumbling, 10, 0, 0), &error), Status::kOk);
    EXPECT_EQ(check_sliced_window(window(WindowShape::kTumbling, 0, 0, 0), &error),
              Status::kInvalid);
    EXPECT_EQ(check_sliced_window(window(WindowShape::kSliding, 10, 0, 0), &error),
              Status::kInvalid);
    EXPECT_EQ(check_sliced_window(window(WindowShape::kCumulative, 10, 3, 0), &error),
              Status::kInvalid);
    EXPECT_STREQ(error.message,
                 "the size of cumulative windows is a multiple of their step, got 10 ms and 3 ms");
    EXPECT_EQ(check_sliced_window(window(WindowShape::kSession, 10, 0, 0), &error),
              Status::kInvalid);
}

}  // namespace
}  // namespace flk
