#include "flk/window_output.h"

#include <algorithm>
#include <new>
#include <utility>

namespace flk {

namespace {

/* Number of results before the first one that an accumulator cannot finalize. */
int64_t count_of_good(const WindowResults &results, const AccumulatorLayout &layout,
                      const std::vector<int32_t> &accumulators, Error *error) noexcept {
    for (int64_t row = 0; row < results.count; ++row) {
        for (const int32_t each : accumulators) {
            const auto at = static_cast<std::size_t>(each);
            ColumnPtr column;
            if (layout.accumulators[at]->finalize(results.states + row, 1, layout.offsets[at],
                                                  &column, error) != Status::kOk) {
                return row;
            }
        }
    }
    return results.count;
}

}  // namespace

Status WindowOutput::add(const WindowResults &results, const AccumulatorLayout &layout,
                         const std::vector<int32_t> &accumulators, Error *error) noexcept {
    const Status status = add_all(results, layout, accumulators, error);
    if (status == Status::kOk || status == Status::kNoMemory) {
        return status;
    }
    WindowResults before = results;
    before.count = count_of_good(results, layout, accumulators, error);
    if (before.count == results.count) {
        return status;
    }
    failed_.id = results.ids[before.count];
    failed_.start = results.starts == nullptr ? results.start : results.starts[before.count];
    failed_.end = results.starts == nullptr ? results.end : results.ends[before.count];
    Error ignored;
    if (before.count > 0 && add_all(before, layout, accumulators, &ignored) != Status::kOk) {
        return Status::kNoMemory;
    }
    return status;
}

Status WindowOutput::add_all(const WindowResults &results, const AccumulatorLayout &layout,
                             const std::vector<int32_t> &accumulators, Error *error) noexcept {
    try {
        std::vector<ColumnPtr> columns(accumulators.size());
        for (std::size_t each = 0; each < accumulators.size(); ++each) {
            const auto at = static_cast<std::size_t>(accumulators[each]);
            FLK_RETURN_NOT_OK(layout.accumulators[at]->finalize(
                results.states, results.count, layout.offsets[at], &columns[each], error));
        }
        pieces_.resize(accumulators.size());
        for (std::size_t each = 0; each < accumulators.size(); ++each) {
            pieces_[each].push_back(std::move(columns[each]));
        }
        ids_.insert(ids_.end(), results.ids, results.ids + results.count);
        if (results.starts == nullptr) {
            bounds_.push_back(Bounds{results.count, results.start, results.end});
            return Status::kOk;
        }
        for (int64_t row = 0; row < results.count; ++row) {
            bounds_.push_back(Bounds{1, results.starts[row], results.ends[row]});
        }
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return Status::kOk;
}

Status WindowOutput::mark(int64_t time, int64_t late_count) noexcept {
    try {
        marks_.add(row_count(), time);
        if (late_count > 0) {
            late_marks_.add(late_count, time);
        }
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return Status::kOk;
}

Status WindowOutput::column_of(std::size_t aggregate, ColumnPtr *out_column,
                               Error *error) const noexcept {
    const std::vector<ColumnPtr> &pieces = pieces_[aggregate];
    if (pieces.size() == 1) {
        *out_column = pieces.front();
        return Status::kOk;
    }
    return column_concat(pieces, out_column, error);
}

template <typename Value>
Status WindowOutput::fill(Value value, ColumnPtr *out_column, Error *error) const noexcept {
    Buffer buffer;
    TypePtr type;
    FLK_RETURN_NOT_OK(buffer_allocate(row_count() * 8, &buffer, error));
    FLK_RETURN_NOT_OK(type_from_format("l", &type, error));
    int64_t *out = buffer.as<int64_t>();
    for (const Bounds &bounds : bounds_) {
        out = std::fill_n(out, bounds.count, value(bounds));
    }
    return column_fixed(type, row_count(), buffer, Buffer{}, out_column, error);
}

Status WindowOutput::starts(ColumnPtr *out_column, Error *error) const noexcept {
    return fill([](const Bounds &bounds) { return bounds.start; }, out_column, error);
}

Status WindowOutput::ends(ColumnPtr *out_column, Error *error) const noexcept {
    return fill([](const Bounds &bounds) { return bounds.end; }, out_column, error);
}

Status WindowOutput::times(ColumnPtr *out_column, Error *error) const noexcept {
    return fill(
        [](const Bounds &bounds) { return bounds.end == INT64_MAX ? bounds.end : bounds.end - 1; },
        out_column, error);
}

void WindowOutput::clear() noexcept {
    ids_.clear();
    bounds_.clear();
    for (std::vector<ColumnPtr> &pieces : pieces_) {
        pieces.clear();
    }
    marks_.clear();
}

}  // namespace flk
