/* column_of_keys.h — ids back to their keys, as a column without boxing.
 *
 *   ids   7  3  7          KeyMap::key(id)          column   "b"  null  "b"
 *
 * What key_column.h is for the way in. Reads the map only; needs no GIL.
 */
#ifndef FLK_COLUMN_OF_KEYS_H_
#define FLK_COLUMN_OF_KEYS_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/column.h"
#include "flk/key_map.h"

namespace flk {

/* The keys of live ids.
 *
 * map      must not change meanwhile
 * ids      `count` live ids, repeats allowed
 * type     null, bool, an integer, float32, float64, a string or a binary; the result has this
 *          type, but a dictionary stands for its values, and views for plain strings or binaries
 * returns  kUnsupported for another type, or if a key is no value of the type (null always is);
 *          kOverflow if texts outgrow 32-bit offsets; kNoMemory
 */
Status column_of_keys(const KeyMap &map, const uint32_t *ids, int64_t count, const TypePtr &type,
                      ColumnPtr *out_column, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_COLUMN_OF_KEYS_H_
