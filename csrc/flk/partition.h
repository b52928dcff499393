/* partition.h — which rows of a batch go where.
 *
 *   owners  2 0 2 1 0          rows   1 4 │ 3 │ 0 2
 *                              starts 0     2   3     5      part p: rows[starts[p] .. starts[p+1])
 *
 * Rows of a part keep their order. Two passes, no allocation; any thread.
 */
#ifndef FLK_PARTITION_H_
#define FLK_PARTITION_H_

#include <cstdint>

#include "flk/base.h"

namespace flk {

/* Row numbers grouped by owner.
 *
 * owners      `row_count` values 0 .. part_count - 1
 * row_count   0 .. 2^32 - 1
 * part_count  1 .. 32768
 * out_rows    room for `row_count`
 * out_starts  room for `part_count` + 1
 * returns     kOutOfRange if an owner is not below part_count: out_rows is then untouched
 */
Status scatter_rows(const uint32_t *owners, int64_t row_count, uint32_t part_count,
                    uint32_t *out_rows, int64_t *out_starts, Error *error) noexcept;

/* Row numbers dealt out in turn: row r goes to part (start + r) mod part_count.
 *
 * start       part of the first row, 0 .. part_count - 1
 * out_rows    room for `row_count`
 * out_starts  room for `part_count` + 1
 */
void deal_rows(int64_t row_count, uint32_t part_count, uint32_t start, uint32_t *out_rows,
               int64_t *out_starts) noexcept;

}  // namespace flk

#endif  // FLK_PARTITION_H_
