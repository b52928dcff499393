#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "flk/key_column.h"
#include "flk/key_dictionary.h"

namespace flk {
namespace {

template <typename T>
Buffer buffer_of(const std::vector<T> &values) {
    Buffer buffer;
    EXPECT_EQ(buffer_allocate(static_cast<int64_t>(values.size() * sizeof(T)), &buffer, nullptr),
              Status::kOk);
    std::memcpy(buffer.bytes(), values.data(), values.size() * sizeof(T));
    return buffer;
}

ColumnPtr ints(const std::vector<int64_t> &values) {
    TypePtr type;
    ColumnPtr column;
    EXPECT_EQ(type_from_format("l", &type, nullptr), Status::kOk);
    EXPECT_EQ(column_fixed(type, static_cast<int64_t>(values.size()), buffer_of(values), Buffer(),
                           &column, nullptr),
              Status::kOk);
    return column;
}

/* Rows of int16 indices; row 1 is null. */
Column encoded(const std::shared_ptr<std::vector<int16_t>> &indices, const ColumnPtr &dictionary) {
    static const uint8_t validity = 0xfd;
    auto type = std::make_shared<Type>();
    type->id = TypeId::kDictionary;
    type->layout = Layout::kDictionary;
    type->index = TypeId::kInt16;
    type->width_bytes = 2;
    type->dictionary = dictionary->type;
    Column column;
    column.type = type;
    column.length = static_cast<int64_t>(indices->size());
    column.null_count = 1;
    column.validity = &validity;
    column.data = reinterpret_cast<const uint8_t *>(indices->data());
    column.dictionary = dictionary;
    column.owners.push_back(indices);
    return column;
}

TEST(KeyDictionary, OnlyUsedEntriesBecomeKeysInOrderOfTheRows) {
    const auto indices =
        std::make_shared<std::vector<int16_t>>(std::vector<int16_t>{3, 0, 0, 3, 0, 1});
    const Column column = encoded(indices, ints({10, 11, 12, 13}));
    ASSERT_TRUE(is_short_dictionary(column));
    KeyWriter scratch;
    uint64_t hashes[6];
    ASSERT_EQ(hash_short_dictionary(column, &scratch, hashes), Status::kOk);
    EXPECT_EQ(hashes[0], hash_int64(13));
    EXPECT_EQ(hashes[2], hash_int64(10));
    EXPECT_EQ(hashes[5], hash_int64(11));
    KeyMap map;
    ASSERT_EQ(map.open(1, 0, 0, nullptr), Status::kOk);
    uint32_t ids[6];
    ASSERT_EQ(ids_of_short_dictionary(&map, column, &scratch, ids, nullptr), Status::kOk);
    EXPECT_EQ(std::vector<uint32_t>(ids, ids + 6), (std::vector<uint32_t>{0, 1, 2, 0, 2, 3}));
    EXPECT_EQ(map.key(1).tag, kKeyNull);
    EXPECT_EQ(map.key(1).hash, hashes[1]);
    EXPECT_EQ(map.size(), 4);
}

TEST(KeyDictionary, ALongDictionaryIsNotWorthGoingThrough) {
    const auto indices = std::make_shared<std::vector<int16_t>>(std::vector<int16_t>{0, 0, 1});
    EXPECT_FALSE(is_short_dictionary(encoded(indices, ints({1, 2, 3, 4}))));
    EXPECT_FALSE(is_short_dictionary(*ints({1})));
}

}  // namespace
}  // namespace flk
