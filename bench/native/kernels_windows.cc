#include <algorithm>
#include <memory>

#include "flk/accumulator.h"
#include "flk/column.h"
#include "flk/column_type.h"
#include "flk/key_column.h"
#include "flk/key_map.h"
#include "flk/window_run.h"
#include "kernels.h"

namespace bench {
namespace {

using flk::ColumnPtr;

constexpr int64_t kRowsPerMs = 10;
constexpr int64_t kWindowMs = 10000;
constexpr int64_t kMarkMs = 200; /* pipeline.auto-watermark-interval */
constexpr int64_t kWindowRows = kRowsPerMs * kWindowMs;
constexpr int64_t kPipelineRows = 1 << 20;
constexpr int64_t kJobRows = 8000000; /* as the program in Python has */

std::vector<flk::AggregateDefinition> definitions_of(flk::AggregateKind kind) {
    flk::TypePtr type;
    flk::Error error;
    require_ok(flk::type_from_format("l", &type, &error), "type");
    const bool is_count = kind == flk::AggregateKind::kCount;
    return {{kind, is_count ? flk::TypePtr() : type}};
}

/* One batch of rows into the states of 1,000 keys. */
std::function<void()> make_accumulate(flk::AggregateKind kind) {
    auto layout = std::make_shared<flk::AccumulatorLayout>();
    flk::Error error;
    require_ok(flk::make_layout(definitions_of(kind), layout.get(), &error), "make_layout");
    const auto stride = static_cast<std::size_t>(layout->stride);
    auto memory = std::make_shared<std::vector<uint64_t>>(1000 * stride / 8);
    auto states = std::make_shared<std::vector<uint8_t *>>();
    for (int64_t key : key_values(kBatchRows, 1000)) {
        auto *bytes = reinterpret_cast<uint8_t *>(memory->data());
        states->push_back(bytes + static_cast<std::size_t>(key) * stride);
    }
    const bool is_count = kind == flk::AggregateKind::kCount;
    const ColumnPtr column = is_count ? ColumnPtr() : int_column(key_values(kBatchRows, 1000));
    return [layout, memory, states, column] {
        const flk::ConsumedRows rows{states->data(), kBatchRows, 0, nullptr, 0};
        flk::Error error;
        require_ok(layout->accumulators[0]->consume(rows, 0, column.get(), &error), "consume");
    };
}

/* A keyed sum in tumbling windows as the operator runs it: ids of keys, slices, columns out. */
class Windowed {
  public:
    Windowed() {
        flk::Error error;
        require_ok(map_.open(128, 0, 127, &error), "open");
        flk::WindowDefinition window;
        window.size = kWindowMs;
        window.accumulators = {0};
        require_ok(run_.open(definitions_of(flk::AggregateKind::kSum), {window}, &map_, &error),
                   "opening the window");
    }

    /* Rows with watermarks among them; results become columns and are dropped. */
    void batch(const flk::Column &keys, const int64_t *times, const flk::Column *values) {
        flk::Error error;
        require_ok(flk::ids_of_column(&map_, keys, nullptr, &scratch_, ids_.data(), &error), "ids");
        mark(times, keys.length);
        const flk::WindowRows rows{ids_.data(), times, nullptr, &values, 0, keys.length, row_};
        run_.load_rows(rows, stops_.data(), mark_times_.data(),
                       static_cast<int64_t>(stops_.size()));
        drain();
        row_ += keys.length;
    }

    void advance(int64_t watermark) {
        run_.load_watermark(watermark);
        drain();
    }

    int64_t results() const { return results_; }

  private:
    /* A watermark at each row that enters another multiple of the interval. */
    void mark(const int64_t *times, int64_t count) {
        stops_.clear();
        mark_times_.clear();
        for (int64_t row = 0; row < count; ++row) {
            if (times[row] >= next_mark_) {
                next_mark_ = (times[row] / kMarkMs + 1) * kMarkMs;
                stops_.push_back(row + 1);
                mark_times_.push_back(times[row] - 1);
            }
        }
    }

    void drain() {
        flk::Error error;
        flk::Status status = flk::Status::kOk;
        flk::RunState state = flk::RunState::kMore;
        while (state != flk::RunState::kDone) {
            state = run_.run(INT64_MAX, kBatchRows, &status, &error);
            require_ok(status, "run");
            results_ += run_.output(0).row_count();
            run_.output(0).clear();
        }
        int64_t freed = 0;
        map_.release_batch(&freed);
    }

    flk::KeyMap map_;
    flk::KeyWriter scratch_;
    flk::WindowRun run_;
    std::vector<uint32_t> ids_ = std::vector<uint32_t>(kBatchRows);
    std::vector<int64_t> stops_;
    std::vector<int64_t> mark_times_;
    int64_t next_mark_ = 0;
    int64_t row_ = 0;
    int64_t results_ = 0;
};

/* Rows of one slice: nothing fires. */
std::function<void()> make_consume() {
    auto windowed = std::make_shared<Windowed>();
    auto times = std::make_shared<std::vector<int64_t>>(kBatchRows);
    const ColumnPtr keys = int_column(key_values(kBatchRows, 1000));
    return [windowed, times, keys] { windowed->batch(*keys, times->data(), keys.get()); };
}

/* One row for each of 1,000 keys, and the window that they make fires. */
std::function<void()> make_fire() {
    auto windowed = std::make_shared<Windowed>();
    auto times = std::make_shared<std::vector<int64_t>>(1000);
    const ColumnPtr keys = int_column(key_values(1000, 1000));
    return [windowed, times, keys] {
        const int64_t before = windowed->results();
        windowed->batch(*keys, times->data(), keys.get());
        windowed->advance((*times)[0] + kWindowMs);
        if (windowed->results() != before + 1000) {
            fail("the window did not fire");
        }
        for (int64_t &time : *times) {
            time += 2 * kWindowMs;
        }
    };
}

/* A whole job over rows in memory, from nothing to the last result. */
std::function<void()> make_pipeline(int64_t rows) {
    std::vector<int64_t> numbers(static_cast<std::size_t>(rows));
    for (int64_t row = 0; row < rows; ++row) {
        numbers[static_cast<std::size_t>(row)] = row / kRowsPerMs;
    }
    const ColumnPtr times = int_column(numbers);
    const ColumnPtr keys = int_column(key_values(rows, 1000));
    const ColumnPtr values = int_column(key_values(rows, 5));
    return [rows, times, keys, values] {
        Windowed windowed;
        flk::Error error;
        for (int64_t row = 0; row < rows; row += kBatchRows) {
            ColumnPtr key;
            ColumnPtr value;
            const int64_t count = std::min(kBatchRows, rows - row);
            require_ok(flk::column_slice(keys, row, count, &key, &error), "slice");
            require_ok(flk::column_slice(values, row, count, &value, &error), "slice");
            windowed.batch(*key, times->values<int64_t>() + row, value.get());
        }
        windowed.advance(rows / kRowsPerMs + kWindowMs);
        if (windowed.results() != (rows + kWindowRows - 1) / kWindowRows * 1000) {
            fail("results are missing");
        }
    };
}

}  // namespace

void add_window_kernels(std::vector<Kernel> *out_kernels) {
    out_kernels->push_back(
        {"accumulate_sum", kBatchRows, [] { return make_accumulate(flk::AggregateKind::kSum); }});
    out_kernels->push_back({"accumulate_count", kBatchRows,
                            [] { return make_accumulate(flk::AggregateKind::kCount); }});
    out_kernels->push_back({"slice_consume_1k", kBatchRows, make_consume});
    out_kernels->push_back({"slice_fire_1k", 1000, make_fire});
    out_kernels->push_back(
        {"window_pipeline_1k", kPipelineRows, [] { return make_pipeline(kPipelineRows); }});
    out_kernels->push_back({"job_1k", kJobRows, [] { return make_pipeline(kJobRows); }});
}

}  // namespace bench
