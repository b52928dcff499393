#include "flk/time_scan.h"

#include <algorithm>

#include "flk/platform.h"

#if FLK_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

namespace flk {

namespace {

using FindRange = TimeRange (*)(const int64_t *times, int64_t count);

TimeRange range_joined(TimeRange left, TimeRange right) noexcept {
    return TimeRange{std::min(left.earliest, right.earliest), std::max(left.latest, right.latest)};
}

TimeRange range_scalar(const int64_t *times, int64_t count) {
    TimeRange lanes[4];
    std::fill_n(lanes, 4, TimeRange{times[0], times[0]});
    int64_t row = 0;
    for (; row + 4 <= count; row += 4) {
        fetch_stream(times + row + (4096 - 2048) / 8);
        for (int lane = 0; lane < 4; ++lane) {
            lanes[lane] =
                range_joined(lanes[lane], TimeRange{times[row + lane], times[row + lane]});
        }
    }
    for (; row < count; ++row) {
        lanes[0] = range_joined(lanes[0], TimeRange{times[row], times[row]});
    }
    return range_joined(range_joined(lanes[0], lanes[1]), range_joined(lanes[2], lanes[3]));
}

#if FLK_HAS_X86_VARIANTS

FLK_TARGET_AVX2 TimeRange range_avx2(const int64_t *times, int64_t count) {
    constexpr int64_t kRows = 8;
    if (count < kRows) {
        return range_scalar(times, count);
    }
    __m256i least[2];
    __m256i most[2];
    for (int part = 0; part < 2; ++part) {
        least[part] = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(times + 4 * part));
        most[part] = least[part];
    }
    int64_t row = kRows;
    for (; row + kRows <= count; row += kRows) {
        fetch_stream(times + row + (4096 - 2048) / 8);
        for (int part = 0; part < 2; ++part) {
            const __m256i next =
                _mm256_loadu_si256(reinterpret_cast<const __m256i *>(times + row + 4 * part));
            least[part] =
                _mm256_blendv_epi8(least[part], next, _mm256_cmpgt_epi64(least[part], next));
            most[part] = _mm256_blendv_epi8(most[part], next, _mm256_cmpgt_epi64(next, most[part]));
        }
    }
    int64_t lanes[16];
    for (int part = 0; part < 2; ++part) {
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(lanes + 4 * part), least[part]);
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(lanes + 8 + 4 * part), most[part]);
    }
    const TimeRange range{*std::min_element(lanes, lanes + 8),
                          *std::max_element(lanes + 8, lanes + 16)};
    /* The last rows overlap what is done: that changes no extreme. */
    return range_joined(
        range, range_scalar(times + std::min(row, count - 1), std::max<int64_t>(count - row, 1)));
}

FLK_TARGET_AVX512 TimeRange range_avx512(const int64_t *times, int64_t count) {
    constexpr int64_t kRows = 8;
    if (count < kRows) {
        return range_scalar(times, count);
    }
    __m512i least = _mm512_loadu_si512(times);
    __m512i most = least;
    for (int64_t row = kRows; row + kRows <= count; row += kRows) {
        fetch_stream(times + row + (4096 - 2048) / 8);
        const __m512i next = _mm512_loadu_si512(times + row);
        least = _mm512_maskz_min_epi64(0xff, least, next);
        most = _mm512_maskz_max_epi64(0xff, most, next);
    }
    /* The last rows overlap what is done: that changes no extreme. */
    const __m512i last = _mm512_loadu_si512(times + count - kRows);
    least = _mm512_maskz_min_epi64(0xff, least, last);
    most = _mm512_maskz_max_epi64(0xff, most, last);
    int64_t lanes[2 * kRows];
    _mm512_storeu_si512(lanes, least);
    _mm512_storeu_si512(lanes + kRows, most);
    return TimeRange{*std::min_element(lanes, lanes + kRows),
                     *std::max_element(lanes + kRows, lanes + 2 * kRows)};
}

#endif

FindRange range_variant(Isa isa) noexcept {
#if FLK_HAS_X86_VARIANTS
    if (isa == Isa::kAvx512) {
        return range_avx512;
    }
    if (isa == Isa::kAvx2) {
        return range_avx2;
    }
#endif
    static_cast<void>(isa);
    return range_scalar;
}

}  // namespace

TimeRange range_of(const int64_t *times, int64_t count) noexcept {
    static const FindRange in_use = range_variant(isa_in_use());
    return in_use(times, count);
}

TimeRange range_of_with(Isa isa, const int64_t *times, int64_t count) noexcept {
    return range_variant(isa)(times, count);
}

int64_t count_within(const int64_t *times, int64_t count, int64_t start, int64_t end) noexcept {
    constexpr int64_t kBlockRows = 64;
    int64_t row = 0;
    for (; row + kBlockRows <= count; row += kBlockRows) {
        const TimeRange range = range_of(times + row, kBlockRows);
        if (range.earliest < start || range.latest >= end) {
            break;
        }
    }
    while (row < count && times[row] >= start && times[row] < end) {
        ++row;
    }
    return row;
}

}  // namespace flk
