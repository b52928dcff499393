#include "flk/utf8.h"

namespace flk {
namespace {

template <typename Character>
int64_t size_of(const Character *characters, int64_t length) noexcept {
    int64_t size = length;
    bool has_surrogate = false;
    for (int64_t at = 0; at < length; ++at) {
        const auto code = static_cast<uint32_t>(characters[at]);
        size += (code > 0x7f) + (code > 0x7ff) + (code > 0xffff);
        has_surrogate |= (code & 0xfffff800u) == 0xd800u;
    }
    return has_surrogate ? -1 : size;
}

template <typename Character>
uint8_t *write(const Character *characters, int64_t length, uint8_t *out) noexcept {
    const auto tail = [](uint32_t code, int shift) {
        return static_cast<uint8_t>(0x80u | ((code >> shift) & 0x3fu));
    };
    for (int64_t at = 0; at < length; ++at) {
        const auto code = static_cast<uint32_t>(characters[at]);
        if (code <= 0x7f) {
            *out++ = static_cast<uint8_t>(code);
        } else if (code <= 0x7ff) {
            *out++ = static_cast<uint8_t>(0xc0u | (code >> 6));
            *out++ = tail(code, 0);
        } else if (code <= 0xffff) {
            *out++ = static_cast<uint8_t>(0xe0u | (code >> 12));
            *out++ = tail(code, 6);
            *out++ = tail(code, 0);
        } else {
            *out++ = static_cast<uint8_t>(0xf0u | (code >> 18));
            *out++ = tail(code, 12);
            *out++ = tail(code, 6);
            *out++ = tail(code, 0);
        }
    }
    return out;
}

}  // namespace

int64_t utf8_size(const void *characters, int32_t width, int64_t length) noexcept {
    switch (width) {
        case 1:
            return size_of(static_cast<const uint8_t *>(characters), length);
        case 2:
            return size_of(static_cast<const uint16_t *>(characters), length);
        default:
            return size_of(static_cast<const uint32_t *>(characters), length);
    }
}

uint8_t *utf8_write(const void *characters, int32_t width, int64_t length, uint8_t *out) noexcept {
    switch (width) {
        case 1:
            return write(static_cast<const uint8_t *>(characters), length, out);
        case 2:
            return write(static_cast<const uint16_t *>(characters), length, out);
        default:
            return write(static_cast<const uint32_t *>(characters), length, out);
    }
}

}  // namespace flk
