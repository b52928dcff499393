/* key_map.h — key → dense id, for the keys of one subtask.
 *
 *   table_    hash → id (key_table.h)
 *   ids_      [ word │ references │ generation ]    by id; word: an int key itself, another's hash
 *   bodies_   [ length │ 12 bytes inline, or a pointer ]   by id; not used by int keys
 *   tags_     type of the key, by id; not used while all keys are ints
 *   pending_  ids without references that release_batch looks at
 *
 *   ids:   0 .. 63     64 .. 127   128 .. 191        a block belongs to one segment, a segment
 *         segment 4    segment 0    segment 4        is a run of key groups; at most 128 segments
 *
 * Columns of state are indexed by id. Because a block holds keys of one segment only, snapshots and
 * rescale work on whole blocks.
 *
 * An id lives as long as something refers to it (a value of state, a timer) or a batch is in work.
 * Looking a key up takes no reference. An id whose references fall to zero, and a new one that
 * nobody retained, stays as it is until release_batch: then it is free, its generation goes up by
 * one, and a later key of the segment gets it. Holders that outlive their reference carry (id,
 * generation).
 *
 * Many keys are looked up together: all hashes are probed without a branch, then keys of equal hash
 * are compared where the hash is not the key (an int's is), and what is left goes one by one.
 *
 *   find_or_insert     new id        ┐                  release_batch
 *   release to zero    ids_.. = 0    ┴─→ pending_ ─────→ still zero: free │ retained since: kept
 *
 * One owner, not thread safe. Everything O(1) amortised per key.
 */
#ifndef FLK_KEY_MAP_H_
#define FLK_KEY_MAP_H_

#include <cstdint>
#include <cstring>

#include "flk/base.h"
#include "flk/isa.h"
#include "flk/key_encoding.h"
#include "flk/key_group.h"
#include "flk/key_table.h"
#include "flk/live_count.h"
#include "flk/platform.h"
#include "flk/small_ints.h"

namespace flk {

class KeyMap {
  public:
    static constexpr uint32_t kBlockIds = 64;
    static constexpr uint32_t kMaxSegments = 128;
    static constexpr uint32_t kNoId = KeyTable::kNoId;

    KeyMap() = default;
    KeyMap(const KeyMap &) = delete;
    KeyMap &operator=(const KeyMap &) = delete;
    ~KeyMap();

    /* Become the empty map of a range of key groups; once, before anything else.
     *
     * max_parallelism          1 .. 32768
     * first_group, last_group  0 ≤ first_group ≤ last_group < max_parallelism, both included
     * isa                      one this CPU has; ids do not depend on it
     */
    Status open(uint32_t max_parallelism, uint32_t first_group, uint32_t last_group, Error *error,
                Isa isa = isa_in_use()) noexcept;

    /* The id of each key; unknown keys get one, in row order.
     *
     * keys           `count` views; hash and body must belong together
     * out_ids        room for `count`
     * out_new_rows   room for `count`: rows whose key was unknown, in row order. May be nullptr
     * out_new_count  how many of these. May be nullptr
     * returns        kOutOfRange if a key's group is not in this map's range, kNoMemory. Rows
     *                before the failing one are done (out_new_count counts them)
     */
    Status find_or_insert(const KeyView *keys, int64_t count, uint32_t *out_ids,
                          int64_t *out_new_rows, int64_t *out_new_count, Error *error) noexcept;

    /* The same for int keys. */
    Status find_or_insert_values(const int64_t *keys, int64_t count, uint32_t *out_ids,
                                 Error *error) noexcept;

    /* The same for one key. */
    Status find_or_insert_one(const KeyView &key, uint32_t *out_id, bool *out_is_new,
                              Error *error) noexcept;

    /* The id of a key, or kNoId; takes no reference. */
    uint32_t find(const KeyView &key) const noexcept;

    /* End of a batch: free the ids without references. Returns them; `*out_count` of them, valid
     * until the next call of anything that is not const. */
    const uint32_t *release_batch(int64_t *out_count) noexcept;

    /* Take a reference to a live id. */
    void retain(uint32_t id) noexcept {
        FLK_DCHECK(is_live(id));
        ++ids_[id].references;
    }

    /* Give a reference back. Returns whether none is left; the id stays until release_batch. */
    bool release(uint32_t id) noexcept {
        FLK_DCHECK(is_live(id) && references(id) > 0);
        const uint32_t left = --ids_[id].references;
        if (left == 0) {
            set_pending(id);
        }
        return (left & ~kPending) == 0;
    }

    /* Take a reference to each of `count` live ids; repeats count. */
    void retain_all(const uint32_t *ids, int64_t count) noexcept;

    /* Give a reference to each of `count` ids back. */
    void release_all(const uint32_t *ids, int64_t count) noexcept;

    /* Whether the id stands for a key: until the release_batch that frees it. */
    bool is_live(uint32_t id) const noexcept {
        return id < id_capacity() && ids_[id].references != kFree;
    }
    /* References to an id below id_capacity(). */
    uint32_t references(uint32_t id) const noexcept {
        return ids_[id].references == kFree ? 0 : ids_[id].references & ~kPending;
    }

    /* The key of a live id. The body is valid until the map changes. */
    KeyView key(uint32_t id) const noexcept;

    uint32_t generation(uint32_t id) const noexcept { return ids_[id].generation; }

    /* Whether the key of a live id is an int, and which one. */
    bool is_int(uint32_t id) const noexcept { return !has_bodies_ || tags_[id] == kKeyInt; }
    int64_t int_of(uint32_t id) const noexcept {
        FLK_DCHECK(is_live(id) && is_int(id));
        return static_cast<int64_t>(ids_[id].word);
    }
    /* Fetch what `int_of` reads. */
    void fetch(uint32_t id) const noexcept { FLK_PREFETCH_READ(&ids_[id]); }

    /* Live ids. */
    int64_t size() const noexcept { return table_.size() + small_ints_.size(); }
    /* Ids ever handed out, rounded up to blocks: the length a column indexed by id needs. */
    uint32_t id_capacity() const noexcept { return block_count_ * kBlockIds; }
    uint32_t block_count() const noexcept { return block_count_; }
    /* Segment that owns a block; block < block_count(). */
    uint32_t segment_of_block(uint32_t block) const noexcept { return block_segments_[block]; }
    uint32_t segment_count() const noexcept { return segment_count_; }

  private:
    /* references kFree: free, then `word` is the next free id of the segment. The bit kPending is
     * set while the id is in pending_. */
    struct IdEntry {
        uint64_t word;
        uint32_t references;
        uint32_t generation;
    };
    struct Body {
        uint32_t bytes;
        uint8_t inlined[12];
    };
    struct Segment {
        uint32_t first_free;
        uint32_t next_unused; /* of the segment's newest block */
        uint32_t end_unused;
    };

    static constexpr uint32_t kPending = 0x80000000u;
    static constexpr uint32_t kFree = 0x7fffffffu;
    /* Keys that are looked up together. */
    static constexpr int64_t kGroupKeys = 256;
    /* Int keys among which runs are looked for. */
    static constexpr int64_t kGroupInts = 64;
    /* Int keys that are looked up together among the small ones. */
    static constexpr int64_t kGroupValues = 1024;
    /* Ids between a fetch and its use. */
    static constexpr int64_t kAheadIds = 16;

    int64_t compare_bodies(const KeyView *keys, int64_t count, const uint32_t *ids,
                           uint32_t *out_missed) const noexcept;
    void enter(const KeyView &key, uint32_t id) noexcept;
    void cover_small_ints(int64_t limit, uint32_t entering) noexcept;
    Status find_or_insert_missed(const int64_t *keys, int64_t count, uint32_t *out_ids,
                                 Error *error) noexcept;
    Status insert_small(const int64_t *keys, const uint64_t *hashes, int64_t count,
                        uint32_t *out_ids, Error *error) noexcept;
    Status find_or_insert_ints(const uint64_t *hashes, int64_t count, uint32_t *out_ids,
                               Error *error) noexcept;
    Status find_or_insert_runs(const uint64_t *hashes, int64_t count, uint32_t *out_ids,
                               Error *error) noexcept;

    /* ---- ids: key_map_ids.cc ---- */
    Status not_here(uint32_t group, Error *error) const noexcept;
    Status new_id(const KeyView &key, uint32_t *out_id, Error *error) noexcept;
    Status new_block(uint32_t segment) noexcept;
    void fetch_entry(uint32_t id) const noexcept;
    Status make_bodies() noexcept;
    Status store_body(uint32_t id, const KeyView &key) noexcept;
    const uint8_t *body_of(uint32_t id) const noexcept {
        const Body &body = bodies_[id];
        if (body.bytes <= sizeof(body.inlined)) {
            return body.inlined;
        }
        const uint8_t *bytes;
        std::memcpy(&bytes, body.inlined, sizeof(bytes));
        return bytes;
    }
    bool is_key(uint32_t id, const KeyView &key) const noexcept;
    void drop_body(uint32_t id) noexcept;
    void erase(uint32_t id) noexcept;
    uint64_t hash_of(uint32_t id) const noexcept;

    /* Segment of a key with this hash; kOutOfRange if its group is none of this map's. */
    Status segment_of(uint64_t hash, uint32_t *out_segment, Error *error) const noexcept {
        const uint32_t group = key_group_of(hash, max_parallelism_);
        if (group < first_group_ || group > last_group_) {
            return not_here(group, error);
        }
        const uint32_t group_count = last_group_ - first_group_ + 1;
        *out_segment = group - first_group_;
        if (group_count > kMaxSegments) {
            *out_segment = *out_segment * segment_count_ / group_count;
        }
        return Status::kOk;
    }

    /* The id that the segment's next key gets; kNoMemory. */
    Status next_id(uint32_t segment, uint32_t *out_id) noexcept {
        const Segment &from = segments_[segment];
        if (from.first_free == kNoId && from.next_unused == from.end_unused) {
            FLK_RETURN_NOT_OK(new_block(segment));
        }
        *out_id = from.first_free != kNoId ? from.first_free : from.next_unused;
        return Status::kOk;
    }

    /* Give the next id of a segment to a key. */
    void take_id(uint32_t segment, uint32_t id, uint64_t word) noexcept {
        Segment &from = segments_[segment];
        if (from.first_free != kNoId) {
            from.first_free = static_cast<uint32_t>(ids_[id].word);
            FLK_PREFETCH_WRITE(&ids_[from.first_free != kNoId ? from.first_free : id]);
        } else {
            ++from.next_unused;
        }
        ids_[id].word = word;
        ids_[id].references = 0;
        set_pending(id);
    }

    /* There is room: an id is in pending_ once. */
    void set_pending(uint32_t id) noexcept {
        ids_[id].references |= kPending;
        pending_[pending_count_++] = id;
    }

    KeyTable table_;
    SmallInts small_ints_;
    IdEntry *ids_ = nullptr;
    Body *bodies_ = nullptr;
    uint8_t *tags_ = nullptr;
    uint8_t *block_segments_ = nullptr;
    uint32_t block_count_ = 0;
    uint32_t block_capacity_ = 0;
    bool has_bodies_ = false;
    uint32_t *pending_ = nullptr;
    int64_t pending_count_ = 0;
    uint32_t max_parallelism_ = 1;
    uint32_t first_group_ = 0;
    uint32_t last_group_ = 0;
    uint32_t segment_count_ = 1;
    Segment segments_[kMaxSegments] = {};
    LiveCount<LiveKind::kKeyMap> live_;
};

}  // namespace flk

#endif  // FLK_KEY_MAP_H_
