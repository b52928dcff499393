/* accumulate_distinct.cc — exact and approximate count distinct, and quantiles. */
#include "flk/accumulate_kinds.h"
#include "flk/accumulate_object.h"
#include "flk/cell_set.h"
#include "flk/hyperloglog.h"
#include "flk/key_column.h"
#include "flk/quantile_sketch.h"

namespace flk {
namespace {

void append_count(int64_t count, CellColumn *out_column) {
    out_column->append(Cell{reinterpret_cast<const uint8_t *>(&count), sizeof(count)});
}

struct DistinctKernel {
    using Object = CellSet;

    CellType type;
    mutable std::string scratch = {};

    const char *name() const noexcept { return "count_distinct"; }
    bool can_subtract() const noexcept { return false; }
    bool can_retract() const noexcept { return false; }
    Object make() const { return CellSet(); }

    void add(CellSet *set, const Column &column, int64_t row, int64_t) const {
        set->insert(distinct_cell(type, type.cell_at(column, row, &scratch), &scratch));
    }
    void retract(CellSet *, const Column &, int64_t) const noexcept {}
    void merge(CellSet *into, const CellSet &from) const {
        for (int64_t at = 0; at < from.size(); ++at) {
            into->insert(from.at(at));
        }
    }
    void subtract(CellSet *, const CellSet &) const noexcept {}
    void result(const CellSet *set, CellColumn *out_column) const {
        append_count(set == nullptr ? 0 : set->size(), out_column);
    }
    void write(const CellSet &set, StateWriter *writer) const {
        writer->put(static_cast<uint64_t>(set.size()));
        for (int64_t at = 0; at < set.size(); ++at) {
            const Cell cell = set.at(at);
            writer->put(static_cast<uint64_t>(cell.size));
            writer->put_bytes(cell.bytes, static_cast<std::size_t>(cell.size));
        }
    }
    bool read(StateReader *reader, CellSet *out_set) const {
        uint64_t size = 0;
        if (!reader->take(&size)) {
            return false;
        }
        for (; size > 0; --size) {
            if (!reader->take_cell(type, &scratch) || !out_set->insert(cell_of(scratch))) {
                return false;
            }
        }
        return true;
    }
};

struct ApproxDistinctKernel {
    using Object = HyperLogLog;

    int32_t precision;
    std::shared_ptr<KeyWriter> scratch;

    const char *name() const noexcept { return "approx_count_distinct"; }
    bool can_subtract() const noexcept { return false; }
    bool can_retract() const noexcept { return false; }
    Object make() const { return HyperLogLog(precision); }

    void add(HyperLogLog *sketch, const Column &column, int64_t row, int64_t) const {
        KeyView view;
        if (views_of_column(column, row, 1, scratch.get(), &view) != Status::kOk) {
            throw std::bad_alloc(); /* a string of 4 GiB */
        }
        sketch->add(view.hash);
    }
    void retract(HyperLogLog *, const Column &, int64_t) const noexcept {}
    void merge(HyperLogLog *into, const HyperLogLog &from) const { into->merge(from); }
    void subtract(HyperLogLog *, const HyperLogLog &) const noexcept {}
    void result(const HyperLogLog *sketch, CellColumn *out_column) const {
        append_count(sketch == nullptr ? 0 : sketch->estimate(), out_column);
    }
    void write(const HyperLogLog &sketch, StateWriter *writer) const {
        const std::vector<uint32_t> words = sketch.words();
        writer->put(static_cast<uint64_t>(words.size()));
        writer->put_bytes(words.data(), words.size() * sizeof(uint32_t));
    }
    bool read(StateReader *reader, HyperLogLog *out_sketch) const {
        uint64_t size = 0;
        if (!reader->take(&size)) {
            return false;
        }
        for (; size > 0; --size) {
            uint32_t word = 0;
            if (!reader->take(&word) || !out_sketch->add_word(word)) {
                return false;
            }
        }
        return true;
    }
};

template <typename T>
struct QuantileKernel {
    using Object = QuantileSketch;

    double quantile;

    const char *name() const noexcept { return "quantile"; }
    bool can_subtract() const noexcept { return false; }
    bool can_retract() const noexcept { return false; }
    Object make() const { return QuantileSketch(); }

    void add(QuantileSketch *sketch, const Column &column, int64_t row, int64_t) const {
        sketch->add(static_cast<double>(column.values<T>()[row]));
    }
    void retract(QuantileSketch *, const Column &, int64_t) const noexcept {}
    void merge(QuantileSketch *into, const QuantileSketch &from) const { into->merge(from); }
    void subtract(QuantileSketch *, const QuantileSketch &) const noexcept {}
    void result(const QuantileSketch *sketch, CellColumn *out_column) const {
        if (sketch == nullptr || sketch->count() == 0) {
            out_column->append_null();
            return;
        }
        const double value = sketch->value_at(quantile);
        out_column->append(Cell{reinterpret_cast<const uint8_t *>(&value), sizeof(value)});
    }
    void write(const QuantileSketch &sketch, StateWriter *writer) const {
        writer->put(static_cast<uint8_t>(sketch.is_exact() ? 1 : 0));
        writer->put(static_cast<uint64_t>(sketch.entries().size()));
        for (const QuantileSketch::Entry &entry : sketch.entries()) {
            writer->put(entry.key);
            writer->put(entry.count);
        }
    }
    bool read(StateReader *reader, QuantileSketch *out_sketch) const {
        uint8_t is_exact = 0;
        uint64_t size = 0;
        if (!reader->take(&is_exact) || is_exact > 1 || !reader->take(&size)) {
            return false;
        }
        for (; size > 0; --size) {
            QuantileSketch::Entry entry = {};
            if (!reader->take(&entry.key) || !reader->take(&entry.count) ||
                !out_sketch->add_entry(is_exact == 1, entry)) {
                return false;
            }
        }
        return true;
    }
};

template <typename T>
Status make_quantile_of(const AggregateDefinition &definition, const TypePtr &type,
                        AccumulatorPtr *out, Error *error) noexcept {
    return make_object(QuantileKernel<T>{definition.parameter}, type, out, error);
}

}  // namespace

Status make_distinct(const AggregateDefinition &definition, AccumulatorPtr *out,
                     Error *error) noexcept {
    TypePtr result_type;
    DistinctKernel kernel;
    FLK_RETURN_NOT_OK(type_from_format("l", &result_type, error));
    FLK_RETURN_NOT_OK(kernel.type.open(definition.input_type, error));
    return make_object(std::move(kernel), result_type, out, error);
}

Status make_approx_distinct(const AggregateDefinition &definition, AccumulatorPtr *out,
                            Error *error) noexcept {
    if (!has_native_keys(*definition.input_type)) {
        return no_accumulator(definition, error);
    }
    if (definition.option < HyperLogLog::kMinPrecision ||
        definition.option > HyperLogLog::kMaxPrecision) {
        return fail(error, Status::kInvalid,
                    "approx_count_distinct: precision %lld is not in 4..18",
                    static_cast<long long>(definition.option));
    }
    try {
        TypePtr result_type;
        FLK_RETURN_NOT_OK(type_from_format("l", &result_type, error));
        return make_object(ApproxDistinctKernel{static_cast<int32_t>(definition.option),
                                                std::make_shared<KeyWriter>()},
                           result_type, out, error);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for an accumulator");
    }
}

Status make_quantile(const AggregateDefinition &definition, AccumulatorPtr *out,
                     Error *error) noexcept {
    if (!(definition.parameter >= 0.0 && definition.parameter <= 1.0)) {
        return fail(error, Status::kInvalid, "quantile: %g is not in 0..1", definition.parameter);
    }
    TypePtr type;
    FLK_RETURN_NOT_OK(type_from_format("g", &type, error));
    switch (definition.input_type->id) {
        case TypeId::kInt8:
            return make_quantile_of<int8_t>(definition, type, out, error);
        case TypeId::kUint8:
            return make_quantile_of<uint8_t>(definition, type, out, error);
        case TypeId::kInt16:
            return make_quantile_of<int16_t>(definition, type, out, error);
        case TypeId::kUint16:
            return make_quantile_of<uint16_t>(definition, type, out, error);
        case TypeId::kInt32:
            return make_quantile_of<int32_t>(definition, type, out, error);
        case TypeId::kUint32:
            return make_quantile_of<uint32_t>(definition, type, out, error);
        case TypeId::kInt64:
            return make_quantile_of<int64_t>(definition, type, out, error);
        case TypeId::kUint64:
            return make_quantile_of<uint64_t>(definition, type, out, error);
        case TypeId::kFloat32:
            return make_quantile_of<float>(definition, type, out, error);
        case TypeId::kFloat64:
            return make_quantile_of<double>(definition, type, out, error);
        default:
            return no_accumulator(definition, error);
    }
}

}  // namespace flk
