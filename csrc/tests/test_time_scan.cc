#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "flk/time_scan.h"

namespace flk {
namespace {

TEST(TimeScan, AgreesWithPlainLoopsForEveryLengthAndPlace) {
    std::mt19937_64 random(4);
    for (int turn = 0; turn < 5000; ++turn) {
        std::vector<int64_t> times(1 + random() % (turn % 2 == 0 ? 40 : 200));
        for (int64_t &time : times) {
            time = static_cast<int64_t>(random() % 41) - 20;
        }
        if (turn % 3 == 0) {
            times[random() % times.size()] = INT64_MIN;
        }
        const auto count = static_cast<int64_t>(times.size());
        const int64_t start = static_cast<int64_t>(random() % 21) - 30;
        const int64_t end = start + 1 + static_cast<int64_t>(random() % 90);
        const auto outside = std::find_if(
            times.begin(), times.end(), [&](int64_t time) { return time < start || time >= end; });
        ASSERT_EQ(count_within(times.data(), count, start, end), outside - times.begin());
        for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
            if (isa <= best_isa()) {
                const TimeRange range = range_of_with(isa, times.data(), count);
                ASSERT_EQ(range.earliest, *std::min_element(times.begin(), times.end()));
                ASSERT_EQ(range.latest, *std::max_element(times.begin(), times.end()));
            }
        }
    }
}

TEST(TimeScan, NothingFarAwayIsTakenForWithin) {
    for (const int64_t time : {INT64_MIN, INT64_MIN + 5, int64_t{-1}, int64_t{0}, INT64_MAX}) {
        for (const int64_t start : {INT64_MIN, int64_t{-10}, int64_t{0}, INT64_MAX - 10}) {
            EXPECT_EQ(count_within(&time, 1, start, start + 10),
                      time >= start && time < start + 10 ? 1 : 0)
                << time << " " << start;
        }
    }
}

}  // namespace
}  // namespace flk
