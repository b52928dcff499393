#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "flk/partition.h"

namespace flk {
namespace {

using Rows = std::vector<uint32_t>;
using Starts = std::vector<int64_t>;

Rows workspace(uint32_t parts) {
    return Rows(static_cast<size_t>(scatter_workspace_length(parts)), 77);
}

TEST(Partition, LanesAndManyPartsGiveTheSameOrder) {
    for (const uint32_t parts : {1u, 2u, 7u, 1024u, 1025u, 32768u}) {
        for (const uint32_t row_count : {0u, 1u, 3u, 4u, 5u, 1000u}) {
            Rows owners(row_count), rows(row_count), wanted;
            Starts starts(parts + 1);
            for (uint32_t row = 0; row < row_count; ++row) {
                owners[row] = row * 2654435761u % parts;
            }
            ASSERT_EQ(scatter_rows(owners.data(), row_count, parts, workspace(parts).data(),
                                   rows.data(), starts.data(), nullptr),
                      Status::kOk);
            wanted.resize(row_count);
            std::iota(wanted.begin(), wanted.end(), 0u);
            std::stable_sort(wanted.begin(), wanted.end(), [&](uint32_t left, uint32_t right) {
                return owners[left] < owners[right];
            });
            EXPECT_EQ(rows, wanted);
            EXPECT_EQ(starts.back(), row_count);
        }
    }
}

TEST(Partition, DrawnPartsContinueWhereTheRowsBeforeEnded) {
    Rows whole(10), tail(6);
    draw_parts(42, 0, 10, 5, whole.data());
    draw_parts(42, 4, 6, 5, tail.data());
    EXPECT_EQ(Rows(whole.begin() + 4, whole.end()), tail);
}

TEST(Partition, RowsOfAPartKeepTheirOrder) {
    const Rows owners{2, 0, 2, 1, 0};
    Rows rows(5);
    Starts starts(4);
    ASSERT_EQ(
        scatter_rows(owners.data(), 5, 3, workspace(3).data(), rows.data(), starts.data(), nullptr),
        Status::kOk);
    EXPECT_EQ(rows, (Rows{1, 4, 3, 0, 2}));
    EXPECT_EQ(starts, (Starts{0, 2, 3, 5}));
}

TEST(Partition, ABatchWithoutRowsHasEmptyParts) {
    Starts starts(4, -1);
    ASSERT_EQ(scatter_rows(nullptr, 0, 3, workspace(3).data(), nullptr, starts.data(), nullptr),
              Status::kOk);
    EXPECT_EQ(starts, (Starts{0, 0, 0, 0}));
}

TEST(Partition, AnOwnerBeyondThePartsNamesItsRow) {
    const Rows owners{0, 3};
    Rows rows(2, 99);
    Starts starts(4);
    Error error;
    EXPECT_EQ(
        scatter_rows(owners.data(), 2, 3, workspace(3).data(), rows.data(), starts.data(), &error),
        Status::kOutOfRange);
    EXPECT_EQ(std::string(error.message), "row 1 belongs to part 3, but there are 3");
    EXPECT_EQ(rows, (Rows{99, 99}));
}

TEST(Partition, RowsAreDealtInTurnFromTheFirstPartOn) {
    Rows rows(5);
    Starts starts(4);
    deal_rows(5, 3, 2, rows.data(), starts.data());
    EXPECT_EQ(rows, (Rows{1, 4, 2, 0, 3}));
    EXPECT_EQ(starts, (Starts{0, 2, 3, 5}));
}

}  // namespace
}  // namespace flk
