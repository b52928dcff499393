/* accumulate_position.cc — first and last value by arrival number, for values of fixed width. */
#include <algorithm>
#include <cstring>

#include "flk/accumulate_kinds.h"
#include "flk/accumulate_plain.h"

namespace flk {
namespace {

/* T is a machine integer of the column's width: values are only kept. */
template <typename T, typename Out, bool kIsLast>
struct PositionKernel {
    struct alignas(8) State {
        int64_t arrival_after; /* arrival number + 1; 0: no value */
        T value;
    };
    using Result = Out;
    static constexpr const char *kName = kIsLast ? "last" : "first";
    static constexpr bool kCanSubtract = false;
    static constexpr bool kCanRetract = false;

    template <typename Value>
    bool add(State *state, Value value, int64_t arrival) const noexcept {
        return merge(state, State{arrival + 1, static_cast<T>(value)});
    }
    bool merge(State *into, const State &from) const noexcept {
        /* As unsigned numbers less one, "no value" comes after every arrival. */
        const bool is_better = kIsLast ? from.arrival_after > into->arrival_after
                                       : static_cast<uint64_t>(from.arrival_after) - 1 <
                                             static_cast<uint64_t>(into->arrival_after) - 1;
        into->value = is_better ? from.value : into->value;
        into->arrival_after = is_better ? from.arrival_after : into->arrival_after;
        return true;
    }
    Status result(const State &state, Out *out_value, bool *out_is_valid, Error *) const noexcept {
        *out_is_valid = state.arrival_after != 0;
        if constexpr (std::is_same_v<Out, bool>) {
            *out_value = state.value != 0;
        } else {
            *out_value = state.value;
        }
        return Status::kOk;
    }
    static bool is_state(const State &state) noexcept { return state.arrival_after >= 0; }
};

struct Wide {
    uint64_t words[2];
};

template <typename T>
Status make_of(const AggregateDefinition &definition, AccumulatorPtr *out, Error *error) noexcept {
    const TypePtr &type = definition.input_type;
    if (definition.kind == AggregateKind::kLast) {
        return make_plain<FixedReader<T>>(PositionKernel<T, T, true>{}, type, out, error);
    }
    return make_plain<FixedReader<T>>(PositionKernel<T, T, false>{}, type, out, error);
}

}  // namespace

Status make_position(const AggregateDefinition &definition, AccumulatorPtr *out,
                     Error *error) noexcept {
    const TypePtr &type = definition.input_type;
    if (type->layout == Layout::kBits) {
        if (definition.kind == AggregateKind::kLast) {
            return make_plain<BoolReader>(PositionKernel<uint8_t, bool, true>{}, type, out, error);
        }
        return make_plain<BoolReader>(PositionKernel<uint8_t, bool, false>{}, type, out, error);
    }
    switch (type->layout == Layout::kFixed ? type->width_bytes : 0) {
        case 1:
            return make_of<uint8_t>(definition, out, error);
        case 2:
            return make_of<uint16_t>(definition, out, error);
        case 4:
            return make_of<uint32_t>(definition, out, error);
        case 8:
            return make_of<uint64_t>(definition, out, error);
        case 16:
            return make_of<Wide>(definition, out, error);
        default:
            return no_accumulator(definition, error);
    }
}

}  // namespace flk
