#include "flk/roofline.h"

#include <cstdlib>
#include <cstring>

#include "flk/platform.h"

namespace flk {

namespace {

constexpr int64_t kFreeKey = INT64_MIN;
constexpr int64_t kPrefetchDistance = 16;

/* One multiplication: a table needs no more than that of its low bits. */
inline uint64_t mixed(int64_t key) noexcept {
    auto word = static_cast<uint64_t>(key);
    word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93u;
    return word ^ (word >> 29);
}

}  // namespace

void copy_values(const int64_t *values, int64_t count, int64_t *out) noexcept {
    std::memcpy(out, values, static_cast<std::size_t>(count) * sizeof(int64_t));
}

void scatter_pairs(const int64_t *keys, const int64_t *values, const uint32_t *parts, int64_t count,
                   int64_t *cursors, int64_t *out_keys, int64_t *out_values) noexcept {
    for (int64_t row = 0; row < count; ++row) {
        const int64_t at = cursors[parts[row]]++;
        out_keys[at] = keys[row];
        out_values[at] = values[row];
    }
}

void dense_add(const uint32_t *ids, const int64_t *values, int64_t count, int64_t *sums) noexcept {
    for (int64_t row = 0; row < count; ++row) {
        sums[ids[row]] += values[row];
    }
}

TableLoop::~TableLoop() { std::free(slots_); }

Status TableLoop::open(int64_t key_count) noexcept {
    uint64_t capacity = 64;
    while (capacity < static_cast<uint64_t>(key_count) * 2) {
        capacity *= 2;
    }
    slots_ = static_cast<Slot *>(std::malloc(static_cast<std::size_t>(capacity) * sizeof(Slot)));
    if (slots_ == nullptr) {
        return Status::kNoMemory;
    }
    for (uint64_t at = 0; at < capacity; ++at) {
        slots_[at] = Slot{kFreeKey, 0};
    }
    mask_ = capacity - 1;
    return Status::kOk;
}

/* Where a key is, or the free slot where it would be. */
uint64_t TableLoop::slot_of(int64_t key) const noexcept {
    uint64_t at = mixed(key) & mask_;
    while (slots_[at].key != key && slots_[at].key != kFreeKey) {
        at = (at + 1) & mask_;
    }
    return at;
}

void TableLoop::add(const int64_t *keys, const int64_t *values, int64_t count) noexcept {
    Slot *const slots = slots_;
    const uint64_t mask = mask_;
    for (int64_t row = 0; row < count; ++row) {
        if (row + kPrefetchDistance < count) {
            FLK_PREFETCH_WRITE(&slots[mixed(keys[row + kPrefetchDistance]) & mask]);
        }
        const int64_t key = keys[row];
        uint64_t at = mixed(key) & mask;
        while (__builtin_expect(slots[at].key != key, 0)) {
            if (slots[at].key == kFreeKey) {
                slots[at].key = key;
                break;
            }
            at = (at + 1) & mask;
        }
        slots[at].sum += values[row];
    }
}

int64_t TableLoop::sum(int64_t key) const noexcept { return slots_[slot_of(key)].sum; }

}  // namespace flk
