#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "flk/key_map.h"
#include "flk/session_window.h"
#include "tests/listed_values.h"

namespace flk {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

struct Row {
    int64_t key;
    int64_t time;
    int64_t value;
    int64_t gap;
};

/* key, start, end, values */
using Result = std::tuple<int64_t, int64_t, int64_t, std::vector<int64_t>>;

/* Drives a kernel as the operator does: ids per batch, results until there are none. */
class Driver {
  public:
    Driver(int64_t gap, int64_t lateness, int64_t max_rows)
        : has_gap_(gap != 0), max_rows_(max_rows) {
        Error error;
        EXPECT_EQ(keys_.open(128, 0, 127, &error), Status::kOk);
        WindowDefinition definition;
        definition.shape = gap == 0 ? WindowShape::kSessionOfRow : WindowShape::kSession;
        definition.size = gap;
        definition.lateness = lateness;
        definition.accumulators = {0};
        EXPECT_EQ(
            make_session_window(layout_of_values(true), {definition}, &keys_, &kernel_, &error),
            Status::kOk)
            << error.message;
    }

    void rows(const std::vector<Row> &batch) {
        std::vector<int64_t> times, values, gaps;
        std::vector<uint64_t> bodies;
        std::vector<KeyView> views;
        for (const Row &row : batch) {
            times.push_back(row.time);
            values.push_back(row.value);
            gaps.push_back(row.gap);
            views.push_back(view_of_int(row.key));
        }
        std::vector<uint32_t> ids(batch.size());
        std::vector<int64_t> new_rows(batch.size());
        int64_t new_count = 0;
        Error error;
        ASSERT_EQ(keys_.find_or_insert(views.data(), static_cast<int64_t>(views.size()), ids.data(),
                                       new_rows.data(), &new_count, &error),
                  Status::kOk);
        for (std::size_t row = 0; row < ids.size(); ++row) {
            key_of_.resize(std::max<std::size_t>(key_of_.size(), ids[row] + 1));
            key_of_[ids[row]] = batch[row].key;
        }
        const Column *column = values_as_column(values);
        const WindowRows given{ids.data(),
                               times.data(),
                               has_gap_ ? nullptr : gaps.data(),
                               &column,
                               0,
                               static_cast<int64_t>(batch.size()),
                               0};
        Status status = Status::kFull;
        while (status == Status::kFull) {
            status = kernel_->consume(given, &error);
            take();
        }
        ASSERT_EQ(status, Status::kOk) << error.message;
        for (const uint32_t row : kernel_->late_rows(0)) {
            late.push_back(values[row]);
        }
        kernel_->clear_late_rows();
        int64_t freed = 0;
        keys_.release_batch(&freed);
    }

    void advance(int64_t watermark) {
        kernel_->advance(watermark);
        take();
    }

    int64_t live_states() const { return kernel_->live_states(); }
    int64_t live_keys() {
        int64_t freed = 0;
        keys_.release_batch(&freed);
        return keys_.size();
    }

    std::vector<Result> results;
    std::vector<int64_t> late;

  private:
    void take() {
        WindowResults made;
        Error error;
        Status status = Status::kOk;
        while ((status = kernel_->next(max_rows_, &made, &error)) == Status::kOk) {
            ASSERT_LE(made.count, max_rows_);
            for (int64_t at = 0; at < made.count; ++at) {
                results.emplace_back(key_of_[made.ids[at]], made.starts[at], made.ends[at],
                                     ListedValues::values(made.states[at]));
            }
        }
        ASSERT_EQ(status, Status::kEmpty);
    }

    KeyMap keys_;
    WindowKernelPtr kernel_;
    std::vector<int64_t> key_of_;
    bool has_gap_;
    int64_t max_rows_;
};

/* Sessions as the general operator has them: a list, searched for every row. */
struct Model {
    struct Session {
        int64_t key, start, end, order;
        std::vector<int64_t> values;
    };

    void row(const Row &row) {
        const int64_t end = row.time + row.gap;
        Session merged{row.key, row.time, end, 0, {}};
        std::vector<std::size_t> met;
        for (std::size_t at = 0; at < live.size(); ++at) {
            if (live[at].key == row.key && live[at].start <= end && row.time <= live[at].end) {
                met.push_back(at);
            }
        }
        if (met.empty() && end - 1 + lateness <= now) {
            late.push_back(row.value);
            return;
        }
        std::sort(met.begin(), met.end(),
                  [this](std::size_t a, std::size_t b) { return live[a].start < live[b].start; });
        int64_t kept_order = -1;
        for (const std::size_t at : met) {
            const Session &other = live[at];
            if (met.size() == 1 && other.start <= row.time && end <= other.end) {
                kept_order = other.order;
            }
            merged.start = std::min(merged.start, other.start);
            merged.end = std::max(merged.end, other.end);
            merged.values.insert(merged.values.end(), other.values.begin(), other.values.end());
        }
        merged.order = kept_order >= 0 ? kept_order : next_order++;
        merged.values.push_back(row.value);
        std::sort(met.rbegin(), met.rend());
        for (const std::size_t at : met) {
            live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
        }
        if (merged.end - 1 <= now) {
            results.emplace_back(merged.key, merged.start, merged.end, merged.values);
        }
        live.push_back(merged);
    }

    void advance(int64_t watermark) {
        std::sort(live.begin(), live.end(), [](const Session &a, const Session &b) {
            return std::tie(a.end, a.order) < std::tie(b.end, b.order);
        });
        std::vector<Session> kept;
        for (const Session &session : live) {
            if (now < session.end - 1 && session.end - 1 <= watermark) {
                results.emplace_back(session.key, session.start, session.end, session.values);
            }
            if (watermark == kMax || session.end - 1 + lateness <= watermark) {
                continue;
            }
            kept.push_back(session);
        }
        live = kept;
        now = watermark;
    }

    int64_t lateness = 0;
    int64_t now = std::numeric_limits<int64_t>::min();
    int64_t next_order = 0;
    std::vector<Session> live;
    std::vector<Result> results;
    std::vector<int64_t> late;
};

TEST(SessionWindow, RowsAtMostAGapApartAreOneSession) {
    // gap 10:  key 1   0─────5────────15 ...... 26     [0, 25) [26, 36): 25 would still touch
    Driver driver(10, 0, 100);
    driver.rows({{1, 0, 100, 0}, {1, 5, 101, 0}, {1, 15, 102, 0}, {1, 26, 103, 0}});
    driver.advance(24);
    EXPECT_EQ(driver.results, (std::vector<Result>{{1, 0, 25, {100, 101, 102}}}));
    driver.advance(kMax);
    EXPECT_EQ(driver.results.back(), (Result{1, 26, 36, {103}}));
    EXPECT_EQ(driver.live_states(), 0);
    EXPECT_EQ(driver.live_keys(), 0);
}

TEST(SessionWindow, ARowThatTouchesTwoSessionsMakesThemOneInTheOrderOfTheirStarts) {
    Driver driver(10, 0, 100);
    driver.rows({{1, 20, 1, 0}, {1, 0, 2, 0}, {1, 10, 3, 0}});
    driver.advance(kMax);
    EXPECT_EQ(driver.results, (std::vector<Result>{{1, 0, 30, {2, 1, 3}}}));
}

TEST(SessionWindow, OfEqualEndsTheSessionWhoseBoundsChangedFirstComesFirst) {
    Driver driver(10, 0, 1);
    driver.rows({{1, 0, 1, 0}, {2, 5, 2, 0}, {3, 5, 3, 0}, {1, 5, 4, 0}, {3, 4, 5, 0}});
    driver.advance(kMax);
    EXPECT_EQ(driver.results,
              (std::vector<Result>{{2, 5, 15, {2}}, {1, 0, 15, {1, 4}}, {3, 4, 15, {3, 5}}}));
}

TEST(SessionWindow, ARowThatReachesAFiredSessionWithinTheLatenessFiresItAtOnce) {
    Driver driver(10, 20, 100);
    driver.rows({{1, 0, 1, 0}});
    driver.advance(9);
    driver.rows({{1, 1, 2, 0}, {1, 2, 3, 0}});  // [0, 11) and [0, 12): ends after the watermark
    EXPECT_EQ(driver.results, (std::vector<Result>{{1, 0, 10, {1}}}));
    driver.advance(11);
    driver.rows({{1, 1, 4, 0}});
    EXPECT_EQ(
        driver.results,
        (std::vector<Result>{{1, 0, 10, {1}}, {1, 0, 12, {1, 2, 3}}, {1, 0, 12, {1, 2, 3, 4}}}));
    driver.advance(31);
    driver.rows({{1, 1, 5, 0}});
    EXPECT_EQ(driver.late, (std::vector<int64_t>{5}));
    EXPECT_EQ(driver.live_keys(), 0);
}

TEST(SessionWindow, ASessionThatCannotEndInTimeEndsWithTheLastWatermark) {
    Driver driver(10, 5, 100);
    driver.rows({{1, kMax - 3, 1, 0}});
    driver.advance(kMax - 1);
    EXPECT_TRUE(driver.results.empty());
    driver.advance(kMax);
    EXPECT_EQ(driver.results, (std::vector<Result>{{1, kMax - 3, kMax, {1}}}));
    EXPECT_EQ(driver.live_states(), 0);
}

TEST(SessionWindow, ManyLateFiringsAreHandedOutBeforeFurtherRowsAreTaken) {
    Driver driver(10, 1'000'000, 64);
    driver.rows({{1, 0, 0, 0}});
    driver.advance(1'000);
    std::vector<Row> batch;
    for (int64_t row = 1; row <= 3 * WindowKernel::kStepRows; ++row) {
        batch.push_back({row % 500, 0, row, 0});
    }
    driver.rows(batch);
    EXPECT_EQ(driver.results.size(), batch.size() + 1);
}

TEST(SessionWindow, AlienDefinitionsAreRefused) {
    KeyMap keys;
    WindowKernelPtr kernel;
    Error error;
    WindowDefinition definition;
    EXPECT_EQ(make_session_window(layout_of_values(true), {definition}, &keys, &kernel, &error),
              Status::kInvalid);
    definition.shape = WindowShape::kSession;
    EXPECT_EQ(make_session_window(layout_of_values(true), {definition}, &keys, &kernel, &error),
              Status::kInvalid);
    EXPECT_STREQ(error.message, "a session needs a gap > 0 and a lateness >= 0, got 0 and 0 ms");
}

TEST(SessionWindow, RandomRowsAgreeWithAListOfSessions) {
    for (uint64_t seed = 0; seed < 600; ++seed) {
        std::mt19937_64 random(seed);
        const auto below = [&random](int64_t limit) {
            return static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
        };
        const bool has_gap = seed % 3 != 0;
        const int64_t gap = 1 + below(12);
        const int64_t key_count = 1 + below(6);
        const int64_t disorder = 1 + below(50);
        Model model;
        model.lateness = seed % 2 == 0 ? 0 : below(40);
        Driver driver(has_gap ? gap : 0, model.lateness, 1 + below(9));
        int64_t time = 0;
        int64_t value = 0;
        for (int64_t step = 0; step < 40; ++step) {
            std::vector<Row> batch;
            for (int64_t row = below(9); row > 0; --row) {
                time += below(4);
                batch.push_back({below(key_count), time - below(disorder), value++,
                                 has_gap ? gap : 1 + below(15)});
                model.row(batch.back());
            }
            driver.rows(batch);
            if (below(2) == 0) {
                const int64_t watermark = std::max(model.now, time - below(20));
                model.advance(watermark);
                driver.advance(watermark);
            }
        }
        model.advance(kMax);
        driver.advance(kMax);
        ASSERT_EQ(driver.results, model.results) << seed;
        ASSERT_EQ(driver.late, model.late) << seed;
        ASSERT_EQ(driver.live_states(), 0) << seed;
        ASSERT_EQ(driver.live_keys(), 0) << seed;
    }
}

}  // namespace
}  // namespace flk
