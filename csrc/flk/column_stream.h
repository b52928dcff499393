/* column_stream.h — columns as an ArrowArrayStream, for libraries that only read streams. */
#ifndef FLK_COLUMN_STREAM_H_
#define FLK_COLUMN_STREAM_H_

#include <vector>

#include "flk/arrow_abi.h"
#include "flk/base.h"
#include "flk/column.h"

namespace flk {

/* Fill `out_stream`, which hands out the columns (all of `type`) one by one and keeps them alive
 * until its release is called. On failure it is left released. */
Status column_stream(const TypePtr &type, const std::vector<ColumnPtr> &columns,
                     ArrowArrayStream *out_stream, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_COLUMN_STREAM_H_
