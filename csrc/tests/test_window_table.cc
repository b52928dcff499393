#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "flk/window_table.h"

namespace flk {
namespace {

TEST(WindowTable, AnUnknownWindowIsNotFound) {
    WindowTable table;
    EXPECT_EQ(table.find(0, 0, 10), kNoWindow);
    EXPECT_EQ(table.first_of_key(0), kNoWindow);
    EXPECT_EQ(table.first_of_key(1u << 20), kNoWindow);
    EXPECT_FALSE(table.is_current(0, 0));
    EXPECT_EQ(table.live_count(), 0u);
}

TEST(WindowTable, AWindowIsMadeOnceAndFoundByKeyStartAndEnd) {
    WindowTable table;
    bool is_new = false;
    const uint32_t slot = table.find_or_add(3, -10, 0, &is_new);
    EXPECT_TRUE(is_new);
    EXPECT_EQ(table.find_or_add(3, -10, 0, &is_new), slot);
    EXPECT_FALSE(is_new);
    EXPECT_EQ(table.find(3, -10, 0), slot);
    EXPECT_EQ(table.find(3, -10, 1), kNoWindow);
    EXPECT_EQ(table.find(3, -9, 0), kNoWindow);
    EXPECT_EQ(table.find(4, -10, 0), kNoWindow);
    EXPECT_EQ(table.slot(slot)->element_count, 0);
}

TEST(WindowTable, ASlotIsReusedWithANewGenerationAndACleanCount) {
    WindowTable table;
    bool is_new = false;
    const uint32_t slot = table.find_or_add(1, 0, 10, &is_new);
    const uint32_t generation = table.slot(slot)->generation;
    table.slot(slot)->element_count = 7;
    table.remove(slot);
    EXPECT_FALSE(table.is_current(slot, generation));
    EXPECT_EQ(table.find_or_add(2, 0, 10, &is_new), slot);
    EXPECT_TRUE(is_new);
    EXPECT_FALSE(table.is_current(slot, generation));
    EXPECT_TRUE(table.is_current(slot, generation + 1));
    EXPECT_EQ(table.slot(slot)->element_count, 0);
    EXPECT_EQ(table.capacity(), 1u);
}

TEST(WindowTable, AMovedWindowKeepsItsSlotAndItsPlaceInTheChainOfItsKey) {
    WindowTable table;
    bool is_new = false;
    const uint32_t first = table.find_or_add(1, 0, 10, &is_new);
    const uint32_t second = table.find_or_add(1, 20, 30, &is_new);
    const uint32_t generation = table.slot(first)->generation;
    table.move(first, 0, 15);
    EXPECT_EQ(table.find(1, 0, 10), kNoWindow);
    EXPECT_EQ(table.find(1, 0, 15), first);
    EXPECT_FALSE(table.is_current(first, generation));
    EXPECT_TRUE(table.is_current(first, generation + 1));
    EXPECT_EQ(table.first_of_key(1), second);
    EXPECT_EQ(table.slot(second)->next_of_key, first);
    EXPECT_EQ(table.live_count(), 2u);
}

using Window = std::tuple<uint32_t, int64_t, int64_t>;

/* Every window the model has is found in its slot and chained under its key, newest first. */
void expect_same(WindowTable &table, const std::map<Window, uint32_t> &model,
                 const std::map<uint32_t, std::vector<uint32_t>> &chains) {
    ASSERT_EQ(table.live_count(), model.size());
    std::set<uint32_t> slots;
    for (const auto &[window, slot] : model) {
        const auto &[key_id, start, end] = window;
        ASSERT_EQ(table.find(key_id, start, end), slot);
        ASSERT_TRUE(slots.insert(slot).second);
    }
    for (const auto &[key_id, chain] : chains) {
        std::vector<uint32_t> seen;
        for (uint32_t slot = table.first_of_key(key_id); slot != kNoWindow;
             slot = table.slot(slot)->next_of_key) {
            seen.push_back(slot);
        }
        std::reverse(seen.begin(), seen.end());
        ASSERT_EQ(seen, chain);
    }
}

TEST(WindowTable, RandomWindowsBehaveAsInAMap) {
    for (uint32_t seed = 0; seed < 40; ++seed) {
        std::mt19937 engine(seed);
        const auto random = [&engine]() { return static_cast<uint32_t>(engine()); };
        const uint32_t keys = 1 + random() % 40;
        const uint32_t starts = 1 + random() % 30;
        WindowTable table;
        std::map<Window, uint32_t> model;
        std::map<uint32_t, std::vector<uint32_t>> chains;
        std::map<uint32_t, uint32_t> generations;
        for (int round = 0; round < 3000; ++round) {
            const uint32_t key_id = random() % keys;
            const int64_t start = static_cast<int64_t>(random() % starts) - 10;
            const Window window{key_id, start, start + 1 + random() % 3};
            const uint32_t step = random() % 8;
            const auto known = model.find(window);
            if (step < 5) {
                bool is_new = false;
                const uint32_t slot =
                    table.find_or_add(key_id, start, std::get<2>(window), &is_new);
                ASSERT_EQ(is_new, known == model.end());
                if (is_new) {
                    model[window] = slot;
                    chains[key_id].push_back(slot);
                    ASSERT_EQ(table.slot(slot)->generation, generations[slot]);
                } else {
                    ASSERT_EQ(slot, known->second);
                }
            } else if (known != model.end() && step < 7) {
                const uint32_t slot = known->second;
                table.remove(slot);
                ASSERT_FALSE(table.is_current(slot, generations[slot]));
                ++generations[slot];
                ASSERT_FALSE(table.is_current(slot, generations[slot]));
                auto &chain = chains[key_id];
                chain.erase(std::find(chain.begin(), chain.end(), slot));
                model.erase(known);
            } else if (known != model.end()) {
                const Window wanted{key_id, start - 100, start + 100};
                if (model.count(wanted) == 0) {
                    const uint32_t slot = known->second;
                    table.move(slot, start - 100, start + 100);
                    ++generations[slot];
                    ASSERT_TRUE(table.is_current(slot, generations[slot]));
                    model.erase(known);
                    model[wanted] = slot;
                }
            }
            if (round % 100 == 0) {
                expect_same(table, model, chains);
            }
        }
        expect_same(table, model, chains);
        while (!model.empty()) {
            table.remove(model.begin()->second);
            model.erase(model.begin());
        }
        EXPECT_EQ(table.live_count(), 0u);
        EXPECT_EQ(table.first_of_key(0), kNoWindow);
    }
}

TEST(WindowTable, NoMoreSlotsAreMadeThanWindowsWereEverLiveAtOnce) {
    WindowTable table;
    bool is_new = false;
    for (int64_t time = 0; time < 10000; ++time) {
        table.find_or_add(static_cast<uint32_t>(time % 7), time, time + 5, &is_new);
        if (time >= 50) {
            const int64_t gone = time - 50;
            table.remove(table.find(static_cast<uint32_t>(gone % 7), gone, gone + 5));
        }
    }
    EXPECT_EQ(table.live_count(), 50u);
    EXPECT_EQ(table.capacity(), 51u);
}

}  // namespace
}  // namespace flk
