#include "flk/two_stacks.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace flk {

Status TwoStacks::add(const Slice &slice, int64_t first, int64_t count, Error *error) noexcept {
    return merge_into(&back_, slice.states, first, count, error);
}

Status TwoStacks::merge_into(StateBlocks *target, const StateBlocks &source, int64_t first,
                             int64_t count, Error *error) noexcept {
    const uint32_t *ids = source.ids() + first;
    FLK_RETURN_NOT_OK(target->reserve(source.id_capacity(), count));
    FLK_RETURN_NOT_OK(target->find_or_add(ids, count, into_.data()));
    source.find_all(ids, count, others_.data());
    return states_.merge(into_.data(), others_.data(), count, error);
}

/* First the keys of the front, then those that only the back has. Where one side alone has a key
 * its state is read in place. */
Status TwoStacks::read_folded(int64_t max_rows, FoldedChunk *out_chunk, Error *error) noexcept {
    const auto stride = static_cast<std::size_t>(states_.layout().stride);
    const StateBlocks *front = front_.empty() ? nullptr : &front_.front()->states;
    const int64_t front_count = front == nullptr ? 0 : front->id_count();
    const int64_t all = front_count + back_.id_count();
    FLK_RETURN_NOT_OK(reserve(std::min(max_rows, all - state_at_)));
    try {
        scratch_.resize(std::max(scratch_.size(), into_.size() * stride / sizeof(uint64_t)));
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    auto *scratch = reinterpret_cast<uint8_t *>(scratch_.data());
    std::size_t count = 0;
    for (; state_at_ < all && static_cast<int64_t>(count) < max_rows; ++state_at_) {
        const bool is_front = state_at_ < front_count;
        const uint32_t id =
            is_front ? front->ids()[state_at_] : back_.ids()[state_at_ - front_count];
        uint8_t *state = back_.find(id);
        if (is_front) {
            uint8_t *older = front->find(id);
            if (state == nullptr) {
                state = older;
            } else {
                uint8_t *both = scratch + count * stride;
                const uint8_t *newer = state;
                std::memset(both, 0, stride);
                state = both;
                FLK_RETURN_NOT_OK(states_.merge(&state, &older, 1, error));
                FLK_RETURN_NOT_OK(states_.merge(&state, &newer, 1, error));
            }
        } else if (front != nullptr && front->find(id) != nullptr) {
            continue;
        }
        ids_[count] = id;
        into_[count++] = state;
    }
    *out_chunk = FoldedChunk{static_cast<int64_t>(count), ids_.data(), into_.data()};
    return Status::kOk;
}

Status TwoStacks::leave(int64_t budget, bool *out_done, Error *error) noexcept {
    *out_done = true;
    if (is_direct_) {
        return Status::kOk;
    }
    if (is_flipping_) {
        return flip_step(budget, out_done, error);
    }
    while (!front_.empty() && is_left(front_.front()->start)) {
        pop_front();
    }
    if (!front_.empty() || !is_left(slices_.front()->start)) {
        return Status::kOk;
    }
    /* The front is used up. If slices of the back leave too, the rest becomes the front. */
    const auto is_in_back = [this](const Slice *slice) { return slice->start >= line_; };
    const bool has_left = std::any_of(slices_.begin(), slices_.end(), [&](const Slice *slice) {
        return is_in_back(slice) && is_left(slice->start);
    });
    if (!has_left) {
        line_ = kTimeMin;
        return Status::kOk;
    }
    flipping_.clear();
    try {
        for (Slice *slice : slices_) {
            if (!is_left(slice->start)) {
                flipping_.push_back(slice);
            }
        }
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    back_.clear();
    if (flipping_.empty()) {
        forget_all();
        return Status::kOk;
    }
    line_ = until_;
    is_flipping_ = true;
    flip_part_ = 0;
    flip_at_ = 0;
    return flip_step(budget, out_done, error);
}

/* Build the sums of the front from the newest slice to the oldest. */
Status TwoStacks::flip_step(int64_t budget, bool *out_done, Error *error) noexcept {
    *out_done = false;
    while (!flipping_.empty()) {
        const Slice *slice = flipping_.back();
        if (flip_part_ == 0 && flip_at_ == 0) {
            try {
                if (free_.empty()) {
                    free_.push_back(std::make_unique<Suffix>(arena_));
                }
                front_.push_front(std::move(free_.back()));
            } catch (const std::bad_alloc &) {
                return Status::kNoMemory;
            }
            free_.pop_back();
            front_.front()->start = slice->start;
        }
        const StateBlocks *source = flip_part_ == 0     ? &slice->states
                                    : front_.size() > 1 ? &front_[1]->states
                                                        : nullptr;
        const int64_t all = source == nullptr ? 0 : source->id_count();
        const int64_t count = std::min(kChunk, all - flip_at_);
        if (count > 0) {
            FLK_RETURN_NOT_OK(merge_into(&front_.front()->states, *source, flip_at_, count, error));
        }
        flip_at_ += count;
        if (flip_at_ == all) {
            flip_at_ = 0;
            flip_part_ = 1 - flip_part_;
            if (flip_part_ == 0) {
                flipping_.pop_back();
            }
        }
        budget -= count;
        if (budget <= 0) {
            return Status::kOk;
        }
    }
    is_flipping_ = false;
    *out_done = true;
    return Status::kOk;
}

Status TwoStacks::update(const Slice &slice, const WindowRows &rows, int64_t row,
                         bool /*is_new_key*/, bool is_new_slice, Error *error) noexcept {
    if (!holds(slice)) {
        return Status::kOk;
    }
    if (is_new_slice) {
        /* The front has no place for it: sum up anew at the next window. */
        forget_all();
        return Status::kOk;
    }
    const uint32_t id = rows.ids[row];
    const auto add_row = [&](StateBlocks *states) -> Status {
        uint8_t *state = nullptr;
        FLK_RETURN_NOT_OK(states->reserve(slice.states.id_capacity(), 1));
        FLK_RETURN_NOT_OK(states->find_or_add(&id, 1, &state));
        return states_.consume_row(state, rows, row, error);
    };
    if (front_.empty() || slice.start >= line_) {
        return add_row(&back_);
    }
    for (const SuffixPtr &suffix : front_) {
        if (suffix->start <= slice.start) {
            FLK_RETURN_NOT_OK(add_row(&suffix->states));
        }
    }
    return Status::kOk;
}

void TwoStacks::pop_front() noexcept {
    front_.front()->states.clear();
    /* without room the sum is just not used again */
    try {
        free_.push_back(std::move(front_.front()));
    } catch (const std::bad_alloc &) {
    }
    front_.pop_front();
}

void TwoStacks::forget_all() noexcept {
    while (!front_.empty()) {
        pop_front();
    }
    back_.clear();
    until_ = kTimeMin;
    line_ = kTimeMin;
}

int64_t TwoStacks::memory_bytes() const noexcept {
    int64_t bytes = back_.memory_bytes();
    for (const SuffixPtr &suffix : front_) {
        bytes += suffix->states.memory_bytes();
    }
    return bytes;
}

}  // namespace flk
