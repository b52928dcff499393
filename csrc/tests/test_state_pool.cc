#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "flk/state_pool.h"

namespace flk {
namespace {

TEST(StatePool, StatesAreZeroedEvenIfTheyWereUsedBefore) {
    StatePool pool;
    pool.open(24);
    const uint64_t zeros[3] = {};
    for (int round = 0; round < 3; ++round) {
        uint8_t *state = pool.take();
        EXPECT_EQ(std::memcmp(state, zeros, sizeof(zeros)), 0);
        std::memset(state, 7, sizeof(zeros));
        pool.give_back(state);
    }
    EXPECT_EQ(pool.taken(), 0);
}

TEST(StatePool, StatesDoNotOverlapAndMemoryIsReused) {
    StatePool pool;
    pool.open(40);
    for (int round = 0; round < 2; ++round) {
        std::set<uintptr_t> addresses;
        std::vector<uint8_t *> states;
        for (int at = 0; at < 10'000; ++at) {
            states.push_back(pool.take());
            std::memset(states.back(), at % 256, 40);
            addresses.insert(reinterpret_cast<uintptr_t>(states.back()));
        }
        uintptr_t before = 0;
        for (const uintptr_t address : addresses) {
            EXPECT_GE(address, before + 40);
            before = address;
        }
        EXPECT_EQ(pool.taken(), 10'000);
        EXPECT_LT(pool.memory_bytes(), 600'000);
        for (uint8_t *state : states) {
            pool.give_back(state);
        }
    }
}

TEST(StatePool, AStateLargerThanAChunkHasChunksOfItsOwn) {
    StatePool pool;
    pool.open(1 << 17);
    for (int at = 0; at < 20; ++at) {
        std::memset(pool.take(), 1, 1 << 17);
    }
    EXPECT_EQ(pool.taken(), 20);
}

}  // namespace
}  // namespace flk
