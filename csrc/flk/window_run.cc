#include "flk/window_run.h"

#include <algorithm>
#include <new>

#include "flk/clock.h"
#include "flk/count_window.h"
#include "flk/session_window.h"
#include "flk/slice_window.h"

namespace flk {

Status WindowRun::open(const std::vector<AggregateDefinition> &aggregates,
                       const std::vector<WindowDefinition> &definitions, KeyMap *keys,
                       Error *error) noexcept {
    if (definitions.empty()) {
        return fail(error, Status::kInvalid, "a window operator needs a window");
    }
    AccumulatorLayout layout;
    FLK_RETURN_NOT_OK(make_layout(aggregates, &layout, error));
    try {
        outputs_.resize(definitions.size());
        switch (definitions.front().shape) {
            case WindowShape::kTumbling:
            case WindowShape::kSliding:
            case WindowShape::kCumulative:
                return make_slice_window(std::move(layout), definitions, keys, &kernel_, error);
            case WindowShape::kSession:
            case WindowShape::kSessionOfRow:
                return make_session_window(std::move(layout), definitions, keys, &kernel_, error);
            case WindowShape::kCountRows:
                return make_count_window(std::move(layout), definitions, keys, &kernel_, error);
        }
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return fail(error, Status::kInvalid, "no window has the shape %d",
                static_cast<int>(definitions.front().shape));
}

void WindowRun::load_rows(const WindowRows &rows, const int64_t *mark_stops,
                          const int64_t *mark_times, int64_t mark_count) noexcept {
    rows_ = rows;
    end_row_ = rows.end_row;
    mark_stops_ = mark_stops;
    mark_times_ = mark_times;
    mark_count_ = mark_count;
    mark_ = 0;
    is_draining_ = false;
    is_marking_ = false;
}

void WindowRun::load_watermark(int64_t watermark_ms) noexcept {
    rows_ = WindowRows{};
    end_row_ = 0;
    mark_count_ = 0;
    mark_ = 0;
    kernel_->advance(watermark_ms);
    is_draining_ = true;
    is_marking_ = false;
}

RunState WindowRun::run(int64_t deadline_ns, int64_t max_rows, Status *out_status,
                        Error *error) noexcept {
    *out_status = Status::kOk;
    while (true) {
        bool is_done = false;
        *out_status = step(max_rows, error, &is_done);
        if (*out_status != Status::kOk) {
            return RunState::kFailed;
        }
        if (is_done) {
            return RunState::kDone;
        }
        int64_t room = 0;
        if (is_full(max_rows, &room)) {
            return RunState::kFull;
        }
        if (coarse_monotonic_ns() > deadline_ns) {
            return RunState::kMore;
        }
    }
}

bool WindowRun::is_full(int64_t max_rows, int64_t *out_room) const noexcept {
    *out_room = max_rows;
    for (const WindowOutput &output : outputs_) {
        *out_room = std::min(*out_room, max_rows - output.row_count());
    }
    return *out_room <= 0;
}

Status WindowRun::step(int64_t max_rows, Error *error, bool *out_is_done) noexcept {
    if (is_draining_) {
        return drain(max_rows, error);
    }
    if (mark_ < mark_count_ && mark_stops_[mark_] <= rows_.first_row) {
        kernel_->advance(mark_times_[mark_]);
        is_draining_ = true;
        is_marking_ = true;
        return Status::kOk;
    }
    if (rows_.first_row == end_row_) {
        *out_is_done = true;
        return Status::kOk;
    }
    rows_.end_row = mark_ < mark_count_ ? std::min(mark_stops_[mark_], end_row_) : end_row_;
    const Status status = kernel_->consume(rows_, error);
    is_draining_ = true;
    if (status == Status::kFull) {
        return Status::kOk;
    }
    rows_.first_row = rows_.end_row;
    return status;
}

Status WindowRun::drain(int64_t max_rows, Error *error) noexcept {
    int64_t room = 0;
    if (is_full(max_rows, &room)) {
        return Status::kOk;
    }
    WindowResults results;
    const Status status = kernel_->next(room, &results, error);
    if (status == Status::kEmpty) {
        is_draining_ = false;
        if (is_marking_) {
            is_marking_ = false;
            for (std::size_t each = 0; each < outputs_.size(); ++each) {
                const auto late = kernel_->late_rows(static_cast<int32_t>(each)).size();
                FLK_RETURN_NOT_OK(
                    outputs_[each].mark(mark_times_[mark_], static_cast<int64_t>(late)));
            }
            ++mark_;
        }
        return Status::kOk;
    }
    if (status != Status::kOk || results.count == 0) {
        return status;
    }
    const auto definition = static_cast<std::size_t>(results.definition);
    const Status added = outputs_[definition].add(
        results, kernel_->layout(), kernel_->definitions()[definition].accumulators, error);
    if (added != Status::kOk && added != Status::kNoMemory) {
        failed_definition_ = results.definition;
    }
    return added;
}

}  // namespace flk
