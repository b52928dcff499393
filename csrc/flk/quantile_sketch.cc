// clang-format off
#include "flk/strict_floats.h" /* before everything else */
// clang-format on

#include "flk/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace flk {
namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr uint64_t kNan = kSign | 0x7ff8000000000000u;
constexpr int kBucketShift = 52 - 7;
constexpr uint64_t kMiddle = uint64_t{1} << (kBucketShift - 1);
constexpr uint64_t kInside = (uint64_t{1} << kBucketShift) - 1;

/* Bits that compare as the values do; -0.0 is 0.0 and every NaN the same one. */
uint64_t key_of(double value) noexcept {
    if (value != value || value == 0.0) {
        return value == 0.0 ? kSign : kNan;
    }
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double value_of(uint64_t key) noexcept {
    const uint64_t bits = (key & kSign) != 0 ? key & ~kSign : ~key;
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

uint64_t bucket_of(uint64_t key) noexcept {
    const double value = value_of(key);
    if (value == 0.0 || !std::isfinite(value)) {
        return key;
    }
    return (key & ~kInside) | kMiddle;
}

}  // namespace

void QuantileSketch::add(double value) {
    const uint64_t key = key_of(value);
    add_key(is_exact_ ? key : bucket_of(key), 1);
}

void QuantileSketch::add_key(uint64_t key, int64_t count) {
    const auto place =
        std::lower_bound(entries_.begin(), entries_.end(), key,
                         [](const Entry &entry, uint64_t wanted) { return entry.key < wanted; });
    if (place != entries_.end() && place->key == key) {
        place->count += count;
    } else {
        entries_.insert(place, Entry{key, count});
    }
    count_ += count;
    if (is_exact_ && static_cast<int64_t>(entries_.size()) > kMostExact) {
        make_coarse();
    }
}

void QuantileSketch::make_coarse() {
    /* Buckets keep the order of values, so the entries stay sorted. */
    std::size_t kept = 0;
    for (std::size_t at = 0; at < entries_.size(); ++at) {
        const uint64_t bucket = bucket_of(entries_[at].key);
        if (kept > 0 && entries_[kept - 1].key == bucket) {
            entries_[kept - 1].count += entries_[at].count;
        } else {
            entries_[kept++] = Entry{bucket, entries_[at].count};
        }
    }
    entries_.resize(kept);
    is_exact_ = false;
}

void QuantileSketch::merge(const QuantileSketch &other) {
    if (!other.is_exact_ && is_exact_) {
        make_coarse();
    }
    for (const Entry &entry : other.entries_) {
        add_key(is_exact_ ? entry.key : bucket_of(entry.key), entry.count);
    }
}

bool QuantileSketch::add_entry(bool is_exact, Entry entry) {
    constexpr int64_t kLimit = int64_t{1} << 48;
    const uint64_t key = key_of(value_of(entry.key));
    if (entry.count < 1 || entry.count > kLimit || key != entry.key ||
        (!is_exact && bucket_of(key) != key)) {
        return false;
    }
    if (!is_exact && is_exact_) {
        make_coarse();
    }
    add_key(is_exact_ ? key : bucket_of(key), entry.count);
    return true;
}

double QuantileSketch::value_of_rank(int64_t rank) const noexcept {
    for (const Entry &entry : entries_) {
        rank -= entry.count;
        if (rank < 0) {
            return value_of(entry.key);
        }
    }
    return value_of(entries_.back().key);
}

double QuantileSketch::value_at(double quantile) const noexcept {
    const double rank = quantile * static_cast<double>(count_ - 1);
    const double below = std::floor(rank);
    const double low = value_of_rank(static_cast<int64_t>(below));
    const double high = value_of_rank(static_cast<int64_t>(below) + 1);
    const double part = rank - below;
    return part == 0.0 || low == high ? low : low + (high - low) * part;
}

}  // namespace flk
