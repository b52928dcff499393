#include "flk/slice_window.h"

#include <algorithm>
#include <new>
#include <numeric>
#include <utility>

#include "flk/time_scan.h"

namespace flk {

namespace {

/* Runs of rows of one slice that are shorter than this on average are not worth a look-up each. */
constexpr int64_t kShortRun = 16;
constexpr int64_t kRunsBeforeIndex = 8;

}  // namespace

SliceWindow::SliceWindow(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                         KeyMap *keys)
    : WindowKernel(std::move(layout), std::move(definitions), keys),
      plain_(layout_.stride),
      counted_(layout_.stride + 8),
      slices_(definitions_, &plain_),
      fired_until_(definitions_.size(), kTimeMin) {
    late_.reserve(definitions_.size());
    for (const WindowDefinition &definition : definitions_) {
        folds_.push_back(make_window_fold(layout_, definition, &plain_, &counted_));
        late_.emplace_back(&layout_, &plain_);
    }
}

SliceWindow::~SliceWindow() {
    for (Slice *slice : slices_.live()) {
        slice->states.release(layout_);
    }
}

Status SliceWindow::consume(const WindowRows &rows, Error *error) noexcept {
    FLK_DCHECK(phase_ == Phase::kIdle);
    try {
        if (late_at_ == late_order_.size()) {
            late_order_.clear();
            late_at_ = 0;
            FLK_RETURN_NOT_OK(add_fresh(rows, error));
        }
        return add_late(rows, error);
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
}

/* Add all rows whose slices have not fired yet; note the others in late_order_. */
Status SliceWindow::add_fresh(const WindowRows &rows, Error *error) {
    row_states_.resize(
        std::max(row_states_.size(), static_cast<std::size_t>(rows.end_row - rows.first_row)));
    fresh_count_ = 0;
    FLK_RETURN_NOT_OK(find_states(rows));
    if (fresh_count_ == 0) {
        return Status::kOk;
    }
    const ConsumedRows consumed{row_states_.data(), fresh_count_, rows.first_row,
                                late_order_.empty() ? nullptr : fresh_rows_.data(),
                                rows.first_arrival};
    return consume_all(layout_, consumed, rows.columns, error);
}

/* Fill row_states_: by runs of rows of one slice, by row once the runs prove to be short. */
Status SliceWindow::find_states(const WindowRows &rows) {
    const int64_t *times = rows.times;
    SliceBounds bounds{0, 0};
    int64_t run_count = 0;
    for (int64_t row = rows.first_row; row < rows.end_row; ++run_count) {
        if (run_count > kRunsBeforeIndex && (row - rows.first_row) < run_count * kShortRun) {
            bool is_done = false;
            FLK_RETURN_NOT_OK(find_states_by_row(rows, row, &is_done));
            if (is_done) {
                return Status::kOk;
            }
            run_count = INT32_MIN; /* there is no index */
        }
        Status status = Status::kOk;
        Slice *slice = fresh_slice(times[row], &bounds, &status);
        FLK_RETURN_NOT_OK(status);
        int64_t stop = rows.end_row;
        if (rows.range.earliest < bounds.start || rows.range.latest >= bounds.end) {
            stop = row + 1;
            stop += count_within(times + stop, rows.end_row - stop, bounds.start, bounds.end);
        }
        put_aside(rows, row, stop, slice == nullptr);
        if (slice != nullptr) {
            FLK_RETURN_NOT_OK(
                touch(slice, rows.ids + row, stop - row, row_states_.data() + fresh_count_));
            fresh_count_ += stop - row;
        }
        row = stop;
    }
    return Status::kOk;
}

/* The same from `first_row` on through an index of all slices of the run. */
Status SliceWindow::find_states_by_row(const WindowRows &rows, int64_t first_row,
                                       bool *out_is_done) {
    const TimeRange range = range_of(rows.times + first_row, rows.end_row - first_row);
    const auto max_entries = static_cast<std::size_t>(rows.end_row - first_row);
    if (!index_.build(slices_.edges(), range.earliest, range.latest, max_entries)) {
        return Status::kOk;
    }
    const uint32_t id_capacity = keys_->id_capacity();
    for (int64_t row = first_row; row < rows.end_row; ++row) {
        SliceIndex::Entry *entry = index_.find(rows.times[row]);
        if (!entry->is_resolved) {
            Status status = Status::kOk;
            SliceBounds bounds{0, 0};
            entry->slice = fresh_slice(rows.times[row], &bounds, &status);
            entry->is_resolved = true;
            FLK_RETURN_NOT_OK(status);
            if (entry->slice != nullptr) {
                FLK_RETURN_NOT_OK(entry->slice->states.reserve(id_capacity, 1));
            }
        }
        if (entry->slice == nullptr || !late_order_.empty()) {
            put_aside(rows, row, row + 1, entry->slice == nullptr);
            if (entry->slice == nullptr) {
                continue;
            }
        }
        uint8_t *state = entry->slice->states.find_known(rows.ids[row]);
        if (state == nullptr) {
            FLK_RETURN_NOT_OK(touch(entry->slice, rows.ids + row, 1, &state));
        }
        row_states_[static_cast<std::size_t>(fresh_count_++)] = state;
    }
    *out_is_done = true;
    return Status::kOk;
}

/* Keep apart rows that are taken one by one; as long as there are none, nothing is noted. */
void SliceWindow::put_aside(const WindowRows &rows, int64_t first_row, int64_t end_row,
                            bool is_late) {
    if (!is_late && late_order_.empty()) {
        return;
    }
    if (late_order_.empty()) {
        fresh_rows_.resize(static_cast<std::size_t>(fresh_count_));
        std::iota(fresh_rows_.begin(), fresh_rows_.end(), static_cast<uint32_t>(rows.first_row));
    }
    std::vector<uint32_t> &order = is_late ? late_order_ : fresh_rows_;
    for (int64_t row = first_row; row < end_row; ++row) {
        order.push_back(static_cast<uint32_t>(row));
    }
}

/* The slice of a time if no window that holds it has fired, made if need be; nullptr for a slice
 * behind the watermark, for one without windows, and with a status. */
Slice *SliceWindow::fresh_slice(int64_t time, SliceBounds *out_bounds, Status *out_status) {
    *out_bounds = slices_.edges().slice_of(time);
    Slice *slice = slices_.find(out_bounds->start);
    if (slice != nullptr) {
        return max_time_of(slice->first_end) > watermark_ ? slice : nullptr;
    }
    int64_t first_end = 0;
    int64_t clean_at = 0;
    slices_.ends_of(out_bounds->start, &first_end, &clean_at);
    if (clean_at == kTimeMin || max_time_of(first_end) <= watermark_) {
        return nullptr;
    }
    slice = slices_.add(*out_bounds);
    if (slice == nullptr) {
        *out_status = Status::kNoMemory;
        return nullptr;
    }
    note_due(*slice);
    return slice;
}

/* States of the keys in a slice; the ids of new ones are kept alive. */
Status SliceWindow::touch(Slice *slice, const uint32_t *ids, int64_t count, uint8_t **out_states) {
    StateBlocks &states = slice->states;
    FLK_RETURN_NOT_OK(states.reserve(keys_->id_capacity(), std::min(count, keys_->size())));
    const int64_t known = states.id_count();
    FLK_RETURN_NOT_OK(states.find_or_add(ids, count, out_states));
    keys_->retain_all(states.ids() + known, states.id_count() - known);
    return Status::kOk;
}

/* A new slice may have windows that fire before all that are known. */
void SliceWindow::note_due(const Slice &slice) noexcept {
    for (std::size_t each = 0; each < definitions_.size(); ++each) {
        const int64_t end = slices_.edges().spans()[each].next_end(slice.start, fired_until_[each]);
        if (end != kTimeMin && (!has_due_ || end < next_due_)) {
            has_due_ = true;
            next_due_ = end;
            due_definition_ = each;
        }
    }
}

Status SliceWindow::add_late(const WindowRows &rows, Error *error) {
    while (late_at_ < late_order_.size()) {
        if (late_count_ >= kStepRows) {
            return Status::kFull;
        }
        const int64_t row = late_order_[late_at_++];
        FLK_RETURN_NOT_OK(add_late_row(rows, row, error));
    }
    return Status::kOk;
}

Status SliceWindow::add_late_row(const WindowRows &rows, int64_t row, Error *error) {
    const int64_t time = rows.times[row];
    if (!is_taken(time, row)) {
        return Status::kOk;
    }
    const SliceBounds bounds = slices_.edges().slice_of(time);
    Slice *slice = slices_.find(bounds.start);
    const bool is_new_slice = slice == nullptr;
    if (is_new_slice) {
        slice = slices_.add(bounds);
        if (slice == nullptr) {
            return Status::kNoMemory;
        }
        note_due(*slice);
    }
    const int64_t known = slice->states.id_count();
    uint8_t *state = nullptr;
    FLK_RETURN_NOT_OK(touch(slice, rows.ids + row, 1, &state));
    const bool is_new_key = slice->states.id_count() > known;
    const ConsumedRows one{&state, 1, row, nullptr, rows.first_arrival};
    for (std::size_t each = 0; each < layout_.accumulators.size(); ++each) {
        FLK_RETURN_NOT_OK(layout_.accumulators[each]->consume(one, layout_.offsets[each],
                                                              rows.columns[each], error));
    }
    for (std::size_t each = 0; each < folds_.size(); ++each) {
        FLK_RETURN_NOT_OK(folds_[each]->update(*slice, rows, row, is_new_key, is_new_slice, error));
        FLK_RETURN_NOT_OK(fire_again(rows, row, static_cast<int32_t>(each), error));
    }
    return Status::kOk;
}

/* Whether some definition has a window left for the row; those that do not count it as late. */
bool SliceWindow::is_taken(int64_t time, int64_t row) {
    bool is_taken = false;
    for (std::size_t each = 0; each < definitions_.size(); ++each) {
        const int64_t lateness = definitions_[each].lateness;
        const int64_t last_end = slices_.edges().spans()[each].last_end(time);
        const bool has_window = last_end != kTimeMin;
        const int64_t last_time = has_window ? max_time_of(last_end) : time;
        if (saturating_add(last_time, lateness) <= watermark_) {
            late_rows_[each].push_back(static_cast<uint32_t>(row));
        } else {
            is_taken = is_taken || has_window;
        }
    }
    return is_taken;
}

/* Windows that have fired and still take rows fire at once, for the row's key; the latest first. */
Status SliceWindow::fire_again(const WindowRows &rows, int64_t row, int32_t definition,
                               Error *error) {
    const auto at = static_cast<std::size_t>(definition);
    const WindowSpans &spans = slices_.edges().spans()[at];
    const int64_t time = rows.times[row];
    const int64_t lateness = definitions_[at].lateness;
    const int64_t first_end = spans.first_end(time);
    if (first_end == kTimeMin || lateness == 0) {
        return Status::kOk;
    }
    const DefinedStates states(layout_, definitions_[at]);
    const uint32_t id = rows.ids[row];
    for (int64_t end = spans.last_end(time); end >= first_end; end -= spans.step()) {
        if (max_time_of(end) > watermark_) {
            continue;
        }
        if (saturating_add(max_time_of(end), lateness) <= watermark_) {
            break;
        }
        const int64_t start = spans.start_of(end);
        uint8_t *result = late_[at].add(id, start, end);
        if (result == nullptr) {
            return Status::kNoMemory;
        }
        ++late_count_;
        for (std::size_t each = slices_.lower_bound(start);
             each < slices_.live().size() && slices_.live()[each]->start < end; ++each) {
            const uint8_t *state = slices_.live()[each]->states.find(id);
            if (state != nullptr) {
                FLK_RETURN_NOT_OK(states.merge(&result, &state, 1, error));
            }
        }
    }
    return Status::kOk;
}

int64_t SliceWindow::memory_bytes() const noexcept {
    int64_t bytes = plain_.memory_bytes() + counted_.memory_bytes() + slices_.memory_bytes();
    for (const std::unique_ptr<WindowFold> &fold : folds_) {
        bytes += fold->memory_bytes();
    }
    return bytes;
}

Status make_slice_window(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                         KeyMap *keys, WindowKernelPtr *out_kernel, Error *error) noexcept {
    if (definitions.empty() || layout.stride <= 0) {
        return fail(error, Status::kInvalid, "a window operator needs windows and aggregates");
    }
    for (const WindowDefinition &definition : definitions) {
        FLK_RETURN_NOT_OK(check_sliced_window(definition, error));
        for (const int32_t each : definition.accumulators) {
            if (each < 0 || static_cast<std::size_t>(each) >= layout.accumulators.size()) {
                return fail(error, Status::kInvalid, "accumulator %d of %zu", each,
                            layout.accumulators.size());
            }
        }
    }
    try {
        *out_kernel =
            std::make_unique<SliceWindow>(std::move(layout), std::move(definitions), keys);
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return Status::kOk;
}

}  // namespace flk
