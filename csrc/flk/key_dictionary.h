/* key_dictionary.h — keys of a dictionary column, hashed and looked up once per entry, not per row.
 *
 *   rows   2  0  2  -  0        entries in use   "c"  "a"        ids   7  3
 *   dictionary  a  b  c                                          rows  7  3  7  null's  3
 *
 * Entries that no row uses are never looked at: they may belong to other subtasks. New ids go out
 * in order of the rows, so that they do not depend on how keys are encoded. Parts of key_column.h.
 */
#ifndef FLK_KEY_DICTIONARY_H_
#define FLK_KEY_DICTIONARY_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/column.h"
#include "flk/key_encoding.h"
#include "flk/key_map.h"

namespace flk {

/* Whether a column has a dictionary with no more entries than the column has rows, so that going
 * by entry pays. */
bool is_short_dictionary(const Column &column) noexcept;

/* hash_column for such a column. */
Status hash_short_dictionary(const Column &column, KeyWriter *scratch,
                             uint64_t *out_hashes) noexcept;

/* ids_of_column for such a column. */
Status ids_of_short_dictionary(KeyMap *map, const Column &column, KeyWriter *scratch,
                               uint32_t *out_ids, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_KEY_DICTIONARY_H_
