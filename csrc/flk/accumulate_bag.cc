/* accumulate_bag.cc — values with how often they are there: top-n, and what min, max, top-n and
 * count distinct keep when rows may be taken back. */
#include <map>

#include "flk/accumulate_kinds.h"
#include "flk/accumulate_object.h"
#include "flk/key_encoding.h"

namespace flk {
namespace {

/* Cells in the order of their type, or as bytes, where only being different counts. */
struct CellLess {
    const CellType *type; /* nullptr: as bytes */

    bool operator()(const std::string &left, const std::string &right) const noexcept {
        return type == nullptr ? left < right : type->compare(cell_of(left), cell_of(right)) < 0;
    }
};

struct BagKernel {
    /* A count below 0: more was taken back here than was added; the rest is in another slice. */
    struct Object {
        std::map<std::string, int64_t, CellLess> counts;
        int64_t total = 0;
    };

    AggregateKind kind;
    std::shared_ptr<const CellType> type; /* bags of states point to it */
    int64_t limit = 0;                    /* of top-n */
    bool is_retractable = false;
    mutable std::string scratch = {};

    const char *name() const noexcept { return aggregate_name(kind); }
    bool can_subtract() const noexcept { return false; }
    bool can_retract() const noexcept { return is_retractable; }
    Object make() const {
        const bool is_distinct = kind == AggregateKind::kCountDistinct;
        return Object{decltype(Object::counts)(CellLess{is_distinct ? nullptr : type.get()}), 0};
    }

    void add(Object *object, const Column &column, int64_t row, int64_t) const {
        change(object, cell(column, row), 1);
    }
    void retract(Object *object, const Column &column, int64_t row) const {
        change(object, cell(column, row), -1);
    }
    void merge(Object *into, const Object &from) const {
        for (const auto &entry : from.counts) {
            change(into, cell_of(entry.first), entry.second);
        }
    }
    void subtract(Object *, const Object &) const noexcept {}

    void result(const Object *object, CellColumn *out_column) const {
        switch (kind) {
            case AggregateKind::kCountDistinct:
                return append_size(object, out_column);
            case AggregateKind::kTopN:
                return append_largest(object, out_column);
            default:
                return append_extreme(object, out_column);
        }
    }

    void write(const Object &object, StateWriter *writer) const {
        writer->put(static_cast<uint64_t>(object.counts.size()));
        for (const auto &entry : object.counts) {
            writer->put(entry.second);
            writer->put_cell(entry.first);
        }
    }
    bool read(StateReader *reader, Object *out_object) const {
        constexpr int64_t kLimit = int64_t{1} << 48;
        uint64_t size = 0;
        if (!reader->take(&size)) {
            return false;
        }
        for (; size > 0; --size) {
            int64_t count = 0;
            if (!reader->take(&count) || count == 0 || count > kLimit || count < -kLimit ||
                (count < 0 && !is_retractable) || !reader->take_cell(*type, &scratch) ||
                !out_object->counts.emplace(scratch, count).second) {
                return false;
            }
            out_object->total += count;
        }
        return is_retractable || out_object->total <= limit;
    }

  private:
    Cell cell(const Column &column, int64_t row) const {
        const Cell found = type->cell_at(column, row, &scratch);
        return kind == AggregateKind::kCountDistinct ? distinct_cell(*type, found, &scratch)
                                                     : found;
    }

    void change(Object *object, Cell value, int64_t count) const {
        const auto entry =
            object->counts.emplace(std::string(reinterpret_cast<const char *>(value.bytes),
                                               static_cast<std::size_t>(value.size)),
                                   0);
        entry.first->second += count;
        object->total += count;
        if (entry.first->second == 0) {
            object->counts.erase(entry.first);
        }
        /* Without retractions a value that leaves the top never comes back. */
        while (!is_retractable && object->total > limit) {
            const auto smallest = object->counts.begin();
            const int64_t gone = std::min(smallest->second, object->total - limit);
            smallest->second -= gone;
            object->total -= gone;
            if (smallest->second == 0) {
                object->counts.erase(smallest);
            }
        }
    }

    static void append_size(const Object *object, CellColumn *out_column) {
        int64_t size = 0;
        if (object != nullptr) {
            for (const auto &entry : object->counts) {
                size += entry.second > 0 ? 1 : 0;
            }
        }
        out_column->append(Cell{reinterpret_cast<const uint8_t *>(&size), sizeof(size)});
    }

    void append_largest(const Object *object, CellColumn *out_column) const {
        int64_t left = limit;
        if (object != nullptr) {
            for (auto entry = object->counts.rbegin(); entry != object->counts.rend() && left > 0;
                 ++entry) {
                for (int64_t count = entry->second; count > 0 && left > 0; --count, --left) {
                    out_column->items()->append(cell_of(entry->first));
                }
            }
        }
        if (left == limit) {
            out_column->append_null();
        } else {
            out_column->end_list();
        }
    }

    void append_extreme(const Object *object, CellColumn *out_column) const {
        const std::string *found = nullptr;
        if (object != nullptr) {
            for (const auto &entry : object->counts) {
                if (entry.second > 0) {
                    found = &entry.first;
                    if (kind == AggregateKind::kMin) {
                        break;
                    }
                }
            }
        }
        if (found == nullptr) {
            out_column->append_null();
        } else {
            out_column->append(cell_of(*found));
        }
    }
};

}  // namespace

Cell distinct_cell(const CellType &type, Cell cell, std::string *scratch) {
    const TypeId id = type.type()->id;
    if (id == TypeId::kFloat64) {
        double value;
        std::memcpy(&value, cell.bytes, sizeof(value));
        const uint64_t bits = canonical_float_bits(value);
        scratch->assign(reinterpret_cast<const char *>(&bits), sizeof(bits));
        return cell_of(*scratch);
    }
    if (id == TypeId::kFloat32) {
        float value;
        std::memcpy(&value, cell.bytes, sizeof(value));
        const uint32_t nan_bits = 0x7fc00000u;
        if (value != value) {
            scratch->assign(reinterpret_cast<const char *>(&nan_bits), sizeof(nan_bits));
            return cell_of(*scratch);
        }
    }
    return cell;
}

Status make_bag(const AggregateDefinition &definition, AccumulatorPtr *out, Error *error) noexcept {
    try {
        auto type = std::make_shared<CellType>();
        FLK_RETURN_NOT_OK(type->open(definition.input_type, error));
        const bool is_distinct = definition.kind == AggregateKind::kCountDistinct;
        const bool is_top = definition.kind == AggregateKind::kTopN;
        if (!is_distinct && !type->is_ordered()) {
            return no_accumulator(definition, error);
        }
        if (is_top && (definition.option < 1 || definition.option > 1'000'000)) {
            return fail(error, Status::kInvalid, "top_n: n is %lld; give 1 to 1,000,000",
                        static_cast<long long>(definition.option));
        }
        TypePtr result_type = type->type();
        if (is_distinct) {
            FLK_RETURN_NOT_OK(type_from_format("l", &result_type, error));
        } else if (is_top) {
            FLK_RETURN_NOT_OK(type_list(type->type(), &result_type, error));
        }
        return make_object(BagKernel{definition.kind, std::move(type), definition.option,
                                     definition.is_retractable},
                           result_type, out, error);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for an accumulator");
    }
}

}  // namespace flk
