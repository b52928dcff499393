#include "flk/row_combiner.h"

#include <algorithm>
#include <new>

namespace flk {

namespace {

constexpr int kPlaceBits = 13;
constexpr int64_t kFarAway = int64_t{1}
                             << 61; /* times beyond have no slice that could be computed */

inline std::size_t place_of(int64_t key) noexcept {
    return static_cast<std::size_t>((static_cast<uint64_t>(key) * 0x9e3779b97f4a7c15u) >>
                                    (64 - kPlaceBits));
}

inline int64_t slice_start(int64_t time, int64_t unit, int64_t offset) noexcept {
    int64_t inside = (time - offset) % unit;
    inside += inside < 0 ? unit : 0;
    return time - inside;
}

/* Adds a row to a combined one; false, and nothing is changed, if a sum leaves 64 bits. */
struct OneSum {
    const int64_t *values;
    int64_t *combined;

    bool add(int64_t row, uint32_t into) const noexcept {
        int64_t sum;
        if (__builtin_add_overflow(combined[into], values[row], &sum)) {
            return false;
        }
        combined[into] = sum;
        return true;
    }
    void begin(int64_t row, uint32_t into) const noexcept { combined[into] = values[row]; }
};

struct AnyColumns {
    CombinedColumn *columns;
    std::size_t count;

    bool add(int64_t row, uint32_t into) const noexcept {
        for (std::size_t at = 0; at < count; ++at) {
            const CombinedColumn &column = columns[at];
            int64_t sum;
            if (column.kind == CombineKind::kSum &&
                __builtin_add_overflow(column.combined[into], column.values[row], &sum)) {
                return false;
            }
        }
        for (std::size_t at = 0; at < count; ++at) {
            const CombinedColumn &column = columns[at];
            int64_t &combined = column.combined[into];
            const int64_t value = column.values[row];
            switch (column.kind) {
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
    void begin(int64_t row, uint32_t into) const noexcept {
        for (std::size_t at = 0; at < count; ++at) {
            columns[at].combined[into] = columns[at].values[row];
        }
    }
};

}  // namespace

Status RowCombiner::open(int64_t unit, int64_t offset) noexcept {
    try {
        places_.assign(std::size_t{1} << kPlaceBits, Place{0, 0, 0, 0});
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    unit_ = unit;
    offset_ = offset;
    turn_ = 0;
    return Status::kOk;
}

int64_t RowCombiner::run(const CombinedRows &rows, CombinedColumn *columns,
                         std::size_t column_count, uint32_t *out_rows) noexcept {
    if (++turn_ == 0) {
        std::fill(places_.begin(), places_.end(), Place{0, 0, 0, 0});
        turn_ = 1;
    }
    if (column_count == 1 && columns[0].kind == CombineKind::kSum) {
        return run_with(rows, OneSum{columns[0].values, columns[0].combined}, out_rows);
    }
    return run_with(rows, AnyColumns{columns, column_count}, out_rows);
}

template <typename Columns>
int64_t RowCombiner::run_with(const CombinedRows &rows, const Columns &columns,
                              uint32_t *out_rows) noexcept {
    Place *const places = places_.data();
    const uint32_t turn = turn_;
    uint32_t made = 0;
    int64_t mark = 0;
    int64_t watermark = INT64_MIN;
    int64_t start = 0; /* of the slice of the row before */
    int64_t end = 0;
    /* up to the next watermark among the rows */
    for (int64_t row = 0; row < rows.count;) {
        while (mark < rows.mark_count && rows.mark_stops[mark] <= row) {
            watermark = std::max(watermark, rows.mark_times[mark++]);
        }
        const int64_t stop =
            mark < rows.mark_count ? std::min(rows.mark_stops[mark], rows.count) : rows.count;
        for (; row < stop; ++row) {
            const int64_t key = rows.keys[row];
            const int64_t time = rows.times[row];
            if (time < start || time >= end) {
                const bool is_far = time < -kFarAway || time > kFarAway;
                start = is_far ? 0 : slice_start(time, unit_, offset_);
                end = is_far ? 0 : start + unit_;
            }
            const bool is_open = end - 1 > watermark && end > start;
            Place &place = places[place_of(key)];
            if (is_open && place.turn == turn && place.key == key && place.slice == start &&
                columns.add(row, place.row)) {
                continue;
            }
            if (is_open) {
                place = Place{key, start, made, turn};
            }
            columns.begin(row, made);
            out_rows[made++] = static_cast<uint32_t>(row);
        }
    }
    return made;
}

}  // namespace flk
