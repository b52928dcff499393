/* accumulate_sum.cc — count, count_if, sum and avg. */
#include <cinttypes>
#include <cmath>
#include <cstring>

#include "flk/accumulate_kinds.h"
#include "flk/accumulate_plain.h"
#include "flk/decimal.h"
#include "flk/exact_sum.h"

namespace flk {
namespace {

struct CountKernel {
    struct State {
        int64_t count;
    };
    using Result = int64_t;
    static constexpr const char *kName = "count";
    static constexpr bool kCanSubtract = true;
    static constexpr bool kCanRetract = true;

    template <typename Value>
    bool add(State *state, Value, int64_t) const noexcept {
        ++state->count;
        return true;
    }
    template <typename Value>
    bool retract(State *state, Value) const noexcept {
        --state->count;
        return true;
    }
    bool merge(State *into, const State &from) const noexcept {
        into->count += from.count;
        return true;
    }
    void subtract(State *into, const State &from) const noexcept { into->count -= from.count; }
    Status result(const State &state, int64_t *out_value, bool *, Error *) const noexcept {
        *out_value = state.count;
        return Status::kOk;
    }
    /* Far from where adding up could overflow. */
    static bool is_state(const State &state) noexcept {
        constexpr int64_t kLimit = int64_t{1} << 61;
        return state.count < kLimit && state.count > -kLimit;
    }
};

/* Of a field of booleans: rows where it is true. */
struct CountIfKernel : CountKernel {
    static constexpr const char *kName = "count_if";

    bool add(State *state, bool value, int64_t) const noexcept {
        state->count += value ? 1 : 0;
        return true;
    }
    bool retract(State *state, bool value) const noexcept {
        state->count -= value ? 1 : 0;
        return true;
    }
};

/* Sums of ints: exact while they run, checked when they are asked for. */
template <typename T>
struct IntSumKernel {
    using State = ExactSum<T>;
    using Result = T;
    static constexpr const char *kName = "sum";
    static constexpr bool kCanSubtract = true;
    static constexpr bool kCanRetract = true;

    template <typename Value>
    bool add(State *state, Value value, int64_t) const noexcept {
        return state->add(static_cast<T>(value));
    }
    template <typename Value>
    bool retract(State *state, Value value) const noexcept {
        return state->take(static_cast<T>(value));
    }
    bool merge(State *into, const State &from) const noexcept { return into->merge(from); }
    void subtract(State *into, const State &from) const noexcept { into->subtract(from); }
    Status result(const State &state, T *out_value, bool *out_is_valid,
                  Error *error) const noexcept {
        const Int128 sum = state.value();
        *out_is_valid = state.count() > 0;
        *out_value = static_cast<T>(sum);
        if (!*out_is_valid || static_cast<Int128>(*out_value) == sum) {
            return Status::kOk;
        }
        char text[kDecimalTextBytes];
        uint8_t bytes[sizeof(sum)];
        std::memcpy(bytes, &sum, sizeof(sum));
        const int32_t length = decimal128_text(bytes, 0, text);
        return fail(error, Status::kOverflow,
                    "sum: %.*s does not fit %s; sum a float or decimal field instead", length, text,
                    std::is_signed_v<T> ? "int64" : "uint64");
    }
    static bool is_state(const State &) noexcept { return true; }
};

template <typename T>
struct IntAvgKernel : IntSumKernel<T> {
    using State = typename IntSumKernel<T>::State;
    using Result = double;
    static constexpr const char *kName = "avg";

    Status result(const State &state, double *out_value, bool *out_is_valid,
                  Error *) const noexcept {
        *out_is_valid = state.count() > 0;
        *out_value = *out_is_valid ? exact_ratio(state.value(), state.count()) : 0.0;
        return Status::kOk;
    }
};

/* Sums of floats in the order of arrival. States hold the sum with its sign turned over, so that
 * zero bytes are -0.0, to which everything adds without a trace: the first value needs no question.
 */
struct FloatSumKernel {
    struct State {
        double turned;
        int64_t count;

        double sum() const noexcept { return -turned; }
    };
    using Result = double;
    static constexpr const char *kName = "sum";
    static constexpr bool kCanSubtract = false;
    static constexpr bool kCanRetract = false;

    template <typename Value>
    bool add(State *state, Value value, int64_t) const noexcept {
        state->turned = -(state->sum() + static_cast<double>(value));
        ++state->count;
        return true;
    }
    bool merge(State *into, const State &from) const noexcept {
        into->turned = -(into->sum() + from.sum());
        into->count += from.count;
        return true;
    }
    Status result(const State &state, double *out_value, bool *out_is_valid,
                  Error *) const noexcept {
        *out_is_valid = state.count > 0;
        *out_value = *out_is_valid ? state.sum() : 0.0;
        return Status::kOk;
    }
    static bool is_state(const State &state) noexcept {
        return state.count > 0
                   ? state.count < int64_t{1} << 61
                   : state.count == 0 && state.turned == 0.0 && !std::signbit(state.turned);
    }
};

struct FloatAvgKernel : FloatSumKernel {
    static constexpr const char *kName = "avg";

    Status result(const State &state, double *out_value, bool *out_is_valid,
                  Error *) const noexcept {
        *out_is_valid = state.count > 0;
        *out_value = *out_is_valid ? state.sum() / static_cast<double>(state.count) : 0.0;
        return Status::kOk;
    }
};

/* 16 bytes of a decimal column. */
struct Decimal {
    uint64_t low;
    int64_t high;
};

struct DecimalSumKernel {
    struct State { /* 192 bits, the lowest first */
        uint64_t low;
        uint64_t middle;
        int64_t high;
        int64_t count;
    };
    using Result = Decimal;
    static constexpr const char *kName = "sum";
    static constexpr bool kCanSubtract = true;
    static constexpr bool kCanRetract = true;

    bool add(State *state, Decimal value, int64_t) const noexcept {
        return merge(state, widened(value));
    }
    bool retract(State *state, Decimal value) const noexcept {
        subtract(state, widened(value));
        return true;
    }
    bool merge(State *into, const State &from) const noexcept {
        const Uint128 low = static_cast<Uint128>(into->low) + from.low;
        const Uint128 middle = static_cast<Uint128>(into->middle) + from.middle + (low >> 64);
        into->low = static_cast<uint64_t>(low);
        into->middle = static_cast<uint64_t>(middle);
        into->high += from.high + static_cast<int64_t>(middle >> 64);
        into->count += from.count;
        return true;
    }
    void subtract(State *into, const State &from) const noexcept {
        /* into + not(from) + 1 */
        const Uint128 low = static_cast<Uint128>(into->low) + ~from.low + 1;
        const Uint128 middle = static_cast<Uint128>(into->middle) + ~from.middle + (low >> 64);
        into->low = static_cast<uint64_t>(low);
        into->middle = static_cast<uint64_t>(middle);
        into->high += ~from.high + static_cast<int64_t>(middle >> 64);
        into->count -= from.count;
    }
    Status result(const State &state, Decimal *out_value, bool *out_is_valid,
                  Error *error) const noexcept {
        *out_is_valid = state.count > 0;
        *out_value = Decimal{state.low, static_cast<int64_t>(state.middle)};
        if (!*out_is_valid) {
            *out_value = Decimal{0, 0};
            return Status::kOk;
        }
        Int128 value;
        std::memcpy(&value, out_value, sizeof(value));
        const bool is_narrow = state.high == (out_value->high < 0 ? -1 : 0);
        if (is_narrow && value < largest() && value > -largest()) {
            return Status::kOk;
        }
        return fail(error, Status::kOverflow, "sum: more than 38 digits do not fit decimal128");
    }
    static bool is_state(const State &state) noexcept {
        constexpr int64_t kLimit = int64_t{1} << 61;
        return state.count < kLimit && state.count > -kLimit && state.high < kLimit &&
               state.high > -kLimit;
    }

  private:
    static State widened(Decimal value) noexcept {
        return State{value.low, static_cast<uint64_t>(value.high), value.high < 0 ? -1 : 0, 1};
    }
    /* 10^38 */
    static Int128 largest() noexcept {
        constexpr int64_t kDigits19 = 1'000'000'000'000'000'000; /* 10^18 */
        return static_cast<Int128>(kDigits19) * kDigits19 * 100;
    }
};

template <template <typename> class IntKernel, typename T, typename Wide>
Status make_int(const TypePtr &result_type, AccumulatorPtr *out, Error *error) noexcept {
    return make_plain<FixedReader<T>>(IntKernel<Wide>{}, result_type, out, error);
}

template <template <typename> class IntKernel, typename FloatKernel>
Status make_of_number(const AggregateDefinition &definition, const TypePtr &signed_result,
                      const TypePtr &unsigned_result, const TypePtr &float_result,
                      AccumulatorPtr *out, Error *error) noexcept {
    switch (definition.input_type->id) {
        case TypeId::kInt8:
            return make_int<IntKernel, int8_t, int64_t>(signed_result, out, error);
        case TypeId::kInt16:
            return make_int<IntKernel, int16_t, int64_t>(signed_result, out, error);
        case TypeId::kInt32:
            return make_int<IntKernel, int32_t, int64_t>(signed_result, out, error);
        case TypeId::kInt64:
            return make_int<IntKernel, int64_t, int64_t>(signed_result, out, error);
        case TypeId::kUint8:
            return make_int<IntKernel, uint8_t, uint64_t>(unsigned_result, out, error);
        case TypeId::kUint16:
            return make_int<IntKernel, uint16_t, uint64_t>(unsigned_result, out, error);
        case TypeId::kUint32:
            return make_int<IntKernel, uint32_t, uint64_t>(unsigned_result, out, error);
        case TypeId::kUint64:
            return make_int<IntKernel, uint64_t, uint64_t>(unsigned_result, out, error);
        case TypeId::kFloat32:
            return make_plain<FixedReader<float>>(FloatKernel{}, float_result, out, error);
        case TypeId::kFloat64:
            return make_plain<FixedReader<double>>(FloatKernel{}, float_result, out, error);
        default:
            return no_accumulator(definition, error);
    }
}

}  // namespace

Status make_count(const AggregateDefinition &definition, AccumulatorPtr *out,
                  Error *error) noexcept {
    TypePtr int64_type;
    FLK_RETURN_NOT_OK(type_from_format("l", &int64_type, error));
    if (definition.kind == AggregateKind::kCountIf) {
        return definition.input_type->id == TypeId::kBool
                   ? make_plain<BoolReader>(CountIfKernel{}, int64_type, out, error)
                   : no_accumulator(definition, error);
    }
    return make_plain<RowReader>(CountKernel{}, int64_type, out, error);
}

Status make_sum(const AggregateDefinition &definition, AccumulatorPtr *out, Error *error) noexcept {
    TypePtr int64_type;
    TypePtr uint64_type;
    TypePtr float64_type;
    FLK_RETURN_NOT_OK(type_from_format("l", &int64_type, error));
    FLK_RETURN_NOT_OK(type_from_format("L", &uint64_type, error));
    FLK_RETURN_NOT_OK(type_from_format("g", &float64_type, error));
    if (definition.kind == AggregateKind::kAvg) {
        return make_of_number<IntAvgKernel, FloatAvgKernel>(definition, float64_type, float64_type,
                                                            float64_type, out, error);
    }
    if (definition.input_type->id == TypeId::kDecimal128) {
        char format[32];
        std::snprintf(format, sizeof(format), "d:38,%" PRId32, definition.input_type->scale);
        TypePtr decimal_type;
        FLK_RETURN_NOT_OK(type_from_format(format, &decimal_type, error));
        return make_plain<FixedReader<Decimal>>(DecimalSumKernel{}, decimal_type, out, error);
    }
    return make_of_number<IntSumKernel, FloatSumKernel>(definition, int64_type, uint64_type,
                                                        float64_type, out, error);
}

}  // namespace flk
