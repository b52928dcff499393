/* key_group.h — which part of the keyed state a key belongs to, and who owns it.
 *
 *   hash ──→ key group 0 .. max_parallelism - 1 ──→ subtask 0 .. parallelism - 1
 *
 *   max_parallelism 8, parallelism 3      groups  0 1 2 │ 3 4 5 │ 6 7
 *                                         subtask   0   │   1   │  2
 *
 * The ranges are Flink's. A key's group never changes, so state moves between subtasks by group.
 * All functions are pure; any thread.
 */
#ifndef FLK_KEY_GROUP_H_
#define FLK_KEY_GROUP_H_

#include <cstdint>

namespace flk {

inline constexpr uint32_t kMaxParallelismLimit = 32768;

/* Key group of a key's hash.
 *
 * max_parallelism  1 .. 32768, fixed for the life of the job
 * returns          0 .. max_parallelism - 1, from the high 32 bits of the hash
 */
inline uint32_t key_group_of(uint64_t hash, uint32_t max_parallelism) noexcept {
    return static_cast<uint32_t>(((hash >> 32) * max_parallelism) >> 32);
}

/* Subtask that owns a key group.
 *
 * key_group    0 .. max_parallelism - 1
 * parallelism  1 .. max_parallelism
 * returns      0 .. parallelism - 1
 */
inline uint32_t owner_of_group(uint32_t key_group, uint32_t max_parallelism,
                               uint32_t parallelism) noexcept {
    return key_group * parallelism / max_parallelism;
}

/* First and last key group of a subtask, both included. Never empty. */
inline uint32_t first_group_of(uint32_t subtask, uint32_t max_parallelism,
                               uint32_t parallelism) noexcept {
    return (subtask * max_parallelism + parallelism - 1) / parallelism;
}

inline uint32_t last_group_of(uint32_t subtask, uint32_t max_parallelism,
                              uint32_t parallelism) noexcept {
    return ((subtask + 1) * max_parallelism - 1) / parallelism;
}

/* Owner of each of `count` hashes. `out_owners` has room for `count`. */
inline void owners_of_hashes(const uint64_t *hashes, int64_t count, uint32_t max_parallelism,
                             uint32_t parallelism, uint32_t *out_owners) noexcept {
    if ((max_parallelism & (max_parallelism - 1)) == 0) {
        /* The usual case: the division is a shift. */
        uint32_t shift = 0;
        while ((1u << shift) < max_parallelism) {
            ++shift;
        }
        for (int64_t row = 0; row < count; ++row) {
            out_owners[row] = (key_group_of(hashes[row], max_parallelism) * parallelism) >> shift;
        }
        return;
    }
    for (int64_t row = 0; row < count; ++row) {
        out_owners[row] = owner_of_group(key_group_of(hashes[row], max_parallelism),
                                         max_parallelism, parallelism);
    }
}

}  // namespace flk

#endif  // FLK_KEY_GROUP_H_
