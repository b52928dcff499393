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

namespace flk {

/* Whether views_of_column knows the type: null, bool, integers, float32 and float64, strings,
 * binaries, and dictionaries of these. */
bool has_native_keys(const Type &type) noexcept;

/* Views of rows start .. start + count - 1, which must be there.
 *
 * column     of a type with native keys
 * scratch    emptied; holds bodies that are not in the column
 * out_views  room for `count`; they borrow from the column and from `scratch`
 * returns    kNoMemory; kOutOfRange if a string has 4 GiB or more
 */
Status views_of_column(const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
                       KeyView *out_views) noexcept;

}  // namespace flk

#endif  // FLK_KEY_COLUMN_H_
