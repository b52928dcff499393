#include "flk/row_combiner.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace flk {

namespace {

constexpr int kFirstPlaceBits = 11;
constexpr int64_t kFarAway = int64_t{1}
                             << 61; /* times beyond have no slice that could be computed */

/* Mixes a slice into the hash: a key may wait in many of them. */
inline uint64_t slice_mix(int64_t start) noexcept {
    return static_cast<uint64_t>(start) * 0xc2b2ae3d27d4eb4fu;
}

inline std::size_t place_of(int64_t key, uint64_t mix, int shift) noexcept {
    return static_cast<std::size_t>(((static_cast<uint64_t>(key) ^ mix) * 0x9e3779b97f4a7c15u) >>
                                    shift);
}

inline int64_t slice_start(int64_t time, int64_t unit, int64_t offset) noexcept {
    int64_t inside = (time - offset) % unit;
    inside += inside < 0 ? unit : 0;
    return time - inside;
}

/* Adds a row to a waiting one; false, and nothing is changed, if a sum leaves 64 bits. */
struct OneSum {
    const int64_t *values;
    int64_t *held;

    bool add(int64_t row, uint32_t slot) const noexcept {
        int64_t sum;
        if (__builtin_add_overflow(held[slot], values[row], &sum)) {
            return false;
        }
        held[slot] = sum;
        return true;
    }
    void begin(int64_t row, int64_t slot) const noexcept { held[slot] = values[row]; }
};

struct AnyColumns {
    const std::vector<CombineKind> &kinds;
    const std::vector<const int64_t *> &columns;
    std::vector<std::vector<int64_t>> &held;

    bool add(int64_t row, uint32_t slot) const noexcept {
        for (std::size_t at = 0; at < kinds.size(); ++at) {
            int64_t sum;
            if (kinds[at] == CombineKind::kSum &&
                __builtin_add_overflow(held[at][slot], columns[at][row], &sum)) {
                return false;
            }
        }
        for (std::size_t at = 0; at < kinds.size(); ++at) {
            int64_t &combined = held[at][slot];
            const int64_t value = columns[at][row];
            switch (kinds[at]) {
                case CombineKind::kSum:
                    combined += value;
                    break;
                case CombineKind::kMin:
                    combined = std::min(combined, value);
                    break;
                case CombineKind::kMax:
                    combined = std::max(combined, value);
                    break;
            }
        }
        return true;
    }
    void begin(int64_t row, int64_t slot) const noexcept {
        for (std::size_t at = 0; at < kinds.size(); ++at) {
            held[at][static_cast<std::size_t>(slot)] = columns[at][row];
        }
    }
};

}  // namespace

Status RowCombiner::open(int64_t unit, int64_t offset,
                         const std::vector<CombineKind> &kinds) noexcept {
    try {
        kinds_ = kinds;
        places_.assign(std::size_t{1} << kFirstPlaceBits, Place{0, 0, 0, 0});
        held_.resize(kMaxHeld);
        held_values_.assign(kinds.size(), std::vector<int64_t>(kMaxHeld));
        handed_values_.assign(kinds.size(), {});
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    unit_ = unit;
    offset_ = offset;
    shift_ = 64 - kFirstPlaceBits;
    return Status::kOk;
}

/* Of a batch all rows may go at once, with all that waited. */
void RowCombiner::make_room(int64_t rows, int64_t marks) {
    const std::size_t most = static_cast<std::size_t>(handed_count_ + held_count_ + rows);
    if (begun_.size() < static_cast<std::size_t>(rows)) {
        begun_.resize(static_cast<std::size_t>(rows));
    }
    if (mark_stops_.size() < static_cast<std::size_t>(marks)) {
        mark_stops_.resize(static_cast<std::size_t>(marks));
    }
    if (handed_.size() < most) {
        handed_.resize(most);
    }
    for (auto &values : handed_values_) {
        if (values.size() < most) {
            values.resize(most);
        }
    }
}

Status RowCombiner::run(const CombinedRows &rows,
                        const std::vector<const int64_t *> &columns) noexcept {
    try {
        make_room(rows.count, rows.mark_count);
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    begun_count_ = 0;
    if (kinds_.size() == 1 && kinds_[0] == CombineKind::kSum) {
        run_with(rows, OneSum{columns[0], held_values_[0].data()});
    } else {
        run_with(rows, AnyColumns{kinds_, columns, held_values_});
    }
    return Status::kOk;
}

template <typename Columns>
void RowCombiner::run_with(const CombinedRows &rows, const Columns &columns) noexcept {
    int64_t mark = 0;
    int64_t start = 0; /* of the slice of the row before */
    int64_t end = 0;
    uint64_t mix = 0;
    int64_t row = 0;
    for (;;) {
        /* up to the next watermark among the rows */
        while (mark < rows.mark_count && rows.mark_stops[mark] <= row) {
            watermark_ = std::max(watermark_, rows.mark_times[mark]);
            if (watermark_ >= closing_) {
                hand_held();
            }
            mark_stops_[static_cast<std::size_t>(mark++)] = handed_count_;
        }
        if (row == rows.count) {
            return;
        }
        const int64_t stop =
            mark < rows.mark_count ? std::min(rows.mark_stops[mark], rows.count) : rows.count;
        Place *places = places_.data();
        std::size_t mask = places_.size() - 1;
        uint32_t turn = turn_;
        int shift = shift_;
        const int64_t watermark = watermark_;
        for (; row < stop; ++row) {
            const int64_t key = rows.keys[row];
            const int64_t time = rows.times[row];
            if (time < start || time >= end) {
                const bool is_far = time < -kFarAway || time > kFarAway;
                start = is_far ? 0 : slice_start(time, unit_, offset_);
                end = is_far ? 0 : start + unit_;
                mix = slice_mix(start);
            }
            const uint32_t number = static_cast<uint32_t>(kept_count_ + begun_count_);
            if (end - 1 <= watermark || end <= start) {
                begun_[static_cast<std::size_t>(begun_count_++)] = static_cast<uint32_t>(row);
                columns.begin(row, held_count_); /* into a free slot, for the values only */
                hand(number, static_cast<std::size_t>(held_count_));
                continue;
            }
            std::size_t at = place_of(key, mix, shift);
            while (places[at].turn == turn &&
                   (places[at].key != key || places[at].slice != start)) {
                at = (at + 1) & mask;
            }
            if (places[at].turn == turn && columns.add(row, places[at].slot)) {
                continue;
            }
            const std::size_t slot = static_cast<std::size_t>(held_count_++);
            places[at] = Place{key, start, static_cast<uint32_t>(slot), turn};
            columns.begin(row, static_cast<int64_t>(slot));
            held_[slot] = number;
            begun_[static_cast<std::size_t>(begun_count_++)] = static_cast<uint32_t>(row);
            closing_ = std::min(closing_, end - 1);
            if (static_cast<std::size_t>(held_count_) * 2 > mask) {
                grow();
                places = places_.data();
                mask = places_.size() - 1;
                turn = turn_;
                shift = shift_;
            }
        }
    }
}

/* Twice as many places, or none in use. */
void RowCombiner::grow() noexcept {
    if (held_count_ == static_cast<int64_t>(kMaxHeld)) {
        hand_held();
        return;
    }
    std::vector<Place> larger;
    try {
        larger.assign(places_.size() * 2, Place{0, 0, 0, 0});
    } catch (const std::bad_alloc &) {
        hand_held();
        return;
    }
    --shift_;
    const std::size_t mask = larger.size() - 1;
    for (const Place &place : places_) {
        if (place.turn != turn_) {
            continue;
        }
        std::size_t at = place_of(place.key, slice_mix(place.slice), shift_);
        while (larger[at].turn == turn_) {
            at = (at + 1) & mask;
        }
        larger[at] = place;
    }
    places_.swap(larger);
}

void RowCombiner::hand(uint32_t number, std::size_t slot) noexcept {
    const std::size_t to = static_cast<std::size_t>(handed_count_++);
    handed_[to] = number;
    for (std::size_t at = 0; at < kinds_.size(); ++at) {
        handed_values_[at][to] = held_values_[at][slot];
    }
}

void RowCombiner::hand_held() noexcept {
    const std::size_t count = static_cast<std::size_t>(held_count_);
    const std::size_t to = static_cast<std::size_t>(handed_count_);
    if (count != 0) {
        std::memcpy(handed_.data() + to, held_.data(), count * sizeof(uint32_t));
        for (std::size_t at = 0; at < kinds_.size(); ++at) {
            std::memcpy(handed_values_[at].data() + to, held_values_[at].data(),
                        count * sizeof(int64_t));
        }
    }
    handed_count_ += held_count_;
    held_count_ = 0;
    closing_ = INT64_MAX;
    if (++turn_ == 0) {
        std::fill(places_.begin(), places_.end(), Place{0, 0, 0, 0});
        turn_ = 1;
    }
}

Status RowCombiner::advance(int64_t watermark) noexcept {
    watermark_ = std::max(watermark_, watermark);
    return watermark_ >= closing_ ? release() : Status::kOk;
}

Status RowCombiner::release() noexcept {
    try {
        make_room(0, 0);
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    begun_count_ = 0;
    hand_held();
    return Status::kOk;
}

void RowCombiner::settle() noexcept {
    if (handed_count_ == 0) {
        kept_count_ += begun_count_;
        begun_count_ = 0;
        return;
    }
    for (int64_t slot = 0; slot < held_count_; ++slot) {
        held_[static_cast<std::size_t>(slot)] = static_cast<uint32_t>(slot);
    }
    kept_count_ = held_count_;
    handed_count_ = 0;
    begun_count_ = 0;
}

}  // namespace flk
