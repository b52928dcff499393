// clang-format off
#include "flk/strict_floats.h" /* before everything else */
// clang-format on

#include <gtest/gtest.h>

namespace {

TEST(StrictFloats, AProductIsRoundedBeforeItIsAdded) {
    volatile double factor = 1.0 + 0x1p-30;
    volatile double rest = -(1.0 + 0x1p-29);
    EXPECT_EQ(factor * factor + rest, 0.0); /* fused: 2^-60 */
}

}  // namespace
