#include <gtest/gtest.h>

#include <limits>

#include "accumulator_states.h"
#include "flk/value_cell.h"

namespace {

using flk::Cell;
using flk::CellColumn;
using flk::CellType;
using flk::ColumnPtr;
using flk::Status;
using flk_test::column_of;
using flk_test::texts_of;
using flk_test::type_of;

CellType open(const flk::TypePtr &type) {
    CellType cells;
    flk::Error error;
    EXPECT_EQ(cells.open(type, &error), Status::kOk) << error.message;
    return cells;
}

/* A struct of an int (row 1 null), a text and a list of ints. */
ColumnPtr structs() {
    flk::TypePtr list_type;
    flk::TypePtr type;
    EXPECT_EQ(flk::type_list(type_of("i"), &list_type, nullptr), Status::kOk);
    EXPECT_EQ(flk::type_struct({{"n", type_of("l")}, {"s", type_of("u")}, {"x", list_type}}, &type,
                               nullptr),
              Status::kOk);
    const ColumnPtr offsets = column_of<int32_t>("i", {0, 2, 2, 3});
    flk::Buffer ends;
    EXPECT_EQ(flk::buffer_allocate(16, &ends, nullptr), Status::kOk);
    std::memcpy(ends.bytes(), offsets->data, 16);
    ColumnPtr list;
    EXPECT_EQ(flk::column_list(list_type, 3, ends,
                               column_of<int32_t>("i", {4, 5, 6}, {true, false, true}),
                               flk::Buffer(), &list, nullptr),
              Status::kOk);
    ColumnPtr column;
    EXPECT_EQ(flk::column_struct(type, 3,
                                 {column_of<int64_t>("l", {1, 2, 3}, {true, false, true}),
                                  texts_of({"a", "", "long enough"}), list},
                                 flk::Buffer(), &column, nullptr),
              Status::kOk);
    return column;
}

TEST(ValueCell, AStructGoesThroughACellUnchanged) {
    const ColumnPtr column = structs();
    const CellType type = open(column->type);
    EXPECT_FALSE(type.is_ordered());
    CellColumn made(type.type());
    std::string scratch;
    for (int64_t row = 0; row < 3; ++row) {
        const Cell cell = type.cell_at(*column, row, &scratch);
        EXPECT_TRUE(type.is_cell(cell));
        made.append(cell);
    }
    made.append_null();
    ColumnPtr back;
    ASSERT_EQ(made.finish(&back, nullptr), Status::kOk);
    ASSERT_EQ(back->length, 4);
    EXPECT_FALSE(back->is_valid(3));
    EXPECT_EQ(back->children[0]->values<int64_t>()[2], 3);
    EXPECT_FALSE(back->children[0]->is_valid(1));
    int64_t size = 0;
    EXPECT_EQ(std::memcmp(back->children[1]->bytes_at(2, &size), "long enough", 11), 0);
    EXPECT_EQ(size, 11);
    EXPECT_EQ(back->children[2]->list_at(2, &size), 2);
    EXPECT_EQ(size, 1);
    EXPECT_FALSE(back->children[2]->children[0]->is_valid(1));
    EXPECT_EQ(back->children[2]->children[0]->values<int32_t>()[2], 6);
}

TEST(ValueCell, EveryShorterOrLongerRunOfBytesIsNoStruct) {
    const ColumnPtr column = structs();
    const CellType type = open(column->type);
    std::string scratch;
    const Cell cell = type.cell_at(*column, 0, &scratch);
    std::vector<uint8_t> bytes(cell.bytes, cell.bytes + cell.size);
    for (int64_t size = 0; size < cell.size; ++size) {
        const std::vector<uint8_t> part(bytes.begin(), bytes.begin() + size);
        EXPECT_FALSE(type.is_cell(Cell{part.data(), size})) << size;
    }
    bytes.push_back(1);
    EXPECT_FALSE(type.is_cell(Cell{bytes.data(), cell.size + 1}));
}

TEST(ValueCell, NanIsTheLargestFloatAndEqualToItself) {
    const CellType type = open(type_of("g"));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const auto cell = [](const double &value) {
        return Cell{reinterpret_cast<const uint8_t *>(&value), 8};
    };
    EXPECT_GT(type.compare(cell(nan), cell(infinity)), 0);
    EXPECT_LT(type.compare(cell(infinity), cell(nan)), 0);
    EXPECT_EQ(type.compare(cell(nan), cell(nan)), 0);
    EXPECT_LT(type.compare(cell(-1.0), cell(0.0)), 0);
}

TEST(ValueCell, TextsCompareByTheirCharacters) {
    const CellType type = open(type_of("u"));
    const ColumnPtr column = texts_of({"b", "a", "aa", "", "\xc3\xa4"});
    std::string scratch;
    const auto order = [&](int64_t left, int64_t right) {
        return type.compare(type.cell_at(*column, left, &scratch),
                            type.cell_at(*column, right, &scratch));
    };
    EXPECT_GT(order(0, 1), 0);
    EXPECT_LT(order(1, 2), 0);
    EXPECT_LT(order(3, 1), 0);
    EXPECT_GT(order(4, 0), 0);
}

TEST(ValueCell, DecimalsCompareAsSignedNumbersOf128Bits) {
    const CellType type = open(type_of("d:38,2"));
    const int64_t words[][2] = {{0, -1}, {-1, -1}, {0, 0}, {-1, 0}, {0, 1}};
    for (size_t at = 0; at + 1 < 5; ++at) {
        EXPECT_LT(type.compare(Cell{reinterpret_cast<const uint8_t *>(words[at]), 16},
                               Cell{reinterpret_cast<const uint8_t *>(words[at + 1]), 16}),
                  0);
    }
}

TEST(ValueCell, ATypeWithoutCellsIsRefused) {
    CellType type;
    flk::Error error;
    EXPECT_EQ(type.open(type_of("n"), &error), Status::kUnsupported);
    EXPECT_STREQ(error.message, "values of type null have no cells");
}

}  // namespace
