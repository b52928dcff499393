/* The half of key_map.h that deals in ids: made, referred to, freed. */
#include <cstdlib>
#include <cstring>

#include "flk/hash.h"
#include "flk/key_map.h"

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
    std::free(ids_);
    std::free(bodies_);
    std::free(block_segments_);
    std::free(tags_);
    std::free(pending_);
}

Status KeyMap::open(uint32_t max_parallelism, uint32_t first_group, uint32_t last_group,
                    Error *error, Isa isa) noexcept {
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
    return table_.open(isa);
}

uint64_t KeyMap::hash_of(uint32_t id) const noexcept {
    return is_int(id) ? hash_int64(int_of(id)) : ids_[id].word;
}

Status KeyMap::not_here(uint32_t group, Error *error) const noexcept {
    return fail(error, Status::kOutOfRange,
                "a key of group %u came to the subtask of groups %u..%u; are the hashes those of "
                "the keys?",
                group, first_group_, last_group_);
}

Status KeyMap::new_id(const KeyView &key, uint32_t *out_id, Error *error) noexcept {
    uint32_t segment = 0;
    FLK_RETURN_NOT_OK(segment_of(key.hash, &segment, error));
    FLK_RETURN_NOT_OK(next_id(segment, out_id));
    uint64_t word = key.hash;
    if (key.tag != kKeyInt) {
        FLK_RETURN_NOT_OK(store_body(*out_id, key));
    } else {
        word = static_cast<uint64_t>(int64_of_hash(key.hash));
        if (has_bodies_) {
            bodies_[*out_id].bytes = 0;
            tags_[*out_id] = kKeyInt;
        }
    }
    take_id(segment, *out_id, word);
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

void KeyMap::drop_body(uint32_t id) noexcept {
    if (has_bodies_ && bodies_[id].bytes > sizeof(bodies_[id].inlined)) {
        std::free(const_cast<uint8_t *>(body_of(id)));
    }
}

void KeyMap::erase(uint32_t id) noexcept {
    if (is_int(id) && small_ints_.covers(int_of(id))) {
        small_ints_.erase(int_of(id));
    } else {
        table_.erase(hash_of(id), id);
    }
    drop_body(id);
    Segment &segment = segments_[block_segments_[id / kBlockIds]];
    ids_[id].word = segment.first_free;
    ids_[id].references = kFree;
    ++ids_[id].generation;
    segment.first_free = id;
}

KeyView KeyMap::key(uint32_t id) const noexcept {
    FLK_DCHECK(is_live(id));
    if (!has_bodies_) {
        return KeyView{hash_of(id), nullptr, 0, kKeyInt};
    }
    return KeyView{hash_of(id), body_of(id), bodies_[id].bytes, tags_[id]};
}

void KeyMap::retain_all(const uint32_t *ids, int64_t count) noexcept {
    for (int64_t at = 0; at < count; ++at) {
        retain(ids[at]);
    }
}

void KeyMap::release_all(const uint32_t *ids, int64_t count) noexcept {
    for (int64_t at = 0; at < count; ++at) {
        if (at + kAheadIds < count) {
            FLK_PREFETCH_WRITE(&ids_[ids[at + kAheadIds]]);
        }
        release(ids[at]);
    }
}

/* Fetch what `erase` of an id will write. */
inline void KeyMap::fetch_entry(uint32_t id) const noexcept {
    if (is_int(id) && small_ints_.covers(int_of(id))) {
        small_ints_.fetch(int_of(id));
    } else {
        const uint64_t hash = hash_of(id);
        table_.fetch_first(&hash, 1);
    }
}

const uint32_t *KeyMap::release_batch(int64_t *out_count) noexcept {
    int64_t freed_count = 0;
    for (int64_t at = 0; at < pending_count_; ++at) {
        if (at + 2 * kAheadIds < pending_count_) {
            FLK_PREFETCH_WRITE(&ids_[pending_[at + 2 * kAheadIds]]);
            fetch_entry(pending_[at + kAheadIds]);
        }
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
