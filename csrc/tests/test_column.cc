#include <gtest/gtest.h>

#include <string>

#include "flk/column.h"
#include "flk/column_stream.h"
#include "tests/foreign_array.h"

namespace flk {
namespace {

TypePtr flat(const char *format) {
    TypePtr type;
    EXPECT_EQ(type_from_format(format, &type, nullptr), Status::kOk);
    return type;
}

TypePtr list_of(const TypePtr &values) {
    TypePtr type;
    EXPECT_EQ(type_list(values, &type, nullptr), Status::kOk);
    return type;
}

TypePtr dictionary_of(const TypePtr &values) {
    auto type = std::make_shared<Type>(*flat("c"));
    type->index = type->id;
    type->id = TypeId::kDictionary;
    type->layout = Layout::kDictionary;
    type->dictionary = values;
    return type;
}

ColumnPtr imported(ArrowArray array, const TypePtr &type) {
    ColumnPtr column;
    Error error;
    EXPECT_EQ(column_import(&array, type, &column, &error), Status::kOk) << error.message;
    EXPECT_EQ(array.release, nullptr);
    return column;
}

std::string refused(ArrowArray array, const TypePtr &type) {
    ColumnPtr column;
    Error error;
    EXPECT_EQ(column_import(&array, type, &column, &error), Status::kInvalid);
    EXPECT_EQ(column, nullptr);
    return error.message;
}

ColumnPtr sliced(const ColumnPtr &column, int64_t start, int64_t length) {
    ColumnPtr part;
    EXPECT_EQ(column_slice(column, start, length, &part, nullptr), Status::kOk);
    return part;
}

ColumnPtr taken(const ColumnPtr &column, const std::vector<uint32_t> &rows) {
    ColumnPtr part;
    Error error;
    EXPECT_EQ(column_take(*column, rows.data(), static_cast<int64_t>(rows.size()), &part, &error),
              Status::kOk)
        << error.message;
    return part;
}

ColumnPtr joined(const std::vector<ColumnPtr> &columns) {
    ColumnPtr whole;
    Error error;
    EXPECT_EQ(column_concat(columns, &whole, &error), Status::kOk) << error.message;
    return whole;
}

/* Rows as text, "-" for null: the model every kernel is compared with. */
std::string shown(const Column &column, int64_t row);

std::string shown_value(const Column &column, int64_t row) {
    int64_t size = 0;
    switch (column.type->layout) {
        case Layout::kBits:
            return column.bool_at(row) ? "1" : "0";
        case Layout::kFixed:
            return std::to_string(column.values<int64_t>()[row]);
        case Layout::kDictionary:
            return shown(*column.dictionary, column.index_at(row));
        case Layout::kList32: {
            std::string text = "[";
            const int64_t first = column.list_at(row, &size);
            for (int64_t value = first; value < first + size; ++value) {
                text += shown(*column.children[0], value) + ";";
            }
            return text + "]";
        }
        case Layout::kStruct: {
            std::string text = "{";
            for (const ColumnPtr &child : column.children) {
                text += shown(*child, row) + ";";
            }
            return text + "}";
        }
        default: {
            const uint8_t *bytes = column.bytes_at(row, &size);
            return std::string(bytes, bytes + size);
        }
    }
}

std::string shown(const Column &column, int64_t row) {
    return column.is_valid(row) ? shown_value(column, row) : "-";
}

std::string shown(const ColumnPtr &column) {
    std::string text;
    for (int64_t row = 0; row < column->length; ++row) {
        text += shown(*column, row) + " ";
    }
    return text;
}

/* 10 - 30 40, at offset 1. */
ArrowArray foreign_numbers(int *releases) {
    return ForeignArray(4, releases)
        .buffer(std::vector<uint8_t>{0b11010})
        .buffer(std::vector<int64_t>{0, 10, 20, 30, 40})
        .offset(1)
        .nulls(-1)
        .done();
}

/* "a" "" "ccc" -, at offset 1. */
ArrowArray foreign_texts(int *releases) {
    return ForeignArray(4, releases)
        .buffer(std::vector<uint8_t>{0b01111})
        .buffer(std::vector<int32_t>{0, 1, 2, 2, 5, 5})
        .text("xaccc")
        .offset(1)
        .nulls(1)
        .done();
}

/* [10;-;] [] - [40;] */
ArrowArray foreign_lists(int *releases) {
    return ForeignArray(4, releases)
        .buffer(std::vector<uint8_t>{0b1011})
        .buffer(std::vector<int32_t>{0, 2, 2, 3, 4})
        .child(foreign_numbers(releases))
        .nulls(1)
        .done();
}

TEST(ColumnTest, AForeignArrayIsReleasedOnceWhenItsLastColumnGoes) {
    int releases = 0;
    ColumnPtr column = imported(foreign_numbers(&releases), flat("l"));
    EXPECT_EQ(shown(column), "10 - 30 40 ");
    EXPECT_EQ(column->null_count, 1);
    ColumnPtr part = sliced(column, 2, 2);
    column.reset();
    EXPECT_EQ(releases, 0);
    EXPECT_EQ(shown(part), "30 40 ");
    EXPECT_EQ(part->validity, nullptr); /* no nulls left */
    part.reset();
    EXPECT_EQ(releases, 1);
}

TEST(ColumnTest, ChildrenAreReleasedWithTheirParent) {
    int releases = 0;
    ColumnPtr column = imported(foreign_lists(&releases), list_of(flat("l")));
    ColumnPtr child = column->children[0];
    column.reset();
    EXPECT_EQ(releases, 0);
    EXPECT_EQ(child->length, 4);
    child.reset();
    EXPECT_EQ(releases, 2);
}

TEST(ColumnTest, TakeGathersRowsOfEveryLayout) {
    int releases = 0;
    const std::vector<uint32_t> rows{3, 1, 0, 0};
    EXPECT_EQ(shown(taken(imported(foreign_numbers(&releases), flat("l")), rows)), "40 - 10 10 ");
    EXPECT_EQ(shown(taken(imported(foreign_texts(&releases), flat("u")), rows)), "-  a a ");
    const ColumnPtr lists = imported(foreign_lists(&releases), list_of(flat("l")));
    EXPECT_EQ(shown(lists), "[10;-;] [] - [40;] ");
    EXPECT_EQ(shown(taken(lists, rows)), "[40;] [] [10;-;] [10;-;] ");
    EXPECT_EQ(shown(taken(lists, {})), "");
}

TEST(ColumnTest, TakeRefusesRowsThatAreNotThere) {
    int releases = 0;
    const ColumnPtr column = imported(foreign_numbers(&releases), flat("l"));
    const uint32_t rows[] = {0, 4};
    ColumnPtr part;
    Error error;
    EXPECT_EQ(column_take(*column, rows, 2, &part, &error), Status::kOutOfRange);
    EXPECT_STREQ(error.message, "row 4 of a column of 4 rows");
}

TEST(ColumnTest, ConcatJoinsSlicesOfEveryLayout) {
    int releases = 0;
    const ColumnPtr numbers = imported(foreign_numbers(&releases), flat("l"));
    EXPECT_EQ(shown(joined({sliced(numbers, 2, 2), numbers, sliced(numbers, 0, 0)})),
              "30 40 10 - 30 40 ");
    const ColumnPtr texts = imported(foreign_texts(&releases), flat("u"));
    EXPECT_EQ(shown(joined({sliced(texts, 2, 2), sliced(texts, 0, 2)})), "ccc - a  ");
    const ColumnPtr lists = imported(foreign_lists(&releases), list_of(flat("l")));
    EXPECT_EQ(shown(joined({sliced(lists, 3, 1), sliced(lists, 0, 3)})), "[40;] [10;-;] [] - ");
}

TEST(ColumnTest, ConcatRefusesColumnsOfDifferentTypes) {
    int releases = 0;
    const ColumnPtr numbers = imported(foreign_numbers(&releases), flat("l"));
    const ColumnPtr texts = imported(foreign_texts(&releases), flat("u"));
    ColumnPtr whole;
    Error error;
    EXPECT_EQ(column_concat({numbers, texts}, &whole, &error), Status::kInvalid);
    EXPECT_STREQ(error.message, "columns of int64 and utf8 cannot be joined");
}

TEST(ColumnTest, DifferentDictionariesAreJoined) {
    int releases = 0;
    const TypePtr type = dictionary_of(flat("u"));
    const auto make = [&](std::vector<int8_t> indices) {
        return ForeignArray(3, &releases)
            .no_buffer()
            .buffer(indices)
            .dictionary(foreign_texts(&releases))
            .done();
    };
    const ColumnPtr left = imported(make({2, 0, 3}), type);
    const ColumnPtr right = imported(make({0, 0, 2}), type);
    EXPECT_EQ(shown(left), "ccc a - ");
    EXPECT_EQ(shown(joined({left, right})), "ccc a - a a ccc ");
    EXPECT_EQ(shown(joined({left, sliced(left, 0, 1)})), "ccc a - ccc ");
    EXPECT_EQ(joined({left, left})->dictionary, left->dictionary);
}

TEST(ColumnTest, AStructSlicesItsChildrenAndExportsFromRowZero) {
    int releases = 0;
    TypePtr type;
    ASSERT_EQ(type_struct({{"n", flat("l")}, {"t", flat("u")}}, &type, nullptr), Status::kOk);
    ColumnPtr column = imported(ForeignArray(3, &releases)
                                    .buffer(std::vector<uint8_t>{0b1011})
                                    .child(foreign_numbers(&releases))
                                    .child(foreign_texts(&releases))
                                    .offset(1)
                                    .nulls(1)
                                    .done(),
                                type);
    EXPECT_EQ(shown(column), "{-;;} - {40;-;} ");
    ColumnPtr part = sliced(column, 1, 2);
    EXPECT_EQ(shown(part), "- {40;-;} ");
    EXPECT_EQ(shown(taken(part, {1, 1, 0})), "{40;-;} {40;-;} - ");
    ArrowArray array;
    ASSERT_EQ(column_export(part, &array, nullptr), Status::kOk);
    EXPECT_EQ(array.offset, 0);
    column.reset();
    part.reset();
    EXPECT_EQ(releases, 0);
    EXPECT_EQ(shown(imported(array, type)), "- {40;-;} ");
    EXPECT_EQ(releases, 3);
}

TEST(ColumnTest, AChildMovedOutOfAnExportOutlivesItsParent) {
    int releases = 0;
    ArrowArray array;
    ASSERT_EQ(
        column_export(imported(foreign_lists(&releases), list_of(flat("l"))), &array, nullptr),
        Status::kOk);
    ArrowArray child = *array.children[0];
    array.children[0]->release = nullptr;
    array.release(&array);
    EXPECT_EQ(releases, 0);
    EXPECT_EQ(shown(imported(child, flat("l"))), "10 - 30 40 ");
    EXPECT_EQ(releases, 2);
}

TEST(ColumnTest, ViewsKeepTheirBuffersThroughTakeAndConcat) {
    int releases = 0;
    const auto make = [&] {
        std::vector<int32_t> views = {3, 0, 0, 0, 14, 0, 0, 1};
        std::memcpy(&views[1], "abc", 3);
        std::memcpy(&views[5], "0123", 4);
        return ForeignArray(2, &releases)
            .no_buffer()
            .buffer(views)
            .text("x0123456789abcd")
            .buffer(std::vector<int64_t>{15})
            .done();
    };
    ColumnPtr column = imported(make(), flat("vu"));
    ColumnPtr other = imported(make(), flat("vu"));
    EXPECT_EQ(shown(column), "abc 0123456789abcd ");
    ColumnPtr whole = joined({column, taken(other, {1, 0, 1}), other});
    column.reset();
    other.reset();
    EXPECT_EQ(shown(whole),
              "abc 0123456789abcd 0123456789abcd abc 0123456789abcd abc 0123456789abcd ");
    EXPECT_EQ(releases, 0);
    whole.reset();
    EXPECT_EQ(releases, 2);
}

TEST(ColumnTest, MalformedForeignArraysAreRefusedAndReleased) {
    int releases = 0;
    const auto numbers = [&](int64_t length) { return ForeignArray(length, &releases); };
    const std::vector<int64_t> one{1};
    EXPECT_EQ(refused(numbers(-1).no_buffer().buffer(one).done(), flat("l")),
              "Arrow array of int64: length -1, offset 0");
    EXPECT_EQ(refused(numbers(1).no_buffer().buffer(one).offset(-2).done(), flat("l")),
              "Arrow array of int64: length 1, offset -2");
    EXPECT_EQ(refused(numbers(1).buffer(one).done(), flat("l")),
              "Arrow array of int64: 1 buffers, expected 2");
    EXPECT_EQ(refused(numbers(1).no_buffer().no_buffer().done(), flat("l")),
              "Arrow array of int64: a buffer of 8 bytes is missing");
    EXPECT_EQ(refused(numbers(1).no_buffer().buffer(one).nulls(1).done(), flat("l")),
              "Arrow array of int64: 1 nulls, but no validity bitmap");
    EXPECT_EQ(refused(numbers(1).no_buffer().buffer(one).nulls(2).done(), flat("l")),
              "Arrow array of int64: null count 2 with length 1");
    EXPECT_EQ(refused(numbers(1).no_buffer().buffer(std::vector<int32_t>{2, 1}).text("abc").done(),
                      flat("u")),
              "Arrow array of utf8: offsets are negative or not ascending");
    EXPECT_EQ(releases, 7);
}

TEST(ColumnTest, MalformedNestedForeignArraysAreRefusedAndReleased) {
    int releases = 0;
    EXPECT_EQ(refused(ForeignArray(1, &releases)
                          .no_buffer()
                          .buffer(std::vector<int32_t>{0, 5})
                          .child(foreign_numbers(&releases))
                          .done(),
                      list_of(flat("l"))),
              "Arrow array of list<int64>: child 0 has 4 rows, expected at least 5 of 1");
    EXPECT_EQ(refused(ForeignArray(1, &releases)
                          .no_buffer()
                          .buffer(std::vector<int8_t>{4})
                          .dictionary(foreign_texts(&releases))
                          .done(),
                      dictionary_of(flat("u"))),
              "Arrow array of dictionary<utf8>: row 0 has index 4, the dictionary 4 values");
    EXPECT_EQ(refused(ForeignArray(1, &releases)
                          .no_buffer()
                          .buffer(std::vector<int32_t>{20, 0, 0, 0})
                          .text("abc")
                          .buffer(std::vector<int64_t>{3})
                          .done(),
                      flat("vu")),
              "Arrow array of utf8_view: row 0 points outside its data buffers");
    EXPECT_EQ(releases, 5);
}

TEST(ColumnTest, MisalignedBuffersAreCopied) {
    int releases = 0;
    std::vector<uint8_t> memory(17);
    const int64_t values[] = {7, 8};
    std::memcpy(memory.data() + 1, values, 16);
    ArrowArray array = ForeignArray(2, &releases).no_buffer().no_buffer().done();
    array.buffers[1] = memory.data() + 1;
    const ColumnPtr column = imported(array, flat("l"));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(column->data) % 8, 0u);
    EXPECT_EQ(shown(column), "7 8 ");
}

TEST(ColumnTest, AnEmptyForeignArrayNeedsNoOffsets) {
    int releases = 0;
    const ColumnPtr column = imported(
        ForeignArray(0, &releases).no_buffer().no_buffer().no_buffer().offset(3).done(), flat("u"));
    EXPECT_EQ(shown(joined({column, taken(column, {}), column})), "");
    ArrowArray array;
    ASSERT_EQ(column_export(column, &array, nullptr), Status::kOk);
    EXPECT_NE(array.buffers[1], nullptr);
    array.release(&array);
}

TEST(ColumnTest, SlicesBeyondTheColumnAreRefused) {
    int releases = 0;
    const ColumnPtr column = imported(foreign_numbers(&releases), flat("l"));
    ColumnPtr part;
    Error error;
    EXPECT_EQ(column_slice(column, 3, 2, &part, &error), Status::kOutOfRange);
    EXPECT_STREQ(error.message, "rows 3 to 5 of a column of 4 rows");
    EXPECT_EQ(column_slice(column, -1, 2, &part, &error), Status::kOutOfRange);
}

TEST(ColumnTest, AStreamHandsOutItsColumnsOnce) {
    int releases = 0;
    ArrowArrayStream stream;
    ASSERT_EQ(column_stream(flat("l"), {imported(foreign_numbers(&releases), flat("l"))}, &stream,
                            nullptr),
              Status::kOk);
    ArrowSchema schema;
    ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
    EXPECT_STREQ(schema.format, "l");
    schema.release(&schema);
    ArrowArray array;
    ASSERT_EQ(stream.get_next(&stream, &array), 0);
    ArrowArray end;
    ASSERT_EQ(stream.get_next(&stream, &end), 0);
    EXPECT_EQ(end.release, nullptr);
    stream.release(&stream);
    EXPECT_EQ(shown(imported(array, flat("l"))), "10 - 30 40 ");
    EXPECT_EQ(releases, 1);
}

TEST(BitsTest, CopySetAndCountAgreeWithSingleBits) {
    const uint8_t source[] = {0b10110101, 0b01100111, 0xff, 0x00, 0xa5, 0x5a, 0x3c, 0xc3, 0x77, 1};
    const auto bit = [](const uint8_t *bits, int64_t at) { return (bits[at / 8] >> (at % 8)) & 1; };
    for (int64_t from = 0; from < 9; ++from) {
        for (int64_t to = 0; to < 9; ++to) {
            for (int64_t length : {0, 1, 7, 8, 9, 63, 64, 65}) {
                uint8_t out[11] = {0};
                copy_bits(source, from, length, out, to);
                int64_t zeros = 0;
                for (int64_t at = 0; at < length; ++at) {
                    ASSERT_EQ(bit(out, to + at), bit(source, from + at));
                    zeros += 1 - bit(source, from + at);
                }
                ASSERT_EQ(count_zero_bits(source, from, length), zeros);
                set_bits(out, to, length);
                ASSERT_EQ(count_zero_bits(out, to, length), 0);
                ASSERT_EQ(count_zero_bits(out, to + length, 88 - to - length), 88 - to - length);
            }
        }
    }
}

}  // namespace
}  // namespace flk
