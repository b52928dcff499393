#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "flk/join_batches.h"

namespace flk {
namespace {

TEST(JoinBatches, ABatchDiesWithItsLastRowAndItsNumberIsGivenAnew) {
    JoinBatches batches;
    uint32_t first = 9;
    uint32_t second = 9;
    ASSERT_EQ(batches.open(3, &first), Status::kOk);
    ASSERT_EQ(batches.open(1, &second), Status::kOk);
    EXPECT_NE(first, second);
    batches.add({first, 0});
    batches.add({first, 2});
    batches.remove({first, 0});
    batches.remove({first, 2});
    EXPECT_TRUE(batches.dead().empty()) << "more rows may come";
    batches.close(first);
    EXPECT_EQ(batches.dead(), std::vector<uint32_t>{first});
    uint32_t third = 9;
    ASSERT_EQ(batches.open(5, &third), Status::kOk);
    EXPECT_NE(third, first) << "not before it is forgotten";
    batches.forget_dead();
    EXPECT_TRUE(batches.dead().empty());
    uint32_t fourth = 9;
    ASSERT_EQ(batches.open(5, &fourth), Status::kOk);
    EXPECT_EQ(fourth, first);
    EXPECT_EQ(batches.capacity(), 3u);
}

TEST(JoinBatches, ABatchOfNoRowsIsDeadAtOnce) {
    JoinBatches batches;
    uint32_t batch = 9;
    ASSERT_EQ(batches.open(4, &batch), Status::kOk);
    batches.close(batch);
    EXPECT_EQ(batches.dead(), std::vector<uint32_t>{batch});
}

TEST(JoinBatches, ClearKillsAllButTheOpenOne) {
    JoinBatches batches;
    uint32_t first = 9;
    uint32_t second = 9;
    ASSERT_EQ(batches.open(4, &first), Status::kOk);
    batches.add({first, 1});
    batches.close(first);
    ASSERT_EQ(batches.open(4, &second), Status::kOk);
    batches.add({second, 1});
    batches.clear();
    EXPECT_EQ(batches.dead(), std::vector<uint32_t>{first});
    EXPECT_EQ(batches.live_rows(), 0);
    batches.add({second, 3});
    batches.close(second);
    EXPECT_EQ(batches.live_rows(second), 1);
    EXPECT_EQ(batches.dead(), std::vector<uint32_t>{first});
}

/* What the owner keeps is a vector of the rows' values: position n holds the n-th of them. */
TEST(JoinBatches, RowsAreFoundWhereTheOwnerKeepsThemHoweverOftenBatchesAreCompacted) {
    std::mt19937_64 random(3);
    JoinBatches batches;
    std::map<uint32_t, std::vector<uint32_t>> kept;
    std::map<uint32_t, std::set<uint32_t>> model;
    int64_t compacted = 0;
    for (int step = 0; step < 400; ++step) {
        const auto size = static_cast<uint32_t>(random() % 300);
        uint32_t number = 0;
        ASSERT_EQ(batches.open(size, &number), Status::kOk);
        ASSERT_EQ(kept.count(number), 0u);
        kept[number].resize(size);
        for (uint32_t row = 0; row < size; ++row) {
            kept[number][row] = row;
            if (random() % 4 != 0) {
                batches.add({number, row});
                model[number].insert(row);
            }
        }
        batches.close(number);
        for (auto &[each, rows] : model) {
            for (auto at = rows.begin(); at != rows.end();) {
                if (random() % 3 == 0) {
                    batches.remove({each, *at});
                    at = rows.erase(at);
                } else {
                    ++at;
                }
            }
        }
        while (!batches.sparse().empty()) {
            const uint32_t each = batches.sparse().back();
            std::vector<uint32_t> positions;
            const Status status = batches.compact(&positions);
            ASSERT_EQ(status, model[each].empty() ? Status::kEmpty : Status::kOk);
            if (status == Status::kOk) {
                std::vector<uint32_t> values;
                for (const uint32_t position : positions) {
                    values.push_back(kept[each][position]);
                }
                kept[each] = values;
                EXPECT_EQ(values.size(), model[each].size());
                ++compacted;
            }
        }
        for (const uint32_t each : batches.dead()) {
            ASSERT_TRUE(model[each].empty());
            kept.erase(each);
            model.erase(each);
        }
        batches.forget_dead();
        int64_t live = 0;
        std::vector<JoinRow> all;
        for (const auto &[each, rows] : model) {
            live += static_cast<int64_t>(rows.size());
            for (const uint32_t row : rows) {
                ASSERT_EQ(kept[each][batches.position({each, row})], row);
                all.push_back({each, row});
            }
            ASSERT_LE(kept[each].size(), std::max<std::size_t>(32, rows.size() * 9));
        }
        ASSERT_EQ(batches.live_rows(), live);
        std::shuffle(all.begin(), all.end(), random);
        GroupedRows grouped;
        ASSERT_EQ(grouped.group(batches, all.data(), live, sizeof(JoinRow)), Status::kOk);
        ASSERT_EQ(grouped.starts.size(), grouped.batches.size() + 1);
        std::vector<JoinRow> flat;
        for (std::size_t at = 0; at < grouped.batches.size(); ++at) {
            ASSERT_LT(grouped.starts[at], grouped.starts[at + 1]);
            for (int64_t place = grouped.starts[at]; place < grouped.starts[at + 1]; ++place) {
                flat.push_back(
                    {grouped.batches[at], grouped.positions[static_cast<size_t>(place)]});
            }
        }
        for (std::size_t row = 0; row < all.size(); ++row) {
            const JoinRow found = flat[grouped.order[row]];
            ASSERT_EQ(found.batch, all[row].batch);
            ASSERT_EQ(found.row, batches.position(all[row]));
        }
    }
    EXPECT_GT(compacted, 100);
    EXPECT_LT(batches.capacity(), 40u);
}

}  // namespace
}  // namespace flk
