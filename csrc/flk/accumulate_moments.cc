/* accumulate_moments.cc — variance and standard deviation: Welford by value, Chan for two groups.
 *
 * The order of operations is that of flinkette/contracts/aggregates.py, so that one slice gives the
 * same bits there and here.
 */
// clang-format off
#include "flk/strict_floats.h" /* before everything else */
// clang-format on

#include <cmath>

#include "flk/accumulate_kinds.h"
#include "flk/accumulate_plain.h"

namespace flk {
namespace {

struct MomentsKernel {
    struct State {
        int64_t count;
        double mean;
        double squares; /* sum of squared distances from the mean */
    };
    using Result = double;
    static constexpr const char *kName = "variance";
    static constexpr bool kCanSubtract = false;
    static constexpr bool kCanRetract = false;

    bool is_population;
    bool is_root;

    template <typename Value>
    bool add(State *state, Value value, int64_t) const noexcept {
        const auto number = static_cast<double>(value);
        const double distance = number - state->mean;
        ++state->count;
        state->mean += distance / static_cast<double>(state->count);
        state->squares += distance * (number - state->mean);
        return true;
    }
    bool merge(State *into, const State &from) const noexcept {
        if (into->count == 0 || from.count == 0) {
            *into = into->count == 0 ? from : *into;
            return true;
        }
        const auto first = static_cast<double>(into->count);
        const auto second = static_cast<double>(from.count);
        const double distance = from.mean - into->mean;
        const double count = first + second;
        into->mean = into->mean + distance * second / count;
        into->squares = into->squares + from.squares + distance * distance * first * second / count;
        into->count += from.count;
        return true;
    }
    Status result(const State &state, double *out_value, bool *out_is_valid,
                  Error *) const noexcept {
        const int64_t divisor = is_population ? state.count : state.count - 1;
        *out_is_valid = divisor > 0;
        const double variance = *out_is_valid ? state.squares / static_cast<double>(divisor) : 0.0;
        *out_value = is_root ? std::sqrt(variance) : variance;
        return Status::kOk;
    }
    static bool is_state(const State &state) noexcept {
        return state.count >= 0 && state.count < int64_t{1} << 61;
    }
};

template <typename T>
Status make_of(const AggregateDefinition &definition, const TypePtr &result_type,
               AccumulatorPtr *out, Error *error) noexcept {
    const MomentsKernel kernel = {definition.option == 1,
                                  definition.kind == AggregateKind::kStdDev};
    return make_plain<FixedReader<T>>(kernel, result_type, out, error);
}

}  // namespace

Status make_moments(const AggregateDefinition &definition, AccumulatorPtr *out,
                    Error *error) noexcept {
    if (definition.option != 0 && definition.option != 1) {
        return fail(error, Status::kInvalid, "%s: option %lld is neither 0 (sample) nor 1 (all)",
                    aggregate_name(definition.kind), static_cast<long long>(definition.option));
    }
    TypePtr type;
    FLK_RETURN_NOT_OK(type_from_format("g", &type, error));
    switch (definition.input_type->id) {
        case TypeId::kInt8:
            return make_of<int8_t>(definition, type, out, error);
        case TypeId::kUint8:
            return make_of<uint8_t>(definition, type, out, error);
        case TypeId::kInt16:
            return make_of<int16_t>(definition, type, out, error);
        case TypeId::kUint16:
            return make_of<uint16_t>(definition, type, out, error);
        case TypeId::kInt32:
            return make_of<int32_t>(definition, type, out, error);
        case TypeId::kUint32:
            return make_of<uint32_t>(definition, type, out, error);
        case TypeId::kInt64:
            return make_of<int64_t>(definition, type, out, error);
        case TypeId::kUint64:
            return make_of<uint64_t>(definition, type, out, error);
        case TypeId::kFloat32:
            return make_of<float>(definition, type, out, error);
        case TypeId::kFloat64:
            return make_of<double>(definition, type, out, error);
        default:
            return no_accumulator(definition, error);
    }
}

}  // namespace flk
