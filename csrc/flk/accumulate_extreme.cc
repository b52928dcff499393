/* accumulate_extreme.cc — min and max of values of fixed width. */
#include "flk/accumulate_kinds.h"
#include "flk/accumulate_plain.h"

namespace flk {
namespace {

/* 16 bytes of a decimal column. */
struct Decimal {
    uint64_t low;
    int64_t high;

    bool operator<(const Decimal &other) const noexcept {
        return high != other.high ? high < other.high : low < other.low;
    }
};

/* NaN is larger than every number; of equal values (-0.0 and 0.0 too) the first one stays. */
template <typename T>
bool is_less(T left, T right) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
        return left < right || (right != right && left == left);
    } else {
        return left < right;
    }
}

template <typename T, bool kIsMax>
struct ExtremeKernel {
    struct alignas(8) State {
        T value;
        uint8_t has_value;
    };
    using Result = T;
    static constexpr const char *kName = kIsMax ? "max" : "min";
    static constexpr bool kCanSubtract = false;
    static constexpr bool kCanRetract = false;

    bool add(State *state, T value, int64_t) const noexcept {
        const bool is_better = kIsMax ? is_less(state->value, value) : is_less(value, state->value);
        state->value = is_better || state->has_value == 0 ? value : state->value;
        state->has_value = 1;
        return true;
    }
    bool merge(State *into, const State &from) const noexcept {
        return from.has_value == 0 || add(into, from.value, 0);
    }
    Status result(const State &state, T *out_value, bool *out_is_valid, Error *) const noexcept {
        *out_is_valid = state.has_value != 0;
        *out_value = state.value;
        return Status::kOk;
    }
    static bool is_state(const State &state) noexcept { return state.has_value <= 1; }
};

/* A byte for each bit, so that no byte of a snapshot is an impossible bool. */
template <bool kIsMax>
struct BoolKernel {
    using State = typename ExtremeKernel<uint8_t, kIsMax>::State;
    using Result = bool;
    static constexpr const char *kName = kIsMax ? "max" : "min";
    static constexpr bool kCanSubtract = false;
    static constexpr bool kCanRetract = false;

    bool add(State *state, bool value, int64_t) const noexcept {
        return byte_.add(state, value ? 1 : 0, 0);
    }
    bool merge(State *into, const State &from) const noexcept { return byte_.merge(into, from); }
    Status result(const State &state, bool *out_value, bool *out_is_valid, Error *) const noexcept {
        *out_is_valid = state.has_value != 0;
        *out_value = state.value != 0;
        return Status::kOk;
    }
    static bool is_state(const State &state) noexcept {
        return state.has_value <= 1 && state.value <= 1;
    }

  private:
    ExtremeKernel<uint8_t, kIsMax> byte_;
};

template <typename T>
Status make_of(const AggregateDefinition &definition, AccumulatorPtr *out, Error *error) noexcept {
    const TypePtr &type = definition.input_type;
    if (definition.kind == AggregateKind::kMax) {
        return make_plain<FixedReader<T>>(ExtremeKernel<T, true>{}, type, out, error);
    }
    return make_plain<FixedReader<T>>(ExtremeKernel<T, false>{}, type, out, error);
}

}  // namespace

Status make_extreme(const AggregateDefinition &definition, AccumulatorPtr *out,
                    Error *error) noexcept {
    switch (definition.input_type->id) {
        case TypeId::kBool:
            if (definition.kind == AggregateKind::kMax) {
                return make_plain<BoolReader>(BoolKernel<true>{}, definition.input_type, out,
                                              error);
            }
            return make_plain<BoolReader>(BoolKernel<false>{}, definition.input_type, out, error);
        case TypeId::kInt8:
            return make_of<int8_t>(definition, out, error);
        case TypeId::kUint8:
            return make_of<uint8_t>(definition, out, error);
        case TypeId::kInt16:
            return make_of<int16_t>(definition, out, error);
        case TypeId::kUint16:
            return make_of<uint16_t>(definition, out, error);
        case TypeId::kInt32:
        case TypeId::kDate32:
        case TypeId::kTime32:
            return make_of<int32_t>(definition, out, error);
        case TypeId::kUint32:
            return make_of<uint32_t>(definition, out, error);
        case TypeId::kInt64:
        case TypeId::kDate64:
        case TypeId::kTime64:
        case TypeId::kTimestamp:
        case TypeId::kDuration:
            return make_of<int64_t>(definition, out, error);
        case TypeId::kUint64:
            return make_of<uint64_t>(definition, out, error);
        case TypeId::kFloat32:
            return make_of<float>(definition, out, error);
        case TypeId::kFloat64:
            return make_of<double>(definition, out, error);
        case TypeId::kDecimal128:
            return make_of<Decimal>(definition, out, error);
        default:
            return no_accumulator(definition, error);
    }
}

}  // namespace flk
