#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "flk/roofline.h"

namespace flk {
namespace {

TEST(Roofline, PlainLoopsDoWhatTheySay) {
    const std::vector<int64_t> keys{5, 6, 7, 8};
    const std::vector<int64_t> values{1, 2, 3, 4};
    const std::vector<uint32_t> parts{1, 0, 1, 0};
    std::vector<int64_t> copy(4), out_keys(4), out_values(4), cursors{0, 2}, sums(2);
    copy_values(values.data(), 4, copy.data());
    EXPECT_EQ(copy, values);
    scatter_pairs(keys.data(), values.data(), parts.data(), 4, cursors.data(), out_keys.data(),
                  out_values.data());
    EXPECT_EQ(out_keys, (std::vector<int64_t>{6, 8, 5, 7}));
    EXPECT_EQ(out_values, (std::vector<int64_t>{2, 4, 1, 3}));
    EXPECT_EQ(cursors, (std::vector<int64_t>{2, 4}));
    dense_add(parts.data(), values.data(), 4, sums.data());
    EXPECT_EQ(sums, (std::vector<int64_t>{6, 4}));
}

TEST(Roofline, TheTableSumsPerKey) {
    TableLoop table;
    ASSERT_EQ(table.open(100), Status::kOk);
    std::vector<int64_t> keys, values;
    std::map<int64_t, int64_t> model;
    for (int64_t row = 0; row < 5000; ++row) {
        keys.push_back(row % 99 == 0 ? INT64_MAX : row * 7919 % 99);
        values.push_back(row);
        model[keys.back()] += row;
    }
    table.add(keys.data(), values.data(), 5000);
    for (const auto &[key, sum] : model) {
        EXPECT_EQ(table.sum(key), sum);
    }
    EXPECT_EQ(table.sum(1000), 0);
}

}  // namespace
}  // namespace flk
