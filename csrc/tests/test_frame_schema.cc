#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "flk/frame_schema.h"

namespace flk {
namespace {

TypePtr type_of(const char *format) {
    TypePtr type;
    EXPECT_EQ(type_from_format(format, &type, nullptr), Status::kOk);
    return type;
}

FrameSchema example() {
    FrameSchema schema;
    schema.row_kind = 1;
    schema.columns.push_back(FrameColumn{ColumnRole::kValue, "n", type_of("l")});
    schema.columns.push_back(FrameColumn{ColumnRole::kKeys, "", type_of("u")});
    Type dictionary = *type_of("i");
    dictionary.id = TypeId::kDictionary;
    dictionary.layout = Layout::kDictionary;
    dictionary.index = TypeId::kInt32;
    dictionary.dictionary = type_of("tsu:UTC");
    schema.columns.push_back(
        FrameColumn{ColumnRole::kValue, "\xc3\xa4", std::make_shared<const Type>(dictionary)});
    return schema;
}

Status read(const std::string &bytes, FrameSchema *out) {
    return frame_schema_read(reinterpret_cast<const uint8_t *>(bytes.data()),
                             static_cast<int64_t>(bytes.size()), out, nullptr);
}

TEST(FrameSchema, ItIsReadAsItWasWritten) {
    const FrameSchema schema = example();
    std::string bytes;
    ASSERT_EQ(frame_schema_write(schema, &bytes, nullptr), Status::kOk);
    FrameSchema found;
    ASSERT_EQ(read(bytes, &found), Status::kOk);
    EXPECT_EQ(found.row_kind, 1);
    ASSERT_EQ(found.columns.size(), 3u);
    for (size_t at = 0; at < 3; ++at) {
        EXPECT_EQ(found.columns[at].role, schema.columns[at].role);
        EXPECT_EQ(found.columns[at].name, schema.columns[at].name);
        EXPECT_TRUE(type_equals(*found.columns[at].type, *schema.columns[at].type));
    }
}

TEST(FrameSchema, ItsBytesAreThoseOfTheSpec) {
    FrameSchema schema;
    schema.columns.push_back(FrameColumn{ColumnRole::kTimes, "t", type_of("l")});
    std::string bytes;
    ASSERT_EQ(frame_schema_write(schema, &bytes, nullptr), Status::kOk);
    EXPECT_EQ(bytes, std::string("\x01\x00\x01\x00\x00\x00"
                                 "\x01\x01\x00\x00\x00t"
                                 "\x01\x01\x00\x00\x00l\x00\x00\x00\x00",
                                 22));
}

TEST(FrameSchema, EveryCutAndEveryByteMoreIsRefused) {
    std::string bytes;
    ASSERT_EQ(frame_schema_write(example(), &bytes, nullptr), Status::kOk);
    FrameSchema found;
    for (size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(read(bytes.substr(0, size), &found), Status::kInvalid) << size;
    }
    EXPECT_EQ(read(bytes + "x", &found), Status::kInvalid);
    std::string other_version = bytes;
    other_version[0] = 2;
    EXPECT_EQ(read(other_version, &found), Status::kInvalid);
}

TEST(FrameSchema, ViewsBecomePlainAndTypesWithChildrenAreRefused) {
    TypePtr plain;
    ASSERT_EQ(frame_type(type_of("vu"), &plain, nullptr), Status::kOk);
    EXPECT_EQ(plain->id, TypeId::kUtf8);
    ASSERT_EQ(frame_type(type_of("vz"), &plain, nullptr), Status::kOk);
    EXPECT_EQ(plain->id, TypeId::kBinary);
    TypePtr list;
    ASSERT_EQ(type_list(type_of("l"), &list, nullptr), Status::kOk);
    Error error;
    EXPECT_EQ(frame_type(list, &plain, &error), Status::kUnsupported);
    EXPECT_NE(std::string(error.message).find("send such rows as objects"), std::string::npos);
}

}  // namespace
}  // namespace flk
