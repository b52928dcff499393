/* partition.h — which rows of a batch go where.
 *
 *   owners  2 0 2 1 0          rows   1 4 │ 3 │ 0 2
 *                              starts 0     2   3     5      part p: rows[starts[p] .. starts[p+1])
 *
 * Rows of a part keep their order, so that neither batches nor the number of parts show in results.
 * A row's place depends on how many rows before it went to its part. Counting that in one chain of
 * loads and stores is slow when parts are few; the batch is therefore cut into four lanes that
 * count side by side, each from where the lanes before it will end:
 *
 *   lane      0       │ 1       │ 2       │ 3          counts[lane][part]
 *   owners    2 0 2 1 │ 0 1 1 2 │ 2 2 0 1 │ 0 1 0 2
 *
 * Columns are then gathered by these row numbers one at a time (column_take.cc): gathering costs
 * less than scattering each column. No allocation; any thread.
 */
#ifndef FLK_PARTITION_H_
#define FLK_PARTITION_H_

#include <cstdint>

#include "flk/base.h"

namespace flk {

/* Counters that scatter_rows works with, as a number of uint32: 4 lanes, 1 if parts are many. */
int64_t scatter_workspace_length(uint32_t part_count) noexcept;

/* Row numbers grouped by owner.
 *
 * owners      `row_count` values 0 .. part_count - 1
 * row_count   0 .. 2^32 - 1
 * part_count  1 .. 32768
 * workspace   room for scatter_workspace_length(part_count); contents do not matter
 * out_rows    room for `row_count`
 * out_starts  room for `part_count` + 1
 * returns     kOutOfRange if an owner is not below part_count: out_rows is then untouched
 */
Status scatter_rows(const uint32_t *owners, int64_t row_count, uint32_t part_count,
                    uint32_t *workspace, uint32_t *out_rows, int64_t *out_starts,
                    Error *error) noexcept;

/* Row numbers dealt out in turn: row r goes to part (start + r) mod part_count.
 *
 * start       part of the first row, 0 .. part_count - 1
 * out_rows    room for `row_count`
 * out_starts  room for `part_count` + 1
 */
void deal_rows(int64_t row_count, uint32_t part_count, uint32_t start, uint32_t *out_rows,
               int64_t *out_starts) noexcept;

/* A part for each row, all equally likely and independent of where batches are cut.
 *
 * position    rows drawn for before these; row r of the stream gets the same part whatever the cut
 * out_parts   room for `row_count`; values 0 .. part_count - 1
 */
void draw_parts(uint64_t seed, uint64_t position, int64_t row_count, uint32_t part_count,
                uint32_t *out_parts) noexcept;

}  // namespace flk

#endif  // FLK_PARTITION_H_
