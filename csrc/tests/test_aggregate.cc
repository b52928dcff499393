#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "flk/aggregate.h"

namespace flk {
namespace {

const std::vector<uint32_t> kIds{3, 0, 3, 3};
const std::vector<int64_t> kValues{5, 2, 1, 4};

TEST(Aggregate, EachRowGetsItsKeysValueSoFar) {
    std::vector<int64_t> out(4);
    int64_t done = 0;
    RunningColumn<int64_t> sum, least, most;
    ASSERT_EQ(sum.resize(4), Status::kOk);
    ASSERT_EQ(least.resize(4), Status::kOk);
    ASSERT_EQ(most.resize(4), Status::kOk);
    ASSERT_EQ(sum.sum(kIds.data(), kValues.data(), 4, out.data(), &done), Status::kOk);
    EXPECT_EQ(out, (std::vector<int64_t>{5, 2, 6, 10}));
    ASSERT_EQ(least.min(kIds.data(), kValues.data(), 4, out.data(), &done), Status::kOk);
    EXPECT_EQ(out, (std::vector<int64_t>{5, 2, 1, 1}));
    ASSERT_EQ(most.max(kIds.data(), kValues.data(), 4, out.data(), &done), Status::kOk);
    EXPECT_EQ(out, (std::vector<int64_t>{5, 2, 5, 5}));
    EXPECT_EQ(done, 4);
    EXPECT_EQ(most.row_count(3), 3);
    EXPECT_EQ(most.value(3), 5);
    EXPECT_EQ(most.row_count(1), 0);
}

TEST(Aggregate, StateGoesOnInTheNextBatchAfterGrowing) {
    RunningColumn<int64_t> sum;
    std::vector<int64_t> out(4);
    int64_t done = 0;
    ASSERT_EQ(sum.resize(4), Status::kOk);
    ASSERT_EQ(sum.sum(kIds.data(), kValues.data(), 4, out.data(), &done), Status::kOk);
    ASSERT_EQ(sum.resize(1000), Status::kOk);
    ASSERT_EQ(sum.sum(kIds.data(), kValues.data(), 4, out.data(), &done), Status::kOk);
    EXPECT_EQ(out, (std::vector<int64_t>{15, 4, 16, 20}));
}

TEST(Aggregate, AnOverflowStopsBeforeItsRow) {
    RunningColumn<int64_t> sum;
    ASSERT_EQ(sum.resize(1), Status::kOk);
    const std::vector<uint32_t> ids{0, 0, 0};
    const std::vector<int64_t> values{INT64_MAX, 1, -1};
    std::vector<int64_t> out(3, 7);
    int64_t done = -1;
    EXPECT_EQ(sum.sum(ids.data(), values.data(), 3, out.data(), &done), Status::kOverflow);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(out, (std::vector<int64_t>{INT64_MAX, 7, 7}));
    EXPECT_EQ(sum.value(0), INT64_MAX);
    EXPECT_EQ(sum.row_count(0), 1);
}

TEST(Aggregate, FloatsAreAddedInArrivalOrderAndKeepMinusZero) {
    RunningColumn<double> sum;
    ASSERT_EQ(sum.resize(2), Status::kOk);
    const std::vector<uint32_t> ids{0, 0, 0, 1};
    const std::vector<double> values{0.1, 0.2, 0.3, -0.0};
    std::vector<double> out(4);
    int64_t done = 0;
    ASSERT_EQ(sum.sum(ids.data(), values.data(), 4, out.data(), &done), Status::kOk);
    EXPECT_EQ(out[2], 0.1 + 0.2 + 0.3);
    EXPECT_TRUE(std::signbit(out[3]));
}

TEST(Aggregate, NanIsNeitherLessNorGreater) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    RunningColumn<double> least;
    ASSERT_EQ(least.resize(2), Status::kOk);
    const std::vector<uint32_t> ids{0, 0, 1, 1};
    const std::vector<double> values{nan, 1, 1, nan};
    std::vector<double> out(4);
    int64_t done = 0;
    ASSERT_EQ(least.min(ids.data(), values.data(), 4, out.data(), &done), Status::kOk);
    EXPECT_TRUE(std::isnan(out[1]));
    EXPECT_EQ(out[3], 1);
}

TEST(Aggregate, TheFirstOfEqualRowsIsKept) {
    const std::vector<uint32_t> ids{0, 0, 0, 0};
    const std::vector<int64_t> values{2, 2, 1, 3};
    std::vector<uint8_t> taken(4);
    RunningColumn<int64_t> least, most;
    ASSERT_EQ(least.resize(1), Status::kOk);
    ASSERT_EQ(most.resize(1), Status::kOk);
    least.min_by(ids.data(), values.data(), 4, taken.data());
    EXPECT_EQ(taken, (std::vector<uint8_t>{1, 0, 1, 0}));
    most.max_by(ids.data(), values.data(), 4, taken.data());
    EXPECT_EQ(taken, (std::vector<uint8_t>{1, 0, 0, 1}));
}

TEST(Aggregate, MeansAreRoundedOnceAndCountsCountRows) {
    RunningColumn<int64_t> mean, rows;
    ASSERT_EQ(mean.resize(4), Status::kOk);
    ASSERT_EQ(rows.resize(4), Status::kOk);
    std::vector<double> means(4);
    std::vector<int64_t> counts(4);
    int64_t done = 0;
    ASSERT_EQ(mean.avg(kIds.data(), kValues.data(), 4, means.data(), &done), Status::kOk);
    EXPECT_EQ(means, (std::vector<double>{5, 2, 3, 10.0 / 3}));
    rows.count(kIds.data(), 4, counts.data());
    EXPECT_EQ(counts, (std::vector<int64_t>{1, 1, 2, 3}));
    const int64_t large = (int64_t{1} << 53) + 1;
    const uint32_t id = 1;
    EXPECT_EQ(mean.avg(&id, &large, 1, means.data(), &done), Status::kOverflow);
    EXPECT_EQ(done, 0);
    EXPECT_EQ(mean.row_count(1), 0);
}

}  // namespace
}  // namespace flk
