#include "flk/key_map.h"

#include <algorithm>
#include <cstring>

#include "flk/hash.h"
#include "flk/platform.h"

namespace flk {

namespace {

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
    int64_t missed_keys[kGroupValues];
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
        for (int64_t at = 0; at < missed_count; ++at) {
            missed_keys[at] = keys[start + missed[at]];
        }
        FLK_RETURN_NOT_OK(find_or_insert_missed(missed_keys, missed_count, ids, error));
        for (int64_t at = 0; at < missed_count; ++at) {
            out_ids[start + missed[at]] = ids[at];
        }
    }
    return Status::kOk;
}

/* Int keys that are not among the small ones: new, or in the table. */
Status KeyMap::find_or_insert_missed(const int64_t *keys, int64_t count, uint32_t *out_ids,
                                     Error *error) noexcept {
    uint64_t hashes[kGroupValues];
    hash_int64s(keys, count, hashes);
    int64_t covered = 0;
    for (int64_t at = 0; at < count; ++at) {
        covered += small_ints_.covers(keys[at]) ? 1 : 0;
    }
    if (covered == count) {
        return insert_small(keys, hashes, count, out_ids, error);
    }
    return find_or_insert_ints(hashes, count, out_ids, error);
}

/* Small ints that were not there a moment ago; one may come twice. */
Status KeyMap::insert_small(const int64_t *keys, const uint64_t *hashes, int64_t count,
                            uint32_t *out_ids, Error *error) noexcept {
    for (int64_t at = 0; at < count; ++at) {
        uint32_t id = small_ints_.find(keys[at]);
        if (id == kNoId) {
            uint32_t segment = 0;
            FLK_RETURN_NOT_OK(segment_of(hashes[at], &segment, error));
            FLK_RETURN_NOT_OK(next_id(segment, &id));
            if (has_bodies_) {
                bodies_[id].bytes = 0;
                tags_[id] = kKeyInt;
            }
            take_id(segment, id, static_cast<uint64_t>(keys[at]));
            small_ints_.insert(keys[at], id);
        }
        out_ids[at] = id;
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
        const int64_t value = int_of(id);
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
            const int64_t value = int_of(id);
            if (small_ints_.covers(value) && small_ints_.find(value) == kNoId) {
                table_.erase(hash_of(id), id);
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

}  // namespace flk
