#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "flk/row_combiner.h"

namespace flk {
namespace {

struct Made {
    std::vector<uint32_t> rows;
    std::vector<int64_t> values;
};

Made combine(RowCombiner *combiner, CombineKind kind, const std::vector<int64_t> &keys,
             const std::vector<int64_t> &times, const std::vector<int64_t> &values,
             const std::vector<int64_t> &stops = {}, const std::vector<int64_t> &marks = {}) {
    Made made{std::vector<uint32_t>(keys.size()), std::vector<int64_t>(keys.size())};
    CombinedColumn column{kind, values.data(), made.values.data()};
    const CombinedRows rows{keys.data(),  times.data(), static_cast<int64_t>(keys.size()),
                            stops.data(), marks.data(), static_cast<int64_t>(stops.size())};
    const int64_t count = combiner->run(rows, &column, 1, made.rows.data());
    made.rows.resize(static_cast<std::size_t>(count));
    made.values.resize(static_cast<std::size_t>(count));
    return made;
}

TEST(RowCombiner, RowsOfAKeyInASliceBecomeOne) {
    RowCombiner combiner;
    ASSERT_EQ(combiner.open(10, 3), Status::kOk);
    const Made made =
        combine(&combiner, CombineKind::kSum, {7, 3, 7, 7, 3}, {3, 4, 12, 13, 5}, {1, 5, 2, 4, 1});
    EXPECT_EQ(made.rows, (std::vector<uint32_t>{0, 1, 3}));
    EXPECT_EQ(made.values, (std::vector<int64_t>{3, 6, 4}));
    /* nothing is left of the batch before */
    EXPECT_EQ(combine(&combiner, CombineKind::kMax, {7}, {5}, {-1}).values.at(0), -1);
}

TEST(RowCombiner, NoRowPassesAWatermarkThatClosesItsSlice) {
    RowCombiner combiner;
    ASSERT_EQ(combiner.open(10, 0), Status::kOk);
    const Made open = combine(&combiner, CombineKind::kSum, {1, 1}, {1, 2}, {1, 1}, {1}, {8});
    EXPECT_EQ(open.rows.size(), 1u);
    const Made closed =
        combine(&combiner, CombineKind::kSum, {1, 1, 1}, {1, 2, 3}, {1, 1, 1}, {1}, {9});
    EXPECT_EQ(closed.rows.size(), 3u);
}

TEST(RowCombiner, ASumThatLeaves64BitsBeginsAnotherRow) {
    RowCombiner combiner;
    ASSERT_EQ(combiner.open(10, 0), Status::kOk);
    const Made made =
        combine(&combiner, CombineKind::kSum, {1, 1, 1}, {1, 2, 3}, {INT64_MAX, 1, 1});
    EXPECT_EQ(made.values, (std::vector<int64_t>{INT64_MAX, 2}));
}

TEST(RowCombiner, TimesAtTheEndsOfTheRangeStayAlone) {
    RowCombiner combiner;
    ASSERT_EQ(combiner.open(1000, 0), Status::kOk);
    const Made made = combine(&combiner, CombineKind::kSum, {1, 1, 1, 1},
                              {INT64_MIN, INT64_MIN, INT64_MAX, INT64_MAX}, {1, 1, 1, 1});
    EXPECT_EQ(made.rows.size(), 4u);
}

/* Per key, slice and side of the closing watermark the totals are those of the rows. */
TEST(RowCombiner, TotalsAreThoseOfTheRows) {
    std::mt19937_64 random(5);
    RowCombiner combiner;
    for (int turn = 0; turn < 2000; ++turn) {
        const int64_t unit = 1 + static_cast<int64_t>(random() % 20);
        const int64_t offset = static_cast<int64_t>(random() % 20);
        ASSERT_EQ(combiner.open(unit, offset), Status::kOk);
        const auto kind = static_cast<CombineKind>(random() % 3);
        const std::size_t count = random() % 60;
        std::vector<int64_t> keys, times, values, stops, marks;
        for (std::size_t row = 0; row < count; ++row) {
            keys.push_back(static_cast<int64_t>(random() % 5) - 2);
            times.push_back(static_cast<int64_t>(random() % 100) - 50);
            values.push_back(static_cast<int64_t>(random() % 100) - 50);
            if (random() % 8 == 0) {
                stops.push_back(static_cast<int64_t>(row));
                marks.push_back(static_cast<int64_t>(random() % 100) - 50);
            }
        }
        const Made made = combine(&combiner, kind, keys, times, values, stops, marks);
        auto totals = [&](const std::vector<uint32_t> &rows, const std::vector<int64_t> &found) {
            std::map<std::pair<std::pair<int64_t, int64_t>, bool>, int64_t> sums;
            for (std::size_t at = 0; at < rows.size(); ++at) {
                const uint32_t row = rows[at];
                int64_t inside = (times[row] - offset) % unit;
                inside += inside < 0 ? unit : 0;
                const int64_t start = times[row] - inside;
                bool is_late = false;
                for (std::size_t mark = 0; mark < stops.size(); ++mark) {
                    is_late |= stops[mark] <= row && marks[mark] >= start + unit - 1;
                }
                const auto place = std::make_pair(std::make_pair(keys[row], start), is_late);
                const auto known = sums.find(place);
                if (known == sums.end()) {
                    sums[place] = found[at];
                } else if (kind == CombineKind::kSum) {
                    known->second += found[at];
                } else {
                    known->second = kind == CombineKind::kMin ? std::min(known->second, found[at])
                                                              : std::max(known->second, found[at]);
                }
            }
            return sums;
        };
        std::vector<uint32_t> all(count);
        for (std::size_t row = 0; row < count; ++row) {
            all[row] = static_cast<uint32_t>(row);
        }
        ASSERT_TRUE(std::is_sorted(made.rows.begin(), made.rows.end()));
        ASSERT_EQ(totals(made.rows, made.values), totals(all, values));
    }
}

}  // namespace
}  // namespace flk
