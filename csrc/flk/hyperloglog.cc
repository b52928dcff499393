// clang-format off
#include "flk/strict_floats.h" /* before everything else */
// clang-format on

#include "flk/hyperloglog.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flk {
namespace {

constexpr uint32_t kRankBits = 6;
constexpr std::size_t kMostSparse = 512;

double sigma(double x) noexcept {
    if (x == 1.0) {
        return std::numeric_limits<double>::infinity();
    }
    double y = 1.0;
    double z = x;
    double before = 0.0;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

double tau(double x) noexcept {
    if (x == 0.0 || x == 1.0) {
        return 0.0;
    }
    double y = 1.0;
    double z = 1.0 - x;
    double before = 0.0;
    do {
        x = std::sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
    } while (z != before);
    return z / 3.0;
}

}  // namespace

void HyperLogLog::add(uint64_t hash) {
    const auto bits = static_cast<uint32_t>(64 - precision_);
    const auto index = static_cast<uint32_t>(hash >> bits);
    const uint64_t rest = hash << precision_;
    const uint32_t rank = rest == 0 ? bits + 1 : static_cast<uint32_t>(__builtin_clzll(rest)) + 1;
    raise(index, rank);
}

void HyperLogLog::raise(uint32_t index, uint32_t rank) {
    if (!dense_.empty()) {
        dense_[index] = std::max(dense_[index], static_cast<uint8_t>(rank));
        return;
    }
    const uint32_t word = index << kRankBits | rank;
    const auto place = std::lower_bound(sparse_.begin(), sparse_.end(), index << kRankBits);
    if (place != sparse_.end() && *place >> kRankBits == index) {
        *place = std::max(*place, word);
        return;
    }
    sparse_.insert(place, word);
    if (sparse_.size() > std::min(kMostSparse, (std::size_t{1} << precision_) / 8)) {
        make_dense();
    }
}

void HyperLogLog::make_dense() {
    std::vector<uint8_t> dense(std::size_t{1} << precision_);
    for (const uint32_t word : sparse_) {
        dense[word >> kRankBits] = static_cast<uint8_t>(word & ((1u << kRankBits) - 1));
    }
    dense_.swap(dense);
    std::vector<uint32_t>().swap(sparse_);
}

void HyperLogLog::merge(const HyperLogLog &other) {
    if (!other.dense_.empty()) {
        if (dense_.empty()) {
            make_dense();
        }
        for (std::size_t index = 0; index < dense_.size(); ++index) {
            dense_[index] = std::max(dense_[index], other.dense_[index]);
        }
        return;
    }
    for (const uint32_t word : other.sparse_) {
        raise(word >> kRankBits, word & ((1u << kRankBits) - 1));
    }
}

std::vector<uint32_t> HyperLogLog::words() const {
    if (dense_.empty()) {
        return sparse_;
    }
    std::vector<uint32_t> words;
    for (std::size_t index = 0; index < dense_.size(); ++index) {
        if (dense_[index] != 0) {
            words.push_back(static_cast<uint32_t>(index) << kRankBits | dense_[index]);
        }
    }
    return words;
}

bool HyperLogLog::add_word(uint32_t word) {
    const uint32_t rank = word & ((1u << kRankBits) - 1);
    const uint32_t index = word >> kRankBits;
    if (rank == 0 || rank > static_cast<uint32_t>(65 - precision_) || index >> precision_ != 0) {
        return false;
    }
    raise(index, rank);
    return true;
}

int64_t HyperLogLog::estimate() const noexcept {
    const auto count = static_cast<double>(std::size_t{1} << precision_);
    const int32_t bits = 64 - precision_;
    int64_t of_rank[64] = {0};
    int64_t set_count = 0;
    for (const uint32_t word : sparse_) {
        ++of_rank[word & ((1u << kRankBits) - 1)];
        ++set_count;
    }
    for (const uint8_t rank : dense_) {
        ++of_rank[rank];
        set_count += rank != 0 ? 1 : 0;
    }
    if (set_count == 0) {
        return 0;
    }
    const double zeros = count - static_cast<double>(set_count);
    double z = count * tau(1.0 - static_cast<double>(of_rank[bits + 1]) / count);
    for (int32_t rank = bits; rank >= 1; --rank) {
        z = 0.5 * (z + static_cast<double>(of_rank[rank]));
    }
    z += count * sigma(zeros / count);
    constexpr double kAlpha = 0.72134752044448170368; /* 1 / (2 ln 2) */
    return std::llround(kAlpha * count * count / z);
}

}  // namespace flk
