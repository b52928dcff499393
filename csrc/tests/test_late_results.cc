#include <gtest/gtest.h>

#include <cstdint>

#include "flk/late_results.h"
#include "window_accumulators.h"

namespace flk {
namespace {

TEST(LateResults, ComeInOrderInPiecesAndFreeWhatTheyOwn) {
    AccumulatorLayout layout;
    append(&layout, std::make_unique<TestHeapSum>());
    StateArena arena(layout.stride);
    LateResults results(&layout, &arena);
    for (int turn = 0; turn < 3; ++turn) {
        for (uint32_t id = 0; id < 150; ++id) {
            uint8_t *state = results.add(id, id, id + 10);
            ASSERT_NE(state, nullptr);
            TestHeapSum::add(state, 0, 2 * id);
        }
        WindowResults taken{};
        for (uint32_t next = 0; !results.empty();) {
            results.take(64, &taken);
            for (int64_t at = 0; at < taken.count; ++at, ++next) {
                EXPECT_EQ(taken.ids[at], next);
                EXPECT_EQ(taken.starts[at], next);
                EXPECT_EQ(taken.ends[at], next + 10);
                EXPECT_EQ(*TestHeapSum::at(taken.states[at], 0), 2 * next);
            }
        }
        EXPECT_EQ(taken.count, 150 - 128);
        results.drop_taken();
    }
    EXPECT_EQ(results.size(), 0);
}

}  // namespace
}  // namespace flk
