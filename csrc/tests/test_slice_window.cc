#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "flk/key_map.h"
#include "flk/slice_window.h"
#include "window_accumulators.h"

namespace flk {
namespace {

struct Row {
    int64_t key;
    int64_t time;
    int64_t value;
};

/* definition, start, end, key, values */
using Result = std::tuple<int32_t, int64_t, int64_t, int64_t, std::vector<int64_t>>;

struct Step {
    std::vector<Row> rows;
    int64_t watermark;
};

struct Outcome {
    std::vector<Result> results;
    std::vector<std::vector<int64_t>> late; /* values, per definition */
};

/* The definitions of windows, written down as in Flink: which windows has a row? Latest first. */
std::vector<std::pair<int64_t, int64_t>> windows_of(const WindowDefinition &window, int64_t time) {
    std::vector<std::pair<int64_t, int64_t>> windows;
    const auto floor_to = [](int64_t value, int64_t by) {
        return value - ((value % by) + by) % by;
    };
    if (window.shape == WindowShape::kTumbling) {
        const int64_t start = floor_to(time - window.offset, window.size) + window.offset;
        windows.emplace_back(start, start + window.size);
    } else if (window.shape == WindowShape::kSliding) {
        for (int64_t start = floor_to(time - window.offset, window.slide) + window.offset;
             start > time - window.size; start -= window.slide) {
            windows.emplace_back(start, start + window.size);
        }
    } else {
        const int64_t start = floor_to(time - window.offset, window.size) + window.offset;
        for (int64_t end = start + window.size; end > time; end -= window.slide) {
            windows.emplace_back(start, end);
        }
    }
    return windows;
}

/* One state per (key, window), as the general window operator has it. */
Outcome expected(const std::vector<WindowDefinition> &definitions, const std::vector<Step> &steps) {
    struct Window {
        int64_t order;
        std::vector<int64_t> values;
    };
    Outcome outcome;
    outcome.late.resize(definitions.size());
    for (std::size_t d = 0; d < definitions.size(); ++d) {
        const int64_t lateness = definitions[d].lateness;
        std::map<std::tuple<int64_t, int64_t, int64_t>, Window> live; /* end, start, key */
        int64_t watermark = INT64_MIN;
        int64_t order = 0;
        const auto result = [&](const auto &entry) {
            const auto &[end, start, key] = entry.first;
            outcome.results.emplace_back(static_cast<int32_t>(d), start, end, key,
                                         entry.second.values);
        };
        for (const Step &step : steps) {
            for (const Row &row : step.rows) {
                bool is_late = row.time + lateness <= watermark;
                for (const auto &[start, end] : windows_of(definitions[d], row.time)) {
                    if (end - 1 + lateness <= watermark) {
                        continue;
                    }
                    is_late = false;
                    const auto found =
                        live.emplace(std::tuple(end, start, row.key), Window{++order, {}}).first;
                    found->second.values.push_back(row.value);
                    if (end - 1 <= watermark) {
                        result(*found);
                    }
                }
                if (is_late) {
                    outcome.late[d].push_back(row.value);
                }
            }
            std::map<std::tuple<int64_t, int64_t, int64_t>, const decltype(live)::value_type *> due;
            for (const auto &entry : live) {
                const auto &[end, start, key] = entry.first;
                if (end - 1 > watermark && end - 1 <= step.watermark) {
                    due[{end, start, entry.second.order}] = &entry;
                }
            }
            for (const auto &[place, entry] : due) {
                result(*entry);
            }
            watermark = std::max(watermark, step.watermark);
            for (auto entry = live.begin(); entry != live.end();) {
                const int64_t end = std::get<0>(entry->first);
                entry = end - 1 + lateness <= watermark ? live.erase(entry) : std::next(entry);
            }
        }
    }
    return outcome;
}

/* Sum of the values in order with a weight, so that every value and its number of times shows. */
std::vector<int64_t> summed(const std::vector<int64_t> &values, const std::string &aggregates) {
    std::vector<int64_t> results;
    for (const char aggregate : aggregates) {
        int64_t result = 0;
        for (const int64_t value : values) {
            result = aggregate == 'm' ? std::max(result, value) : result + value;
        }
        results.push_back(result);
    }
    return results;
}

class Keys {
  public:
    Keys() { EXPECT_EQ(map_.open(128, 0, 127, nullptr), Status::kOk); }

    std::vector<uint32_t> ids(const std::vector<Row> &rows) {
        std::vector<KeyView> views;
        for (const Row &row : rows) {
            views.push_back(view_of_int(row.key));
        }
        std::vector<uint32_t> ids(rows.size());
        std::vector<int64_t> new_rows(rows.size() + 1);
        int64_t new_count = 0;
        EXPECT_EQ(map_.find_or_insert(views.data(), static_cast<int64_t>(rows.size()), ids.data(),
                                      new_rows.data(), &new_count, nullptr),
                  Status::kOk);
        for (std::size_t row = 0; row < rows.size(); ++row) {
            keys_[ids[row]] = rows[row].key;
        }
        return ids;
    }
    void release_batch() {
        int64_t count = 0;
        map_.release_batch(&count);
    }
    int64_t key(uint32_t id) { return keys_.at(id); }
    KeyMap *map() { return &map_; }

  private:
    KeyMap map_;
    std::map<uint32_t, int64_t> keys_;
};

AccumulatorLayout layout_of(const std::string &aggregates) {
    AccumulatorLayout layout;
    for (const char aggregate : aggregates) {
        if (aggregate == 's') {
            append(&layout, std::make_unique<TestSum>(true));
        } else if (aggregate == 'f') {
            append(&layout, std::make_unique<TestSum>(false));
        } else if (aggregate == 'm') {
            append(&layout, std::make_unique<TestMax>());
        } else {
            append(&layout, std::make_unique<TestHeapSum>());
        }
    }
    return layout;
}

class Driver {
  public:
    Driver(const std::vector<WindowDefinition> &definitions, const std::string &aggregates,
           int64_t max_rows)
        : max_rows_(max_rows) {
        EXPECT_EQ(
            make_slice_window(layout_of(aggregates), definitions, keys_.map(), &kernel_, nullptr),
            Status::kOk);
        outcome_.late.resize(definitions.size());
    }

    void run(const Step &step, std::size_t run_rows) {
        const std::vector<uint32_t> ids = keys_.ids(step.rows);
        std::vector<int64_t> times;
        std::vector<int64_t> values;
        for (const Row &row : step.rows) {
            times.push_back(row.time);
            values.push_back(row.value);
        }
        const ColumnPtr column = int64_column(values);
        const std::vector<const Column *> columns(kernel_->layout().accumulators.size(),
                                                  column.get());
        for (std::size_t first = 0; first < step.rows.size(); first += run_rows) {
            const std::size_t end = std::min(step.rows.size(), first + run_rows);
            const WindowRows rows{ids.data(),
                                  times.data(),
                                  nullptr,
                                  columns.data(),
                                  static_cast<int64_t>(first),
                                  static_cast<int64_t>(end),
                                  arrival_};
            Status status = Status::kFull;
            while (status == Status::kFull) {
                status = kernel_->consume(rows, nullptr);
                take_all();
            }
            ASSERT_EQ(status, Status::kOk);
        }
        for (std::size_t d = 0; d < outcome_.late.size(); ++d) {
            for (const uint32_t row : kernel_->late_rows(static_cast<int32_t>(d))) {
                outcome_.late[d].push_back(step.rows[row].value);
            }
        }
        kernel_->clear_late_rows();
        arrival_ += static_cast<int64_t>(step.rows.size());
        kernel_->advance(step.watermark);
        take_all();
        keys_.release_batch();
    }

    Outcome outcome() { return outcome_; }
    WindowKernel *kernel() { return kernel_.get(); }
    Keys &keys() { return keys_; }

  private:
    void take_all() {
        WindowResults results;
        while (kernel_->next(max_rows_, &results, nullptr) == Status::kOk) {
            ASSERT_LE(results.count, max_rows_);
            std::vector<ColumnPtr> columns;
            const WindowDefinition &definition =
                kernel_->definitions()[static_cast<std::size_t>(results.definition)];
            for (const int32_t each : definition.accumulators) {
                const auto at = static_cast<std::size_t>(each);
                columns.emplace_back();
                ASSERT_EQ(kernel_->layout().accumulators[at]->finalize(
                              results.states, results.count, kernel_->layout().offsets[at],
                              &columns.back(), nullptr),
                          Status::kOk);
            }
            for (int64_t each = 0; each < results.count; ++each) {
                std::vector<int64_t> values;
                for (const ColumnPtr &column : columns) {
                    values.push_back(column->values<int64_t>()[each]);
                }
                const bool has_bounds = results.starts != nullptr;
                outcome_.results.emplace_back(results.definition,
                                              has_bounds ? results.starts[each] : results.start,
                                              has_bounds ? results.ends[each] : results.end,
                                              keys_.key(results.ids[each]), values);
            }
        }
    }

    int64_t max_rows_;
    Keys keys_;
    WindowKernelPtr kernel_;
    Outcome outcome_;
    int64_t arrival_ = 0;
};

struct Job {
    std::vector<WindowDefinition> definitions;
    std::string aggregates;
    std::vector<Step> steps;
};

Job random_job(uint64_t seed, bool has_several) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::vector<int64_t> values) { return values[random() % values.size()]; };
    Job job;
    const std::vector<std::string> all = {"s", "f", "m", "h", "ss", "sm", "sh", "fms"};
    job.aggregates = all[random() % all.size()];
    const int64_t count = has_several ? pick({2, 3, 5}) : 1;
    for (int64_t d = 0; d < count; ++d) {
        WindowDefinition definition;
        definition.shape = static_cast<WindowShape>(random() % 3);
        definition.slide = pick({1, 3, 4, 7});
        definition.size = definition.shape == WindowShape::kCumulative
                              ? definition.slide * pick({1, 2, 5})
                              : pick({1, 5, 10, 13, 30});
        const int64_t limit =
            definition.shape == WindowShape::kSliding ? definition.slide : definition.size;
        definition.offset = pick({0, 0, 1, -2}) % limit;
        definition.lateness = pick({0, 0, 5, 40});
        for (std::size_t each = 0; each < job.aggregates.size(); ++each) {
            if (!has_several || each == 0 || random() % 2 == 0) {
                definition.accumulators.push_back(static_cast<int32_t>(each));
            }
        }
        job.definitions.push_back(definition);
    }
    const int64_t step_count = pick({1, 5, 30});
    const int64_t disorder = pick({0, 5, 30, 80});
    const int64_t bound = pick({0, 3, 20});
    const int64_t keys = pick({1, 3, 200});
    const int64_t pace = pick({1, 3, 20});
    int64_t now = pick({0, -100, 1'357'000'000'000});
    int64_t latest = INT64_MIN;
    int64_t value = 1;
    for (int64_t at = 0; at < step_count; ++at) {
        Step step;
        const int64_t row_count = pick({0, 1, 7, 40});
        for (int64_t row = 0; row < row_count; ++row) {
            now += static_cast<int64_t>(random() % static_cast<uint64_t>(pace + 1));
            const int64_t time =
                now - static_cast<int64_t>(random() % static_cast<uint64_t>(disorder + 1));
            latest = std::max(latest, time);
            step.rows.push_back(Row{static_cast<int64_t>(random() % static_cast<uint64_t>(keys)) *
                                        (keys > 100 ? 1000 : 1),
                                    time, value++});
        }
        step.watermark = latest == INT64_MIN ? INT64_MIN : latest - bound - 1;
        if (random() % 4 == 0) {
            now += pick({0, 50, 100'000});
        }
        job.steps.push_back(step);
    }
    job.steps.push_back(Step{{}, INT64_MAX});
    return job;
}

/* Results of each definition and key in order, values as the aggregates see them. */
std::map<std::pair<int32_t, int64_t>, std::vector<Result>> grouped(
    const std::vector<Result> &results) {
    std::map<std::pair<int32_t, int64_t>, std::vector<Result>> groups;
    for (const Result &result : results) {
        groups[{std::get<0>(result), std::get<3>(result)}].push_back(result);
    }
    return groups;
}

Outcome run(const Job &job, std::size_t run_rows, int64_t max_rows) {
    Driver driver(job.definitions, job.aggregates, max_rows);
    for (const Step &step : job.steps) {
        driver.run(step, run_rows);
    }
    int64_t longest = 0;
    for (const WindowDefinition &definition : job.definitions) {
        longest = std::max(longest, definition.lateness);
    }
    EXPECT_EQ(driver.kernel()->live_states(), 0);
    EXPECT_EQ(driver.keys().map()->size(), 0);
    return driver.outcome();
}

Outcome expected_of(const Job &job) {
    Outcome outcome = expected(job.definitions, job.steps);
    for (Result &result : outcome.results) {
        std::string aggregates;
        for (const int32_t each :
             job.definitions[static_cast<std::size_t>(std::get<0>(result))].accumulators) {
            aggregates += job.aggregates[static_cast<std::size_t>(each)];
        }
        std::get<4>(result) = summed(std::get<4>(result), aggregates);
    }
    return outcome;
}

TEST(SliceWindow, RandomJobsGiveWhatOneStatePerKeyAndWindowGives) {
    for (uint64_t seed = 0; seed < 500; ++seed) {
        const Job job = random_job(seed, seed % 3 == 0);
        const Outcome model = expected_of(job);
        const Outcome outcome = run(job, 1 + seed % 50, 1 + static_cast<int64_t>(seed % 7) * 50);
        ASSERT_EQ(grouped(outcome.results), grouped(model.results)) << "seed " << seed;
        ASSERT_EQ(outcome.late, model.late) << "seed " << seed;
        if (job.definitions.size() == 1 && job.definitions[0].shape == WindowShape::kTumbling) {
            ASSERT_EQ(outcome.results, model.results) << "seed " << seed;
        }
    }
}

TEST(SliceWindow, HowRowsAreCutIntoRunsDoesNotShow) {
    for (uint64_t seed = 0; seed < 100; ++seed) {
        const Job job = random_job(seed, seed % 3 == 0);
        const Outcome whole = run(job, 1000, 8192);
        for (const std::size_t run_rows : {1u, 2u, 7u}) {
            const Outcome cut = run(job, run_rows, static_cast<int64_t>(run_rows));
            for (int32_t d = 0; d < static_cast<int32_t>(job.definitions.size()); ++d) {
                const auto only = [d](std::vector<Result> results) {
                    results.erase(
                        std::remove_if(results.begin(), results.end(),
                                       [d](const Result &each) { return std::get<0>(each) != d; }),
                        results.end());
                    return results;
                };
                ASSERT_EQ(only(cut.results), only(whole.results)) << "seed " << seed;
            }
            ASSERT_EQ(cut.late, whole.late) << "seed " << seed;
        }
    }
}

}  // namespace
}  // namespace flk
