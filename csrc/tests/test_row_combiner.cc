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

struct Row {
    int64_t key;
    int64_t time;
    int64_t value;

    bool operator==(const Row &other) const {
        return key == other.key && time == other.time && value == other.value;
    }
};

/* A combiner with the rows that its numbers mean, as an owner of the columns would keep them. */
class Combined {
  public:
    explicit Combined(int64_t unit, int64_t offset = 0, CombineKind kind = CombineKind::kSum) {
        EXPECT_EQ(combiner_.open(unit, offset, {kind}), Status::kOk);
    }

    std::vector<Row> run(const std::vector<Row> &batch, const std::vector<int64_t> &stops = {},
                         const std::vector<int64_t> &marks = {}) {
        std::vector<int64_t> keys, times, values;
        for (const Row &row : batch) {
            keys.push_back(row.key);
            times.push_back(row.time);
            values.push_back(row.value);
        }
        const CombinedRows rows{keys.data(),  times.data(), static_cast<int64_t>(keys.size()),
                                stops.data(), marks.data(), static_cast<int64_t>(stops.size())};
        EXPECT_EQ(combiner_.run(rows, {values.data()}), Status::kOk);
        for (int64_t at = 0; at < combiner_.begun_count(); ++at) {
            pool_.push_back(batch[combiner_.begun()[at]]);
        }
        mark_stops.assign(combiner_.mark_stops(), combiner_.mark_stops() + stops.size());
        return take();
    }
    std::vector<Row> advance(int64_t watermark) {
        EXPECT_EQ(combiner_.advance(watermark), Status::kOk);
        return take();
    }
    std::vector<Row> release() {
        EXPECT_EQ(combiner_.release(), Status::kOk);
        return take();
    }
    int64_t held() const { return combiner_.held_count(); }

    std::vector<int64_t> mark_stops;

  private:
    std::vector<Row> take() {
        std::vector<Row> made;
        for (int64_t at = 0; at < combiner_.handed_count(); ++at) {
            const Row &first = pool_[combiner_.handed()[at]];
            made.push_back({first.key, first.time, combiner_.handed_values(0)[at]});
        }
        if (!made.empty()) {
            std::vector<Row> kept;
            for (int64_t at = 0; at < combiner_.held_count(); ++at) {
                kept.push_back(pool_[combiner_.held()[at]]);
            }
            pool_.swap(kept);
        }
        combiner_.settle();
        return made;
    }

    RowCombiner combiner_;
    std::vector<Row> pool_;
};

TEST(RowCombiner, RowsOfAKeyInASliceBecomeOneAcrossBatches) {
    Combined combined(10, 3);
    EXPECT_TRUE(combined.run({{7, 3, 1}, {3, 4, 5}, {7, 12, 2}}).empty());
    EXPECT_TRUE(combined.run({{7, 13, 4}, {3, 5, 1}, {7, 4, 8}}).empty());
    EXPECT_EQ(combined.held(), 3);
    EXPECT_EQ(combined.release(), (std::vector<Row>{{7, 3, 11}, {3, 4, 6}, {7, 13, 4}}));
    EXPECT_TRUE(combined.release().empty());
}

TEST(RowCombiner, AllGoBeforeAWatermarkThatClosesASlice) {
    Combined combined(10);
    EXPECT_TRUE(combined.run({{1, 1, 1}, {1, 2, 1}}, {1}, {8}).empty());
    EXPECT_EQ(combined.mark_stops, (std::vector<int64_t>{0}));
    EXPECT_EQ(combined.run({{2, 11, 1}, {2, 12, 2}, {1, 13, 1}}, {1, 2}, {9, 10}),
              (std::vector<Row>{{1, 1, 2}, {2, 11, 1}}));
    EXPECT_EQ(combined.mark_stops, (std::vector<int64_t>{2, 2}));
    EXPECT_TRUE(combined.advance(18).empty());
    EXPECT_EQ(combined.advance(19), (std::vector<Row>{{2, 12, 2}, {1, 13, 1}}));
}

TEST(RowCombiner, ALateRowGoesAtOnceAndByItself) {
    Combined combined(10);
    EXPECT_TRUE(combined.advance(9).empty());
    EXPECT_EQ(combined.run({{1, 12, 1}, {1, 3, 5}, {1, 4, 6}, {1, 13, 1}}),
              (std::vector<Row>{{1, 3, 5}, {1, 4, 6}}));
    EXPECT_EQ(combined.held(), 1);
    EXPECT_EQ(combined.run({{1, INT64_MAX, 5}, {1, 14, 2}}), (std::vector<Row>{{1, INT64_MAX, 5}}));
    EXPECT_EQ(combined.release(), (std::vector<Row>{{1, 12, 4}}));
}

TEST(RowCombiner, ASumThatLeaves64BitsBeginsAnotherRow) {
    Combined combined(10);
    EXPECT_TRUE(combined.run({{1, 1, INT64_MAX}, {1, 2, 1}, {1, 3, 1}}).empty());
    EXPECT_EQ(combined.release(), (std::vector<Row>{{1, 1, INT64_MAX}, {1, 2, 2}}));
}

TEST(RowCombiner, AsManyWaitAsThereIsRoomFor) {
    Combined combined(10);
    std::vector<Row> rows;
    for (int64_t key = 0; key < 200'000; ++key) {
        rows.push_back({key % 150'000, 1, 1});
    }
    std::vector<Row> made = combined.run(rows);
    EXPECT_LT(combined.held(), int64_t{RowCombiner::kMaxHeld});
    for (const Row &row : combined.release()) {
        made.push_back(row);
    }
    std::map<int64_t, int64_t> sums;
    for (const Row &row : made) {
        sums[row.key] += row.value;
    }
    EXPECT_EQ(sums.size(), 150'000u);
    EXPECT_TRUE(std::all_of(sums.begin(), sums.end(), [](const auto &each) {
        return each.second == (each.first < 50'000 ? 2 : 1);
    }));
}

TEST(RowCombiner, NothingIsLostOverManyBatches) {
    for (const CombineKind kind : {CombineKind::kSum, CombineKind::kMin, CombineKind::kMax}) {
        std::mt19937_64 random(static_cast<uint64_t>(kind) + 1);
        Combined combined(50, 7, kind);
        std::map<std::pair<int64_t, int64_t>, int64_t> expected, found;
        auto join = [kind](auto &to, int64_t key, int64_t time, int64_t value) {
            const int64_t slice = (time - 7 + 50'000) / 50;
            const auto added = to.try_emplace({key, slice}, value);
            int64_t &known = added.first->second;
            if (!added.second) {
                known = kind == CombineKind::kSum   ? known + value
                        : kind == CombineKind::kMin ? std::min(known, value)
                                                    : std::max(known, value);
            }
        };
        auto note = [&](const std::vector<Row> &made) {
            for (const Row &row : made) {
                join(found, row.key, row.time, row.value);
            }
        };
        int64_t now = 0;
        for (int batch = 0; batch < 300; ++batch) {
            std::vector<Row> rows(random() % 40);
            for (Row &row : rows) {
                row = {static_cast<int64_t>(random() % 20),
                       now - static_cast<int64_t>(random() % 90),
                       static_cast<int64_t>(random() % 1000) - 500};
                join(expected, row.key, row.time, row.value);
                now += 2;
            }
            note(combined.run(rows, {static_cast<int64_t>(rows.size() / 2)}, {now - 80}));
            if (batch % 7 == 0) {
                note(combined.advance(now - 60));
            }
        }
        note(combined.release());
        EXPECT_EQ(found, expected);
    }
}

}  // namespace
}  // namespace flk
