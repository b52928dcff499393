/* frame_columns.h — columns in the payload of a frame, in Arrow layout
 * (docs/spec/column_frames.md).
 *
 *   payload  0          32         96         ...
 *            ┌──────────┬──────────┬──────────┬─────┬──────────┬────────┬─────────┬────────┐
 *            │ how many │ record 0 │ record 1 │ ... │ validity │ values │ offsets │ bytes  │
 *            └──────────┴──────────┴──────────┴─────┴──────────┴────────┴─────────┴────────┘
 *   a record: rows, and where each buffer lies; a dictionary has a record of its own, behind
 *
 * Write: columns_prepare once a batch, columns_size for the room to reserve, columns_write into
 * the reserved memory: one copy, straight from the columns. Read: columns whose memory is the
 * frame's; `lease` is kept by each, so that the last one of a frame can be told. A ring's frames
 * are lent: whoever keeps their columns stops the ring, so column_retain copies what is kept.
 */
#ifndef FLK_FRAME_COLUMNS_H_
#define FLK_FRAME_COLUMNS_H_

#include <cstdint>
#include <vector>

#include "flk/base.h"
#include "flk/column.h"
#include "flk/frame_schema.h"

namespace flk {

/* The column as frames carry it, of type frame_type(column->type): the same one, unless it has
 * views (then copied into plain strings) or a dictionary with more values than the column has
 * rows (then only those in use are kept). kUnsupported for types with children; kOverflow when
 * strings outgrow 32-bit offsets. */
Status columns_prepare(const ColumnPtr &column, ColumnPtr *out_column, Error *error) noexcept;

/* Bytes of payload that prepared columns need. */
int64_t columns_size(const std::vector<ColumnPtr> &columns) noexcept;

/* Write prepared columns into `out_payload`, which has columns_size(columns) bytes and lies 32
 * after a multiple of 64, as RingWriter::reserve gives it. */
void columns_write(const std::vector<ColumnPtr> &columns, uint8_t *out_payload) noexcept;

/* Columns over the payload of a frame, one for each of the schema's. Everything in it is checked
 * first: kInvalid if a buffer, an offset or an index lies outside. Columns may differ in length.
 * The check is worth nothing against a process that changes a frame after it has published it.
 * `is_lent`: the frame lies in a ring. */
Status columns_read(const FrameSchema &schema, const uint8_t *payload, int64_t payload_bytes,
                    const Owner &lease, bool is_lent, std::vector<ColumnPtr> *out_columns,
                    Error *error) noexcept;

}  // namespace flk

#endif  // FLK_FRAME_COLUMNS_H_
