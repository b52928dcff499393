#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "flk/timing_wheel.h"

namespace flk {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(TimingWheel, IdsComeInTimeOrderAndOnlyWhenTheyAreDue) {
    TimingWheel wheel;
    EXPECT_EQ(wheel.add(5'000, 1), Status::kOk);
    EXPECT_EQ(wheel.add(70, 2), Status::kOk);
    EXPECT_EQ(wheel.add(-3, 3), Status::kOk);
    EXPECT_EQ(wheel.add(70, 4), Status::kOk);
    std::vector<uint32_t> ids;
    int64_t due = 0;
    EXPECT_EQ(wheel.pop_due(-4, &ids, &due), Status::kEmpty);
    EXPECT_EQ(wheel.pop_due(100, &ids, &due), Status::kOk);
    EXPECT_EQ(ids, (std::vector<uint32_t>{3}));
    EXPECT_EQ(due, -3);
    EXPECT_EQ(wheel.pop_due(100, &ids, &due), Status::kOk);
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(ids, (std::vector<uint32_t>{2, 4}));
    EXPECT_EQ(wheel.pop_due(4'999, &ids, &due), Status::kEmpty);
    EXPECT_EQ(wheel.pop_due(5'000, &ids, &due), Status::kOk);
    EXPECT_EQ(wheel.size(), 0);
}

TEST(TimingWheel, TheFirstAndTheLastMillisecondAreTimesLikeOthers) {
    TimingWheel wheel;
    EXPECT_EQ(wheel.add(kMax, 7), Status::kOk);
    EXPECT_EQ(wheel.add(kMin, 8), Status::kOk);
    std::vector<uint32_t> ids;
    int64_t due = 0;
    EXPECT_EQ(wheel.pop_due(kMin, &ids, &due), Status::kOk);
    EXPECT_EQ(due, kMin);
    EXPECT_EQ(wheel.pop_due(kMax - 1, &ids, &due), Status::kEmpty);
    EXPECT_EQ(wheel.pop_due(kMax, &ids, &due), Status::kOk);
    EXPECT_EQ(due, kMax);
}

TEST(TimingWheel, RandomStepsAgreeWithAnOrderedMap) {
    std::mt19937_64 random(11);
    for (int64_t spread : {3, 100, 5'000, 10'000'000}) {
        TimingWheel wheel;
        std::multimap<int64_t, uint32_t> model;
        int64_t now = -1'000'000;
        for (uint32_t step = 0; step < 20'000; ++step) {
            const int64_t due = now + 1 + static_cast<int64_t>(random() % uint64_t(spread));
            ASSERT_EQ(wheel.add(due, step), Status::kOk);
            model.emplace(due, step);
            if (random() % 4 != 0) {
                continue;
            }
            now += static_cast<int64_t>(random() % uint64_t(spread / 2 + 1));
            std::vector<uint32_t> ids;
            int64_t popped = 0;
            while (wheel.pop_due(now, &ids, &popped) == Status::kOk) {
                std::vector<uint32_t> expected;
                ASSERT_FALSE(model.empty());
                ASSERT_EQ(model.begin()->first, popped);
                for (auto at = model.begin(); at != model.end() && at->first == popped;) {
                    expected.push_back(at->second);
                    at = model.erase(at);
                }
                std::sort(ids.begin(), ids.end());
                std::sort(expected.begin(), expected.end());
                ASSERT_EQ(ids, expected);
            }
            ASSERT_TRUE(model.empty() || model.begin()->first > now);
        }
        ASSERT_EQ(wheel.size(), static_cast<int64_t>(model.size()));
    }
}

}  // namespace
}  // namespace flk
