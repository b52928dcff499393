#include <gtest/gtest.h>

#include <cmath>

#include "flk/hash.h"
#include "flk/hyperloglog.h"

namespace {

flk::HyperLogLog sketch_of(int32_t precision, int64_t first, int64_t count) {
    flk::HyperLogLog sketch(precision);
    for (int64_t value = first; value < first + count; ++value) {
        sketch.add(flk::hash_int64(value));
    }
    return sketch;
}

TEST(HyperLogLog, IsWithinFourStandardErrors) {
    for (const int32_t precision : {4, 8, 12, 14, 18}) {
        const double error = 1.04 / std::sqrt(std::pow(2.0, precision));
        for (const int64_t count : {1, 10, 1000, 20000, 300000}) {
            const auto estimate =
                static_cast<double>(sketch_of(precision, 7 * count, count).estimate());
            EXPECT_LE(std::abs(estimate - static_cast<double>(count)),
                      4 * error * static_cast<double>(count) + 1)
                << precision << " " << count;
        }
    }
    EXPECT_EQ(flk::HyperLogLog(12).estimate(), 0);
}

TEST(HyperLogLog, MergesToTheSketchOfAllValuesInAnyOrder) {
    for (const int64_t count : {3, 300, 2000}) {
        const flk::HyperLogLog all = sketch_of(11, 0, 3 * count);
        for (int order = 0; order < 3; ++order) {
            flk::HyperLogLog merged(11);
            for (int part = 0; part < 3; ++part) {
                merged.merge(sketch_of(11, (part + order) % 3 * count, count));
            }
            EXPECT_EQ(merged.words(), all.words());
            EXPECT_EQ(merged.estimate(), all.estimate());
        }
    }
}

TEST(HyperLogLog, WordsBuildTheSameSketchAndOthersAreRefused) {
    for (const int64_t count : {5, 5000}) {
        const flk::HyperLogLog all = sketch_of(10, 0, count);
        flk::HyperLogLog built(10);
        for (const uint32_t word : all.words()) {
            ASSERT_TRUE(built.add_word(word));
        }
        EXPECT_EQ(built.words(), all.words());
    }
    flk::HyperLogLog sketch(10);
    EXPECT_FALSE(sketch.add_word(0));              /* no rank */
    EXPECT_FALSE(sketch.add_word(56));             /* a rank beyond 64 - 10 + 1 */
    EXPECT_FALSE(sketch.add_word(1024u << 6 | 1)); /* no such register */
    EXPECT_TRUE(sketch.add_word(1023u << 6 | 55));
}

TEST(HyperLogLog, AHashOfZeroBitsHasTheHighestRank) {
    flk::HyperLogLog sketch(18);
    sketch.add(0);
    EXPECT_EQ(sketch.words(), (std::vector<uint32_t>{47}));
    EXPECT_EQ(sketch.estimate(), 1);
}

}  // namespace
