#include "flk/key_table.h"

#include <cstdlib>

#include "flk/platform.h"

#if FLK_HAS_X86_VARIANTS
#include <immintrin.h>
#endif

namespace flk {

using Bucket = KeyTable::Bucket;

static_assert(sizeof(Bucket) == 64, "a bucket is one cache line");

namespace {

constexpr uint32_t kNoId = KeyTable::kNoId;
constexpr uint32_t kEntries = KeyTable::kEntries;
constexpr int64_t kFirstBuckets = 64;
/* Rows between a fetch and its use. */
constexpr int64_t kAheadRows = 32;

/* Entries of a bucket: they stand at its front. */
uint32_t entries_of(const Bucket &bucket) noexcept {
    uint32_t count = 0;
    while (count < kEntries && bucket.ids[count] != kNoId) {
        ++count;
    }
    return count;
}

inline void fetch_ahead(const Bucket *buckets, uint64_t mask, const uint64_t *hashes, int64_t row,
                        int64_t known) noexcept {
    const int64_t next = row + kAheadRows < known ? row + kAheadRows : row;
    FLK_PREFETCH_READ(&buckets[hashes[next] & mask]);
}

template <bool kFar>
int64_t probe_scalar(const Bucket *buckets, uint64_t mask, const uint64_t *hashes, int64_t count,
                     int64_t known, uint32_t *out_ids, uint32_t *out_missed) {
    int64_t missed = 0;
    for (int64_t row = 0; row < count; ++row) {
        if (kFar) {
            fetch_ahead(buckets, mask, hashes, row, known);
        }
        const Bucket &bucket = buckets[hashes[row] & mask];
        uint32_t entry = kEntries;
        for (uint32_t at = kEntries; at-- > 0;) {
            entry = bucket.hashes[at] == hashes[row] ? at : entry;
        }
        const uint32_t id = bucket.ids[entry];
        out_ids[row] = id;
        out_missed[missed] = static_cast<uint32_t>(row);
        missed += id == kNoId ? 1 : 0;
    }
    return missed;
}

#if FLK_HAS_X86_VARIANTS

template <bool kFar>
FLK_TARGET_AVX2 int64_t probe_avx2(const Bucket *buckets, uint64_t mask, const uint64_t *hashes,
                                   int64_t count, int64_t known, uint32_t *out_ids,
                                   uint32_t *out_missed) {
    int64_t missed = 0;
    for (int64_t row = 0; row < count; ++row) {
        if (kFar) {
            fetch_ahead(buckets, mask, hashes, row, known);
        }
        const Bucket &bucket = buckets[hashes[row] & mask];
        const __m256i wanted = _mm256_set1_epi64x(static_cast<int64_t>(hashes[row]));
        const __m256i found = _mm256_load_si256(reinterpret_cast<const __m256i *>(bucket.hashes));
        const auto first = static_cast<uint32_t>(
            _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(wanted, found))));
        const uint32_t fifth = bucket.hashes[4] == hashes[row] ? 1u << 4 : 0u;
        const uint32_t id = bucket.ids[_tzcnt_u32(first | fifth | 1u << kEntries)];
        out_ids[row] = id;
        out_missed[missed] = static_cast<uint32_t>(row);
        missed += id == kNoId ? 1 : 0;
    }
    return missed;
}

template <bool kFar>
FLK_TARGET_AVX512 int64_t probe_avx512(const Bucket *buckets, uint64_t mask, const uint64_t *hashes,
                                       int64_t count, int64_t known, uint32_t *out_ids,
                                       uint32_t *out_missed) {
    int64_t missed = 0;
    for (int64_t row = 0; row < count; ++row) {
        if (kFar) {
            fetch_ahead(buckets, mask, hashes, row, known);
        }
        const Bucket &bucket = buckets[hashes[row] & mask];
        /* The whole line: the three lanes of ids may match by chance and do not count. */
        const __mmask8 equal = _mm512_mask_cmpeq_epi64_mask(
            0x1f, _mm512_load_si512(&bucket), _mm512_set1_epi64(static_cast<int64_t>(hashes[row])));
        const uint32_t id = bucket.ids[_tzcnt_u32(static_cast<uint32_t>(equal) | 1u << kEntries)];
        out_ids[row] = id;
        out_missed[missed] = static_cast<uint32_t>(row);
        missed += id == kNoId ? 1 : 0;
    }
    return missed;
}

#endif

}  // namespace

struct ProbeVariants {
    static KeyTable::Probes of(Isa isa) noexcept {
#if FLK_HAS_X86_VARIANTS
        if (isa == Isa::kAvx512) {
            return {probe_avx512<false>, probe_avx512<true>};
        }
        if (isa == Isa::kAvx2) {
            return {probe_avx2<false>, probe_avx2<true>};
        }
#endif
        static_cast<void>(isa);
        return {probe_scalar<false>, probe_scalar<true>};
    }
};

KeyTable::~KeyTable() { std::free(buckets_); }

Status KeyTable::open(Isa isa) noexcept {
    probes_ = ProbeVariants::of(isa);
    return grow(1);
}

Status KeyTable::grow(int64_t extra) noexcept {
    int64_t count = bucket_count_ == 0 ? kFirstBuckets : bucket_count_;
    while ((size_ + extra) * 2 > count * kEntries) {
        count *= 2;
    }
    auto *larger =
        static_cast<Bucket *>(allocate_far(count * static_cast<int64_t>(sizeof(Bucket))));
    if (larger == nullptr) {
        return Status::kNoMemory;
    }
    for (int64_t at = 0; at < count; ++at) {
        larger[at] = Bucket{{}, {kNoId, kNoId, kNoId, kNoId, kNoId, kNoId}};
    }
    Bucket *smaller = buckets_;
    const int64_t smaller_count = bucket_count_;
    buckets_ = larger;
    bucket_count_ = count;
    mask_ = static_cast<uint64_t>(count) - 1;
    size_ = 0;
    for (int64_t at = 0; at < smaller_count; ++at) {
        const uint32_t entries = entries_of(smaller[at]);
        for (uint32_t entry = 0; entry < entries; ++entry) {
            insert(smaller[at].hashes[entry], smaller[at].ids[entry]);
        }
    }
    std::free(smaller);
    return Status::kOk;
}

void KeyTable::fetch_first(const uint64_t *hashes, int64_t count) const noexcept {
    if (is_far()) {
        for (int64_t row = 0; row < count && row < kAheadRows; ++row) {
            FLK_PREFETCH_READ(&buckets_[hashes[row] & mask_]);
        }
    }
}

void KeyTable::insert(uint64_t hash, uint32_t id) noexcept {
    FLK_DCHECK((size_ + 1) * 2 <= bucket_count_ * kEntries);
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
        const uint32_t entry = entries_of(buckets_[at]);
        if (entry < kEntries) {
            buckets_[at].hashes[entry] = hash;
            buckets_[at].ids[entry] = id;
            ++size_;
            return;
        }
    }
}

void KeyTable::erase(uint64_t hash, uint32_t id) noexcept {
    uint64_t at = hash & mask_;
    uint32_t entry = 0;
    while (buckets_[at].ids[entry] != id) {
        if (++entry == kEntries) {
            entry = 0;
            at = (at + 1) & mask_;
        }
    }
    --size_;
    while (true) {
        /* The last entry of the bucket takes the place of the one that goes. */
        Bucket &bucket = buckets_[at];
        const uint32_t last = entries_of(bucket) - 1;
        bucket.hashes[entry] = bucket.hashes[last];
        bucket.ids[entry] = bucket.ids[last];
        bucket.hashes[last] = 0;
        bucket.ids[last] = kNoId;
        if (last < kEntries - 1 || !fill_from_later(at, &at, &entry)) {
            return;
        }
    }
}

/* A bucket that was full has room: an entry that passed it on its way moves back to it, so that a
 * lookup may end at the first bucket with room. Returns whether there was one, and where. */
bool KeyTable::fill_from_later(uint64_t hole, uint64_t *out_at, uint32_t *out_entry) noexcept {
    for (uint64_t at = (hole + 1) & mask_;; at = (at + 1) & mask_) {
        const uint32_t entries = entries_of(buckets_[at]);
        for (uint32_t entry = 0; entry < entries; ++entry) {
            const uint64_t passed = (at - buckets_[at].hashes[entry]) & mask_;
            if (passed >= ((at - hole) & mask_)) {
                buckets_[hole].hashes[kEntries - 1] = buckets_[at].hashes[entry];
                buckets_[hole].ids[kEntries - 1] = buckets_[at].ids[entry];
                *out_at = at;
                *out_entry = entry;
                return true;
            }
        }
        if (entries < kEntries) {
            return false;
        }
    }
}

}  // namespace flk
