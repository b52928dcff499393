/* decimal.h — 128-bit decimals and half floats as text and doubles, for boxing. */
#ifndef FLK_DECIMAL_H_
#define FLK_DECIMAL_H_

#include <cstdint>

#include "flk/base.h"

namespace flk {

constexpr int kDecimalTextBytes = 64;

/* Write the value of 16 little-endian bytes times 10^-scale as "-123E-2"; returns the length. */
int32_t decimal128_text(const uint8_t *bytes, int32_t scale,
                        char out_text[kDecimalTextBytes]) noexcept;

/* Parse "-1.23E+5" (as Python's str(Decimal) writes finite values) into 16 bytes with `scale`
 * digits behind the point. kOverflow: more than `precision` digits. kOutOfRange: digits behind
 * the scale would be lost. kInvalid: no such number (NaN, Infinity). */
Status decimal128_parse(const char *text, int64_t text_bytes, int32_t precision, int32_t scale,
                        uint8_t out_bytes[16]) noexcept;

/* Value of an IEEE 754 half. */
double half_to_double(uint16_t half) noexcept;

}  // namespace flk

#endif  // FLK_DECIMAL_H_
