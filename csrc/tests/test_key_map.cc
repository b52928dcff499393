#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "flk/key_group.h"
#include "flk/key_map.h"

namespace flk {
namespace {

/* Borrows: the text must outlive the view. */
KeyView view_of(std::string_view text) {
    return view_of_payload(kKeyStr, reinterpret_cast<const uint8_t *>(text.data()),
                           static_cast<uint32_t>(text.size()));
}

/* The id of one key and whether it was new. */
std::pair<uint32_t, bool> put(KeyMap *map, const KeyView &key) {
    uint32_t id = KeyMap::kNoId;
    int64_t new_row = -1;
    int64_t new_count = 0;
    EXPECT_EQ(map->find_or_insert(&key, 1, &id, &new_row, &new_count, nullptr), Status::kOk);
    return {id, new_count == 1};
}

TEST(KeyMap, EqualKeysShareAnIdAndNewOnesAreReported) {
    KeyMap map;
    ASSERT_EQ(map.open(128, 0, 127, nullptr), Status::kOk);
    const std::string longer(40, 'x');
    const std::vector<KeyView> keys{view_of_int(7), view_of("a"), view_of_int(7), view_of(longer),
                                    view_of("a"),   view_of(""),  view_of(longer)};
    std::vector<uint32_t> ids(keys.size());
    std::vector<int64_t> new_rows(keys.size());
    int64_t new_count = 0;
    ASSERT_EQ(map.find_or_insert(keys.data(), 7, ids.data(), new_rows.data(), &new_count, nullptr),
              Status::kOk);
    EXPECT_EQ(new_count, 4);
    new_rows.resize(4);
    EXPECT_EQ(new_rows, (std::vector<int64_t>{0, 1, 3, 5}));
    EXPECT_EQ(ids[0], ids[2]);
    EXPECT_EQ(ids[1], ids[4]);
    EXPECT_EQ(ids[3], ids[6]);
    EXPECT_EQ(map.size(), 4);
    EXPECT_EQ(map.find(view_of("a")), ids[1]);
    EXPECT_EQ(map.find(view_of("b")), KeyMap::kNoId);
}

TEST(KeyMap, KeysWhoseHashesCollideStayApart) {
    KeyMap map;
    ASSERT_EQ(map.open(128, 0, 127, nullptr), Status::kOk);
    KeyView first = view_of("first");
    KeyView second = view_of("other");
    KeyView number = view_of_int(1);
    second.hash = first.hash;
    number.hash = first.hash;
    const uint32_t first_id = put(&map, first).first;
    const uint32_t second_id = put(&map, second).first;
    const uint32_t number_id = put(&map, number).first;
    EXPECT_EQ(map.size(), 3);
    EXPECT_EQ(put(&map, first).first, first_id);
    EXPECT_EQ(put(&map, second).first, second_id);
    map.retain(second_id);
    map.retain(number_id);
    int64_t freed_count = 0;
    map.release_batch(&freed_count);
    EXPECT_EQ(freed_count, 1);
    EXPECT_EQ(map.find(first), KeyMap::kNoId);
    EXPECT_EQ(map.find(second), second_id);
    EXPECT_EQ(map.find(number), number_id);
}

TEST(KeyMap, ManyRandomBatchesAgreeWithAModel) {
    KeyMap map;
    ASSERT_EQ(map.open(16, 0, 15, nullptr), Status::kOk);
    std::mt19937_64 random(20240229);
    std::map<std::string, uint32_t> held;
    for (int32_t batch = 0; batch < 200; ++batch) {
        std::map<std::string, uint32_t> seen;
        for (int32_t row = 0; row < 50; ++row) {
            const std::string key(random() % 30, static_cast<char>('a' + random() % 20));
            const auto [id, is_new] = put(&map, view_of(key));
            const auto known = held.find(key);
            EXPECT_EQ(is_new, known == held.end() && seen.count(key) == 0);
            if (known != held.end()) {
                EXPECT_EQ(known->second, id);
            }
            EXPECT_EQ(seen.emplace(key, id).first->second, id);
            if (known == held.end() && random() % 4 == 0) {
                map.retain(id);
                held.emplace(key, id);
            }
        }
        int64_t freed_count = 0;
        map.release_batch(&freed_count);
        while (held.size() > 100) {
            const uint32_t generation = map.generation(held.begin()->second);
            const uint32_t id = held.begin()->second;
            EXPECT_TRUE(map.release(id));
            EXPECT_TRUE(map.is_live(id));
            held.erase(held.begin());
            map.release_batch(&freed_count);
            EXPECT_EQ(freed_count, 1);
            EXPECT_EQ(map.generation(id), generation + 1);
        }
        ASSERT_EQ(map.size(), static_cast<int64_t>(held.size()));
        for (const auto &[key, id] : held) {
            ASSERT_EQ(map.find(view_of(key)), id);
        }
    }
}

TEST(KeyMap, AnIdIsFreeOnlyWithoutReferencesAtTheEndOfABatch) {
    KeyMap map;
    ASSERT_EQ(map.open(128, 0, 127, nullptr), Status::kOk);
    const uint32_t id = put(&map, view_of_int(5)).first;
    put(&map, view_of_int(5));
    EXPECT_EQ(map.references(id), 0u) << "looking up takes no reference";
    map.retain(id);
    int64_t freed_count = 0;
    map.release_batch(&freed_count);
    EXPECT_EQ(freed_count, 0);
    EXPECT_EQ(map.references(id), 1u);
    EXPECT_TRUE(map.release(id));
    EXPECT_TRUE(map.is_live(id));
    EXPECT_EQ(put(&map, view_of_int(5)), std::make_pair(id, false));
    EXPECT_EQ(map.release_batch(&freed_count)[0], id);
    EXPECT_FALSE(map.is_live(id));
    EXPECT_EQ(map.generation(id), 1u);
    EXPECT_EQ(put(&map, view_of_int(5)), std::make_pair(id, true));
}

TEST(KeyMap, ManyReferencesAtOnceCountRepeats) {
    KeyMap map;
    ASSERT_EQ(map.open(128, 0, 127, nullptr), Status::kOk);
    const uint32_t ids[3] = {put(&map, view_of_int(1)).first, put(&map, view_of("b")).first,
                             put(&map, view_of_int(1)).first};
    map.retain_all(ids, 3);
    EXPECT_EQ(map.references(ids[0]), 2u);
    EXPECT_EQ(map.references(ids[1]), 1u);
    map.release_all(ids, 3);
    int64_t freed_count = 0;
    map.release_batch(&freed_count);
    EXPECT_EQ(freed_count, 2);
    EXPECT_EQ(map.size(), 0);
}

TEST(KeyMap, AnIdGivesItsKeyBack) {
    KeyMap map;
    ASSERT_EQ(map.open(128, 0, 127, nullptr), Status::kOk);
    const int64_t extremes[] = {0, -1, INT64_MIN, INT64_MAX, 1234567890123};
    for (const int64_t value : extremes) {
        const uint32_t id = put(&map, view_of_int(value)).first;
        EXPECT_EQ(map.key(id).tag, kKeyInt);
        EXPECT_EQ(int64_of_hash(map.key(id).hash), value);
    }
    const std::string longer(40, 'x');
    const std::string_view texts[] = {"", "short", longer};
    for (const std::string_view text : texts) {
        const KeyView key = map.key(put(&map, view_of(text)).first);
        EXPECT_EQ(key.tag, kKeyStr);
        EXPECT_EQ(std::string_view(reinterpret_cast<const char *>(key.body), key.body_bytes), text);
    }
    EXPECT_EQ(map.key(put(&map, view_of_int(-1)).first).tag, kKeyInt);
}

TEST(KeyMap, IntsGetTheSameIdsTogetherAsOneByOne) {
    KeyMap together, apart;
    ASSERT_EQ(together.open(128, 0, 127, nullptr), Status::kOk);
    ASSERT_EQ(apart.open(128, 0, 127, nullptr), Status::kOk);
    std::mt19937_64 random(7);
    std::vector<uint32_t> held;
    for (int turn = 0; turn < 60; ++turn) {
        if (turn == 40) { /* from here on both have bodies */
            ASSERT_EQ(put(&together, view_of("text")), put(&apart, view_of("text")));
        }
        std::vector<int64_t> keys(1 + random() % 3000);
        for (int64_t &key : keys) {
            const bool is_far = turn % 3 == 0 && random() % 2 == 0;
            key = static_cast<int64_t>(random() % (is_far ? uint64_t{1} << 40 : 2000));
        }
        std::vector<uint32_t> ids(keys.size());
        ASSERT_EQ(together.find_or_insert_values(keys.data(), static_cast<int64_t>(keys.size()),
                                                 ids.data(), nullptr),
                  Status::kOk);
        for (std::size_t row = 0; row < keys.size(); ++row) {
            ASSERT_EQ(put(&apart, view_of_int(keys[row])).first, ids[row]) << keys[row];
            ASSERT_TRUE(together.is_int(ids[row]));
            ASSERT_EQ(together.int_of(ids[row]), keys[row]);
            ASSERT_EQ(together.key(ids[row]).hash, view_of_int(keys[row]).hash);
            if (random() % 4 == 0) {
                together.retain(ids[row]);
                apart.retain(ids[row]);
                held.push_back(ids[row]);
            }
        }
        const auto kept = static_cast<int64_t>(random() % (held.size() + 1));
        const auto given_back = static_cast<int64_t>(held.size()) - kept;
        together.release_all(held.data() + kept, given_back);
        apart.release_all(held.data() + kept, given_back);
        held.resize(static_cast<std::size_t>(kept));
        int64_t freed = 0, freed_apart = 0;
        const uint32_t *ids_freed = together.release_batch(&freed);
        const uint32_t *ids_apart = apart.release_batch(&freed_apart);
        ASSERT_EQ(std::vector<uint32_t>(ids_freed, ids_freed + freed),
                  std::vector<uint32_t>(ids_apart, ids_apart + freed_apart));
        ASSERT_EQ(together.size(), apart.size());
    }
}

TEST(KeyMap, BlocksBelongToSegmentsOfGroups) {
    KeyMap map;
    ASSERT_EQ(map.open(1000, 200, 799, nullptr), Status::kOk);
    EXPECT_EQ(map.segment_count(), 128u);
    for (int64_t value = 0; value < 20000; ++value) {
        const KeyView key = view_of_int(value);
        const uint32_t group = key_group_of(key.hash, 1000);
        if (group >= 200 && group <= 799) {
            const uint32_t id = put(&map, key).first;
            ASSERT_EQ(map.segment_of_block(id / 64), (group - 200) * 128 / 600);
        }
    }
    EXPECT_LE(map.id_capacity(), map.size() + 128 * 64);
}

TEST(KeyMap, AKeyOfAnotherRangeIsRefusedAndTheRowsBeforeItStay) {
    KeyMap map;
    ASSERT_EQ(map.open(2, 0, 0, nullptr), Status::kOk);
    std::vector<KeyView> keys;
    for (int64_t value = 0; keys.size() < 2 || key_group_of(keys.back().hash, 2) == 0; ++value) {
        keys.push_back(view_of_int(value));
        if (keys.size() == 1 && key_group_of(keys.back().hash, 2) != 0) {
            keys.clear();
        }
    }
    std::vector<uint32_t> ids(keys.size());
    std::vector<int64_t> new_rows(keys.size());
    int64_t new_count = 0;
    Error error;
    EXPECT_EQ(map.find_or_insert(keys.data(), static_cast<int64_t>(keys.size()), ids.data(),
                                 new_rows.data(), &new_count, &error),
              Status::kOutOfRange);
    EXPECT_EQ(new_count, static_cast<int64_t>(keys.size()) - 1);
    EXPECT_EQ(std::string(error.message).rfind("a key of group 1 came to", 0), 0u);
    EXPECT_EQ(map.size(), new_count);
}

TEST(KeyMap, RangesOutsideTheMaximumAreRefused) {
    KeyMap map;
    EXPECT_EQ(map.open(0, 0, 0, nullptr), Status::kInvalid);
    EXPECT_EQ(map.open(32769, 0, 0, nullptr), Status::kInvalid);
    EXPECT_EQ(map.open(8, 3, 2, nullptr), Status::kInvalid);
    EXPECT_EQ(map.open(8, 0, 8, nullptr), Status::kInvalid);
}

}  // namespace
}  // namespace flk
