#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "flk/key_column.h"

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

TypePtr type_of(const char *format) {
    TypePtr type;
    EXPECT_EQ(type_from_format(format, &type, nullptr), Status::kOk);
    return type;
}

template <typename T>
ColumnPtr column_of(const char *format, const std::vector<T> &values, uint8_t validity) {
    ColumnPtr column;
    EXPECT_EQ(column_fixed(type_of(format), static_cast<int64_t>(values.size()), buffer_of(values),
                           validity == 0xff ? Buffer() : buffer_of<uint8_t>({validity}), &column,
                           nullptr),
              Status::kOk);
    return column;
}

uint64_t null_hash() {
    const uint8_t null = kKeyNull;
    return hash_encoding(&null, 1);
}

TEST(KeyColumn, IntsOfAnyWidthAreTheSameKeysAndNullIsOne) {
    KeyWriter scratch;
    KeyView views[3];
    const ColumnPtr narrow = column_of<int16_t>("s", {-7, 0, 7}, 0b101);
    ASSERT_EQ(views_of_column(*narrow, 0, 3, &scratch, views), Status::kOk);
    EXPECT_EQ(views[0].hash, hash_int64(-7));
    EXPECT_EQ(views[1].hash, null_hash());
    EXPECT_EQ(views[2].hash, hash_int64(7));
    const ColumnPtr wide = column_of<int64_t>("l", {-7, 0, 7}, 0xff);
    ASSERT_EQ(views_of_column(*wide, 1, 2, &scratch, views), Status::kOk);
    EXPECT_EQ(views[0].hash, hash_int64(0));
    EXPECT_EQ(views[1].hash, hash_int64(7));
}

TEST(KeyColumn, UnsignedIntsBeyond63BitsAreBigInts) {
    KeyWriter scratch;
    KeyView views[2];
    const ColumnPtr column = column_of<uint64_t>("L", {UINT64_MAX, 5}, 0xff);
    ASSERT_EQ(views_of_column(*column, 0, 2, &scratch, views), Status::kOk);
    KeyWriter expected;
    const uint8_t bytes[] = {255, 255, 255, 255, 255, 255, 255, 255, 0};
    ASSERT_EQ(expected.put_sized(kKeyBigInt, bytes, 9), Status::kOk);
    EXPECT_EQ(views[0].hash, hash_encoding(expected.data(), expected.size()));
    EXPECT_EQ(views[1].hash, hash_int64(5));
}

TEST(KeyColumn, StringsAreViewsOfTheColumnsBytes) {
    KeyWriter scratch;
    KeyView views[3];
    ColumnPtr column;
    const std::string text = "abcd";
    ASSERT_EQ(column_bytes(type_of("u"), 3, buffer_of<int32_t>({0, 1, 1, 4}),
                           buffer_of(std::vector<char>(text.begin(), text.end())), Buffer(),
                           &column, nullptr),
              Status::kOk);
    ASSERT_EQ(views_of_column(*column, 0, 3, &scratch, views), Status::kOk);
    const auto *bytes = reinterpret_cast<const uint8_t *>(text.data());
    EXPECT_EQ(views[0].hash, hash_body(kKeyStr, bytes, 1));
    EXPECT_EQ(views[1].hash, hash_body(kKeyStr, bytes, 0));
    EXPECT_EQ(views[2].hash, hash_body(kKeyStr, bytes + 1, 3));
    EXPECT_EQ(views[2].body_bytes, 3u);
    EXPECT_EQ(scratch.size(), 0);
}

TEST(KeyColumn, ScratchDoesNotMoveWhileViewsPointIntoIt) {
    KeyWriter scratch;
    std::vector<double> values(256);
    for (std::size_t row = 0; row < values.size(); ++row) {
        values[row] = static_cast<double>(row) + 0.5;
    }
    const ColumnPtr column = column_of<double>("g", values, 0xff);
    std::vector<KeyView> views(256);
    ASSERT_EQ(views_of_column(*column, 0, 256, &scratch, views.data()), Status::kOk);
    for (std::size_t row = 0; row < views.size(); ++row) {
        ASSERT_EQ(load_le64(views[row].body), canonical_float_bits(values[row]));
    }
}

TEST(KeyColumn, OtherTypesAreLeftToTheObjects) {
    EXPECT_TRUE(has_native_keys(*type_of("u")));
    EXPECT_FALSE(has_native_keys(*type_of("tsm:")));
    KeyWriter scratch;
    KeyView view;
    const ColumnPtr column = column_of<int64_t>("tsm:", {1}, 0xff);
    EXPECT_EQ(views_of_column(*column, 0, 1, &scratch, &view), Status::kUnsupported);
}

}  // namespace
}  // namespace flk
