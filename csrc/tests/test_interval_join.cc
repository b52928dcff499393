#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <tuple>
#include <vector>

#include "flk/interval_join.h"
#include "flk/key_encoding.h"

namespace flk {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

/* Keys 0 … 9 and the ids they have for good. */
class Keys {
  public:
    Keys() { EXPECT_EQ(map.open(128, 0, 127, nullptr), Status::kOk); }

    std::vector<uint32_t> ids(const std::vector<int64_t> &keys) {
        std::vector<uint32_t> found(keys.size());
        EXPECT_EQ(map.find_or_insert_values(keys.data(), static_cast<int64_t>(keys.size()),
                                            found.data(), nullptr),
                  Status::kOk);
        return found;
    }

    KeyMap map;
};

struct Row {
    uint32_t side;
    int64_t key;
    int64_t time_ms;
    JoinRow name;
    int64_t last_ms;
    bool is_gone;
};

using Pair = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t, int64_t, int64_t>;

Pair pair_of(const JoinPair &pair) {
    return {pair.left.batch, pair.left.row, pair.right.batch,
            pair.right.row,  pair.left_ms,  pair.right_ms};
}

TEST(IntervalJoin, BoundsTheWrongWayRoundAreRefused) {
    Keys keys;
    IntervalJoin join;
    Error error;
    EXPECT_EQ(join.open(3, 2, &keys.map, &error), Status::kInvalid);
    EXPECT_STREQ(error.message, "the lower bound 3 is above the upper bound 2");
}

TEST(IntervalJoin, ARowWithoutATimeStopsWithTheRowsBeforeItDone) {
    Keys keys;
    IntervalJoin join;
    ASSERT_EQ(join.open(0, 5, &keys.map, nullptr), Status::kOk);
    const auto ids = keys.ids({1, 2});
    const std::vector<int64_t> times{4, kMin};
    uint32_t batch = 0;
    ASSERT_EQ(join.batches().open(2, &batch), Status::kOk);
    int64_t row = 0;
    EXPECT_EQ(join.add({ids.data(), times.data(), batch, 0}, &row, 2, 10), Status::kInvalid);
    EXPECT_EQ(row, 1);
    EXPECT_EQ(join.live_keys(), 1);
}

TEST(IntervalJoin, TimesAtTheEndsOfTimeAreTimesLikeOthers) {
    Keys keys;
    IntervalJoin join;
    ASSERT_EQ(join.open(-10, 10, &keys.map, nullptr), Status::kOk);
    const auto ids = keys.ids({1, 1, 1, 1});
    const std::vector<int64_t> times{kMin + 1, kMin + 5, kMax - 4, kMax};
    for (uint32_t side : {0u, 1u}) {
        uint32_t batch = 0;
        ASSERT_EQ(join.batches().open(4, &batch), Status::kOk);
        int64_t row = 0;
        EXPECT_EQ(join.add({ids.data(), times.data(), batch, side}, &row, 4, 100), Status::kOk);
        join.batches().close(batch);
    }
    EXPECT_EQ(join.pairs().size(), 8u);
    EXPECT_EQ(join.advance(kMax - 5, 100), Status::kOk);
    EXPECT_EQ(join.batches().live_rows(), 4);
    EXPECT_EQ(join.advance(kMax, 100), Status::kOk);
    EXPECT_EQ(join.live_keys(), 0);
    EXPECT_EQ(join.batches().live_rows(), 0);
}

TEST(IntervalJoin, ManyRowsOfOneKeyComeAndGoWithoutLeavingMemoryOrReferences) {
    Keys keys;
    IntervalJoin join;
    ASSERT_EQ(join.open(0, 1000, &keys.map, nullptr), Status::kOk);
    const auto id = keys.ids({7});
    for (int64_t turn = 0; turn < 50; ++turn) {
        const std::vector<uint32_t> ids(1000, id[0]);
        std::vector<int64_t> times(1000);
        for (int64_t row = 0; row < 1000; ++row) {
            times[static_cast<std::size_t>(row)] = turn * 1000 + row;
        }
        uint32_t batch = 0;
        ASSERT_EQ(join.batches().open(1000, &batch), Status::kOk);
        int64_t row = 0;
        ASSERT_EQ(join.add({ids.data(), times.data(), batch, 0}, &row, 1000, 1), Status::kOk);
        join.batches().close(batch);
        while (join.advance(turn * 1000 + 999, 1) == Status::kFull) {
        }
        std::vector<uint32_t> positions;
        while (!join.batches().sparse().empty()) {
            ASSERT_EQ(join.batches().compact(&positions), Status::kEmpty);
        }
        join.batches().forget_dead();
    }
    EXPECT_LE(join.batches().capacity(), 4u);
    EXPECT_EQ(join.batches().live_rows(), 1000);
    EXPECT_EQ(keys.map.references(id[0]), 1u);
}

/* Every row against every other one, by the definition. */
TEST(IntervalJoin, RandomStepsAgreeWithBruteForce) {
    int64_t pair_count = 0;
    int64_t late_count = 0;
    int64_t cut_count = 0;
    for (uint64_t seed = 0; seed < 60; ++seed) {
        std::mt19937_64 random(seed);
        const int64_t lower = static_cast<int64_t>(random() % 21) - 10;
        const int64_t upper = lower + static_cast<int64_t>(random() % 15);
        const int64_t spread = static_cast<int64_t>(random() % 12);
        Keys keys;
        IntervalJoin join;
        ASSERT_EQ(join.open(lower, upper, &keys.map, nullptr), Status::kOk);
        std::vector<Row> rows;
        int64_t watermark = kMin;
        int64_t now = -40;
        for (int step = 0; step < 80; ++step) {
            const auto count = static_cast<uint32_t>(random() % 12);
            const auto side = static_cast<uint32_t>(random() % 2);
            std::vector<int64_t> row_keys(count);
            std::vector<int64_t> times(count);
            for (uint32_t row = 0; row < count; ++row) {
                now += static_cast<int64_t>(random() % 3);
                row_keys[row] = static_cast<int64_t>(random() % 3);
                times[row] = now - static_cast<int64_t>(random() % uint64_t(spread + 1));
            }
            const auto ids = keys.ids(row_keys);
            uint32_t batch = 0;
            ASSERT_EQ(join.batches().open(count, &batch), Status::kOk);
            std::vector<Pair> expected;
            std::vector<uint32_t> late;
            for (uint32_t row = 0; row < count; ++row) {
                const int64_t time = times[row];
                if (watermark != kMin && time < watermark) {
                    late.push_back(row);
                    continue;
                }
                std::vector<Row> others;
                for (const Row &other : rows) {
                    const int64_t apart = side == 0 ? other.time_ms - time : time - other.time_ms;
                    if (!other.is_gone && other.side != side && other.key == row_keys[row] &&
                        lower <= apart && apart <= upper) {
                        others.push_back(other);
                    }
                }
                std::stable_sort(others.begin(), others.end(),
                                 [](const Row &a, const Row &b) { return a.time_ms < b.time_ms; });
                for (const Row &other : others) {
                    const JoinRow own{batch, row};
                    expected.push_back(side == 0 ? Pair{own.batch, own.row, other.name.batch,
                                                        other.name.row, time, other.time_ms}
                                                 : Pair{other.name.batch, other.name.row, own.batch,
                                                        own.row, other.time_ms, time});
                }
                const int64_t reach = side == 0 ? upper : -lower;
                rows.push_back(Row{side,
                                   row_keys[row],
                                   time,
                                   {batch, row},
                                   time + std::max<int64_t>(reach, 0),
                                   false});
            }
            std::vector<Pair> got;
            std::vector<uint32_t> got_late;
            int64_t row = 0;
            const auto max_pairs = static_cast<int64_t>(1 + random() % 5);
            for (Status status = Status::kFull; status == Status::kFull;) {
                status = join.add({ids.data(), times.data(), batch, side}, &row, count, max_pairs);
                ASSERT_TRUE(status == Status::kFull || status == Status::kOk);
                ASSERT_LE(join.pairs().size(), static_cast<std::size_t>(max_pairs));
                cut_count += status == Status::kFull ? 1 : 0;
                for (const JoinPair &pair : join.pairs()) {
                    got.push_back(pair_of(pair));
                    ASSERT_EQ(pair.row, side == 0 ? pair.left.row : pair.right.row);
                }
                join.clear_pairs();
            }
            got_late = join.late();
            join.clear_late();
            join.batches().close(batch);
            ASSERT_EQ(got, expected) << seed;
            ASSERT_EQ(got_late, late) << seed;
            pair_count += static_cast<int64_t>(expected.size());
            late_count += static_cast<int64_t>(late.size());
            int64_t freed = 0;
            static_cast<void>(keys.map.release_batch(&freed));
            if (random() % 3 == 0) {
                watermark = std::max(watermark, now - static_cast<int64_t>(random() % 6));
                while (join.advance(watermark, 1) == Status::kFull) {
                }
                std::vector<int64_t> live_keys;
                for (Row &each : rows) {
                    each.is_gone = each.is_gone || each.last_ms <= watermark;
                    if (!each.is_gone) {
                        live_keys.push_back(each.key);
                    }
                }
                std::sort(live_keys.begin(), live_keys.end());
                const auto end = std::unique(live_keys.begin(), live_keys.end());
                ASSERT_EQ(join.live_keys(), end - live_keys.begin());
                ASSERT_EQ(join.batches().live_rows(),
                          std::count_if(rows.begin(), rows.end(),
                                        [](const Row &each) { return !each.is_gone; }));
                /* names of dead batches are not reused here: the model tells rows by them */
            }
        }
    }
    EXPECT_GT(pair_count, 5'000);
    EXPECT_GT(late_count, 500);
    EXPECT_GT(cut_count, 500);
}

}  // namespace
}  // namespace flk
