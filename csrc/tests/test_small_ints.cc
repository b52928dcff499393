#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "flk/small_ints.h"

namespace {

using flk::SmallInts;

TEST(SmallInts, KeysOutsideHaveNoId) {
    SmallInts ints;
    ASSERT_EQ(ints.grow(1024), flk::Status::kOk);
    ints.insert(0, 7);
    ints.insert(1023, 8);
    const int64_t keys[] = {0,
                            -1,
                            1023,
                            1024,
                            std::numeric_limits<int64_t>::min(),
                            5000,
                            1,
                            std::numeric_limits<int64_t>::max()};
    uint32_t ids[8];
    uint32_t missed[8];
    EXPECT_EQ(ints.find_all(keys, 8, ids, missed), 6);
    EXPECT_EQ(ids[0], 7u);
    EXPECT_EQ(ids[2], 8u);
    for (const int row : {1, 3, 4, 5, 6, 7}) {
        EXPECT_EQ(ids[row], SmallInts::kNoId);
    }
    EXPECT_EQ(missed[0], 1u);
    EXPECT_EQ(missed[5], 7u);
}

TEST(SmallInts, GrowingKeepsWhatIsThere) {
    SmallInts ints;
    ASSERT_EQ(ints.grow(1024), flk::Status::kOk);
    ints.insert(1000, 3);
    ASSERT_EQ(ints.grow(4096), flk::Status::kOk);
    EXPECT_EQ(ints.find(1000), 3u);
    EXPECT_EQ(ints.find(4095), SmallInts::kNoId);
    EXPECT_EQ(ints.size(), 1);
    ints.erase(1000);
    EXPECT_EQ(ints.find(1000), SmallInts::kNoId);
    EXPECT_EQ(ints.size(), 0);
}

TEST(SmallInts, SparseKeysAreNotCovered) {
    EXPECT_EQ(SmallInts::limit_for(-1, 1000), 0);
    EXPECT_EQ(SmallInts::limit_for(0, 0), 1024);
    EXPECT_EQ(SmallInts::limit_for(1024, 0), 2048);
    EXPECT_EQ(SmallInts::limit_for(100'000, 10), 0);
    EXPECT_EQ(SmallInts::limit_for(100'000, 10'000), 131'072);
    EXPECT_EQ(SmallInts::limit_for(SmallInts::kLimitMax, 1 << 30), 0);
    EXPECT_EQ(SmallInts::limit_for(SmallInts::kLimitMax - 1, 1 << 30), SmallInts::kLimitMax);
}

}  // namespace
