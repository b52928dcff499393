#include "flk/accumulator.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "flk/accumulate_kinds.h"

namespace flk {
namespace {

/* Whether a value fits a plain state; fixed-size binaries of odd sizes do not. */
bool has_fixed_width(const Type &type) noexcept {
    return type.layout == Layout::kBits ||
           (type.layout == Layout::kFixed && type.id != TypeId::kFixedSizeBinary &&
            type.width_bytes <= 16);
}

}  // namespace

Status Accumulator::retract(const ConsumedRows & /*rows*/, int32_t /*offset*/,
                            const Column * /*column*/, Error *error) noexcept {
    return fail(error, Status::kUnsupported, "this aggregate takes no rows back");
}

void Accumulator::subtract(uint8_t *const * /*into*/, const uint8_t *const * /*from*/,
                           int64_t /*count*/, int32_t /*offset*/) noexcept {
    FLK_DCHECK(false);
}

void Accumulator::release(uint8_t *const *states, int64_t count, int32_t offset) noexcept {
    for (int64_t row = 0; row < count; ++row) {
        std::memset(states[row] + offset, 0, static_cast<std::size_t>(state_bytes_));
    }
}

const char *aggregate_name(AggregateKind kind) noexcept {
    constexpr const char *kNames[] = {"count",
                                      "sum",
                                      "min",
                                      "max",
                                      "avg",
                                      "first",
                                      "last",
                                      "variance",
                                      "stddev",
                                      "min_by",
                                      "max_by",
                                      "top_n",
                                      "collect",
                                      "count_distinct",
                                      "approx_count_distinct",
                                      "quantile",
                                      "count_if"};
    return kNames[static_cast<int32_t>(kind)];
}

Status no_accumulator(const AggregateDefinition &definition, Error *error) noexcept {
    try {
        const std::string type =
            definition.input_type == nullptr ? "nothing" : type_text(*definition.input_type);
        return fail(error, Status::kUnsupported, "%s of %.200s has no native accumulator",
                    aggregate_name(definition.kind), type.c_str());
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for the name of a type");
    }
}

Status make_accumulator(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                        Error *error) noexcept {
    if (definition.kind == AggregateKind::kCount) {
        return make_count(definition, out_accumulator, error);
    }
    if (definition.input_type == nullptr) {
        return no_accumulator(definition, error);
    }
    switch (definition.kind) {
        case AggregateKind::kCountIf:
            return make_count(definition, out_accumulator, error);
        case AggregateKind::kSum:
        case AggregateKind::kAvg:
            return make_sum(definition, out_accumulator, error);
        case AggregateKind::kMin:
        case AggregateKind::kMax:
            if (definition.is_retractable) {
                return make_bag(definition, out_accumulator, error);
            }
            return has_fixed_width(*definition.input_type)
                       ? make_extreme(definition, out_accumulator, error)
                       : make_chosen(definition, out_accumulator, error);
        case AggregateKind::kFirst:
        case AggregateKind::kLast:
            return has_fixed_width(*definition.input_type)
                       ? make_position(definition, out_accumulator, error)
                       : make_chosen(definition, out_accumulator, error);
        case AggregateKind::kVariance:
        case AggregateKind::kStdDev:
            return make_moments(definition, out_accumulator, error);
        case AggregateKind::kMinBy:
        case AggregateKind::kMaxBy:
            return make_chosen(definition, out_accumulator, error);
        case AggregateKind::kTopN:
            return make_bag(definition, out_accumulator, error);
        case AggregateKind::kCollect:
            return make_collect(definition, out_accumulator, error);
        case AggregateKind::kCountDistinct:
            return definition.is_retractable ? make_bag(definition, out_accumulator, error)
                                             : make_distinct(definition, out_accumulator, error);
        case AggregateKind::kApproxCountDistinct:
            return make_approx_distinct(definition, out_accumulator, error);
        case AggregateKind::kQuantile:
            return make_quantile(definition, out_accumulator, error);
        default:
            return no_accumulator(definition, error);
    }
}

Status make_layout(const std::vector<AggregateDefinition> &definitions,
                   AccumulatorLayout *out_layout, Error *error) noexcept {
    try {
        AccumulatorLayout layout;
        for (const AggregateDefinition &definition : definitions) {
            AccumulatorPtr accumulator;
            FLK_RETURN_NOT_OK(make_accumulator(definition, &accumulator, error));
            layout.offsets.push_back(layout.stride);
            layout.stride += accumulator->state_bytes();
            layout.accumulators.push_back(std::move(accumulator));
        }
        *out_layout = std::move(layout);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a layout of accumulators");
    }
}

Status consume_all(const AccumulatorLayout &layout, const ConsumedRows &rows,
                   const Column *const *columns, Error *error) noexcept {
    constexpr int64_t kPartRows = 512;
    for (int64_t start = 0; start < rows.count; start += kPartRows) {
        ConsumedRows part = rows;
        part.states += start;
        part.count = std::min(kPartRows, rows.count - start);
        if (rows.rows != nullptr) {
            part.rows += start;
        } else {
            part.first_row += start;
        }
        for (std::size_t at = 0; at < layout.accumulators.size(); ++at) {
            FLK_RETURN_NOT_OK(
                layout.accumulators[at]->consume(part, layout.offsets[at], columns[at], error));
        }
    }
    return Status::kOk;
}

}  // namespace flk
