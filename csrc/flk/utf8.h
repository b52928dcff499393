/* utf8.h — text in the three widths Python keeps it in, to UTF-8. Surrogates have no UTF-8. */
#ifndef FLK_UTF8_H_
#define FLK_UTF8_H_

#include <cstdint>
#include <cstring>

namespace flk {

/* Bytes that `length` characters of `width` (1: Latin-1, 2: UCS-2, 4: UCS-4) take as UTF-8, or -1
 * if one of them is a surrogate. */
int64_t utf8_size(const void *characters, int32_t width, int64_t length) noexcept;

/* Write them; `out` has room for utf8_size bytes. Returns the end of what was written. */
uint8_t *utf8_write(const void *characters, int32_t width, int64_t length, uint8_t *out) noexcept;

/* Whether no byte is above 127. Inline: most texts are short. */
inline bool is_ascii(const uint8_t *bytes, int64_t size) noexcept {
    uint64_t seen = 0;
    int64_t at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes + at, sizeof(word));
        seen |= word;
    }
    for (; at < size; ++at) {
        seen |= bytes[at];
    }
    return (seen & 0x8080808080808080u) == 0;
}

}  // namespace flk

#endif  // FLK_UTF8_H_
