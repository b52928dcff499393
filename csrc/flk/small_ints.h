/* small_ints.h — id of an int key 0 .. limit - 1 by indexing, without hash and comparison.
 *
 *   ids_     [ 3 │ - │ 0 │ 7 │ … │ - ]     by key; the last one is what keys outside look at
 *   limit_   4096                          0 at first; doubles while keys are dense enough
 *
 * Most int keys are numbers of things that are counted from 0. A key map keeps those here and the
 * others in its table of hashes; a key is in one of the two. One owner, not thread safe.
 */
#ifndef FLK_SMALL_INTS_H_
#define FLK_SMALL_INTS_H_

#include <cstdint>
#include <cstdlib>

#include "flk/base.h"
#include "flk/platform.h"

namespace flk {

class SmallInts {
  public:
    static constexpr uint32_t kNoId = 0xffffffffu;
    /* Never more than 4 MiB of ids. */
    static constexpr int64_t kLimitMax = 1 << 20;

    SmallInts() = default;
    SmallInts(const SmallInts &) = delete;
    SmallInts &operator=(const SmallInts &) = delete;
    ~SmallInts() { std::free(ids_); }

    /* Keys below it are here and nowhere else. */
    int64_t limit() const noexcept { return limit_; }
    bool covers(int64_t key) const noexcept {
        return static_cast<uint64_t>(key) < static_cast<uint64_t>(limit_);
    }

    /* The limit that would cover a key, or 0 where it is too far from 0 for that many keys: an
     * index of 64 bytes a key is the most. */
    static int64_t limit_for(int64_t key, int64_t key_count) noexcept {
        if (key < 0 || key >= kLimitMax || key / 16 > key_count + 64) {
            return 0;
        }
        int64_t limit = 1024;
        while (limit <= key) {
            limit *= 2;
        }
        return limit;
    }

    /* Cover keys below `limit`, which is above the one before. kNoMemory changes nothing. */
    Status grow(int64_t limit) noexcept {
        FLK_DCHECK(limit > limit_);
        void *larger = std::realloc(ids_, (static_cast<std::size_t>(limit) + 1) * sizeof(uint32_t));
        if (larger == nullptr) {
            return Status::kNoMemory;
        }
        ids_ = static_cast<uint32_t *>(larger);
        for (int64_t key = limit_; key <= limit; ++key) {
            ids_[key] = kNoId;
        }
        limit_ = limit;
        return Status::kOk;
    }

    /* Id of a key that is covered, or kNoId. */
    uint32_t find(int64_t key) const noexcept {
        FLK_DCHECK(covers(key));
        return ids_[key];
    }

    /* Fetch the entry of a key that is covered. */
    void fetch(int64_t key) const noexcept { FLK_PREFETCH_WRITE(&ids_[key]); }

    /* Ids of `count` keys, kNoId for those that are not here; limit() is not 0.
     *
     * out_missed  room for `count`: the rows without an id, in order
     * returns     how many of these
     */
    int64_t find_all(const int64_t *keys, int64_t count, uint32_t *out_ids,
                     uint32_t *out_missed) const noexcept {
        constexpr int64_t kBlockRows = 8;
        const auto limit = static_cast<uint64_t>(limit_);
        int64_t missed = 0;
        for (int64_t start = 0; start < count; start += kBlockRows) {
            fetch_stream(keys + start);
            const int64_t stop = start + kBlockRows < count ? start + kBlockRows : count;
            for (int64_t row = start; row < stop; ++row) {
                const auto key = static_cast<uint64_t>(keys[row]);
                const uint32_t id = ids_[key < limit ? key : limit];
                out_ids[row] = id;
                out_missed[missed] = static_cast<uint32_t>(row);
                missed += id == kNoId ? 1 : 0;
            }
        }
        return missed;
    }

    /* Add a key that is covered and not here. */
    void insert(int64_t key, uint32_t id) noexcept {
        FLK_DCHECK(find(key) == kNoId);
        ids_[key] = id;
        ++size_;
    }

    /* Remove a key that is here. */
    void erase(int64_t key) noexcept {
        FLK_DCHECK(find(key) != kNoId);
        ids_[key] = kNoId;
        --size_;
    }

    int64_t size() const noexcept { return size_; }

  private:
    uint32_t *ids_ = nullptr;
    int64_t limit_ = 0;
    int64_t size_ = 0;
};

}  // namespace flk

#endif  // FLK_SMALL_INTS_H_
