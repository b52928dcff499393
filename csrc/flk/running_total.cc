#include "flk/running_total.h"

#include <algorithm>

namespace flk {

Status RunningTotal::add(const Slice &slice, int64_t first, int64_t count, Error *error) noexcept {
    const uint32_t *ids = slice.states.ids() + first;
    FLK_RETURN_NOT_OK(total_.reserve(slice.states.id_capacity(), count));
    const int64_t known = total_.id_count();
    FLK_RETURN_NOT_OK(total_.find_or_add(ids, count, into_.data()));
    for (int64_t position = known; position < total_.id_count(); ++position) {
        extra_of(total_.find(total_.ids()[position]))->position = static_cast<uint32_t>(position);
    }
    for (int64_t at = 0; at < count; ++at) {
        ++extra_of(into_[static_cast<std::size_t>(at)])->slice_count;
    }
    slice.states.find_all(ids, count, others_.data());
    return states_.merge(into_.data(), others_.data(), count, error);
}

Status RunningTotal::read_folded(int64_t max_rows, FoldedChunk *out_chunk,
                                 Error * /*error*/) noexcept {
    const int64_t all = total_.id_count();
    FLK_RETURN_NOT_OK(reserve(std::min(max_rows, all - state_at_)));
    int64_t count = 0;
    for (; state_at_ < all && count < max_rows; ++state_at_) {
        const uint32_t id = total_.ids()[state_at_];
        if (id != StateBlocks::kNoId) {
            ids_[static_cast<std::size_t>(count++)] = id;
        }
    }
    total_.find_all(ids_.data(), count, into_.data());
    *out_chunk = FoldedChunk{count, ids_.data(), into_.data()};
    return Status::kOk;
}

Status RunningTotal::leave(int64_t budget, bool *out_done, Error * /*error*/) noexcept {
    *out_done = true;
    if (is_direct_) {
        return Status::kOk;
    }
    if (is_always_anew_ || is_left(slices_.back()->start)) {
        forget_all();
        return Status::kOk;
    }
    /* fold left slice_at_ at the end; from here on it counts slices that were subtracted */
    if (slice_at_ == slices_.size()) {
        slice_at_ = 0;
        state_at_ = 0;
    }
    while (slice_at_ < slices_.size() && is_left(slices_[slice_at_]->start)) {
        const Slice &slice = *slices_[slice_at_];
        const int64_t count = std::min(kChunk, slice.states.id_count() - state_at_);
        subtract(slice, state_at_, count);
        state_at_ += count;
        if (state_at_ == slice.states.id_count()) {
            ++slice_at_;
            state_at_ = 0;
        }
        budget -= count;
        if (budget <= 0) {
            *out_done = false;
            return Status::kOk;
        }
    }
    if (total_.compact()) {
        for (int64_t position = 0; position < total_.id_count(); ++position) {
            extra_of(total_.find(total_.ids()[position]))->position =
                static_cast<uint32_t>(position);
        }
    }
    return Status::kOk;
}

void RunningTotal::subtract(const Slice &slice, int64_t first, int64_t count) noexcept {
    const uint32_t *ids = slice.states.ids() + first;
    total_.find_all(ids, count, into_.data());
    slice.states.find_all(ids, count, others_.data());
    states_.subtract(into_.data(), others_.data(), count);
    for (int64_t at = 0; at < count; ++at) {
        uint8_t *state = into_[static_cast<std::size_t>(at)];
        Extra *extra = extra_of(state);
        if (--extra->slice_count == 0) {
            states_.release(&state, 1);
            total_.remove_at(extra->position);
        }
    }
}

Status RunningTotal::update(const Slice &slice, const WindowRows &rows, int64_t row,
                            bool is_new_key, bool /*is_new_slice*/, Error *error) noexcept {
    if (!holds(slice)) {
        return Status::kOk;
    }
    const uint32_t id = rows.ids[row];
    uint8_t *state = nullptr;
    FLK_RETURN_NOT_OK(total_.reserve(slice.states.id_capacity(), 1));
    const int64_t known = total_.id_count();
    FLK_RETURN_NOT_OK(total_.find_or_add(&id, 1, &state));
    if (total_.id_count() > known) {
        extra_of(state)->position = static_cast<uint32_t>(known);
    }
    if (is_new_key) {
        ++extra_of(state)->slice_count;
    }
    return states_.consume_row(state, rows, row, error);
}

void RunningTotal::forget_all() noexcept {
    total_.release(states_.layout());
    until_ = kTimeMin;
}

}  // namespace flk
