/* key_column.h — keys that come as a column, seen as their canonical encodings without boxing.
 *
 * A row's view is exactly that of the Python object the row would become, so that lists and columns
 * of the same keys have the same hashes and ids. Null is a key. Not thread safe (scratch).
 */
#ifndef FLK_KEY_COLUMN_H_
#define FLK_KEY_COLUMN_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/column.h"
#include "flk/key_encoding.h"
#include "flk/key_map.h"

namespace flk {

/* Whether views_of_column knows the type: null, bool, integers, float32 and float64, strings,
 * binaries, and dictionaries of these. */
bool has_native_keys(const Type &type) noexcept;

/* Views of rows start .. start + count - 1, which must be there.
 *
 * column     of a type with native keys
 * scratch    emptied; holds bodies that are not in the column
 * out_views  room for `count`; they borrow from the column and from `scratch`
 * hashes     of these rows, or nullptr to compute them
 * returns    kNoMemory; kOutOfRange if a string has 4 GiB or more
 */
Status views_of_column(const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
                       KeyView *out_views, const uint64_t *hashes = nullptr) noexcept;

/* Hash of each key of a column of a type with native keys. `out_hashes` has room for its length.
 * Fails as views_of_column does. */
Status hash_column(const Column &column, KeyWriter *scratch, uint64_t *out_hashes) noexcept;

/* Ids of the keys of a column of a type with native keys; unknown keys get one, in row order.
 *
 * hashes   what hash_column gave for the column; nullptr computes them
 * out_ids  room for the column's length
 * returns  as views_of_column and KeyMap::find_or_insert do
 */
Status ids_of_column(KeyMap *map, const Column &column, const uint64_t *hashes, KeyWriter *scratch,
                     uint32_t *out_ids, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_KEY_COLUMN_H_
