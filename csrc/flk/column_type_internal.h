/* column_type_internal.h — what parsing formats and reading schemas share; not for kernels. */
#ifndef FLK_COLUMN_TYPE_INTERNAL_H_
#define FLK_COLUMN_TYPE_INTERNAL_H_

#include <cstdint>

#include "flk/column_type.h"

namespace flk {

/* Fill all of `out` that a format string says; false if it is not one we carry. May throw
 * std::bad_alloc. */
bool type_parse_format(const char *format, Type *out);

/* Number of children a type has; `given` for types that have any number. */
int64_t type_child_count(const Type &type, int64_t given) noexcept;

}  // namespace flk

#endif  // FLK_COLUMN_TYPE_INTERNAL_H_
