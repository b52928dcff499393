#include <gtest/gtest.h>

#include "flk/accumulator.h"

namespace {

/* The least an accumulator can be: no row is ever counted. */
class Nothing : public flk::Accumulator {
  public:
    Nothing() : Accumulator(8, nullptr) {}
    flk::Status consume(const flk::ConsumedRows &, int32_t, const flk::Column *,
                        flk::Error *) noexcept override {
        return flk::Status::kOk;
    }
    flk::Status merge(uint8_t *const *, const uint8_t *const *, int64_t, int32_t,
                      flk::Error *) noexcept override {
        return flk::Status::kOk;
    }
    flk::Status finalize(const uint8_t *const *, int64_t, int32_t, flk::ColumnPtr *,
                         flk::Error *) noexcept override {
        return flk::Status::kOk;
    }
    flk::Status snapshot(const uint8_t *const *, int64_t, int32_t, std::vector<uint8_t> *,
                         flk::Error *) const noexcept override {
        return flk::Status::kOk;
    }
    flk::Status restore(uint8_t *const *, int64_t, int32_t, const uint8_t *, int64_t, int64_t *,
                        flk::Error *) noexcept override {
        return flk::Status::kOk;
    }
};

TEST(Accumulator, AnAggregateThatKeepsNoHistoryRefusesToTakeRowsBack) {
    Nothing nothing;
    flk::Error error;
    EXPECT_FALSE(nothing.can_retract());
    EXPECT_EQ(nothing.retract({}, 0, nullptr, &error), flk::Status::kUnsupported);
    EXPECT_STREQ(error.message, "this aggregate takes no rows back");
}

TEST(Accumulator, ReleaseZeroesItsPartOfTheStatesOnly) {
    Nothing nothing;
    uint64_t state[3] = {1, 2, 3};
    uint8_t *states[] = {reinterpret_cast<uint8_t *>(state)};
    nothing.release(states, 1, 8);
    EXPECT_EQ(state[0], 1u);
    EXPECT_EQ(state[1], 0u);
    EXPECT_EQ(state[2], 3u);
}

}  // namespace
