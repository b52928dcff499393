/* key_map.h — key → dense id, for the keys of one subtask.
 *
 *   buckets_  [ hash │ id │ tag, mark ]     open addressing, linear probing, 16 bytes each
 *   ids_      [ hash │ references │ generation ]    by id
 *   bodies_   [ length │ 12 bytes inline, or a pointer ]   by id; not used by int keys
 *
 *   ids:   0 .. 63     64 .. 127   128 .. 191        a block belongs to one segment, a segment
 *         segment 4    segment 0    segment 4        is a run of key groups; at most 128 segments
 *
 * Columns of state are indexed by id. Because a block holds keys of one segment only, snapshots and
 * rescale work on whole blocks.
 *
 * An id lives as long as something refers to it (a value of state, a timer, a batch in work). At
 * zero it is free: its generation goes up by one and a later key of the segment gets it. Holders
 * that outlive their reference carry (id, generation).
 *
 * find_or_insert touches an id: the first touch of a batch takes a reference, release_batch gives
 * all of these back. One owner, not thread safe. Everything O(1) amortised per key.
 */
#ifndef FLK_KEY_MAP_H_
#define FLK_KEY_MAP_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/key_encoding.h"
#include "flk/live_count.h"

namespace flk {

class KeyMap {
  public:
    static constexpr uint32_t kBlockIds = 64;
    static constexpr uint32_t kMaxSegments = 128;
    static constexpr uint32_t kNoId = 0xffffffffu;

    KeyMap() = default;
    KeyMap(const KeyMap &) = delete;
    KeyMap &operator=(const KeyMap &) = delete;
    ~KeyMap();

    /* Become the empty map of a range of key groups; once, before anything else.
     *
     * max_parallelism          1 .. 32768
     * first_group, last_group  0 ≤ first_group ≤ last_group < max_parallelism, both included
     */
    Status open(uint32_t max_parallelism, uint32_t first_group, uint32_t last_group,
                Error *error) noexcept;

    /* The id of each key; unknown keys get one.
     *
     * keys           `count` views; hash and body must belong together
     * out_ids        room for `count`
     * out_new_rows   room for `count`: rows whose key was unknown, in row order
     * out_new_count  how many of these
     * returns        kOutOfRange if a key's group is not in this map's range, kNoMemory. Rows
     *                before the failing one are done (out_new_count counts them)
     */
    Status find_or_insert(const KeyView *keys, int64_t count, uint32_t *out_ids,
                          int64_t *out_new_rows, int64_t *out_new_count, Error *error) noexcept;

    /* The id of a key, or kNoId; takes no reference. */
    uint32_t find(const KeyView &key) const noexcept;

    /* Drop the references of the batch. Returns the ids that became free; `*out_count` of them,
     * valid until the next call. */
    const uint32_t *release_batch(int64_t *out_count) noexcept;

    /* Take a reference to a live id. */
    void retain(uint32_t id) noexcept {
        FLK_DCHECK(is_live(id));
        ++ids_[id].references;
    }

    /* Give a reference back. Returns whether the id is free now. */
    bool release(uint32_t id) noexcept {
        FLK_DCHECK(is_live(id));
        if (--ids_[id].references > 0) {
            return false;
        }
        erase(id);
        return true;
    }

    bool is_live(uint32_t id) const noexcept {
        return id < id_capacity() && ids_[id].references > 0;
    }
    uint32_t references(uint32_t id) const noexcept { return ids_[id].references; }
    uint32_t generation(uint32_t id) const noexcept { return ids_[id].generation; }
    uint64_t hash(uint32_t id) const noexcept { return ids_[id].hash; }

    /* Live ids. */
    int64_t size() const noexcept { return size_; }
    /* Ids ever handed out, rounded up to blocks: the length a column indexed by id needs. */
    uint32_t id_capacity() const noexcept { return block_count_ * kBlockIds; }
    uint32_t block_count() const noexcept { return block_count_; }
    /* Segment that owns a block; block < block_count(). */
    uint32_t segment_of_block(uint32_t block) const noexcept { return block_segments_[block]; }
    uint32_t segment_count() const noexcept { return segment_count_; }

  private:
    struct Bucket {
        uint64_t hash;
        uint32_t id; /* kNoId: free */
        uint32_t tag_and_mark;
    };
    /* references 0: free, then `hash` is the next free id of the segment */
    struct IdEntry {
        uint64_t hash;
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

    static constexpr uint32_t kMarkMask = 0x00ffffffu;
    static constexpr int64_t kPrefetchDistance = 12;

    Status prepare(int64_t extra) noexcept;
    Status grow_buckets(int64_t capacity) noexcept;
    Status new_id(const KeyView &key, uint32_t *out_id, Error *error) noexcept;
    Status new_block(uint32_t segment) noexcept;
    Status store_body(uint32_t id, const KeyView &key) noexcept;
    const uint8_t *body_of(uint32_t id) const noexcept;
    bool same_body(uint32_t id, const KeyView &key) const noexcept;
    void drop_body(uint32_t id) noexcept;
    void erase(uint32_t id) noexcept;
    void next_mark() noexcept;

    Bucket *buckets_ = nullptr;
    int64_t bucket_capacity_ = 0;
    int64_t size_ = 0;
    IdEntry *ids_ = nullptr;
    Body *bodies_ = nullptr;
    uint8_t *block_segments_ = nullptr;
    uint32_t block_count_ = 0;
    uint32_t block_capacity_ = 0;
    bool has_bodies_ = false;
    uint32_t *touched_ = nullptr;
    int64_t touched_count_ = 0;
    int64_t touched_capacity_ = 0;
    uint32_t mark_ = 1;
    uint32_t max_parallelism_ = 1;
    uint32_t first_group_ = 0;
    uint32_t last_group_ = 0;
    uint32_t segment_count_ = 1;
    Segment segments_[kMaxSegments] = {};
    LiveCount<LiveKind::kKeyMap> live_;
};

}  // namespace flk

#endif  // FLK_KEY_MAP_H_
