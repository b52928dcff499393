/* utf8.h — text in the three widths Python keeps it in, to UTF-8. Surrogates have no UTF-8. */
#ifndef FLK_UTF8_H_
#define FLK_UTF8_H_

#include <cstdint>

namespace flk {

/* Bytes that `length` characters of `width` (1: Latin-1, 2: UCS-2, 4: UCS-4) take as UTF-8, or -1
 * if one of them is a surrogate. */
int64_t utf8_size(const void *characters, int32_t width, int64_t length) noexcept;

/* Write them; `out` has room for utf8_size bytes. Returns the end of what was written. */
uint8_t *utf8_write(const void *characters, int32_t width, int64_t length, uint8_t *out) noexcept;

}  // namespace flk

#endif  // FLK_UTF8_H_
