#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "flk/count_window.h"
#include "flk/key_map.h"
#include "flk/pane_list.h"
#include "tests/listed_values.h"

namespace flk {
namespace {

using Rows = std::vector<std::pair<int64_t, int64_t>>;                 /* key, value */
using Results = std::vector<std::pair<int64_t, std::vector<int64_t>>>; /* key, values or sum */

class Driver {
  public:
    Driver(int64_t size, int64_t slide, bool is_list, int64_t max_rows)
        : is_list_(is_list), max_rows_(max_rows) {
        Error error;
        EXPECT_EQ(keys_.open(128, 0, 127, &error), Status::kOk);
        WindowDefinition definition;
        definition.shape = WindowShape::kCountRows;
        definition.size = size;
        definition.slide = slide;
        definition.accumulators = {0};
        EXPECT_EQ(
            make_count_window(layout_of_values(is_list), {definition}, &keys_, &kernel_, &error),
            Status::kOk)
            << error.message;
    }

    void rows(const Rows &batch) {
        std::vector<int64_t> values;
        std::vector<KeyView> views;
        for (const auto &[key, value] : batch) {
            values.push_back(value);
            views.push_back(view_of_int(key));
        }
        const auto count = static_cast<int64_t>(batch.size());
        std::vector<uint32_t> ids(batch.size());
        std::vector<int64_t> new_rows(batch.size());
        int64_t new_count = 0;
        Error error;
        ASSERT_EQ(keys_.find_or_insert(views.data(), count, ids.data(), new_rows.data(), &new_count,
                                       &error),
                  Status::kOk);
        for (std::size_t row = 0; row < ids.size(); ++row) {
            key_of_.resize(std::max<std::size_t>(key_of_.size(), ids[row] + 1));
            key_of_[ids[row]] = batch[row].first;
        }
        const Column *column = values_as_column(values);
        const WindowRows given{ids.data(), nullptr, nullptr, &column, 0, count, 0};
        Status status = Status::kFull;
        while (status == Status::kFull) {
            status = kernel_->consume(given, &error);
            take();
        }
        ASSERT_EQ(status, Status::kOk) << error.message;
        int64_t freed = 0;
        keys_.release_batch(&freed);
    }

    WindowKernel &kernel() { return *kernel_; }
    int64_t live_keys() {
        int64_t freed = 0;
        keys_.release_batch(&freed);
        return keys_.size();
    }

    Results results;

  private:
    void take() {
        WindowResults made;
        Error error;
        Status status = Status::kOk;
        while ((status = kernel_->next(max_rows_, &made, &error)) == Status::kOk) {
            ASSERT_LE(made.count, max_rows_);
            EXPECT_EQ(made.end, INT64_MAX);
            for (int64_t at = 0; at < made.count; ++at) {
                results.emplace_back(key_of_[made.ids[at]], seen(made.states[at]));
            }
        }
        ASSERT_EQ(status, Status::kEmpty);
    }

    std::vector<int64_t> seen(const uint8_t *state) const {
        return is_list_ ? ListedValues::values(state)
                        : std::vector<int64_t>{AddedValues::value(state)};
    }

    KeyMap keys_;
    WindowKernelPtr kernel_;
    std::vector<int64_t> key_of_;
    bool is_list_;
    int64_t max_rows_;
};

/* Every `slide` rows of a key a window of `size` rows is complete. */
Results model(const Rows &rows, int64_t size, int64_t slide, bool is_list) {
    Results results;
    std::map<int64_t, std::vector<int64_t>> seen;
    for (const auto &[key, value] : rows) {
        std::vector<int64_t> &values = seen[key];
        values.push_back(value);
        const auto count = static_cast<int64_t>(values.size());
        if (count < size || (count - size) % slide != 0) {
            continue;
        }
        std::vector<int64_t> window(values.end() - size, values.end());
        if (!is_list) {
            int64_t sum = 0;
            for (const int64_t part : window) {
                sum += part;
            }
            window = {sum};
        }
        results.emplace_back(key, window);
    }
    return results;
}

TEST(CountWindow, ResultsComeWhenWindowsAreFullAndInRowOrder) {
    Driver driver(2, 2, true, 100);
    driver.rows({{1, 10}, {2, 20}, {2, 21}, {1, 11}, {1, 12}});
    EXPECT_EQ(driver.results, (Results{{2, {20, 21}}, {1, {10, 11}}}));
    driver.kernel().advance(INT64_MAX);
    driver.rows({{1, 13}});
    EXPECT_EQ(driver.results.back(), (Results::value_type{1, {12, 13}}));
}

TEST(CountWindow, RowsBetweenTwoWindowsBelongToNone) {
    Driver driver(2, 3, true, 100);
    driver.rows({{1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}});
    EXPECT_EQ(driver.results, (Results{{1, {0, 1}}, {1, {3, 4}}}));
}

TEST(CountWindow, AKeyIsForgottenWhenItsRowsFillTheirWindowsExactly) {
    Driver driver(2, 2, true, 100);
    driver.rows({{1, 0}, {1, 1}, {2, 2}});
    EXPECT_EQ(driver.live_keys(), 1);
    EXPECT_EQ(driver.kernel().live_states(), 1);
    driver.rows({{2, 3}});
    EXPECT_EQ(driver.live_keys(), 0);
    EXPECT_EQ(driver.kernel().live_states(), 0);
}

TEST(CountWindow, PanesOfAKeyStayBoundedHoweverManyRowsItHas) {
    for (const bool is_list : {true, false}) {
        Driver driver(10, 3, is_list, 100);
        for (int64_t row = 0; row < 5'000; ++row) {
            driver.rows({{1, row}});
            /* edges at 0, 3, 6, 9, 10, 12, 13, ...: at most 8 panes, and one state of all */
            ASSERT_LE(driver.kernel().live_states(), 9);
        }
    }
}

TEST(CountWindow, AlienDefinitionsAreRefused) {
    KeyMap keys;
    WindowKernelPtr kernel;
    Error error;
    WindowDefinition definition;
    EXPECT_EQ(make_count_window(layout_of_values(true), {definition}, &keys, &kernel, &error),
              Status::kInvalid);
    definition.shape = WindowShape::kCountRows;
    definition.size = 3;
    EXPECT_EQ(make_count_window(layout_of_values(true), {definition}, &keys, &kernel, &error),
              Status::kInvalid);
    EXPECT_STREQ(error.message, "a window of rows needs a size and a slide > 0, got 3 and 0");
}

TEST(CountWindow, RandomRowsAgreeWithListsOfRows) {
    for (uint64_t seed = 0; seed < 800; ++seed) {
        std::mt19937_64 random(seed);
        const auto below = [&random](int64_t limit) {
            return static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
        };
        const int64_t size = 1 + below(12);
        const int64_t slide = 1 + below(14);
        const int64_t key_count = 1 + below(5);
        const bool is_list = seed % 2 == 0;
        Driver driver(size, slide, is_list, 1 + below(5));
        Rows all;
        for (int64_t step = 0; step < 12; ++step) {
            Rows batch;
            for (int64_t row = below(40); row > 0; --row) {
                batch.emplace_back(below(key_count),
                                   static_cast<int64_t>(all.size() + batch.size()));
            }
            driver.rows(batch);
            all.insert(all.end(), batch.begin(), batch.end());
        }
        ASSERT_EQ(driver.results, model(all, size, slide, is_list)) << seed;
    }
}

TEST(CountWindow, MoreResultsThanAStepAreHandedOutBeforeFurtherRows) {
    for (const int64_t slide : {1, 2}) {
        Driver driver(2, slide, false, 1'000);
        Rows rows;
        for (int64_t row = 0; row < 5 * WindowKernel::kStepRows; ++row) {
            rows.emplace_back(row % 7, row);
        }
        driver.rows(rows);
        EXPECT_EQ(driver.results, model(rows, 2, slide, false));
    }
}

}  // namespace
}  // namespace flk
