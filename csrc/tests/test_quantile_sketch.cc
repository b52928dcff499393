#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "flk/hash.h"
#include "flk/quantile_sketch.h"

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

flk::QuantileSketch sketch_of(const std::vector<double> &values) {
    flk::QuantileSketch sketch;
    for (const double value : values) {
        sketch.add(value);
    }
    return sketch;
}

std::vector<double> many(int64_t count, double scale) {
    std::vector<double> values;
    for (int64_t at = 0; at < count; ++at) {
        const auto bits = static_cast<double>(flk::hash_int64(at) >> 11);
        values.push_back((bits / 9007199254740992.0 - 0.25) * scale);
    }
    return values;
}

TEST(QuantileSketch, FewValuesAreExactAndInterpolated) {
    const flk::QuantileSketch sketch = sketch_of({4, 1, 2, 3});
    EXPECT_EQ(sketch.value_at(0.0), 1);
    EXPECT_EQ(sketch.value_at(0.5), 2.5);
    EXPECT_EQ(sketch.value_at(1.0), 4);
    EXPECT_EQ(sketch.value_at(0.25), 1.75);
}

TEST(QuantileSketch, ManyValuesAreWithinHalfAPercent) {
    std::vector<double> values = many(20000, 1e6);
    const flk::QuantileSketch sketch = sketch_of(values);
    EXPECT_FALSE(sketch.is_exact());
    std::sort(values.begin(), values.end());
    for (const double quantile : {0.0, 0.01, 0.3, 0.5, 0.9, 0.999, 1.0}) {
        const double exact = values[static_cast<size_t>(quantile * 19999)];
        EXPECT_NEAR(sketch.value_at(quantile), exact, std::abs(exact) * 0.0045) << quantile;
    }
}

TEST(QuantileSketch, DependsOnTheValuesOnly) {
    for (const int64_t count : {100, 400, 3000}) {
        const std::vector<double> values = many(count, 50.0);
        const flk::QuantileSketch all = sketch_of(values);
        const auto middle = values.begin() + count / 3;
        flk::QuantileSketch late = sketch_of({middle, values.end()});
        late.merge(sketch_of({values.begin(), middle}));
        ASSERT_EQ(late.entries().size(), all.entries().size());
        EXPECT_EQ(late.is_exact(), all.is_exact());
        for (const double quantile : {0.0, 0.2, 0.77, 1.0}) {
            EXPECT_EQ(late.value_at(quantile), all.value_at(quantile));
        }
    }
}

TEST(QuantileSketch, ZeroInfinityAndNanKeepTheirPlace) {
    std::vector<double> values = many(1000, 1.0);
    values.insert(values.end(), {-kInfinity, kInfinity, kNan, -kNan});
    const flk::QuantileSketch sketch = sketch_of(values);
    EXPECT_EQ(sketch.value_at(0.0), -kInfinity);
    EXPECT_TRUE(std::isnan(sketch.value_at(1.0)));
    EXPECT_EQ(sketch.value_at(1001.0 / 1003.0), kInfinity);
    EXPECT_EQ(sketch_of({-0.0, 0.0, 0.0}).entries().size(), 1u);
    EXPECT_FALSE(std::signbit(sketch_of({-0.0}).value_at(0.5)));
}

TEST(QuantileSketch, EntriesBuildTheSameSketchAndOthersAreRefused) {
    for (const int64_t count : {10, 1000}) {
        const flk::QuantileSketch all = sketch_of(many(count, 9.0));
        flk::QuantileSketch built;
        for (const auto &entry : all.entries()) {
            ASSERT_TRUE(built.add_entry(all.is_exact(), entry));
        }
        EXPECT_EQ(built.count(), all.count());
        EXPECT_EQ(built.value_at(0.4), all.value_at(0.4));
    }
    flk::QuantileSketch sketch;
    EXPECT_FALSE(sketch.add_entry(true, {uint64_t{1} << 63, 0}));
    EXPECT_FALSE(sketch.add_entry(true, {~uint64_t{0}, 1}));
    EXPECT_FALSE(sketch.add_entry(false, {(uint64_t{0xbff8} << 48) + 1, 1}));
}

}  // namespace
