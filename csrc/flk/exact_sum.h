/* exact_sum.h — sums of 64-bit ints and of decimals that never lose a bit, and their means.
 *
 *   ExactSum<T>     low    sum modulo 2^64
 *                   rest   number of values + 2^44 * how often it wrapped, both signed
 *
 * 16 bytes hold the exact sum of up to 2^43 values as long as it stays below 2^83 in magnitude;
 * add and merge say false beyond that. Both words just add up, so that subtract is exact, also
 * for states that were taken back more often than they were added to (the rest of the changelog
 * is in another slice).
 */
#ifndef FLK_EXACT_SUM_H_
#define FLK_EXACT_SUM_H_

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace flk {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

template <typename T> /* int64_t or uint64_t */
struct ExactSum {
    static constexpr int kCountBits = 44;

    uint64_t low;
    int64_t rest;

    int64_t count() const noexcept {
        return static_cast<int64_t>(static_cast<uint64_t>(rest) << (64 - kCountBits)) >>
               (64 - kCountBits);
    }
    Int128 value() const noexcept {
        const auto wraps = static_cast<Int128>(wrapped(rest, negated(count())) >> kCountBits);
        return static_cast<Int128>(static_cast<T>(low)) + wraps * (Int128{1} << 64);
    }

    bool add(T value) noexcept {
        T sum;
        int64_t change = 1;
        if (__builtin_expect(__builtin_add_overflow(static_cast<T>(low), value, &sum), 0)) {
            change += value < T{0} ? -kWrap : kWrap;
        }
        low = static_cast<uint64_t>(sum);
        return !__builtin_add_overflow(rest, change, &rest);
    }

    bool take(T value) noexcept {
        T sum;
        int64_t change = -1;
        if (__builtin_sub_overflow(static_cast<T>(low), value, &sum)) {
            change += value < T{0} ? kWrap : -kWrap;
        }
        low = static_cast<uint64_t>(sum);
        return !__builtin_add_overflow(rest, change, &rest);
    }

    bool merge(const ExactSum &other) noexcept {
        T sum;
        int64_t change = other.rest;
        if (__builtin_add_overflow(static_cast<T>(low), static_cast<T>(other.low), &sum)) {
            change = wrapped(change, static_cast<T>(other.low) < T{0} ? -kWrap : kWrap);
        }
        low = static_cast<uint64_t>(sum);
        return !__builtin_add_overflow(rest, change, &rest);
    }

    void subtract(const ExactSum &other) noexcept {
        T sum;
        int64_t change = negated(other.rest);
        if (__builtin_sub_overflow(static_cast<T>(low), static_cast<T>(other.low), &sum)) {
            change = wrapped(change, static_cast<T>(other.low) < T{0} ? kWrap : -kWrap);
        }
        low = static_cast<uint64_t>(sum);
        rest = wrapped(rest, change);
    }

  private:
    static constexpr int64_t kWrap = int64_t{1} << kCountBits;

    static int64_t negated(int64_t value) noexcept {
        return static_cast<int64_t>(~static_cast<uint64_t>(value) + 1);
    }
    static int64_t wrapped(int64_t left, int64_t right) noexcept {
        return static_cast<int64_t>(static_cast<uint64_t>(left) + static_cast<uint64_t>(right));
    }
};

/* sum / count rounded once to the nearest double, as Python divides ints; count >= 1, below 2^44;
 * the sum below 2^84. */
inline double exact_ratio(Int128 sum, int64_t count) noexcept {
    constexpr Int128 kExact = Int128{1} << 53;
    if (sum <= kExact && sum >= -kExact) {
        return static_cast<double>(static_cast<int64_t>(sum)) / static_cast<double>(count);
    }
    const bool is_negative = sum < 0;
    const auto magnitude = is_negative ? ~static_cast<Uint128>(sum) + 1 : static_cast<Uint128>(sum);
    const auto divisor = static_cast<Uint128>(count);
    /* The divisor is below 2^44: the quotient gets more than 60 bits. */
    const int shift = (magnitude >> 64) == 0 ? 63 : 43;
    const Uint128 quotient = (magnitude << shift) / divisor;
    const bool is_inexact = (magnitude << shift) % divisor != 0;
    /* The lowest bit lies below those that a double keeps and stands for all that was cut off. */
    const double ratio = std::ldexp(static_cast<double>(quotient | (is_inexact ? 1u : 0u)), -shift);
    return is_negative ? -ratio : ratio;
}

}  // namespace flk

#endif  // FLK_EXACT_SUM_H_
