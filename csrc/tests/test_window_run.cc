#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "flk/key_map.h"
#include "flk/window_output.h"
#include "flk/window_run.h"
#include "window_accumulators.h"

namespace flk {
namespace {

std::vector<int64_t> values_of(const ColumnPtr &column) {
    return {column->values<int64_t>(), column->values<int64_t>() + column->length};
}

class WindowRunTest : public ::testing::Test {
  protected:
    void open(int64_t size, int64_t lateness) {
        ASSERT_EQ(keys_.open(128, 0, 127, nullptr), Status::kOk);
        AggregateDefinition sum;
        sum.kind = AggregateKind::kSum;
        sum.input_type = int64_type();
        WindowDefinition window;
        window.size = size;
        window.lateness = lateness;
        window.accumulators = {0};
        ASSERT_EQ(run_.open({sum}, {window}, &keys_, nullptr), Status::kOk);
    }

    /* Rows of keys 0, 1, 0, 1, ... at `times` with values 1, 2, 3, ..., or others. */
    void load(const std::vector<int64_t> &times, const std::vector<int64_t> &stops,
              const std::vector<int64_t> &marks, const std::vector<int64_t> &others = {}) {
        times_ = times;
        stops_ = stops;
        marks_ = marks;
        std::vector<KeyView> views;
        std::vector<int64_t> values;
        for (std::size_t row = 0; row < times.size(); ++row) {
            views.push_back(view_of_int(static_cast<int64_t>(row % 2)));
            values.push_back(static_cast<int64_t>(row) + 1);
        }
        ids_.resize(times.size());
        std::vector<int64_t> new_rows(times.size());
        int64_t new_count = 0;
        ASSERT_EQ(keys_.find_or_insert(views.data(), static_cast<int64_t>(times.size()),
                                       ids_.data(), new_rows.data(), &new_count, nullptr),
                  Status::kOk);
        column_ = int64_column(others.empty() ? values : others);
        handle_ = column_.get();
        const WindowRows rows{ids_.data(),
                              times_.data(),
                              nullptr,
                              &handle_,
                              0,
                              static_cast<int64_t>(times.size()),
                              0};
        run_.load_rows(rows, stops_.data(), marks_.data(), static_cast<int64_t>(stops_.size()));
    }

    RunState run(int64_t max_rows) {
        Status status = Status::kOk;
        return run_.run(INT64_MAX, max_rows, &status, nullptr);
    }

    std::vector<int64_t> take() {
        ColumnPtr column;
        if (run_.output(0).row_count() == 0) {
            return {};
        }
        EXPECT_EQ(run_.output(0).column_of(0, &column, nullptr), Status::kOk);
        return values_of(column);
    }

    KeyMap keys_;
    WindowRun run_;
    std::vector<int64_t> times_;
    std::vector<int64_t> stops_;
    std::vector<int64_t> marks_;
    std::vector<uint32_t> ids_;
    ColumnPtr column_;
    const Column *handle_ = nullptr;
};

TEST_F(WindowRunTest, MarksStandBehindTheResultsTheyCaused) {
    open(10, 0);
    load({1, 2, 3, 15, 16, 25}, {3, 5, 6}, {5, 14, 24});
    ASSERT_EQ(run(100), RunState::kDone);
    EXPECT_EQ(take(), (std::vector<int64_t>{4, 2, 4, 5}));
    EXPECT_EQ(run_.output(0).marks().stops, (std::vector<int64_t>{0, 2, 4}));
    EXPECT_EQ(run_.output(0).marks().times, (std::vector<int64_t>{5, 14, 24}));
    ColumnPtr column;
    ASSERT_EQ(run_.output(0).starts(&column, nullptr), Status::kOk);
    EXPECT_EQ(values_of(column), (std::vector<int64_t>{0, 0, 10, 10}));
    ASSERT_EQ(run_.output(0).ends(&column, nullptr), Status::kOk);
    EXPECT_EQ(values_of(column), (std::vector<int64_t>{10, 10, 20, 20}));
    ASSERT_EQ(run_.output(0).times(&column, nullptr), Status::kOk);
    EXPECT_EQ(values_of(column), (std::vector<int64_t>{9, 9, 19, 19}));
}

TEST_F(WindowRunTest, StopsWhenAnOutputIsFullAndGoesOnThere) {
    open(10, 0);
    load({1, 2, 3, 15, 16, 25}, {5}, {24});
    ASSERT_EQ(run(1), RunState::kFull);
    EXPECT_EQ(take(), (std::vector<int64_t>{4}));
    run_.output(0).clear();
    ASSERT_EQ(run(1), RunState::kFull);
    EXPECT_EQ(take(), (std::vector<int64_t>{2}));
    EXPECT_TRUE(run_.output(0).marks().stops.empty());
    run_.output(0).clear();
    ASSERT_EQ(run(10), RunState::kDone);
    EXPECT_EQ(take(), (std::vector<int64_t>{4, 5}));
    EXPECT_EQ(run_.output(0).marks().stops, (std::vector<int64_t>{2}));
}

TEST_F(WindowRunTest, LateRowsAreToldWithTheWatermarksAmongThem) {
    open(10, 5);
    load({1, 2, 40, 3, 4, 45, 12, 28, 50}, {3, 6, 7}, {39, 44, 45});
    ASSERT_EQ(run(100), RunState::kDone);
    EXPECT_EQ(run_.kernel()->late_rows(0), (std::vector<uint32_t>{3, 4, 6, 7}));
    EXPECT_EQ(run_.output(0).late_marks().stops, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(run_.output(0).late_marks().times, (std::vector<int64_t>{44, 45}));
    EXPECT_EQ(take(), (std::vector<int64_t>{1, 2}));
}

TEST_F(WindowRunTest, AResultThatFitsNoColumnIsNamedAfterThoseBeforeIt) {
    open(10, 0);
    load({11, 12, 13, 14}, {}, {}, {5, INT64_MAX, 6, 1});
    ASSERT_EQ(run(100), RunState::kDone);
    EXPECT_EQ(run_.failed_definition(), -1);
    run_.load_watermark(INT64_MAX);
    Status status = Status::kOk;
    Error error;
    ASSERT_EQ(run_.run(INT64_MAX, 100, &status, &error), RunState::kFailed);
    EXPECT_NE(status, Status::kOk);
    EXPECT_STREQ(error.message,
                 "sum: 9223372036854775808 does not fit int64; sum a float or decimal field "
                 "instead");
    EXPECT_EQ(run_.failed_definition(), 0);
    EXPECT_EQ(run_.output(0).failed().id, ids_[1]);
    EXPECT_EQ(run_.output(0).failed().start, 10);
    EXPECT_EQ(run_.output(0).failed().end, 20);
    EXPECT_EQ(take(), (std::vector<int64_t>{11}));
}

TEST_F(WindowRunTest, AWatermarkAloneFiresWindowsAndADeadlineStopsBetweenSteps) {
    open(10, 0);
    load({1, 2, 11, 21}, {}, {});
    ASSERT_EQ(run(100), RunState::kDone);
    EXPECT_TRUE(take().empty());
    run_.load_watermark(INT64_MAX);
    Status status = Status::kOk;
    int turns = 0;
    while (run_.run(0, 100, &status, nullptr) == RunState::kMore) {
        ++turns;
    }
    EXPECT_GT(turns, 0);
    EXPECT_EQ(take(), (std::vector<int64_t>{1, 2, 3, 4}));
    EXPECT_EQ(run_.kernel()->live_states(), 0);
}

}  // namespace
}  // namespace flk
