/* frame_schema.h — what the columns of a channel are, announced in band
 * (docs/spec/column_frames.md).
 *
 *   schema frame, argument 1    columns frame, argument 1    columns frame, argument 1   ...
 *
 * A channel announces a schema once, by a number of its own, before the first frame of its rows;
 * whoever reads an unaligned channel back finds it there. Types are flat: what has children is
 * refused (kUnsupported), and its rows travel as objects.
 */
#ifndef FLK_FRAME_SCHEMA_H_
#define FLK_FRAME_SCHEMA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "flk/base.h"
#include "flk/column_type.h"

namespace flk {

/* What a column of a frame is to its batch. */
enum class ColumnRole : uint8_t {
    kValue = 0,
    kTimes = 1,
    kKeys = 2,
    kHashes = 3,
    kKinds = 4,
    kMarkStops = 5,
    kMarkTimes = 6,
    kObjectKeys = 7,     /* keys that were Python objects, and become such again */
    kPickledKeys = 8,    /* bytes: one pickle of the list of all keys */
    kKeysAreColumn = 9,  /* no rows: the keys are the value column whose number is the name */
    kTimesAreColumn = 10 /* likewise the event times */
};

inline constexpr uint8_t kPickledRows = 4;
/* Bits of row_kind: the rows were Python objects, and become such again; the one column is bytes,
 * an Arrow IPC stream of the rows. */
inline constexpr uint8_t kRowsAreObjects = 16;
inline constexpr uint8_t kRowsAreIpc = 32;

struct FrameColumn {
    ColumnRole role = ColumnRole::kValue;
    std::string name;
    TypePtr type;
};

struct FrameSchema {
    /* How values become a row: 0 the one value, 1 a Row, 2 a tuple, 3 a Row without names;
     * 4: the one column is bytes, a pickle of the list of all rows. Plus the bits below. */
    uint8_t row_kind = 0;
    std::vector<FrameColumn> columns;
};

/* The type that a column of `type` has in frames: string and binary views become plain strings
 * and bytes. kUnsupported for types with children. */
Status frame_type(const TypePtr &type, TypePtr *out_type, Error *error) noexcept;

/* The payload of a schema frame; types as frame_type gives them. */
Status frame_schema_write(const FrameSchema &schema, std::string *out_bytes, Error *error) noexcept;

/* Read the payload of a schema frame, which is checked: kInvalid or kUnsupported otherwise. */
Status frame_schema_read(const uint8_t *bytes, int64_t size_bytes, FrameSchema *out_schema,
                         Error *error) noexcept;

}  // namespace flk

#endif  // FLK_FRAME_SCHEMA_H_
