#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "flk/hash.h"
#include "flk/key_table.h"

namespace flk {
namespace {

std::vector<Isa> all_isas() {
    std::vector<Isa> isas;
    for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
        if (isa <= best_isa()) {
            isas.push_back(isa);
        }
    }
    return isas;
}

uint32_t find_any(const KeyTable &table, uint64_t hash) {
    return table.find(hash, [](uint32_t) { return true; });
}

void add(KeyTable *table, uint64_t hash, uint32_t id) {
    ASSERT_EQ(table->reserve(1), Status::kOk);
    table->insert(hash, id);
}

TEST(KeyTable, EntriesOfEqualHashStayApart) {
    KeyTable table;
    ASSERT_EQ(table.open(Isa::kScalar), Status::kOk);
    for (uint32_t id = 0; id < 20; ++id) {
        add(&table, 77, id);
    }
    for (uint32_t id = 0; id < 20; ++id) {
        EXPECT_EQ(table.find(77, [id](uint32_t each) { return each == id; }), id);
    }
    table.erase(77, 3);
    EXPECT_EQ(table.find(77, [](uint32_t each) { return each == 3; }), KeyTable::kNoId);
    EXPECT_EQ(table.find(77, [](uint32_t each) { return each == 19; }), 19u);
    EXPECT_EQ(table.size(), 19);
}

TEST(KeyTable, TheHashOfFreeEntriesIsAHashLikeAnyOther) {
    for (const Isa isa : all_isas()) {
        KeyTable table;
        ASSERT_EQ(table.open(isa), Status::kOk);
        const uint64_t hash = 0;
        uint32_t id = 0;
        uint32_t missed = 9;
        EXPECT_EQ(table.probe_homes(&hash, 1, 0, &id, &missed), 1);
        EXPECT_EQ(missed, 0u);
        EXPECT_EQ(id, KeyTable::kNoId);
        add(&table, 0, 5);
        EXPECT_EQ(table.probe_homes(&hash, 1, 0, &id, &missed), 0);
        EXPECT_EQ(id, 5u);
    }
}

/* Hashes whose low bits crowd a few buckets, so that runs of full buckets come and go. */
uint64_t crowded(std::mt19937_64 *random) { return (*random)() % 24 << 32 | (*random)() % 12; }

TEST(KeyTable, CrowdedBucketsAgreeWithAModelWhileEntriesComeAndGo) {
    for (const Isa isa : all_isas()) {
        KeyTable table;
        ASSERT_EQ(table.open(isa), Status::kOk);
        std::mt19937_64 random(7);
        std::map<uint64_t, uint32_t> model;
        for (uint32_t step = 0; step < 4000; ++step) {
            const uint64_t hash = crowded(&random);
            if (model.count(hash) == 0 && random() % 3 != 0) {
                add(&table, hash, step);
                model[hash] = step;
            } else if (model.count(hash) != 0 && random() % 2 == 0) {
                table.erase(hash, model[hash]);
                model.erase(hash);
            }
            const uint64_t asked = crowded(&random);
            ASSERT_EQ(find_any(table, asked),
                      model.count(asked) == 0 ? KeyTable::kNoId : model[asked]);
            ASSERT_EQ(table.size(), static_cast<int64_t>(model.size()));
        }
    }
}

TEST(KeyTable, EveryInstructionSetFindsTheSameInSmallAndLargeTables) {
    for (const int64_t key_count : {50, 3000, 60000}) {
        std::vector<uint64_t> hashes;
        for (int64_t row = 0; row < 1000; ++row) {
            hashes.push_back(hash_int64(row * 7919 % (2 * key_count)));
        }
        std::vector<std::vector<uint32_t>> found;
        for (const Isa isa : all_isas()) {
            KeyTable table;
            ASSERT_EQ(table.open(isa), Status::kOk);
            for (int64_t key = 0; key < key_count; ++key) {
                add(&table, hash_int64(key), static_cast<uint32_t>(key));
            }
            std::vector<uint32_t> ids(1000), missed(1000);
            table.fetch_first(hashes.data(), 1000);
            int64_t missed_count = 0;
            for (int64_t start = 0; start < 1000; start += 100) {
                missed_count += table.probe_homes(hashes.data() + start, 100, 900 - start,
                                                  ids.data() + start, missed.data());
            }
            EXPECT_EQ(missed_count, std::count(ids.begin(), ids.end(), KeyTable::kNoId));
            found.push_back(ids);
        }
        for (const std::vector<uint32_t> &ids : found) {
            EXPECT_EQ(ids, found[0]);
        }
        for (std::size_t row = 0; row < 1000; ++row) {
            const auto key = static_cast<int64_t>(row) * 7919 % (2 * key_count);
            if (found[0][row] != KeyTable::kNoId) {
                EXPECT_EQ(found[0][row], key);
            }
        }
    }
}

}  // namespace
}  // namespace flk
