#include "flk/key_map.h"

#include <cstdlib>
#include <cstring>

#include "flk/key_group.h"
#include "flk/platform.h"

namespace flk {

namespace {

/* Grow an array of plain values to `capacity`; false, and nothing changed, without memory. */
template <typename T>
bool resize(T **array, int64_t capacity) noexcept {
    void *larger = std::realloc(*array, static_cast<std::size_t>(capacity) * sizeof(T));
    if (larger == nullptr) {
        return false;
    }
    *array = static_cast<T *>(larger);
    return true;
}

}  // namespace

KeyMap::~KeyMap() {
    if (has_bodies_) {
        for (uint32_t id = 0; id < id_capacity(); ++id) {
            if (is_live(id)) {
                drop_body(id);
            }
        }
    }
    std::free(buckets_);
    std::free(ids_);
    std::free(bodies_);
    std::free(block_segments_);
    std::free(tags_);
    std::free(pending_);
}

Status KeyMap::open(uint32_t max_parallelism, uint32_t first_group, uint32_t last_group,
                    Error *error) noexcept {
    if (max_parallelism < 1 || max_parallelism > kMaxParallelismLimit) {
        return fail(error, Status::kInvalid, "max_parallelism %u is not in 1..%u", max_parallelism,
                    kMaxParallelismLimit);
    }
    if (first_group > last_group || last_group >= max_parallelism) {
        return fail(error, Status::kInvalid,
                    "key groups %u..%u are no range of the %u groups 0..%u", first_group,
                    last_group, max_parallelism, max_parallelism - 1);
    }
    max_parallelism_ = max_parallelism;
    first_group_ = first_group;
    last_group_ = last_group;
    const uint32_t group_count = last_group - first_group + 1;
    segment_count_ = group_count < kMaxSegments ? group_count : kMaxSegments;
    for (Segment &segment : segments_) {
        segment = Segment{kNoId, 0, 0};
    }
    return grow_buckets(64);
}

/* Room for `extra` more keys in the table, so that the loop needs no checks. */
Status KeyMap::prepare(int64_t extra) noexcept {
    int64_t capacity = bucket_capacity_;
    while ((size_ + extra) * 3 > capacity * 2) {
        capacity *= 2;
    }
    return capacity == bucket_capacity_ ? Status::kOk : grow_buckets(capacity);
}

Status KeyMap::grow_buckets(int64_t capacity) noexcept {
    Bucket *larger = nullptr;
    if (!resize(&larger, capacity)) {
        return Status::kNoMemory;
    }
    for (int64_t at = 0; at < capacity; ++at) {
        larger[at] = Bucket{0, kNoId, 0};
    }
    const uint64_t mask = static_cast<uint64_t>(capacity) - 1;
    for (int64_t from = 0; from < bucket_capacity_; ++from) {
        if (buckets_[from].id != kNoId) {
            uint64_t at = buckets_[from].hash & mask;
            while (larger[at].id != kNoId) {
                at = (at + 1) & mask;
            }
            larger[at] = buckets_[from];
        }
    }
    std::free(buckets_);
    buckets_ = larger;
    bucket_capacity_ = capacity;
    return Status::kOk;
}

Status KeyMap::find_or_insert(const KeyView *keys, int64_t count, uint32_t *out_ids,
                              int64_t *out_new_rows, int64_t *out_new_count,
                              Error *error) noexcept {
    *out_new_count = 0;
    FLK_RETURN_NOT_OK(prepare(count));
    const uint64_t mask = static_cast<uint64_t>(bucket_capacity_) - 1;
    const int64_t warm = count < kPrefetchDistance ? count : kPrefetchDistance;
    for (int64_t row = 0; row < warm; ++row) {
        FLK_PREFETCH_WRITE(&buckets_[keys[row].hash & mask]);
    }
    for (int64_t row = 0; row < count; ++row) {
        if (row + kPrefetchDistance < count) {
            FLK_PREFETCH_WRITE(&buckets_[keys[row + kPrefetchDistance].hash & mask]);
        }
        const KeyView &key = keys[row];
        uint64_t at = key.hash & mask;
        while (true) {
            Bucket &bucket = buckets_[at];
            if (bucket.id == kNoId) {
                uint32_t id = kNoId;
                FLK_RETURN_NOT_OK(new_id(key, &id, error));
                bucket = Bucket{key.hash, id, key.tag};
                out_new_rows[(*out_new_count)++] = row;
                out_ids[row] = id;
                ++size_;
                break;
            }
            if (bucket.hash == key.hash && bucket.tag == key.tag &&
                (key.tag == kKeyInt || same_body(bucket.id, key))) {
                out_ids[row] = bucket.id;
                break;
            }
            at = (at + 1) & mask;
        }
    }
    return Status::kOk;
}

uint32_t KeyMap::find(const KeyView &key) const noexcept {
    const uint64_t mask = static_cast<uint64_t>(bucket_capacity_) - 1;
    for (uint64_t at = key.hash & mask; buckets_[at].id != kNoId; at = (at + 1) & mask) {
        const Bucket &bucket = buckets_[at];
        if (bucket.hash == key.hash && bucket.tag == key.tag &&
            (key.tag == kKeyInt || same_body(bucket.id, key))) {
            return bucket.id;
        }
    }
    return kNoId;
}

Status KeyMap::new_id(const KeyView &key, uint32_t *out_id, Error *error) noexcept {
    const uint32_t group = key_group_of(key.hash, max_parallelism_);
    if (group < first_group_ || group > last_group_) {
        return fail(error, Status::kOutOfRange,
                    "a key of group %u came to the subtask of groups %u..%u; are the hashes those "
                    "of the keys?",
                    group, first_group_, last_group_);
    }
    const uint32_t segment_index =
        (group - first_group_) * segment_count_ / (last_group_ - first_group_ + 1);
    Segment &segment = segments_[segment_index];
    if (segment.first_free == kNoId && segment.next_unused == segment.end_unused) {
        FLK_RETURN_NOT_OK(new_block(segment_index));
    }
    const bool is_reused = segment.first_free != kNoId;
    const uint32_t id = is_reused ? segment.first_free : segment.next_unused;
    if (key.tag != kKeyInt) {
        FLK_RETURN_NOT_OK(store_body(id, key));
    } else if (has_bodies_) {
        bodies_[id].bytes = 0;
        tags_[id] = kKeyInt;
    }
    if (is_reused) {
        segment.first_free = static_cast<uint32_t>(ids_[id].hash);
    } else {
        ++segment.next_unused;
    }
    ids_[id].hash = key.hash;
    ids_[id].references = 0;
    set_pending(id);
    *out_id = id;
    return Status::kOk;
}

Status KeyMap::new_block(uint32_t segment) noexcept {
    if (block_count_ == block_capacity_) {
        const uint32_t capacity = block_capacity_ == 0 ? 4 : block_capacity_ * 2;
        const int64_t id_count = static_cast<int64_t>(capacity) * kBlockIds;
        if (id_count >= kNoId || !resize(&ids_, id_count) || !resize(&block_segments_, capacity) ||
            !resize(&pending_, id_count) ||
            (has_bodies_ && (!resize(&bodies_, id_count) || !resize(&tags_, id_count)))) {
            return Status::kNoMemory;
        }
        block_capacity_ = capacity;
    }
    const uint32_t first_id = block_count_ * kBlockIds;
    for (uint32_t id = first_id; id < first_id + kBlockIds; ++id) {
        ids_[id] = IdEntry{kNoId, kFree, 0};
    }
    block_segments_[block_count_++] = static_cast<uint8_t>(segment);
    segments_[segment].next_unused = first_id;
    segments_[segment].end_unused = first_id + kBlockIds;
    return Status::kOk;
}

/* The first key that is no int: those so far have the tag of ints and no body. */
Status KeyMap::make_bodies() noexcept {
    const int64_t id_count = static_cast<int64_t>(block_capacity_) * kBlockIds;
    if (!resize(&bodies_, id_count) || !resize(&tags_, id_count)) {
        return Status::kNoMemory;
    }
    const auto size = static_cast<std::size_t>(id_count);
    std::memset(static_cast<void *>(bodies_), 0, size * sizeof(Body));
    std::memset(tags_, kKeyInt, size);
    has_bodies_ = true;
    return Status::kOk;
}

Status KeyMap::store_body(uint32_t id, const KeyView &key) noexcept {
    if (!has_bodies_) {
        FLK_RETURN_NOT_OK(make_bodies());
    }
    Body &body = bodies_[id];
    uint8_t *target = body.inlined;
    if (key.body_bytes > sizeof(body.inlined)) {
        target = static_cast<uint8_t *>(std::malloc(key.body_bytes));
        if (target == nullptr) {
            return Status::kNoMemory;
        }
        std::memcpy(body.inlined, &target, sizeof(target));
    }
    if (key.body_bytes > 0) {
        std::memcpy(target, key.body, key.body_bytes);
    }
    body.bytes = key.body_bytes;
    tags_[id] = key.tag;
    return Status::kOk;
}

const uint8_t *KeyMap::body_of(uint32_t id) const noexcept {
    const Body &body = bodies_[id];
    if (body.bytes <= sizeof(body.inlined)) {
        return body.inlined;
    }
    const uint8_t *bytes;
    std::memcpy(&bytes, body.inlined, sizeof(bytes));
    return bytes;
}

bool KeyMap::same_body(uint32_t id, const KeyView &key) const noexcept {
    return bodies_[id].bytes == key.body_bytes &&
           (key.body_bytes == 0 || std::memcmp(body_of(id), key.body, key.body_bytes) == 0);
}

void KeyMap::drop_body(uint32_t id) noexcept {
    if (has_bodies_ && bodies_[id].bytes > sizeof(bodies_[id].inlined)) {
        std::free(const_cast<uint8_t *>(body_of(id)));
    }
}

void KeyMap::erase(uint32_t id) noexcept {
    const uint64_t mask = static_cast<uint64_t>(bucket_capacity_) - 1;
    uint64_t hole = ids_[id].hash & mask;
    while (buckets_[hole].id != id) {
        hole = (hole + 1) & mask;
    }
    /* Move later members of the run back, so that no tombstones are needed. */
    for (uint64_t at = (hole + 1) & mask; buckets_[at].id != kNoId; at = (at + 1) & mask) {
        const uint64_t distance = (at - buckets_[at].hash) & mask;
        if (distance >= ((at - hole) & mask)) {
            buckets_[hole] = buckets_[at];
            hole = at;
        }
    }
    buckets_[hole].id = kNoId;
    drop_body(id);
    Segment &segment = segments_[block_segments_[id / kBlockIds]];
    ids_[id].hash = segment.first_free;
    ids_[id].references = kFree;
    ++ids_[id].generation;
    segment.first_free = id;
    --size_;
}

KeyView KeyMap::key(uint32_t id) const noexcept {
    FLK_DCHECK(is_live(id));
    if (!has_bodies_) {
        return KeyView{ids_[id].hash, nullptr, 0, kKeyInt};
    }
    return KeyView{ids_[id].hash, body_of(id), bodies_[id].bytes, tags_[id]};
}

void KeyMap::retain_all(const uint32_t *ids, int64_t count) noexcept {
    for (int64_t at = 0; at < count; ++at) {
        retain(ids[at]);
    }
}

void KeyMap::release_all(const uint32_t *ids, int64_t count) noexcept {
    for (int64_t at = 0; at < count; ++at) {
        release(ids[at]);
    }
}

const uint32_t *KeyMap::release_batch(int64_t *out_count) noexcept {
    int64_t freed_count = 0;
    for (int64_t at = 0; at < pending_count_; ++at) {
        const uint32_t id = pending_[at];
        ids_[id].references &= ~kPending;
        if (ids_[id].references == 0) {
            erase(id);
            pending_[freed_count++] = id;
        }
    }
    pending_count_ = 0;
    *out_count = freed_count;
    return pending_;
}

}  // namespace flk
