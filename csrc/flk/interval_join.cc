#include "flk/interval_join.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "flk/platform.h"

namespace flk {
namespace {

int64_t plus(int64_t left, int64_t right) noexcept {
    int64_t sum;
    if (__builtin_add_overflow(left, right, &sum)) {
        return right < 0 ? INT64_MIN : INT64_MAX;
    }
    return sum;
}

int64_t minus(int64_t left, int64_t right) noexcept {
    int64_t difference;
    if (__builtin_sub_overflow(left, right, &difference)) {
        return right > 0 ? INT64_MIN : INT64_MAX;
    }
    return difference;
}

}  // namespace

IntervalJoin::~IntervalJoin() {
    free_large_arrays();
    for (Place *chunk : chunks_) {
        std::free(chunk);
    }
}

Status IntervalJoin::open(int64_t lower_ms, int64_t upper_ms, KeyMap *keys, Error *error) noexcept {
    if (lower_ms > upper_ms) {
        return fail(error, Status::kInvalid, "the lower bound %lld is above the upper bound %lld",
                    static_cast<long long>(lower_ms), static_cast<long long>(upper_ms));
    }
    lower_ms_ = lower_ms;
    upper_ms_ = upper_ms;
    keys_ = keys;
    for (uint32_t pool = 0; pool < kPools; ++pool) {
        pools_[pool].open(static_cast<int32_t>(sizeof(Entry) << (pool + 1)));
    }
    return Status::kOk;
}

Status IntervalJoin::add(const JoinInput &input, int64_t *row, int64_t end,
                         int64_t max_pairs) noexcept {
    FLK_RETURN_NOT_OK(ensure_places(keys_->id_capacity()));
    try {
        for (; *row < end; ++*row) {
            if (static_cast<int64_t>(pairs_.size()) >= max_pairs) {
                return Status::kFull;
            }
            if (*row + kFetchAhead < end) {
                FLK_PREFETCH_WRITE(place(input.ids[*row + kFetchAhead]));
            }
            if (*row + kFetchRowsAhead < end) {
                for (const Side &side : place(input.ids[*row + kFetchRowsAhead])->sides) {
                    if (side.is_many != 0) {
                        FLK_PREFETCH_WRITE(side.begin());
                    }
                }
            }
            const int64_t time_ms = input.times_ms[*row];
            if (time_ms == INT64_MIN) {
                return Status::kInvalid;
            }
            if (time_ms < watermark_ms_) {
                late_.push_back(static_cast<uint32_t>(*row));
                continue;
            }
            const uint32_t id = input.ids[*row];
            Place *const at = place(id);
            const JoinRow own{input.batch, static_cast<uint32_t>(*row)};
            if (met_ < 0) {
                FLK_RETURN_NOT_OK(schedule(id, at, last_ms(time_ms, input.side)));
                FLK_RETURN_NOT_OK(insert(&at->sides[input.side], Entry{time_ms, own}));
                batches_.add(own);
                met_ = 0;
            }
            if (!meet(input, *at, own, time_ms, *row, max_pairs)) {
                return Status::kFull;
            }
            met_ = -1;
        }
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return Status::kOk;
}

/* Whether the row has met all its partners. */
bool IntervalJoin::meet(const JoinInput &input, const Place &at, JoinRow own, int64_t time_ms,
                        int64_t row, int64_t max_pairs) {
    const bool is_left = input.side == 0;
    const Side &others = at.sides[1 - input.side];
    if (others.count == 0) {
        return true;
    }
    const int64_t from_ms = is_left ? plus(time_ms, lower_ms_) : minus(time_ms, upper_ms_);
    const int64_t to_ms = is_left ? plus(time_ms, upper_ms_) : minus(time_ms, lower_ms_);
    const Entry *const end = others.begin() + others.count;
    const Entry *other = std::lower_bound(
        others.begin(), end, from_ms,
        [](const Entry &entry, int64_t limit_ms) { return entry.time_ms < limit_ms; });
    for (other += met_; other < end && other->time_ms <= to_ms; ++other) {
        if (static_cast<int64_t>(pairs_.size()) >= max_pairs) {
            return false;
        }
        if (is_left) {
            pairs_.push_back(JoinPair{own, other->row, time_ms, other->time_ms, row});
        } else {
            pairs_.push_back(JoinPair{other->row, own, other->time_ms, time_ms, row});
        }
        ++met_;
    }
    return true;
}

/* Time at which a row has met all it can meet. */
int64_t IntervalJoin::last_ms(int64_t time_ms, uint32_t side) const noexcept {
    if (side == 0) {
        return upper_ms_ > 0 ? plus(time_ms, upper_ms_) : time_ms;
    }
    return lower_ms_ < 0 ? minus(time_ms, lower_ms_) : time_ms;
}

Status IntervalJoin::ensure_places(uint32_t id_count) noexcept {
    while (chunks_.size() * kChunkPlaces < id_count) {
        auto *chunk = static_cast<Place *>(allocate_far(kChunkPlaces * sizeof(Place)));
        if (chunk == nullptr) {
            return Status::kNoMemory;
        }
        std::memset(static_cast<void *>(chunk), 0, kChunkPlaces * sizeof(Place));
        try {
            chunks_.push_back(chunk);
        } catch (const std::bad_alloc &) {
            std::free(chunk);
            return Status::kNoMemory;
        }
    }
    return Status::kOk;
}

/* Have the key looked at when the first of its rows goes. */
Status IntervalJoin::schedule(uint32_t id, Place *at, int64_t due_ms) noexcept {
    const bool is_new = at->sides[0].count + at->sides[1].count == 0;
    if (!is_new && at->due_ms <= due_ms) {
        return Status::kOk;
    }
    FLK_RETURN_NOT_OK(wheel_.add(due_ms, id));
    at->due_ms = due_ms;
    if (is_new) {
        keys_->retain(id);
        ++live_keys_;
    }
    return Status::kOk;
}

Status IntervalJoin::insert(Side *side, const Entry &entry) noexcept {
    if (side->count == 0 && side->is_many == 0) {
        side->only = entry;
        side->count = 1;
        return Status::kOk;
    }
    if (side->is_many == 0) {
        FLK_RETURN_NOT_OK(resize(side, 2));
    } else if (side->many.begin + side->count == side->many.capacity) {
        /* half empty in front: the rows move there, else they get twice the room */
        const bool is_wide = side->many.begin * 2 >= side->many.capacity;
        FLK_RETURN_NOT_OK(resize(side, is_wide ? side->many.capacity : side->many.capacity * 2));
    }
    Entry *const first = side->many.entries + side->many.begin;
    Entry *at = first + side->count;
    if (side->count > 0 && entry.time_ms < at[-1].time_ms) {
        at = std::upper_bound(first, at, entry.time_ms, [](int64_t time_ms, const Entry &each) {
            return time_ms < each.time_ms;
        });
        std::memmove(at + 1, at,
                     static_cast<std::size_t>(first + side->count - at) * sizeof(Entry));
    }
    *at = entry;
    ++side->count;
    return Status::kOk;
}

/* Give the rows of a side an array of `capacity` entries, from its start; same size: move them. */
Status IntervalJoin::resize(Side *side, uint32_t capacity) noexcept {
    const std::size_t bytes = side->count * sizeof(Entry);
    if (side->is_many != 0 && side->many.capacity == capacity) {
        std::memmove(side->many.entries, side->many.entries + side->many.begin, bytes);
        side->many.begin = 0;
        return Status::kOk;
    }
    Entry *const entries = take_array(capacity);
    if (entries == nullptr) {
        return Status::kNoMemory;
    }
    std::memcpy(entries, side->begin(), bytes);
    if (side->is_many != 0) {
        give_array_back(side->many.entries, side->many.capacity);
    }
    side->many = {entries, 0, capacity};
    side->is_many = 1;
    return Status::kOk;
}

IntervalJoin::Entry *IntervalJoin::take_array(uint32_t capacity) noexcept {
    const auto pool = static_cast<uint32_t>(__builtin_ctz(capacity)) - 1;
    if (pool < kPools) {
        return reinterpret_cast<Entry *>(pools_[pool].take());
    }
    auto *entries = static_cast<Entry *>(std::malloc(capacity * sizeof(Entry)));
    large_arrays_ += entries == nullptr ? 0 : 1;
    return entries;
}

void IntervalJoin::give_array_back(Entry *entries, uint32_t capacity) noexcept {
    const auto pool = static_cast<uint32_t>(__builtin_ctz(capacity)) - 1;
    if (pool < kPools) {
        pools_[pool].give_back(reinterpret_cast<uint8_t *>(entries));
        return;
    }
    std::free(entries);
    --large_arrays_;
}

void IntervalJoin::free_large_arrays() noexcept {
    for (std::size_t chunk = 0; chunk < chunks_.size() && large_arrays_ > 0; ++chunk) {
        for (uint32_t at = 0; at < kChunkPlaces; ++at) {
            for (const Side &side : chunks_[chunk][at].sides) {
                if (side.is_many != 0 && side.many.capacity >> kPools > 1) {
                    give_array_back(side.many.entries, side.many.capacity);
                }
            }
        }
    }
}

Status IntervalJoin::advance(int64_t watermark_ms, int64_t max_keys) noexcept {
    watermark_ms_ = watermark_ms;
    if (watermark_ms == INT64_MAX) {
        clear();
        return Status::kOk;
    }
    bool has_all = true;
    FLK_RETURN_NOT_OK(collect_due(static_cast<std::size_t>(max_keys), &has_all));
    for (; due_done_ < due_.size(); ++due_done_) {
        if (due_done_ + kFetchAhead < due_.size()) {
            FLK_PREFETCH_WRITE(place(due_[due_done_ + kFetchAhead].id));
        }
        const Due &each = due_[due_done_];
        const Place &at = *place(each.id);
        /* a key with an earlier row was looked at before */
        if (at.sides[0].count + at.sides[1].count > 0 && at.due_ms == each.due_ms) {
            FLK_RETURN_NOT_OK(expire(each.id));
        }
    }
    due_.clear();
    due_done_ = 0;
    return has_all ? Status::kOk : Status::kFull;
}

/* Fill due_ with the keys of the next times; all of a time, so there may be more than max_keys. */
Status IntervalJoin::collect_due(std::size_t max_keys, bool *out_all) noexcept {
    while (due_.size() < max_keys) {
        int64_t due_ms;
        const Status status = wheel_.pop_due(watermark_ms_, &due_ids_, &due_ms);
        if (status == Status::kEmpty) {
            return Status::kOk;
        }
        FLK_RETURN_NOT_OK(status);
        try {
            for (const uint32_t id : due_ids_) {
                due_.push_back(Due{id, due_ms});
            }
        } catch (const std::bad_alloc &) {
            return Status::kNoMemory;
        }
    }
    *out_all = false;
    return Status::kOk;
}

Status IntervalJoin::expire(uint32_t id) noexcept {
    Place *const at = place(id);
    expire_side(at, 0);
    expire_side(at, 1);
    if (at->sides[0].count + at->sides[1].count == 0) {
        --live_keys_;
        keys_->release(id);
        return Status::kOk;
    }
    int64_t due_ms = INT64_MAX;
    for (uint32_t side = 0; side < 2; ++side) {
        if (at->sides[side].count > 0) {
            due_ms = std::min(due_ms, last_ms(at->sides[side].begin()->time_ms, side));
        }
    }
    FLK_RETURN_NOT_OK(wheel_.add(due_ms, id));
    at->due_ms = due_ms;
    return Status::kOk;
}

void IntervalJoin::expire_side(Place *at, uint32_t which) noexcept {
    Side &side = at->sides[which];
    const Entry *const first = side.begin();
    uint32_t gone = 0;
    while (gone < side.count && last_ms(first[gone].time_ms, which) <= watermark_ms_) {
        batches_.remove(first[gone].row);
        ++gone;
    }
    side.count -= gone;
    if (side.is_many == 0) {
        return;
    }
    side.many.begin += gone;
    if (side.count == 0) {
        give_array_back(side.many.entries, side.many.capacity);
        side.is_many = 0;
    } else if (side.many.capacity >= 64 && side.count * 8 < side.many.capacity) {
        /* without memory the rows keep the room they have */
        static_cast<void>(resize(&side, side.many.capacity / 4));
    }
}

/* End of time: no row comes any more, so that what rows took goes with the join, not one by one. */
void IntervalJoin::clear() noexcept {
    free_large_arrays();
    for (Place *chunk : chunks_) {
        std::memset(static_cast<void *>(chunk), 0, kChunkPlaces * sizeof(Place));
    }
    live_keys_ = 0;
    batches_.clear();
}

}  // namespace flk
