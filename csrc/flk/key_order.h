/* key_order.h — the order in which keyed functions see rows in BATCH mode.
 *
 *   key ids  1 0 1 0 1        rows  1 3 │ 2 0 4        key 0, then key 1;
 *   times    5 2 3 9 5                                  by time within a key, else as they came
 *
 * Ids are dense, so rows are grouped by counting; a key whose rows came in time order, as most do,
 * is not sorted. Work per row, plus n log n for keys whose rows are out of order. Not thread safe.
 */
#ifndef FLK_KEY_ORDER_H_
#define FLK_KEY_ORDER_H_

#include <algorithm>
#include <cstdint>
#include <new>
#include <vector>

namespace flk {

/* Row numbers by key id, then time; rows of one key and time keep their order.
 *
 * key_ids    `row_count` values; their maximum decides how much memory is needed
 * times      `row_count` values, or null: rows have no times
 * row_count  0 .. 2^32 - 1
 * out_rows   room for `row_count`
 * returns    false if there is not enough memory
 */
inline bool order_by_key(const uint32_t *key_ids, const int64_t *times, int64_t row_count,
                         uint32_t *out_rows) noexcept {
    if (row_count == 0) {
        return true;
    }
    try {
        const uint32_t largest = *std::max_element(key_ids, key_ids + row_count);
        /* starts[id] moves on while rows are placed: in the end it is where the next key starts */
        std::vector<int64_t> starts(static_cast<size_t>(largest) + 2, 0);
        for (int64_t row = 0; row < row_count; ++row) {
            ++starts[static_cast<size_t>(key_ids[row]) + 1];
        }
        for (size_t id = 1; id < starts.size(); ++id) {
            starts[id] += starts[id - 1];
        }
        for (int64_t row = 0; row < row_count; ++row) {
            out_rows[starts[key_ids[row]]++] = static_cast<uint32_t>(row);
        }
        if (times == nullptr) {
            return true;
        }
        const auto is_earlier = [times](uint32_t left, uint32_t right) {
            return times[left] < times[right];
        };
        int64_t start = 0;
        for (uint32_t id = 0; id <= largest; ++id) {
            const int64_t stop = starts[id];
            if (!std::is_sorted(out_rows + start, out_rows + stop, is_earlier)) {
                std::stable_sort(out_rows + start, out_rows + stop, is_earlier);
            }
            start = stop;
        }
    } catch (const std::bad_alloc &) {
        return false;
    }
    return true;
}

}  // namespace flk

#endif  // FLK_KEY_ORDER_H_
