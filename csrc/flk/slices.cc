#include "flk/slices.h"

#include <algorithm>
#include <new>

namespace flk {

std::size_t Slices::lower_bound(int64_t time) const noexcept {
    if (live_.empty() || live_.back()->start < time) {
        return live_.size();
    }
    const auto at =
        std::lower_bound(live_.begin(), live_.end(), time,
                         [](const Slice *slice, int64_t start) { return slice->start < start; });
    return static_cast<std::size_t>(at - live_.begin());
}

Slice *Slices::find(int64_t start) const noexcept {
    const std::size_t at = lower_bound(start);
    return at < live_.size() && live_[at]->start == start ? live_[at] : nullptr;
}

Slice *Slices::add(const SliceBounds &bounds) noexcept {
    const std::size_t at = lower_bound(bounds.start);
    try {
        if (free_.empty()) {
            all_.push_back(std::make_unique<Slice>(arena_));
            free_.reserve(all_.size()); /* so that drop cannot fail */
            free_.push_back(all_.back().get());
        }
        live_.insert(live_.begin() + static_cast<std::ptrdiff_t>(at), free_.back());
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
    Slice *slice = free_.back();
    free_.pop_back();
    slice->start = bounds.start;
    slice->end = bounds.end;
    ends_of(bounds.start, &slice->first_end, &slice->clean_at);
    next_clean_ = std::min(next_clean_, slice->clean_at);
    return slice;
}

Slice *Slices::cleanable(int64_t watermark) noexcept {
    if (next_clean_ > watermark) {
        return nullptr;
    }
    next_clean_ = kTimeMax;
    for (Slice *slice : live_) {
        /* kTimeMax: the end of cleaning lies beyond time, so it never comes */
        if (slice->clean_at <= watermark && slice->clean_at != kTimeMax) {
            next_clean_ = slice->clean_at;
            return slice;
        }
        next_clean_ = std::min(next_clean_, slice->clean_at);
    }
    return nullptr;
}

void Slices::drop(Slice *slice) noexcept {
    FLK_DCHECK(slice->states.empty());
    live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(lower_bound(slice->start)));
    free_.push_back(slice);
}

void Slices::ends_of(int64_t start, int64_t *out_first_end, int64_t *out_clean_at) const noexcept {
    *out_first_end = kTimeMax;
    *out_clean_at = kTimeMin;
    for (std::size_t each = 0; each < definitions_->size(); ++each) {
        const WindowSpans &spans = edges_.spans()[each];
        const int64_t last_end = spans.last_end(start);
        if (last_end == kTimeMin) {
            *out_first_end = std::min(*out_first_end, saturating_add(start, 1));
            continue;
        }
        *out_first_end = std::min(*out_first_end, spans.first_end(start));
        *out_clean_at = std::max(
            *out_clean_at, saturating_add(max_time_of(last_end), (*definitions_)[each].lateness));
    }
}

int64_t Slices::live_states() const noexcept {
    int64_t count = 0;
    for (const Slice *slice : live_) {
        count += slice->states.state_count();
    }
    return count;
}

int64_t Slices::memory_bytes() const noexcept {
    int64_t bytes = 0;
    for (const std::unique_ptr<Slice> &slice : all_) {
        bytes += slice->states.memory_bytes();
    }
    return bytes;
}

}  // namespace flk
