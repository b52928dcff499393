#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "flk/running_total.h"
#include "flk/two_stacks.h"
#include "flk/window_fold.h"
#include "flk/window_kernel.h"
#include "window_accumulators.h"

namespace flk {
namespace {

constexpr int64_t kSlide = 10;
constexpr int64_t kSize = 50;

/* Sliding windows of five slices over random keys, as slice_window.h drives a fold. */
class FoldTest : public ::testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        append(&layout_, std::make_unique<TestSum>(GetParam()));
        definition_.shape = WindowShape::kSliding;
        definition_.size = kSize;
        definition_.slide = kSlide;
        definition_.accumulators = {0};
        definitions_ = {definition_};
        plain_ = std::make_unique<StateArena>(layout_.stride);
        counted_ = std::make_unique<StateArena>(layout_.stride + RunningTotal::kExtraBytes);
        slices_ = std::make_unique<Slices>(definitions_, plain_.get());
        fold_ = make_window_fold(layout_, definition_, plain_.get(), counted_.get());
    }

    void add_row(Slice *slice, uint32_t id, int64_t value) {
        uint8_t *state = nullptr;
        ASSERT_EQ(slice->states.reserve(4096, 1), Status::kOk);
        ASSERT_EQ(slice->states.find_or_add(&id, 1, &state), Status::kOk);
        TestAccumulator::at(state, 0)->value += value;
        model_[slice->start][id] += value;
    }

    std::map<uint32_t, int64_t> fire(int64_t end) {
        const std::size_t first = slices_->lower_bound(end - kSize);
        const std::size_t last = slices_->lower_bound(end);
        std::map<uint32_t, int64_t> seen;
        EXPECT_EQ(fold_->begin(end, slices_->live().data() + first, last - first), Status::kOk);
        bool is_done = false;
        while (!is_done) {
            EXPECT_EQ(fold_->fold(100, &is_done, nullptr), Status::kOk);
        }
        FoldedChunk chunk;
        do {
            EXPECT_EQ(fold_->read(333, &chunk, nullptr), Status::kOk);
            for (int64_t at = 0; at < chunk.count; ++at) {
                const bool is_new =
                    seen.emplace(chunk.ids[at], TestAccumulator::at(chunk.states[at], 0)->value)
                        .second;
                EXPECT_TRUE(is_new) << chunk.ids[at];
            }
        } while (chunk.count > 0);
        is_done = false;
        while (!is_done) {
            EXPECT_EQ(fold_->leave(100, &is_done, nullptr), Status::kOk);
        }
        return seen;
    }

    std::map<uint32_t, int64_t> expected(int64_t end) {
        std::map<uint32_t, int64_t> sums;
        for (int64_t start = end - kSize; start < end; start += kSlide) {
            for (const auto &[id, value] : model_[start]) {
                sums[id] += value;
            }
        }
        return sums;
    }

    AccumulatorLayout layout_;
    WindowDefinition definition_;
    std::vector<WindowDefinition> definitions_;
    std::unique_ptr<StateArena> plain_;
    std::unique_ptr<StateArena> counted_;
    std::unique_ptr<Slices> slices_;
    std::unique_ptr<WindowFold> fold_;
    std::map<int64_t, std::map<uint32_t, int64_t>> model_;
};

TEST_P(FoldTest, EachWindowHasTheSumOfItsSlices) {
    std::mt19937_64 random(9);
    for (int64_t end = kSlide; end < 100 * kSlide; end += kSlide) {
        Slice *slice = slices_->add(SliceBounds{end - kSlide, end});
        const uint64_t keys = random() % 3 == 0 ? 1 : 1 + random() % 2500;
        for (uint64_t row = 0; row < keys; ++row) {
            add_row(slice, static_cast<uint32_t>(random() % 3000),
                    static_cast<int64_t>(random() % 100));
        }
        ASSERT_EQ(fire(end), expected(end)) << end;
    }
}

TEST_P(FoldTest, RowsThatComeAfterASliceWasFoldedAreInTheNextWindows) {
    std::mt19937_64 random(11);
    for (int64_t end = kSlide; end < 60 * kSlide; end += kSlide) {
        Slice *slice = slices_->add(SliceBounds{end - kSlide, end});
        for (int row = 0; row < 50; ++row) {
            add_row(slice, static_cast<uint32_t>(random() % 40), 1);
        }
        ASSERT_EQ(fire(end), expected(end)) << end;
        for (Slice *older : slices_->live()) {
            if (older->start + kSize <= end || random() % 2 == 0) {
                continue;
            }
            const auto id = static_cast<uint32_t>(random() % 60);
            const bool is_new_key = older->states.find(id) == nullptr;
            const int64_t value = 5;
            add_row(older, id, value);
            const ColumnPtr column = int64_column({value});
            const Column *columns[] = {column.get()};
            const WindowRows rows{&id, nullptr, nullptr, columns, 0, 1, 0};
            ASSERT_EQ(fold_->update(*older, rows, 0, is_new_key, false, nullptr), Status::kOk);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(RunningTotalAndTwoStacks, FoldTest, ::testing::Values(true, false));

}  // namespace
}  // namespace flk
