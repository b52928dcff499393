#include <gtest/gtest.h>

#include <set>
#include <string>

#include "flk/cell_set.h"

namespace {

flk::Cell cell(const std::string &text) {
    return flk::Cell{reinterpret_cast<const uint8_t *>(text.data()),
                     static_cast<int64_t>(text.size())};
}

TEST(CellSet, KeepsEveryCellOnceWhateverItsSize) {
    flk::CellSet set;
    std::set<std::string> model;
    for (int round = 0; round < 2; ++round) {
        for (int number = 0; number < 3000; ++number) {
            const std::string text(static_cast<size_t>(number % 23), static_cast<char>(number % 7));
            EXPECT_EQ(set.insert(cell(text)), model.insert(text).second);
            const std::string word = std::to_string(10000000 + number % 500);
            EXPECT_EQ(set.insert(cell(word)), model.insert(word).second);
            ASSERT_EQ(set.size(), static_cast<int64_t>(model.size()));
        }
    }
    for (int64_t at = 0; at < set.size(); ++at) {
        const flk::Cell kept = set.at(at);
        EXPECT_EQ(model.count(std::string(reinterpret_cast<const char *>(kept.bytes),
                                          static_cast<size_t>(kept.size))),
                  1u);
    }
}

}  // namespace
