#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "flk/key_order.h"

namespace flk {
namespace {

TEST(KeyOrder, AgreesWithAStableSortOfPairs) {
    std::mt19937_64 random(8);
    for (int turn = 0; turn < 500; ++turn) {
        const size_t count = random() % 60;
        std::vector<uint32_t> ids(count);
        std::vector<int64_t> times(count);
        for (size_t row = 0; row < count; ++row) {
            ids[row] = static_cast<uint32_t>(random() % 9);
            times[row] = random() % 7 == 0 ? INT64_MIN : static_cast<int64_t>(random() % 11) - 5;
        }
        const bool has_times = turn % 3 != 0;
        std::vector<uint32_t> wanted(count);
        std::iota(wanted.begin(), wanted.end(), 0u);
        std::stable_sort(wanted.begin(), wanted.end(), [&](uint32_t left, uint32_t right) {
            if (ids[left] != ids[right]) {
                return ids[left] < ids[right];
            }
            return has_times && times[left] < times[right];
        });
        std::vector<uint32_t> made(count);
        ASSERT_TRUE(order_by_key(ids.data(), has_times ? times.data() : nullptr,
                                 static_cast<int64_t>(count), made.data()));
        ASSERT_EQ(made, wanted);
    }
}

}  // namespace
}  // namespace flk
