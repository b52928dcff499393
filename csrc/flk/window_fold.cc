#include "flk/window_fold.h"

#include <algorithm>
#include <new>

#include "flk/running_total.h"
#include "flk/two_stacks.h"

namespace flk {

Status DefinedStates::merge(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                            Error *error) const noexcept {
    for (const int32_t each : *accumulators_) {
        const auto at = static_cast<std::size_t>(each);
        FLK_RETURN_NOT_OK(
            layout_->accumulators[at]->merge(into, from, count, layout_->offsets[at], error));
    }
    return Status::kOk;
}

void DefinedStates::subtract(uint8_t *const *into, const uint8_t *const *from,
                             int64_t count) const noexcept {
    for (const int32_t each : *accumulators_) {
        const auto at = static_cast<std::size_t>(each);
        layout_->accumulators[at]->subtract(into, from, count, layout_->offsets[at]);
    }
}

Status DefinedStates::consume_row(uint8_t *state, const WindowRows &rows, int64_t row,
                                  Error *error) const noexcept {
    const ConsumedRows one{&state, 1, row, nullptr, rows.first_arrival};
    for (const int32_t each : *accumulators_) {
        const auto at = static_cast<std::size_t>(each);
        FLK_RETURN_NOT_OK(
            layout_->accumulators[at]->consume(one, layout_->offsets[at], rows.columns[at], error));
    }
    return Status::kOk;
}

void DefinedStates::release(uint8_t *const *states, int64_t count) const noexcept {
    for (const int32_t each : *accumulators_) {
        const auto at = static_cast<std::size_t>(each);
        if (layout_->accumulators[at]->owns_memory()) {
            layout_->accumulators[at]->release(states, count, layout_->offsets[at]);
        }
    }
}

bool DefinedStates::can_subtract() const noexcept {
    return std::all_of(accumulators_->begin(), accumulators_->end(), [this](int32_t each) {
        return layout_->accumulators[static_cast<std::size_t>(each)]->can_subtract();
    });
}

bool DefinedStates::owns_memory() const noexcept {
    return std::any_of(accumulators_->begin(), accumulators_->end(), [this](int32_t each) {
        return layout_->accumulators[static_cast<std::size_t>(each)]->owns_memory();
    });
}

Status WindowFold::begin(int64_t end, Slice *const *slices, std::size_t slice_count) noexcept {
    FLK_DCHECK(slice_count > 0 && end > end_);
    try {
        slices_.assign(slices, slices + slice_count);
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    end_ = end;
    is_direct_ = slice_count == 1 && is_empty();
    slice_at_ = 0;
    state_at_ = 0;
    if (is_direct_) {
        slice_at_ = slice_count;
    } else if (!is_empty()) {
        while (slice_at_ < slice_count && slices_[slice_at_]->start < until_) {
            ++slice_at_;
        }
    }
    return reserve(kChunk);
}

Status WindowFold::fold(int64_t budget, bool *out_done, Error *error) noexcept {
    *out_done = false;
    while (slice_at_ < slices_.size()) {
        const Slice &slice = *slices_[slice_at_];
        const int64_t count = std::min(kChunk, slice.states.id_count() - state_at_);
        FLK_RETURN_NOT_OK(add(slice, state_at_, count, error));
        state_at_ += count;
        if (state_at_ == slice.states.id_count()) {
            ++slice_at_;
            state_at_ = 0;
        }
        budget -= count;
        if (budget <= 0) {
            return Status::kOk;
        }
    }
    if (!is_direct_) {
        until_ = end_;
    }
    *out_done = true;
    return Status::kOk;
}

Status WindowFold::read(int64_t max_rows, FoldedChunk *out_chunk, Error *error) noexcept {
    if (!is_direct_) {
        return read_folded(max_rows, out_chunk, error);
    }
    const StateBlocks &states = slices_.front()->states;
    const int64_t count = std::min(max_rows, states.id_count() - state_at_);
    FLK_RETURN_NOT_OK(reserve(count));
    const uint32_t *ids = states.ids() + state_at_;
    states.find_all(ids, count, into_.data());
    *out_chunk = FoldedChunk{count, ids, into_.data()};
    state_at_ += count;
    return Status::kOk;
}

Status WindowFold::reserve(int64_t count) noexcept {
    if (count <= static_cast<int64_t>(into_.size())) {
        return Status::kOk;
    }
    try {
        ids_.resize(static_cast<std::size_t>(count));
        others_.resize(static_cast<std::size_t>(count));
        into_.resize(static_cast<std::size_t>(count));
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return Status::kOk;
}

std::unique_ptr<WindowFold> make_window_fold(const AccumulatorLayout &layout,
                                             const WindowDefinition &definition, StateArena *plain,
                                             StateArena *counted) {
    const DefinedStates states(layout, definition);
    const WindowSpans spans(definition);
    const bool is_sliding =
        definition.shape == WindowShape::kSliding && definition.slide < definition.size;
    if (!is_sliding || states.can_subtract() || states.owns_memory()) {
        const bool is_always_anew = is_sliding && !states.can_subtract();
        return std::make_unique<RunningTotal>(states, spans, counted, is_always_anew);
    }
    return std::make_unique<TwoStacks>(states, spans, plain);
}

}  // namespace flk
