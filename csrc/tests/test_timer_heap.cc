#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "flk/timer_heap.h"

namespace flk {
namespace {

TEST(TimerHeap, TimersComeInTimeOrderAndEqualOnesAsTheyWereAdded) {
    TimerHeap heap;
    EXPECT_EQ(heap.add(Timer{20, 0, 1, 0}), 1);
    EXPECT_EQ(heap.add(Timer{10, 0, 9, 0}), 1);
    EXPECT_EQ(heap.add(Timer{10, 0, 3, 0}), 1);
    EXPECT_EQ(heap.add(Timer{-5, 0, 3, 0}), 1);
    std::vector<std::pair<int64_t, uint32_t>> seen;
    while (!heap.empty()) {
        seen.emplace_back(heap.top().time_ms, heap.top().key_id);
        heap.pop();
    }
    EXPECT_EQ(seen,
              (std::vector<std::pair<int64_t, uint32_t>>{{-5, 3}, {10, 9}, {10, 3}, {20, 1}}));
}

TEST(TimerHeap, TheSameTimerIsThereOnceWhateverItsGeneration) {
    TimerHeap heap;
    EXPECT_EQ(heap.add(Timer{1, 2, 3, 4}), 1);
    EXPECT_EQ(heap.add(Timer{1, 2, 3, 5}), 0);
    EXPECT_EQ(heap.add(Timer{1, 7, 3, 4}), 1);
    EXPECT_EQ(heap.size(), 2);
    EXPECT_EQ(heap.top().generation, 4u);
    EXPECT_TRUE(heap.remove(Timer{1, 2, 3, 9}));
    EXPECT_FALSE(heap.remove(Timer{1, 2, 3, 9}));
    EXPECT_EQ(heap.top().namespace_id, 7u);
}

TEST(TimerHeap, ATimerThatIsRemovedAndAddedAgainGoesToTheEndOfItsTime) {
    TimerHeap heap;
    heap.add(Timer{1, 0, 1, 0});
    heap.add(Timer{1, 0, 2, 0});
    heap.remove(Timer{1, 0, 1, 0});
    heap.add(Timer{1, 0, 1, 0});
    EXPECT_EQ(heap.top().key_id, 2u);
    heap.pop();
    EXPECT_EQ(heap.top().key_id, 1u);
    heap.pop();
    EXPECT_TRUE(heap.empty());
}

TEST(TimerHeap, AListHasTheTimersThatAreLeftAsTheyWouldFire) {
    TimerHeap heap;
    std::vector<Timer> listed;
    EXPECT_TRUE(heap.list(&listed));
    EXPECT_TRUE(listed.empty());
    heap.add(Timer{30, 0, 1, 0});
    heap.add(Timer{10, 7, 2, 0});
    heap.add(Timer{10, 0, 3, 0});
    heap.add(Timer{20, 0, 4, 0});
    heap.remove(Timer{20, 0, 4, 0});
    heap.remove(Timer{10, 7, 2, 0});
    heap.add(Timer{10, 7, 2, 0});
    EXPECT_TRUE(heap.list(&listed));
    ASSERT_EQ(listed.size(), 3u);
    for (const Timer &timer : listed) {
        EXPECT_EQ(heap.top().time_ms, timer.time_ms);
        EXPECT_EQ(heap.top().key_id, timer.key_id);
        EXPECT_EQ(heap.top().namespace_id, timer.namespace_id);
        heap.pop();
    }
    EXPECT_TRUE(heap.empty());
}

TEST(TimerHeap, RandomStepsAgreeWithAnOrderedMap) {
    using Identity = std::tuple<int64_t, uint64_t, uint32_t>;
    TimerHeap heap;
    std::map<std::pair<int64_t, int64_t>, Identity> by_order;
    std::map<Identity, int64_t> orders;
    std::mt19937_64 random(7);
    for (int64_t step = 0; step < 60'000; ++step) {
        const Timer timer{static_cast<int64_t>(random() % 500), random() % 3,
                          static_cast<uint32_t>(random() % 20), 0};
        const Identity identity{timer.time_ms, timer.namespace_id, timer.key_id};
        const uint64_t action = random() % (step / 10'000 % 2 == 0 ? 5 : 3);
        if (action == 0 && !by_order.empty()) {
            ASSERT_EQ(Identity(heap.top().time_ms, heap.top().namespace_id, heap.top().key_id),
                      by_order.begin()->second);
            orders.erase(by_order.begin()->second);
            by_order.erase(by_order.begin());
            heap.pop();
        } else if (action == 1) {
            const auto known = orders.find(identity);
            ASSERT_EQ(heap.remove(timer), known != orders.end());
            if (known != orders.end()) {
                by_order.erase({timer.time_ms, known->second});
                orders.erase(known);
            }
        } else if (action > 1) {
            const bool is_new = orders.emplace(identity, step).second;
            ASSERT_EQ(heap.add(timer), is_new ? 1 : 0);
            if (is_new) {
                by_order.emplace(std::make_pair(timer.time_ms, step), identity);
            }
        }
        ASSERT_EQ(heap.size(), static_cast<int64_t>(orders.size()));
    }
}

TEST(TimerHeap, AClearedHeapStartsAnew) {
    TimerHeap heap;
    heap.add(Timer{1, 0, 0, 0});
    heap.clear();
    EXPECT_TRUE(heap.empty());
    EXPECT_FALSE(heap.remove(Timer{1, 0, 0, 0}));
    EXPECT_EQ(heap.add(Timer{1, 0, 0, 0}), 1);
}

}  // namespace
}  // namespace flk
