#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "flk/column_of_keys.h"

namespace flk {
namespace {

TypePtr type_of(const char *format) {
    TypePtr type;
    EXPECT_EQ(type_from_format(format, &type, nullptr), Status::kOk);
    return type;
}

KeyView view_of(const std::string &text) {
    return view_of_payload(kKeyStr, reinterpret_cast<const uint8_t *>(text.data()),
                           static_cast<uint32_t>(text.size()));
}

std::vector<uint32_t> put(KeyMap *map, const std::vector<KeyView> &keys) {
    std::vector<uint32_t> ids(keys.size());
    std::vector<int64_t> new_rows(keys.size());
    int64_t new_count = 0;
    EXPECT_EQ(map->find_or_insert(keys.data(), static_cast<int64_t>(keys.size()), ids.data(),
                                  new_rows.data(), &new_count, nullptr),
              Status::kOk);
    return ids;
}

const uint8_t kNull = kKeyNull;

TEST(ColumnOfKeys, IntsAndNullBecomeAColumnOfAnyWidthTheyFit) {
    KeyMap map;
    ASSERT_EQ(map.open(128, 0, 127, nullptr), Status::kOk);
    const std::vector<uint32_t> ids =
        put(&map, {view_of_int(-5), view_of_encoding(&kNull, 1), view_of_int(300)});
    ColumnPtr column;
    ASSERT_EQ(column_of_keys(map, ids.data(), 3, type_of("s"), &column, nullptr), Status::kOk);
    EXPECT_EQ(column->null_count, 1);
    EXPECT_FALSE(column->is_valid(1));
    EXPECT_EQ(column->values<int16_t>()[0], -5);
    EXPECT_EQ(column->values<int16_t>()[2], 300);
    Error error;
    EXPECT_EQ(column_of_keys(map, ids.data(), 3, type_of("c"), &column, &error),
              Status::kUnsupported);
    EXPECT_EQ(std::string(error.message), "a key of tag 3 is no value of a column of type c");
    EXPECT_EQ(column_of_keys(map, ids.data(), 0, type_of("u"), &column, nullptr), Status::kOk);
    EXPECT_EQ(column->length, 0);
}

TEST(ColumnOfKeys, TextsOfAnyLengthBecomeAColumn) {
    KeyMap map;
    ASSERT_EQ(map.open(128, 0, 127, nullptr), Status::kOk);
    const std::vector<std::string> texts{"", "short", std::string(50, 'y'), "short"};
    const std::vector<uint32_t> ids =
        put(&map, {view_of(texts[0]), view_of(texts[1]), view_of(texts[2]), view_of(texts[3])});
    for (const char *format : {"u", "U", "vu"}) {
        ColumnPtr column;
        ASSERT_EQ(column_of_keys(map, ids.data(), 4, type_of(format), &column, nullptr),
                  Status::kOk);
        for (int64_t row = 0; row < 4; ++row) {
            int64_t size = 0;
            const uint8_t *bytes = column->bytes_at(row, &size);
            EXPECT_EQ(
                std::string(reinterpret_cast<const char *>(bytes), static_cast<std::size_t>(size)),
                texts[static_cast<std::size_t>(row)]);
        }
    }
}

}  // namespace
}  // namespace flk
