/* hash.h — one 64-bit hash of a key's canonical encoding, the same on every machine.
 *
 *   encoding            hashed by
 *   int64 (tag + 8)     hash_int64(value): multiply and xor-shift, a bijection, vectorises
 *   str, bytes          hash_body(tag, payload): wide multiply; the length prefix is not read
 *   all others          hash_body(tag, everything after the tag)
 *
 * The bytes are read as little-endian words whatever the machine, and the seed is fixed: hashes
 * decide key groups, and key groups are in checkpoints (docs/spec/keys.md). The high 32 bits choose
 * the key group, the low bits the bucket of a table, so that the two do not depend on each other.
 *
 * hash_int64 is a bijection: two int keys are equal exactly if their hashes are. All functions are
 * pure; any thread.
 */
#ifndef FLK_HASH_H_
#define FLK_HASH_H_

#include <cstdint>
#include <cstring>

#include "flk/isa.h"

namespace flk {

inline constexpr uint64_t kHashSeed = 0x8f3907f7aa6b1c5du;
inline constexpr uint64_t kHashFactor1 = 0xd6e8feb86659fd93u;
inline constexpr uint64_t kHashFactor2 = 0xa0761d6478bd642fu;
inline constexpr uint64_t kHashFactor3 = 0xe7037ed1a0b428dbu;

inline uint64_t load_le64(const uint8_t *bytes) noexcept {
    uint64_t word;
    std::memcpy(&word, bytes, sizeof(word));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

inline uint64_t load_le32(const uint8_t *bytes) noexcept {
    uint32_t word;
    std::memcpy(&word, bytes, sizeof(word));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/* Both halves of the 128-bit product, xored. */
inline uint64_t fold_multiply(uint64_t left, uint64_t right) noexcept {
#if defined(__SIZEOF_INT128__)
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
#else
    const uint64_t low = 0xffffffffu;
    const uint64_t a = left >> 32, b = left & low, c = right >> 32, d = right & low;
    const uint64_t bd = b * d, ad = a * d, bc = b * c;
    const uint64_t middle = (bd >> 32) + (ad & low) + (bc & low);
    const uint64_t high = a * c + (ad >> 32) + (bc >> 32) + (middle >> 32);
    return ((middle << 32) | (bd & low)) ^ high;
#endif
}

inline uint64_t hash_int64(int64_t value) noexcept {
    uint64_t word = static_cast<uint64_t>(value) + kHashSeed;
    word = (word ^ (word >> 32)) * kHashFactor1;
    word = (word ^ (word >> 29)) * kHashFactor2;
    return word ^ (word >> 32);
}

/* The factor that undoes a multiplication by `factor`, which is odd. */
constexpr uint64_t inverse_factor(uint64_t factor) noexcept {
    uint64_t inverse = factor; /* right in 3 bits; each step doubles them */
    for (int32_t step = 0; step < 5; ++step) {
        inverse *= 2 - factor * inverse;
    }
    return inverse;
}

/* The value whose hash_int64 this is. */
inline int64_t int64_of_hash(uint64_t hash) noexcept {
    uint64_t word = (hash ^ (hash >> 32)) * inverse_factor(kHashFactor2);
    word = (word ^ (word >> 29) ^ (word >> 58)) * inverse_factor(kHashFactor1);
    return static_cast<int64_t>((word ^ (word >> 32)) - kHashSeed);
}

/* Hash each of `count` values. `out_hashes` has room for `count`. */
void hash_int64s(const int64_t *values, int64_t count, uint64_t *out_hashes) noexcept;

/* The same with an instruction set that this CPU has. */
void hash_int64s_with(Isa isa, const int64_t *values, int64_t count, uint64_t *out_hashes) noexcept;

/* Hash `count` bytes that belong to a key of type `tag`. */
inline uint64_t hash_body(uint8_t tag, const uint8_t *bytes, int64_t count) noexcept {
    uint64_t state = kHashSeed ^ (tag * kHashFactor3);
    uint64_t left = 0;
    uint64_t right = 0;
    if (count > 16) {
        const uint8_t *end = bytes + count;
        for (; end - bytes > 16; bytes += 16) {
            state = fold_multiply(load_le64(bytes) ^ kHashFactor1, load_le64(bytes + 8) ^ state);
        }
        left = load_le64(end - 16);
        right = load_le64(end - 8);
    } else if (count >= 8) {
        left = load_le64(bytes);
        right = load_le64(bytes + count - 8);
    } else if (count >= 4) {
        left = load_le32(bytes);
        right = load_le32(bytes + count - 4);
    } else if (count > 0) {
        left = static_cast<uint64_t>(bytes[0]) << 16 |
               static_cast<uint64_t>(bytes[count >> 1]) << 8 | bytes[count - 1];
    }
    state = fold_multiply(left ^ kHashFactor1, right ^ state);
    return fold_multiply(state ^ kHashFactor2, static_cast<uint64_t>(count) ^ kHashFactor3);
}

}  // namespace flk

#endif  // FLK_HASH_H_
