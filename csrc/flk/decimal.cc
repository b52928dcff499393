#include "flk/decimal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace flk {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr int32_t kMaxDigits = 38;
constexpr int64_t kMaxExponent = int64_t{1} << 40; /* beyond any that could fit */

bool is_digit(char character) noexcept { return character >= '0' && character <= '9'; }

}  // namespace

int32_t decimal128_text(const uint8_t *bytes, int32_t scale,
                        char out_text[kDecimalTextBytes]) noexcept {
    Uint128 value = 0;
    std::memcpy(&value, bytes, sizeof(value));
    const bool is_negative = (bytes[15] & 0x80) != 0;
    if (is_negative) {
        value = ~value + 1;
    }
    char digits[40];
    int32_t first = 40;
    do {
        digits[--first] = static_cast<char>('0' + static_cast<int>(value % 10));
        value /= 10;
    } while (value != 0);
    int32_t length = 0;
    if (is_negative) {
        out_text[length++] = '-';
    }
    std::memcpy(out_text + length, digits + first, static_cast<size_t>(40 - first));
    length += 40 - first;
    if (scale != 0) {
        length += std::snprintf(out_text + length, static_cast<size_t>(kDecimalTextBytes - length),
                                "E%d", -scale);
    }
    return length;
}

Status decimal128_parse(const char *text, int64_t text_bytes, int32_t precision, int32_t scale,
                        uint8_t out_bytes[16]) noexcept {
    const char *at = text;
    const char *const end = text + text_bytes;
    const bool is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+') ? 1 : 0;
    Uint128 value = 0;
    int32_t digits = 0;   /* significant digits in `value` */
    int64_t zeros = 0;    /* zeros seen behind them, not yet in `value` */
    int64_t exponent = 0; /* of the last digit seen */
    bool is_behind_point = false;
    bool has_digit = false;
    for (; at < end && (is_digit(*at) || (*at == '.' && !is_behind_point)); ++at) {
        if (*at == '.') {
            is_behind_point = true;
            continue;
        }
        has_digit = true;
        exponent -= is_behind_point ? 1 : 0;
        if (*at == '0') {
            zeros += digits > 0 ? 1 : 0;
            continue;
        }
        for (; zeros > 0 && digits < kMaxDigits; --zeros, ++digits) {
            value *= 10;
        }
        if (digits == kMaxDigits) {
            return Status::kOverflow;
        }
        value = value * 10 + static_cast<unsigned>(*at - '0');
        ++digits;
    }
    if (!has_digit) {
        return Status::kInvalid;
    }
    if (at < end && (*at == 'E' || *at == 'e')) {
        ++at;
        const bool is_exponent_negative = at < end && *at == '-';
        at += at < end && (*at == '-' || *at == '+') ? 1 : 0;
        int64_t number = 0;
        for (; at < end && is_digit(*at); ++at) {
            number = std::min<int64_t>(number * 10 + (*at - '0'), kMaxExponent);
        }
        exponent += is_exponent_negative ? -number : number;
    }
    if (at != end) {
        return Status::kInvalid;
    }
    int64_t shift = exponent + zeros + scale; /* value * 10^shift is what we store */
    if (value == 0) {
        shift = 0;
    }
    if (shift < 0) {
        return Status::kOutOfRange;
    }
    if (digits + shift > precision || digits + shift > kMaxDigits) {
        return Status::kOverflow;
    }
    for (; shift > 0; --shift) {
        value *= 10;
    }
    if (is_negative) {
        value = ~value + 1;
    }
    std::memcpy(out_bytes, &value, sizeof(value));
    return Status::kOk;
}

double half_to_double(uint16_t half) noexcept {
    const int exponent = (half >> 10) & 0x1f;
    const int fraction = half & 0x3ff;
    double value = 0;
    if (exponent == 0x1f) {
        value = fraction == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
    } else if (exponent == 0) {
        value = std::ldexp(fraction, -24);
    } else {
        value = std::ldexp(fraction + 1024, exponent - 25);
    }
    return (half & 0x8000) != 0 ? -value : value;
}

}  // namespace flk
