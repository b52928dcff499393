/* The half of slice_window.h that a watermark drives: windows fire, slices are dropped. */
#include <algorithm>

#include "flk/slice_window.h"

namespace flk {

void SliceWindow::advance(int64_t watermark_ms) noexcept {
    FLK_DCHECK(phase_ == Phase::kIdle);
    watermark_ = std::max(watermark_, watermark_ms);
}

Status SliceWindow::next(int64_t max_rows, WindowResults *out_results, Error *error) noexcept {
    *out_results = WindowResults{};
    for (std::size_t each = 0; late_count_ > 0 && each < late_.size(); ++each) {
        if (!late_[each].empty()) {
            late_[each].take(max_rows, out_results);
            out_results->definition = static_cast<int32_t>(each);
            late_count_ -= out_results->count;
            return Status::kOk;
        }
    }
    for (LateResults &late : late_) {
        late.drop_taken();
    }
    if (late_at_ < late_order_.size()) {
        return Status::kEmpty; /* rows come first: `consume` has stopped among them */
    }
    bool has_stopped = false;
    while (!has_stopped) {
        const Status status = step(max_rows, out_results, error, &has_stopped);
        if (status != Status::kOk) {
            return status;
        }
    }
    return Status::kOk;
}

Status SliceWindow::step(int64_t max_rows, WindowResults *out_results, Error *error,
                         bool *out_has_stopped) noexcept {
    WindowFold *fold = folds_[due_definition_].get();
    bool is_done = false;
    switch (phase_) {
        case Phase::kIdle:
            if (!has_due_ || max_time_of(next_due_) > watermark_) {
                phase_ = Phase::kCleaning;
                return Status::kOk;
            }
            FLK_RETURN_NOT_OK(begin_window());
            phase_ = Phase::kFolding;
            return Status::kOk;
        case Phase::kFolding:
            FLK_RETURN_NOT_OK(fold->fold(kStepRows, &is_done, error));
            phase_ = is_done ? Phase::kReading : phase_;
            *out_has_stopped = !is_done;
            return Status::kOk;
        case Phase::kReading: {
            FoldedChunk chunk;
            FLK_RETURN_NOT_OK(fold->read(std::min(max_rows, kStepRows), &chunk, error));
            if (chunk.count == 0) {
                phase_ = Phase::kLeaving;
                return Status::kOk;
            }
            *out_results = WindowResults{static_cast<int32_t>(due_definition_),
                                         chunk.count,
                                         chunk.ids,
                                         chunk.states,
                                         window_start_,
                                         window_end_,
                                         nullptr,
                                         nullptr};
            *out_has_stopped = true;
            return Status::kOk;
        }
        case Phase::kLeaving:
            FLK_RETURN_NOT_OK(fold->leave(kStepRows, &is_done, error));
            *out_has_stopped = !is_done;
            if (is_done) {
                phase_ = Phase::kIdle;
                find_due();
            }
            return Status::kOk;
        case Phase::kCleaning:
            break;
    }
    *out_has_stopped = clean_step();
    if (*out_has_stopped) {
        return Status::kOk;
    }
    /* Windows that were empty when they were due never fire by themselves. */
    std::fill(fired_until_.begin(), fired_until_.end(), saturating_add(watermark_, 1));
    phase_ = Phase::kIdle;
    return Status::kEmpty;
}

/* End of the definition's next window with rows; kTimeMin if it has none. */
int64_t SliceWindow::next_end(std::size_t definition) const noexcept {
    const WindowSpans &spans = slices_.edges().spans()[definition];
    const int64_t after = fired_until_[definition];
    const std::vector<Slice *> &live = slices_.live();
    auto slice = std::partition_point(live.begin(), live.end(), [&](const Slice *each) {
        return spans.bound_of_ends(each->start) <= after;
    });
    for (; slice != live.end(); ++slice) {
        const int64_t end = spans.next_end((*slice)->start, after);
        if (end != kTimeMin) {
            return end;
        }
    }
    return kTimeMin;
}

void SliceWindow::find_due() noexcept {
    has_due_ = false;
    for (std::size_t each = 0; each < definitions_.size(); ++each) {
        const int64_t end = next_end(each);
        if (end != kTimeMin && (!has_due_ || end < next_due_)) {
            has_due_ = true;
            next_due_ = end;
            due_definition_ = each;
        }
    }
}

Status SliceWindow::begin_window() noexcept {
    const std::vector<Slice *> &live = slices_.live();
    window_end_ = next_due_;
    window_start_ = slices_.edges().spans()[due_definition_].start_of(window_end_);
    fired_until_[due_definition_] = window_end_;
    const std::size_t first = slices_.lower_bound(window_start_);
    std::size_t last = first;
    while (last < live.size() && live[last]->start < window_end_) {
        ++last;
    }
    return folds_[due_definition_]->begin(window_end_, live.data() + first, last - first);
}

/* Drop slices whose last window takes no more rows; false when there are none left. */
bool SliceWindow::clean_step() noexcept {
    Slice *slice = slices_.cleanable(watermark_);
    if (slice == nullptr) {
        return false;
    }
    const int64_t count = std::min(slice->states.id_count() - cleaned_, kStepRows);
    keys_->release_all(slice->states.ids() + cleaned_, count);
    cleaned_ += count;
    if (cleaned_ == slice->states.id_count()) {
        cleaned_ = 0;
        slice->states.release(layout_);
        slices_.drop(slice);
    }
    return true;
}

}  // namespace flk
