#include "flk/key_map.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "flk/hash.h"
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

/* Bodies that are likely to be in the first caches need no fetching ahead. */
constexpr uint32_t kNearIds = 16 * 1024;

inline uint64_t load64(const uint8_t *bytes) noexcept {
    uint64_t word;
    std::memcpy(&word, bytes, sizeof(word));
    return word;
}

inline uint32_t load32(const uint8_t *bytes) noexcept {
    uint32_t word;
    std::memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Whether `size` bytes are the same; short ones by words that may overlap. */
inline bool same_bytes(const uint8_t *left, const uint8_t *right, uint32_t size) noexcept {
    if (size > 16) {
        return std::memcmp(left, right, size) == 0;
    }
    if (size >= 8) {
        return load64(left) == load64(right) && load64(left + size - 8) == load64(right + size - 8);
    }
    if (size >= 4) {
        return load32(left) == load32(right) && load32(left + size - 4) == load32(right + size - 4);
    }
    return size == 0 || (left[0] == right[0] && left[size >> 1] == right[size >> 1] &&
                         left[size - 1] == right[size - 1]);
}

/* Whether most neighbours are equal, by a few of them: constant or sorted keys. */
inline bool looks_like_runs(const uint64_t *hashes, int64_t count) noexcept {
    if (count < 64) {
        return false;
    }
    int32_t equal = 0;
    for (int64_t at = 3; at < 64; at += 8) {
        equal += hashes[at] == hashes[at + 1] ? 1 : 0;
    }
    return equal >= 6;
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

inline const uint8_t *KeyMap::body_of(uint32_t id) const noexcept {
    const Body &body = bodies_[id];
    if (body.bytes <= sizeof(body.inlined)) {
        return body.inlined;
    }
    const uint8_t *bytes;
    std::memcpy(&bytes, body.inlined, sizeof(bytes));
    return bytes;
}

/* Whether the key of an id with the same hash is this one. */
inline bool KeyMap::is_key(uint32_t id, const KeyView &key) const noexcept {
    if (!has_bodies_) {
        return key.tag == kKeyInt;
    }
    if (tags_[id] != key.tag) {
        return false;
    }
    return key.tag == kKeyInt || (bodies_[id].bytes == key.body_bytes &&
                                  same_bytes(body_of(id), key.body, key.body_bytes));
}

Status KeyMap::find_or_insert(const KeyView *keys, int64_t count, uint32_t *out_ids,
                              int64_t *out_new_rows, int64_t *out_new_count,
                              Error *error) noexcept {
    uint64_t hashes[kGroupKeys];
    uint32_t missed[kGroupKeys];
    int64_t new_count = 0;
    Status status = Status::kOk;
    for (int64_t start = 0; start < count && status == Status::kOk; start += kGroupKeys) {
        const int64_t rows = std::min(kGroupKeys, count - start);
        for (int64_t row = 0; row < rows; ++row) {
            hashes[row] = keys[start + row].hash;
        }
        table_.fetch_first(hashes, rows);
        table_.probe_homes(hashes, rows, 0, out_ids + start, missed);
        const int64_t missed_count = compare_bodies(keys + start, rows, out_ids + start, missed);
        for (int64_t at = 0; at < missed_count; ++at) {
            const int64_t row = start + missed[at];
            bool is_new = false;
            status = find_or_insert_one(keys[row], out_ids + row, &is_new, error);
            if (status != Status::kOk) {
                break;
            }
            if (is_new && out_new_rows != nullptr) {
                out_new_rows[new_count++] = row;
            }
        }
    }
    if (out_new_count != nullptr) {
        *out_new_count = new_count;
    }
    return status;
}

/* Rows whose id is not that of their key, in order. */
int64_t KeyMap::compare_bodies(const KeyView *keys, int64_t count, const uint32_t *ids,
                               uint32_t *out_missed) const noexcept {
    int64_t missed_count = 0;
    if (!has_bodies_) {
        for (int64_t row = 0; row < count; ++row) {
            out_missed[missed_count] = static_cast<uint32_t>(row);
            missed_count += ids[row] == kNoId || keys[row].tag != kKeyInt ? 1 : 0;
        }
        return missed_count;
    }
    if (id_capacity() > kNearIds) {
        for (int64_t row = 0; row < count; ++row) {
            const uint32_t id = ids[row] == kNoId ? 0 : ids[row];
            FLK_PREFETCH_READ(&bodies_[id]);
            FLK_PREFETCH_READ(&tags_[id]);
        }
        for (int64_t row = 0; row < count; ++row) {
            if (ids[row] != kNoId && keys[row].body_bytes > sizeof(Body::inlined)) {
                FLK_PREFETCH_READ(body_of(ids[row]));
            }
        }
    }
    for (int64_t row = 0; row < count; ++row) {
        out_missed[missed_count] = static_cast<uint32_t>(row);
        missed_count += ids[row] == kNoId || !is_key(ids[row], keys[row]) ? 1 : 0;
    }
    return missed_count;
}

Status KeyMap::find_or_insert_values(const int64_t *keys, int64_t count, uint32_t *out_ids,
                                     Error *error) noexcept {
    uint32_t missed[kGroupValues];
    uint64_t hashes[kGroupValues];
    uint32_t ids[kGroupValues];
    for (int64_t start = 0; start < count; start += kGroupValues) {
        const int64_t rows = std::min(kGroupValues, count - start);
        if (small_ints_.limit() == 0) {
            hash_int64s(keys + start, rows, hashes);
            FLK_RETURN_NOT_OK(find_or_insert_ints(hashes, rows, out_ids + start, error));
            continue;
        }
        const int64_t missed_count =
            small_ints_.find_all(keys + start, rows, out_ids + start, missed);
        if (missed_count == 0) {
            continue;
        }
        for (int64_t at = 0; at < missed_count; ++at) {
            hashes[at] = hash_int64(keys[start + missed[at]]);
        }
        FLK_RETURN_NOT_OK(find_or_insert_ints(hashes, missed_count, ids, error));
        for (int64_t at = 0; at < missed_count; ++at) {
            out_ids[start + missed[at]] = ids[at];
        }
    }
    return Status::kOk;
}

/* Int keys by their hashes alone. */
Status KeyMap::find_or_insert_ints(const uint64_t *hashes, int64_t count, uint32_t *out_ids,
                                   Error *error) noexcept {
    uint32_t missed[kGroupInts];
    table_.fetch_first(hashes, count);
    for (int64_t start = 0; start < count; start += kGroupInts) {
        const int64_t rows = std::min(kGroupInts, count - start);
        if (looks_like_runs(hashes + start, rows)) {
            FLK_RETURN_NOT_OK(find_or_insert_runs(hashes + start, rows, out_ids + start, error));
            continue;
        }
        int64_t missed_count =
            table_.probe_homes(hashes + start, rows, count - start - rows, out_ids + start, missed);
        if (has_bodies_) {
            missed_count = 0;
            for (int64_t row = 0; row < rows; ++row) {
                const uint32_t id = out_ids[start + row];
                missed[missed_count] = static_cast<uint32_t>(row);
                missed_count += id == kNoId || tags_[id] != kKeyInt ? 1 : 0;
            }
        }
        for (int64_t at = 0; at < missed_count; ++at) {
            const int64_t row = start + missed[at];
            bool is_new = false;
            FLK_RETURN_NOT_OK(find_or_insert_one(KeyView{hashes[row], nullptr, 0, kKeyInt},
                                                 out_ids + row, &is_new, error));
        }
    }
    return Status::kOk;
}

/* Int keys of which most equal the one before. */
Status KeyMap::find_or_insert_runs(const uint64_t *hashes, int64_t count, uint32_t *out_ids,
                                   Error *error) noexcept {
    for (int64_t row = 0; row < count;) {
        uint32_t id = kNoId;
        bool is_new = false;
        FLK_RETURN_NOT_OK(
            find_or_insert_one(KeyView{hashes[row], nullptr, 0, kKeyInt}, &id, &is_new, error));
        const uint64_t hash = hashes[row];
        while (row < count && hashes[row] == hash) {
            out_ids[row++] = id;
        }
    }
    return Status::kOk;
}

Status KeyMap::find_or_insert_one(const KeyView &key, uint32_t *out_id, bool *out_is_new,
                                  Error *error) noexcept {
    *out_id = find(key);
    *out_is_new = *out_id == kNoId;
    if (!*out_is_new) {
        return Status::kOk;
    }
    FLK_RETURN_NOT_OK(table_.reserve(1));
    FLK_RETURN_NOT_OK(new_id(key, out_id, error));
    enter(key, *out_id);
    return Status::kOk;
}

/* Note the id of a new key, for which the table has room. */
void KeyMap::enter(const KeyView &key, uint32_t id) noexcept {
    if (key.tag == kKeyInt) {
        const int64_t value = int64_of_hash(key.hash);
        const int64_t limit = SmallInts::limit_for(value, size());
        if (limit > small_ints_.limit()) {
            cover_small_ints(limit, id);
        }
        if (small_ints_.covers(value)) {
            small_ints_.insert(value, id);
            return;
        }
    }
    table_.insert(key.hash, id);
}

/* Index ints below `limit` from here on; without memory they stay in the table. `entering` is in
 * neither yet. */
void KeyMap::cover_small_ints(int64_t limit, uint32_t entering) noexcept {
    if (small_ints_.grow(limit) != Status::kOk) {
        return;
    }
    for (uint32_t id = 0; id < id_capacity() && table_.size() > 0; ++id) {
        if (is_live(id) && is_int(id) && id != entering) {
            const int64_t value = int64_of_hash(ids_[id].hash);
            if (small_ints_.covers(value) && small_ints_.find(value) == kNoId) {
                table_.erase(ids_[id].hash, id);
                small_ints_.insert(value, id);
            }
        }
    }
}

uint32_t KeyMap::find(const KeyView &key) const noexcept {
    if (key.tag == kKeyInt && small_ints_.limit() > 0) {
        const int64_t value = int64_of_hash(key.hash);
        if (small_ints_.covers(value)) {
            return small_ints_.find(value);
        }
    }
    return table_.find(key.hash, [&](uint32_t id) { return is_key(id, key); });
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
        if (segment.first_free != kNoId) {
            FLK_PREFETCH_WRITE(&ids_[segment.first_free]); /* for the segment's next new key */
        }
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

void KeyMap::drop_body(uint32_t id) noexcept {
    if (has_bodies_ && bodies_[id].bytes > sizeof(bodies_[id].inlined)) {
        std::free(const_cast<uint8_t *>(body_of(id)));
    }
}

void KeyMap::erase(uint32_t id) noexcept {
    const int64_t value = int64_of_hash(ids_[id].hash);
    if (is_int(id) && small_ints_.covers(value)) {
        small_ints_.erase(value);
    } else {
        table_.erase(ids_[id].hash, id);
    }
    drop_body(id);
    Segment &segment = segments_[block_segments_[id / kBlockIds]];
    ids_[id].hash = segment.first_free;
    ids_[id].references = kFree;
    ++ids_[id].generation;
    segment.first_free = id;
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
        if (at + kAheadIds < count) {
            FLK_PREFETCH_WRITE(&ids_[ids[at + kAheadIds]]);
        }
        release(ids[at]);
    }
}

/* Fetch what `erase` of an id will write. */
inline void KeyMap::fetch_entry(uint32_t id) const noexcept {
    const uint64_t hash = ids_[id].hash;
    const int64_t value = int64_of_hash(hash);
    if (small_ints_.covers(value)) {
        small_ints_.fetch(value);
    } else {
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
