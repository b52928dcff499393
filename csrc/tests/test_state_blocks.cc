#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "flk/state_blocks.h"
#include "window_accumulators.h"

namespace flk {
namespace {

int64_t *number(uint8_t *state) { return reinterpret_cast<int64_t *>(state); }

std::vector<uint32_t> ids_of(const StateBlocks &blocks) {
    return {blocks.ids(), blocks.ids() + blocks.id_count()};
}

TEST(StateBlocks, AddsUnknownIdsZeroedAndInOrderOfFirstTouch) {
    StateArena arena(16);
    StateBlocks blocks(&arena);
    const std::vector<uint32_t> ids = {700, 3, 700, 64, 3, 0};
    std::vector<uint8_t *> states(ids.size());
    ASSERT_EQ(blocks.reserve(768, 6), Status::kOk);
    ASSERT_EQ(blocks.find_or_add(ids.data(), 6, states.data()), Status::kOk);
    EXPECT_EQ(ids_of(blocks), (std::vector<uint32_t>{700, 3, 64, 0}));
    EXPECT_EQ(states[0], states[2]);
    EXPECT_EQ(states[1], states[4]);
    EXPECT_EQ(states[1] - states[5], 3 * 16);
    for (uint8_t *state : states) {
        EXPECT_EQ(number(state)[0], 0);
        EXPECT_EQ(number(state)[1], 0);
    }
    EXPECT_EQ(blocks.find(64), states[3]);
    EXPECT_EQ(blocks.find(65), nullptr);
    EXPECT_EQ(blocks.find(100'000), nullptr);
}

TEST(StateBlocks, BlocksAreUsedAgainAndTheirStatesAreZeroedAgain) {
    StateArena arena(8);
    StateBlocks first(&arena);
    const uint32_t id = 5;
    uint8_t *state = nullptr;
    ASSERT_EQ(first.reserve(64, 1), Status::kOk);
    ASSERT_EQ(first.find_or_add(&id, 1, &state), Status::kOk);
    *number(state) = 77;
    first.clear();
    const int64_t reserved = arena.memory_bytes();
    for (int turn = 0; turn < 1000; ++turn) {
        StateBlocks other(&arena);
        uint8_t *again = nullptr;
        ASSERT_EQ(other.reserve(64, 1), Status::kOk);
        ASSERT_EQ(other.find_or_add(&id, 1, &again), Status::kOk);
        EXPECT_EQ(*number(again), 0);
        *number(again) = turn;
    }
    EXPECT_EQ(arena.memory_bytes(), reserved);
}

TEST(StateBlocks, RandomAddsAndRemovalsAgreeWithAMap) {
    StateArena arena(24);
    StateBlocks blocks(&arena);
    std::map<uint32_t, int64_t> model;
    std::mt19937_64 random(3);
    for (int step = 0; step < 20'000; ++step) {
        const auto id = static_cast<uint32_t>(random() % 500);
        if (random() % 3 > 0) {
            uint8_t *state = nullptr;
            ASSERT_EQ(blocks.reserve(512, 1), Status::kOk);
            ASSERT_EQ(blocks.find_or_add(&id, 1, &state), Status::kOk);
            number(state)[2] += step;
            model[id] += step;
        } else if (blocks.id_count() > 0) {
            const auto at =
                static_cast<int64_t>(random() % static_cast<uint64_t>(blocks.id_count()));
            if (blocks.ids()[at] != StateBlocks::kNoId) {
                model.erase(blocks.ids()[at]);
                blocks.remove_at(at);
            }
            blocks.compact();
        }
        ASSERT_EQ(blocks.state_count(), static_cast<int64_t>(model.size()));
    }
    for (const auto &[id, value] : model) {
        ASSERT_NE(blocks.find(id), nullptr);
        EXPECT_EQ(number(blocks.find(id))[2], value);
    }
}

TEST(StateBlocks, ReleaseFreesWhatStatesOwn) {
    AccumulatorLayout layout;
    append(&layout, std::make_unique<TestSum>(true));
    append(&layout, std::make_unique<TestHeapSum>());
    StateArena arena(layout.stride);
    StateBlocks blocks(&arena);
    ASSERT_EQ(blocks.reserve(6400, 5000), Status::kOk);
    for (uint32_t id = 0; id < 5000; ++id) {
        uint8_t *state = nullptr;
        ASSERT_EQ(blocks.find_or_add(&id, 1, &state), Status::kOk);
        TestHeapSum::add(state, layout.offsets[1], id);
    }
    blocks.release(layout);
    EXPECT_TRUE(blocks.empty());
}

}  // namespace
}  // namespace flk
