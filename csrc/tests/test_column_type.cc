#include <gtest/gtest.h>

#include "flk/column_type.h"
#include "flk/column_type_internal.h"

namespace flk {
namespace {

std::string round_trip(const TypePtr &type) {
    ArrowSchema schema;
    EXPECT_EQ(type_export(*type, "field", &schema, nullptr), Status::kOk);
    TypePtr again;
    std::string name;
    EXPECT_EQ(type_import(&schema, &again, &name, nullptr), Status::kOk);
    schema.release(&schema);
    EXPECT_EQ(schema.release, nullptr);
    EXPECT_EQ(name, "field");
    EXPECT_TRUE(type_equals(*type, *again));
    return type_text(*again);
}

TypePtr flat(const char *format) {
    TypePtr type;
    EXPECT_EQ(type_from_format(format, &type, nullptr), Status::kOk) << format;
    return type;
}

TEST(ColumnTypeTest, FormatsKeepTheirParameters) {
    EXPECT_EQ(round_trip(flat("l")), "int64");
    EXPECT_EQ(round_trip(flat("tsm:Europe/Berlin")), "timestamp[ms, tz=Europe/Berlin]");
    EXPECT_EQ(round_trip(flat("tsn:")), "timestamp[ns]");
    EXPECT_EQ(round_trip(flat("d:38,-2")), "decimal128(38, -2)");
    EXPECT_EQ(round_trip(flat("d:60,4,256")), "decimal256(60, 4)");
    EXPECT_EQ(round_trip(flat("w:7")), "fixed_size_binary[7]");
}

TEST(ColumnTypeTest, NestedTypesKeepNamesAndChildren) {
    TypePtr list;
    TypePtr map;
    TypePtr row;
    ASSERT_EQ(type_list(flat("u"), &list, nullptr), Status::kOk);
    ASSERT_EQ(type_map(flat("u"), list, &map, nullptr), Status::kOk);
    ASSERT_EQ(type_struct({{"a", map}, {"b", flat("b")}}, &row, nullptr), Status::kOk);
    EXPECT_EQ(round_trip(row), "struct<a: map<utf8, list<utf8>>, b: bool>");
}

TEST(ColumnTypeTest, TypesDifferByFieldNameUnitAndZone) {
    TypePtr left;
    TypePtr right;
    ASSERT_EQ(type_struct({{"a", flat("l")}}, &left, nullptr), Status::kOk);
    ASSERT_EQ(type_struct({{"b", flat("l")}}, &right, nullptr), Status::kOk);
    EXPECT_FALSE(type_equals(*left, *right));
    EXPECT_FALSE(type_equals(*flat("tsm:"), *flat("tsu:")));
    EXPECT_FALSE(type_equals(*flat("tsm:"), *flat("tsm:UTC")));
}

TEST(ColumnTypeTest, FormatsSayHowManyChildrenThereAre) {
    const auto children = [](const char *format) {
        Type type;
        EXPECT_TRUE(type_parse_format(format, &type)) << format;
        return type_child_count(type, 7);
    };
    EXPECT_EQ(children("l"), 0);
    EXPECT_EQ(children("+L"), 1);
    EXPECT_EQ(children("+m"), 1);
    EXPECT_EQ(children("+w:3"), 1);
    EXPECT_EQ(children("+s"), 7);
}

TEST(ColumnTypeTest, UnknownFormatsAreRefusedByName) {
    for (const char *format : {"", "x", "tsq:", "ts", "tsm", "d:", "d:10", "d:10,2,64",
                               "w:", "w:-1", "w:9x", "+ud:0,1", "+r", "vx", "ll"}) {
        ArrowSchema schema{};
        schema.format = format;
        schema.name = "price";
        schema.release = [](ArrowSchema *) {};
        TypePtr type;
        Error error;
        EXPECT_EQ(type_import(&schema, &type, nullptr, &error), Status::kUnsupported) << format;
        EXPECT_NE(std::string(error.message).find("price"), std::string::npos);
    }
}

TEST(ColumnTypeTest, MalformedSchemasAreRefused) {
    ArrowSchema schema{};
    TypePtr type;
    EXPECT_EQ(type_import(nullptr, &type, nullptr, nullptr), Status::kInvalid);
    EXPECT_EQ(type_import(&schema, &type, nullptr, nullptr), Status::kInvalid);
    schema.release = [](ArrowSchema *) {};
    EXPECT_EQ(type_import(&schema, &type, nullptr, nullptr), Status::kInvalid);
    for (const char *format : {"+l", "+m"}) {
        schema.format = format;
        EXPECT_EQ(type_import(&schema, &type, nullptr, nullptr), Status::kInvalid) << format;
    }
    ArrowSchema *self = &schema; /* a type that contains itself */
    schema.n_children = 1;
    schema.children = &self;
    schema.format = "+l";
    Error error;
    EXPECT_EQ(type_import(&schema, &type, nullptr, &error), Status::kInvalid);
    EXPECT_STREQ(error.message, "Arrow schema is nested deeper than 64 levels");
}

}  // namespace
}  // namespace flk
