/* accumulate_cells.cc — what keeps values of any type: min, max, first and last of strings and
 * structs, min_by, max_by, collect. */
#include <algorithm>

#include "flk/accumulate_kinds.h"
#include "flk/accumulate_object.h"

namespace flk {
namespace {

/* One value, chosen by its order, by the order of one of its fields, or by when it came. */
struct ChosenKernel {
    struct Object {
        std::string value;
        std::string field; /* of min_by and max_by: what is compared */
        int64_t arrival = 0;
        bool has_value = false;
    };

    AggregateKind kind;
    CellType value_type;
    CellType field_type;
    std::size_t field_index = 0;
    mutable std::string scratch = {};
    mutable std::string field_scratch = {};

    const char *name() const noexcept { return aggregate_name(kind); }
    bool can_subtract() const noexcept { return false; }
    bool can_retract() const noexcept { return false; }
    Object make() const { return Object(); }

    void add(Object *object, const Column &column, int64_t row, int64_t arrival) const {
        if (!is_by()) {
            const Cell cell = value_type.cell_at(column, row, &scratch);
            if (is_better(*object, cell, arrival)) {
                assign_cell(&object->value, cell);
                mark(object, arrival);
            }
            return;
        }
        const Column &fields = *column.children[field_index];
        if (!fields.is_valid(row)) {
            return;
        }
        const Cell field = field_type.cell_at(fields, row, &field_scratch);
        if (is_better(*object, field, arrival)) {
            assign_cell(&object->field, field);
            assign_cell(&object->value, value_type.cell_at(column, row, &scratch));
            mark(object, arrival);
        }
    }
    void retract(Object *, const Column &, int64_t) const noexcept {}

    void merge(Object *into, const Object &from) const {
        if (from.has_value &&
            is_better(*into, cell_of(is_by() ? from.field : from.value), from.arrival)) {
            *into = from;
        }
    }
    void subtract(Object *, const Object &) const noexcept {}

    void result(const Object *object, CellColumn *out_column) const {
        if (object == nullptr || !object->has_value) {
            out_column->append_null();
        } else {
            out_column->append(cell_of(object->value));
        }
    }

    void write(const Object &object, StateWriter *writer) const {
        writer->put(object.arrival);
        writer->put(static_cast<uint8_t>(object.has_value ? 1 : 0));
        if (object.has_value) {
            writer->put_cell(object.value);
            writer->put_cell(object.field);
        }
    }
    bool read(StateReader *reader, Object *out_object) const {
        uint8_t has_value = 0;
        if (!reader->take(&out_object->arrival) || !reader->take(&has_value) || has_value > 1) {
            return false;
        }
        out_object->has_value = has_value == 1;
        if (!out_object->has_value) {
            return true;
        }
        if (!reader->take_cell(value_type, &out_object->value)) {
            return false;
        }
        uint64_t no_field = 0;
        return is_by() ? reader->take_cell(field_type, &out_object->field)
                       : reader->take(&no_field) && no_field == 0;
    }

  private:
    bool is_by() const noexcept {
        return kind == AggregateKind::kMinBy || kind == AggregateKind::kMaxBy;
    }
    static void mark(Object *object, int64_t arrival) noexcept {
        object->arrival = arrival;
        object->has_value = true;
    }
    bool is_better(const Object &object, Cell cell, int64_t arrival) const noexcept {
        if (!object.has_value) {
            return true;
        }
        if (kind == AggregateKind::kFirst || kind == AggregateKind::kLast) {
            return kind == AggregateKind::kFirst ? arrival < object.arrival
                                                 : arrival > object.arrival;
        }
        const bool is_max = kind == AggregateKind::kMax || kind == AggregateKind::kMaxBy;
        const CellType &type = is_by() ? field_type : value_type;
        const int order = type.compare(cell, cell_of(is_by() ? object.field : object.value));
        return order == 0 ? arrival < object.arrival : (order < 0) != is_max;
    }
};

/* All values in the order they came. */
struct CollectKernel {
    struct Value {
        int64_t arrival;
        std::size_t end; /* in `bytes`; it begins where the one before ends */
    };
    struct Object {
        std::string bytes;
        std::vector<Value> values;

        Cell cell(std::size_t at) const noexcept {
            const std::size_t begin = at == 0 ? 0 : values[at - 1].end;
            return Cell{reinterpret_cast<const uint8_t *>(bytes.data()) + begin,
                        static_cast<int64_t>(values[at].end - begin)};
        }
        void append(int64_t arrival, Cell cell) {
            values.reserve(values.size() == values.capacity() ? values.size() * 2 + 1 : 0);
            bytes.append(reinterpret_cast<const char *>(cell.bytes),
                         static_cast<std::size_t>(cell.size));
            values.push_back(Value{arrival, bytes.size()});
        }
    };

    CellType type;
    mutable std::string scratch = {};

    const char *name() const noexcept { return "collect"; }
    bool can_subtract() const noexcept { return false; }
    bool can_retract() const noexcept { return false; }
    Object make() const { return Object(); }

    void add(Object *object, const Column &column, int64_t row, int64_t arrival) const {
        object->append(arrival, type.cell_at(column, row, &scratch));
    }
    void retract(Object *, const Column &, int64_t) const noexcept {}

    void merge(Object *into, const Object &from) const {
        if (from.values.empty()) {
            return;
        }
        if (into->values.empty() || into->values.back().arrival <= from.values[0].arrival) {
            for (std::size_t at = 0; at < from.values.size(); ++at) {
                into->append(from.values[at].arrival, from.cell(at));
            }
            return;
        }
        Object both;
        std::size_t left = 0;
        std::size_t right = 0;
        while (left < into->values.size() || right < from.values.size()) {
            const bool is_left = right == from.values.size() ||
                                 (left < into->values.size() &&
                                  into->values[left].arrival <= from.values[right].arrival);
            const Object &source = is_left ? *into : from;
            std::size_t &at = is_left ? left : right;
            both.append(source.values[at].arrival, source.cell(at));
            ++at;
        }
        *into = std::move(both);
    }
    void subtract(Object *, const Object &) const noexcept {}

    void result(const Object *object, CellColumn *out_column) const {
        if (object == nullptr) {
            out_column->append_null();
            return;
        }
        for (std::size_t at = 0; at < object->values.size(); ++at) {
            out_column->items()->append(object->cell(at));
        }
        out_column->end_list();
    }

    void write(const Object &object, StateWriter *writer) const {
        writer->put(static_cast<uint64_t>(object.values.size()));
        for (std::size_t at = 0; at < object.values.size(); ++at) {
            const Cell cell = object.cell(at);
            writer->put(object.values[at].arrival);
            writer->put(static_cast<uint64_t>(cell.size));
            writer->put_bytes(cell.bytes, static_cast<std::size_t>(cell.size));
        }
    }
    bool read(StateReader *reader, Object *out_object) const {
        uint64_t count = 0;
        if (!reader->take(&count)) {
            return false;
        }
        for (; count > 0; --count) {
            int64_t arrival = 0;
            if (!reader->take(&arrival) || !reader->take_cell(type, &scratch) ||
                (!out_object->values.empty() && arrival < out_object->values.back().arrival)) {
                return false;
            }
            out_object->append(arrival, cell_of(scratch));
        }
        return true;
    }
};

}  // namespace

Status make_chosen(const AggregateDefinition &definition, AccumulatorPtr *out,
                   Error *error) noexcept {
    try {
        const Type &type = *definition.input_type;
        ChosenKernel kernel = {definition.kind, {}, {}};
        FLK_RETURN_NOT_OK(kernel.value_type.open(definition.input_type, error));
        const bool is_by =
            definition.kind == AggregateKind::kMinBy || definition.kind == AggregateKind::kMaxBy;
        if (is_by) {
            if (type.id != TypeId::kStruct) {
                return no_accumulator(definition, error);
            }
            if (definition.option < 0 ||
                definition.option >= static_cast<int64_t>(type.fields.size())) {
                return fail(error, Status::kInvalid, "%s: there is no field %lld among %zu",
                            kernel.name(), static_cast<long long>(definition.option),
                            type.fields.size());
            }
            kernel.field_index = static_cast<std::size_t>(definition.option);
            FLK_RETURN_NOT_OK(kernel.field_type.open(type.fields[kernel.field_index].type, error));
        }
        const bool is_by_order = is_by || definition.kind == AggregateKind::kMin ||
                                 definition.kind == AggregateKind::kMax;
        if (is_by_order && !(is_by ? kernel.field_type : kernel.value_type).is_ordered()) {
            return no_accumulator(definition, error);
        }
        const TypePtr result_type = kernel.value_type.type();
        return make_object(std::move(kernel), result_type, out, error);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for an accumulator");
    }
}

Status make_collect(const AggregateDefinition &definition, AccumulatorPtr *out,
                    Error *error) noexcept {
    CollectKernel kernel;
    FLK_RETURN_NOT_OK(kernel.type.open(definition.input_type, error));
    TypePtr list_type;
    FLK_RETURN_NOT_OK(type_list(kernel.type.type(), &list_type, error));
    return make_object(std::move(kernel), list_type, out, error);
}

}  // namespace flk
