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
constexpr int64_t kPipelineRows = 128 * kBatchRows;

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
    Windowed(int64_t keys, int64_t rows_per_ms)
        : rows_per_ms_(rows_per_ms), keys_(int_column(key_values(kPipelineRows, keys))) {
        flk::Error error;
        require_ok(map_.open(128, 0, 127, &error), "open");
        flk::WindowDefinition window;
        window.size = kWindowMs;
        window.accumulators = {0};
        require_ok(run_.open(definitions_of(flk::AggregateKind::kSum), {window}, &map_, &error),
                   "opening the window");
        for (int64_t row = 0; row < kBatchRows; ++row) {
            offsets_.push_back(row / rows_per_ms);
        }
    }

    /* The next rows, with watermarks among them; results become columns and are dropped. */
    void batch(int64_t count) {
        flk::Error error;
        ColumnPtr keys;
        const int64_t at = row_ % (kPipelineRows - count + 1);
        require_ok(flk::column_slice(keys_, at, count, &keys, &error), "slice");
        require_ok(flk::ids_of_column(&map_, *keys, nullptr, &scratch_, ids_.data(), &error),
                   "ids");
        marks(count);
        const flk::Column *values = keys.get();
        const flk::WindowRows rows{ids_.data(), times_.data(), nullptr, &values, 0, count, row_};
        run_.load_rows(rows, stops_.data(), mark_times_.data(),
                       static_cast<int64_t>(stops_.size()));
        drain();
        row_ += count;
        int64_t freed = 0;
        map_.release_batch(&freed);
    }

    /* Fire what there is. */
    void fire() {
        run_.load_watermark(times_[0] + kWindowMs);
        drain();
        row_ += 2 * kWindowMs * rows_per_ms_;
        int64_t freed = 0;
        map_.release_batch(&freed);
    }

    int64_t results() const { return results_; }

  private:
    /* Times of the rows, and a watermark before each multiple of the interval but the first. */
    void marks(int64_t count) {
        const int64_t base = row_ / rows_per_ms_;
        for (int64_t row = 0; row < count; ++row) {
            times_[static_cast<std::size_t>(row)] = base + offsets_[static_cast<std::size_t>(row)];
        }
        stops_.clear();
        mark_times_.clear();
        const int64_t per_mark = kMarkMs * rows_per_ms_;
        for (int64_t row = (row_ / per_mark + 1) * per_mark; row < row_ + count; row += per_mark) {
            stops_.push_back(row - row_ + 1);
            mark_times_.push_back(row / rows_per_ms_ - 1);
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
    }

    int64_t rows_per_ms_;
    ColumnPtr keys_;
    flk::KeyMap map_;
    flk::KeyWriter scratch_;
    flk::WindowRun run_;
    std::vector<uint32_t> ids_ = std::vector<uint32_t>(kBatchRows);
    std::vector<int64_t> offsets_; /* times of the rows of a batch, from its first row's on */
    std::vector<int64_t> times_ = std::vector<int64_t>(kBatchRows);
    std::vector<int64_t> stops_;
    std::vector<int64_t> mark_times_;
    int64_t row_ = 0;
    int64_t results_ = 0;
};

/* Rows of one slice: nothing fires. */
std::function<void()> make_consume(int64_t keys) {
    auto windowed = std::make_shared<Windowed>(keys, int64_t{1} << 40);
    return [windowed] { windowed->batch(kBatchRows); };
}

/* One row for each of 1,000 keys, and the window that they make fires. */
std::function<void()> make_fire() {
    auto windowed = std::make_shared<Windowed>(1000, kRowsPerMs);
    return [windowed] {
        const int64_t before = windowed->results();
        windowed->batch(1000);
        windowed->fire();
        if (windowed->results() != before + 1000) {
            fail("the window did not fire");
        }
    };
}

std::function<void()> make_pipeline() {
    auto windowed = std::make_shared<Windowed>(1000, kRowsPerMs);
    return [windowed] {
        for (int64_t rows = 0; rows < kPipelineRows; rows += kBatchRows) {
            windowed->batch(kBatchRows);
        }
    };
}

}  // namespace

void add_window_kernels(std::vector<Kernel> *out_kernels) {
    out_kernels->push_back(
        {"accumulate_sum", kBatchRows, [] { return make_accumulate(flk::AggregateKind::kSum); }});
    out_kernels->push_back({"accumulate_count", kBatchRows,
                            [] { return make_accumulate(flk::AggregateKind::kCount); }});
    out_kernels->push_back({"slice_consume_1k", kBatchRows, [] { return make_consume(1000); }});
    out_kernels->push_back({"slice_fire_1k", 1000, make_fire});
    out_kernels->push_back({"window_pipeline_1k", kPipelineRows, make_pipeline});
}

}  // namespace bench
