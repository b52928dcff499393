/* roofline.h — the plainest loops that do the memory traffic of a kernel, to measure it against.
 *
 *   copy_values      8 bytes in, 8 bytes out: what a pass over a column costs at least
 *   scatter_pairs    rows to their parts, the parts known: what an exchange costs at least
 *   dense_add        sums[ids[row]] += values[row]: what a keyed sum costs once ids are known
 *   TableLoop        a hash table that sums, all in one loop: what a keyed sum costs at least
 *
 * Only benchmarks call these; nothing here checks its input. Compiled with the same flags as the
 * kernels, so that ratios hold whatever the machine.
 */
#ifndef FLK_ROOFLINE_H_
#define FLK_ROOFLINE_H_

#include <cstdint>

#include "flk/base.h"

namespace flk {

/* out[row] = values[row]. */
void copy_values(const int64_t *values, int64_t count, int64_t *out) noexcept;

/* Move each row to its part: out_*[cursors[parts[row]]++].
 *
 * cursors  where each part begins in `out_keys` and `out_values`; afterwards where it ends
 */
void scatter_pairs(const int64_t *keys, const int64_t *values, const uint32_t *parts, int64_t count,
                   int64_t *cursors, int64_t *out_keys, int64_t *out_values) noexcept;

/* sums[ids[row]] += values[row]. */
void dense_add(const uint32_t *ids, const int64_t *values, int64_t count, int64_t *sums) noexcept;

/* Sums per int key: linear probing, at most half full, the next rows' slots prefetched. INT64_MIN
 * is no key. */
class TableLoop {
  public:
    TableLoop() = default;
    TableLoop(const TableLoop &) = delete;
    TableLoop &operator=(const TableLoop &) = delete;
    ~TableLoop();

    /* Become an empty table for up to `key_count` keys, which never grows; once. kNoMemory. */
    Status open(int64_t key_count) noexcept;

    /* Add each row's value to its key's sum. */
    void add(const int64_t *keys, const int64_t *values, int64_t count) noexcept;

    /* Sum of a key; 0 if it is not there. */
    int64_t sum(int64_t key) const noexcept;

  private:
    struct Slot {
        int64_t key;
        int64_t sum;
    };

    uint64_t slot_of(int64_t key) const noexcept;

    Slot *slots_ = nullptr;
    uint64_t mask_ = 0;
};

}  // namespace flk

#endif  // FLK_ROOFLINE_H_
