/* key_table.h — 64-bit hash → id, for tables that compare keys themselves where hashes may collide.
 *
 *   bucket, one cache line     [ hash × 5 │ id × 5 │ kNoId ]
 *
 *   hash & mask ──→ home bucket ──full?──→ next bucket ──→ ...     entries stand at the front
 *
 * A lookup loads one line, compares five hashes at once and takes the id beside the match; the
 * sixth id is what a lookup without a match takes, so that there is nothing to branch on.
 * `probe_homes` does that for many hashes and leaves the few that are not in their home bucket to
 * `find`. Entries of equal hash are allowed; a removed entry leaves no trace. At most half full.
 *
 * One owner, not thread safe.
 */
#ifndef FLK_KEY_TABLE_H_
#define FLK_KEY_TABLE_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/isa.h"

namespace flk {

class KeyTable {
  public:
    static constexpr uint32_t kNoId = 0xffffffffu;
    static constexpr uint32_t kEntries = 5;

    struct alignas(64) Bucket {
        uint64_t hashes[kEntries];  /* 0 where there is no entry */
        uint32_t ids[kEntries + 1]; /* kNoId where there is no entry, and last of all */
    };

    KeyTable() = default;
    KeyTable(const KeyTable &) = delete;
    KeyTable &operator=(const KeyTable &) = delete;
    ~KeyTable();

    /* Become an empty table; once, before anything else. */
    Status open(Isa isa) noexcept;

    /* Room for `extra` more entries. Buckets may move. */
    Status reserve(int64_t extra) noexcept {
        return (size_ + extra) * 2 <= bucket_count_ * kEntries ? Status::kOk : grow(extra);
    }

    /* For each hash the id of the first entry with it in its home bucket, or kNoId.
     *
     * hashes   `count` to look up, and `ahead` more behind them that are looked up next: their
     *          buckets are fetched
     * out_missed  room for `count`: the rows without an id, in order
     * returns     how many of these
     */
    int64_t probe_homes(const uint64_t *hashes, int64_t count, int64_t ahead, uint32_t *out_ids,
                        uint32_t *out_missed) const noexcept {
        const Probe probe = is_far() ? probes_.far : probes_.near;
        return probe(buckets_, mask_, hashes, count, count + ahead, out_ids, out_missed);
    }

    /* Fetch the buckets of the hashes that the next probe begins with. */
    void fetch_first(const uint64_t *hashes, int64_t count) const noexcept;

    /* Id of the first entry with this hash for which is_key(id) holds, or kNoId. */
    template <typename IsKey>
    uint32_t find(uint64_t hash, IsKey is_key) const noexcept {
        for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
            const Bucket &bucket = buckets_[at];
            for (uint32_t entry = 0; entry < kEntries; ++entry) {
                if (bucket.ids[entry] == kNoId) {
                    return kNoId;
                }
                if (bucket.hashes[entry] == hash && is_key(bucket.ids[entry])) {
                    return bucket.ids[entry];
                }
            }
        }
    }

    /* Add an entry; there must be room. */
    void insert(uint64_t hash, uint32_t id) noexcept;

    /* Remove an entry that is there. */
    void erase(uint64_t hash, uint32_t id) noexcept;

    int64_t size() const noexcept { return size_; }

  private:
    using Probe = int64_t (*)(const Bucket *buckets, uint64_t mask, const uint64_t *hashes,
                              int64_t count, int64_t known, uint32_t *out_ids,
                              uint32_t *out_missed);
    /* One probe of each kind for an instruction set: without and with fetching ahead. */
    struct Probes {
        Probe near;
        Probe far;
    };
    friend struct ProbeVariants;

    /* Whether the buckets outgrow the first caches. */
    bool is_far() const noexcept { return bucket_count_ > kNearBuckets; }

    static constexpr int64_t kNearBuckets = 256 * 1024 / 64;

    Status grow(int64_t extra) noexcept;
    bool fill_from_later(uint64_t hole, uint64_t *out_at, uint32_t *out_entry) noexcept;

    Bucket *buckets_ = nullptr;
    uint64_t mask_ = 0;
    int64_t bucket_count_ = 0;
    int64_t size_ = 0;
    Probes probes_ = {};
};

}  // namespace flk

#endif  // FLK_KEY_TABLE_H_
