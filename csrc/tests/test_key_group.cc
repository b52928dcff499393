#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "flk/key_group.h"

namespace flk {
namespace {

TEST(KeyGroup, RangesOfSubtasksAreFlinks) {
    /* 8 groups over 3 subtasks: 0 1 2 | 3 4 5 | 6 7 */
    EXPECT_EQ(first_group_of(0, 8, 3), 0u);
    EXPECT_EQ(last_group_of(0, 8, 3), 2u);
    EXPECT_EQ(first_group_of(1, 8, 3), 3u);
    EXPECT_EQ(last_group_of(1, 8, 3), 5u);
    EXPECT_EQ(first_group_of(2, 8, 3), 6u);
    EXPECT_EQ(last_group_of(2, 8, 3), 7u);
}

TEST(KeyGroup, EveryGroupIsInTheRangeOfItsOwner) {
    for (uint32_t max_parallelism : {1u, 7u, 128u, 200u, 32768u}) {
        for (uint32_t parallelism : {1u, 2u, 3u, 7u, 100u, 128u, 32768u}) {
            if (parallelism > max_parallelism) {
                continue;
            }
            for (uint32_t group = 0; group < max_parallelism; ++group) {
                const uint32_t owner = owner_of_group(group, max_parallelism, parallelism);
                ASSERT_LT(owner, parallelism);
                ASSERT_LE(first_group_of(owner, max_parallelism, parallelism), group);
                ASSERT_GE(last_group_of(owner, max_parallelism, parallelism), group);
            }
        }
    }
}

TEST(KeyGroup, TheGroupComesFromTheHighBits) {
    EXPECT_EQ(key_group_of(0x00000000ffffffffu, 128), 0u);
    EXPECT_EQ(key_group_of(0xffffffff00000000u, 128), 127u);
    EXPECT_EQ(key_group_of(0x8000000000000000u, 128), 64u);
}

TEST(KeyGroup, ManyHashesHaveTheOwnersOfEach) {
    for (uint32_t max_parallelism : {1u, 128u, 100u, 32768u}) {
        const uint32_t parallelism = max_parallelism < 3 ? max_parallelism : 3;
        std::vector<uint64_t> hashes;
        for (uint64_t value = 0; value < 500; ++value) {
            hashes.push_back(value * 0x9e3779b97f4a7c15u);
        }
        std::vector<uint32_t> owners(hashes.size());
        owners_of_hashes(hashes.data(), static_cast<int64_t>(hashes.size()), max_parallelism,
                         parallelism, owners.data());
        for (std::size_t row = 0; row < hashes.size(); ++row) {
            ASSERT_EQ(owners[row], owner_of_group(key_group_of(hashes[row], max_parallelism),
                                                  max_parallelism, parallelism));
        }
    }
}

}  // namespace
}  // namespace flk
