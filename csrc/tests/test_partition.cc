#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "flk/partition.h"

namespace flk {
namespace {

using Rows = std::vector<uint32_t>;
using Starts = std::vector<int64_t>;

TEST(Partition, RowsOfAPartKeepTheirOrder) {
    const Rows owners{2, 0, 2, 1, 0};
    Rows rows(5);
    Starts starts(4);
    ASSERT_EQ(scatter_rows(owners.data(), 5, 3, rows.data(), starts.data(), nullptr), Status::kOk);
    EXPECT_EQ(rows, (Rows{1, 4, 3, 0, 2}));
    EXPECT_EQ(starts, (Starts{0, 2, 3, 5}));
}

TEST(Partition, ABatchWithoutRowsHasEmptyParts) {
    Starts starts(4, -1);
    ASSERT_EQ(scatter_rows(nullptr, 0, 3, nullptr, starts.data(), nullptr), Status::kOk);
    EXPECT_EQ(starts, (Starts{0, 0, 0, 0}));
}

TEST(Partition, AnOwnerBeyondThePartsNamesItsRow) {
    const Rows owners{0, 3};
    Rows rows(2, 99);
    Starts starts(4);
    Error error;
    EXPECT_EQ(scatter_rows(owners.data(), 2, 3, rows.data(), starts.data(), &error),
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
