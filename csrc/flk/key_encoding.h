/* key_encoding.h — canonical bytes of a key: two keys are equal exactly if these are.
 *
 *   ┌─────┬──────────────────────────┐
 *   │ tag │ body, its end is known   │   tag and body per type: docs/spec/keys.md
 *   └─────┴──────────────────────────┘
 *
 * Every encoding delimits itself, so a composite is its tag, a count and the encodings of its
 * members. Numbers are little-endian whatever the machine. The format is frozen by the first
 * checkpoint: tags are never reused.
 *
 * KeyWriter appends to memory it owns; a put that fails with kNoMemory has appended nothing.
 */
#ifndef FLK_KEY_ENCODING_H_
#define FLK_KEY_ENCODING_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "flk/base.h"
#include "flk/hash.h"
#include "flk/live_count.h"

namespace flk {

enum KeyTag : uint8_t {
    kKeyNull = 0x01,
    kKeyBool = 0x02,
    kKeyInt = 0x03,
    kKeyBigInt = 0x04,
    kKeyFloat = 0x05,
    kKeyStr = 0x06,
    kKeyBytes = 0x07,
    kKeyDecimal = 0x08,
    kKeyDate = 0x09,
    kKeyTime = 0x0a,
    kKeyTimeOffset = 0x0b,
    kKeyDateTime = 0x0c,
    kKeyDateTimeOffset = 0x0d,
    kKeyTimeDelta = 0x0e,
    kKeyTuple = 0x10,
    kKeyList = 0x11,
    kKeyRow = 0x12,
    kKeyPickle = 0x1f,
};

/* The bits of a float as a key: every NaN is one key, -0.0 and 0.0 are two. */
inline uint64_t canonical_float_bits(double value) noexcept {
    if (value != value) {
        return 0x7ff8000000000000u;
    }
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Store a word as little-endian bytes. */
inline void store_le64(uint64_t word, uint8_t *out_bytes) noexcept {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    std::memcpy(out_bytes, &word, sizeof(word));
}

class KeyWriter {
  public:
    KeyWriter() = default;
    KeyWriter(const KeyWriter &) = delete;
    KeyWriter &operator=(const KeyWriter &) = delete;
    ~KeyWriter() { std::free(data_); }

    const uint8_t *data() const noexcept { return data_; }
    int64_t size() const noexcept { return size_; }

    /* Forget everything after the first `size` bytes. */
    void truncate(int64_t size) noexcept {
        FLK_DCHECK(size >= 0 && size <= size_);
        size_ = size;
    }

    Status put_tag(uint8_t tag) noexcept { return put_bytes(&tag, 1); }

    /* A tag and the low `width` bytes of `word`; width 0..8. */
    Status put_fixed(uint8_t tag, uint64_t word, int64_t width) noexcept {
        uint8_t bytes[9];
        bytes[0] = tag;
        store_le64(word, bytes + 1);
        return put_bytes(bytes, width + 1);
    }

    /* The low `width` bytes of `word`, no tag; width 1..8. */
    Status put_word(uint64_t word, int64_t width) noexcept {
        uint8_t bytes[8];
        store_le64(word, bytes);
        return put_bytes(bytes, width);
    }

    Status put_int(int64_t value) noexcept {
        return put_fixed(kKeyInt, static_cast<uint64_t>(value), 8);
    }

    Status put_float(double value) noexcept {
        return put_fixed(kKeyFloat, canonical_float_bits(value), 8);
    }

    /* A tag, a 32-bit length and the bytes. kOutOfRange if there are 4 GiB or more. */
    Status put_sized(uint8_t tag, const uint8_t *bytes, int64_t count) noexcept {
        if (count < 0 || count > 0xffffffffll) {
            return Status::kOutOfRange;
        }
        FLK_RETURN_NOT_OK(reserve(count + 5));
        FLK_RETURN_NOT_OK(put_fixed(tag, static_cast<uint64_t>(count), 4));
        return put_bytes(bytes, count);
    }

    Status put_bytes(const uint8_t *bytes, int64_t count) noexcept {
        FLK_RETURN_NOT_OK(reserve(count));
        if (count > 0) {
            std::memcpy(data_ + size_, bytes, static_cast<std::size_t>(count));
        }
        size_ += count;
        return Status::kOk;
    }

    /* Make room for `extra` more bytes; puts that fit in it do not move the data. */
    Status reserve(int64_t extra) noexcept {
        if (size_ + extra <= capacity_) {
            return Status::kOk;
        }
        const int64_t wanted = size_ + extra > capacity_ * 2 ? size_ + extra : capacity_ * 2;
        const int64_t capacity = wanted < 256 ? 256 : wanted;
        void *larger = std::realloc(data_, static_cast<std::size_t>(capacity));
        if (larger == nullptr) {
            return Status::kNoMemory;
        }
        data_ = static_cast<uint8_t *>(larger);
        capacity_ = capacity;
        return Status::kOk;
    }

  private:
    uint8_t *data_ = nullptr;
    int64_t size_ = 0;
    int64_t capacity_ = 0;
    LiveCount<LiveKind::kKeyWriter> live_;
};

/* One key as a table sees it.
 *
 * body   what follows the tag, for str and bytes without the length; not read for kKeyInt, whose
 *        hash is the key. Borrowed.
 */
struct KeyView {
    uint64_t hash;
    const uint8_t *body;
    uint32_t body_bytes;
    uint8_t tag;
};

inline KeyView view_of_int(int64_t value) noexcept {
    return KeyView{hash_int64(value), nullptr, 0, kKeyInt};
}

/* A str or bytes key by its payload; tag kKeyStr or kKeyBytes. */
inline KeyView view_of_payload(uint8_t tag, const uint8_t *bytes, uint32_t count) noexcept {
    return KeyView{hash_body(tag, bytes, count), bytes, count, tag};
}

/* View of an encoding that KeyWriter made; `count` ≥ 1 bytes, all of it one key. */
inline KeyView view_of_encoding(const uint8_t *encoding, int64_t count) noexcept {
    const uint8_t tag = encoding[0];
    if (tag == kKeyInt) {
        return view_of_int(static_cast<int64_t>(load_le64(encoding + 1)));
    }
    const int64_t skipped = tag == kKeyStr || tag == kKeyBytes ? 5 : 1;
    const uint8_t *body = encoding + skipped;
    const int64_t body_bytes = count - skipped;
    return KeyView{hash_body(tag, body, body_bytes), body, static_cast<uint32_t>(body_bytes), tag};
}

/* The hash of a key, defined on its encoding. */
inline uint64_t hash_encoding(const uint8_t *encoding, int64_t count) noexcept {
    return view_of_encoding(encoding, count).hash;
}

}  // namespace flk

#endif  // FLK_KEY_ENCODING_H_
