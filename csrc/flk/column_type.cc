#include "flk/column_type.h"

#include <cstring>
#include <new>
#include <utility>

#include "flk/column_type_internal.h"

namespace flk {
namespace {

struct FlatFormat {
    const char *format;
    TypeId id;
    Layout layout;
    int32_t width_bytes;
    TimeUnit unit;
    const char *text;
};

constexpr FlatFormat kFlatFormats[] = {
    {"n", TypeId::kNull, Layout::kNone, 0, TimeUnit::kSecond, "null"},
    {"b", TypeId::kBool, Layout::kBits, 0, TimeUnit::kSecond, "bool"},
    {"c", TypeId::kInt8, Layout::kFixed, 1, TimeUnit::kSecond, "int8"},
    {"C", TypeId::kUint8, Layout::kFixed, 1, TimeUnit::kSecond, "uint8"},
    {"s", TypeId::kInt16, Layout::kFixed, 2, TimeUnit::kSecond, "int16"},
    {"S", TypeId::kUint16, Layout::kFixed, 2, TimeUnit::kSecond, "uint16"},
    {"i", TypeId::kInt32, Layout::kFixed, 4, TimeUnit::kSecond, "int32"},
    {"I", TypeId::kUint32, Layout::kFixed, 4, TimeUnit::kSecond, "uint32"},
    {"l", TypeId::kInt64, Layout::kFixed, 8, TimeUnit::kSecond, "int64"},
    {"L", TypeId::kUint64, Layout::kFixed, 8, TimeUnit::kSecond, "uint64"},
    {"e", TypeId::kFloat16, Layout::kFixed, 2, TimeUnit::kSecond, "float16"},
    {"f", TypeId::kFloat32, Layout::kFixed, 4, TimeUnit::kSecond, "float32"},
    {"g", TypeId::kFloat64, Layout::kFixed, 8, TimeUnit::kSecond, "float64"},
    {"u", TypeId::kUtf8, Layout::kBytes32, 0, TimeUnit::kSecond, "utf8"},
    {"U", TypeId::kLargeUtf8, Layout::kBytes64, 0, TimeUnit::kSecond, "large_utf8"},
    {"vu", TypeId::kUtf8View, Layout::kViews, 16, TimeUnit::kSecond, "utf8_view"},
    {"z", TypeId::kBinary, Layout::kBytes32, 0, TimeUnit::kSecond, "binary"},
    {"Z", TypeId::kLargeBinary, Layout::kBytes64, 0, TimeUnit::kSecond, "large_binary"},
    {"vz", TypeId::kBinaryView, Layout::kViews, 16, TimeUnit::kSecond, "binary_view"},
    {"tdD", TypeId::kDate32, Layout::kFixed, 4, TimeUnit::kSecond, "date32"},
    {"tdm", TypeId::kDate64, Layout::kFixed, 8, TimeUnit::kMilli, "date64"},
    {"tts", TypeId::kTime32, Layout::kFixed, 4, TimeUnit::kSecond, "time32[s]"},
    {"ttm", TypeId::kTime32, Layout::kFixed, 4, TimeUnit::kMilli, "time32[ms]"},
    {"ttu", TypeId::kTime64, Layout::kFixed, 8, TimeUnit::kMicro, "time64[us]"},
    {"ttn", TypeId::kTime64, Layout::kFixed, 8, TimeUnit::kNano, "time64[ns]"},
    {"tDs", TypeId::kDuration, Layout::kFixed, 8, TimeUnit::kSecond, "duration[s]"},
    {"tDm", TypeId::kDuration, Layout::kFixed, 8, TimeUnit::kMilli, "duration[ms]"},
    {"tDu", TypeId::kDuration, Layout::kFixed, 8, TimeUnit::kMicro, "duration[us]"},
    {"tDn", TypeId::kDuration, Layout::kFixed, 8, TimeUnit::kNano, "duration[ns]"},
    {"tiM", TypeId::kInterval, Layout::kFixed, 4, TimeUnit::kSecond, "interval[months]"},
    {"tiD", TypeId::kInterval, Layout::kFixed, 8, TimeUnit::kMilli, "interval[days, ms]"},
    {"tin", TypeId::kInterval, Layout::kFixed, 16, TimeUnit::kNano, "interval[months, days, ns]"},
};

const FlatFormat *find_flat(const char *format) noexcept {
    for (const FlatFormat &flat : kFlatFormats) {
        if (std::strcmp(flat.format, format) == 0) {
            return &flat;
        }
    }
    return nullptr;
}

const char *unit_text(TimeUnit unit) noexcept {
    constexpr const char *kTexts[] = {"s", "ms", "us", "ns"};
    return kTexts[static_cast<uint8_t>(unit)];
}

/* A decimal number of at most 9 digits; *text moves behind it. */
bool parse_number(const char **text, int32_t *out_number) noexcept {
    const bool is_negative = **text == '-';
    const char *digit = *text + (is_negative ? 1 : 0);
    const char *first = digit;
    int32_t number = 0;
    for (; *digit >= '0' && *digit <= '9' && digit - first < 9; ++digit) {
        number = number * 10 + (*digit - '0');
    }
    *text = digit;
    *out_number = is_negative ? -number : number;
    return digit != first;
}

bool parse_timestamp(const char *format, Type *out) {
    constexpr const char kUnits[] = "smun";
    const char *unit = format[2] == '\0' ? nullptr : std::strchr(kUnits, format[2]);
    if (unit == nullptr || format[3] != ':') {
        return false;
    }
    out->id = TypeId::kTimestamp;
    out->layout = Layout::kFixed;
    out->width_bytes = 8;
    out->unit = static_cast<TimeUnit>(unit - kUnits);
    out->timezone = format + 4;
    return true;
}

/* "d:precision,scale" or "d:precision,scale,bits". */
bool parse_decimal(const char *format, Type *out) noexcept {
    const char *text = format + 2;
    int32_t bits = 128;
    if (!parse_number(&text, &out->precision) || *text++ != ',' ||
        !parse_number(&text, &out->scale)) {
        return false;
    }
    if (*text == ',') {
        ++text;
        if (!parse_number(&text, &bits)) {
            return false;
        }
    }
    if (*text != '\0' || (bits != 128 && bits != 256) || out->precision < 1) {
        return false;
    }
    out->id = bits == 128 ? TypeId::kDecimal128 : TypeId::kDecimal256;
    out->layout = Layout::kFixed;
    out->width_bytes = bits / 8;
    return true;
}

bool parse_sized(const char *text, TypeId id, Layout layout, Type *out) noexcept {
    int32_t size = 0;
    if (!parse_number(&text, &size) || *text != '\0' || size < 0) {
        return false;
    }
    out->id = id;
    out->layout = layout;
    out->width_bytes = layout == Layout::kFixed ? size : 0;
    out->list_size = layout == Layout::kFixedList ? size : 0;
    return true;
}

bool parse_nested(const char *format, Type *out) noexcept {
    struct NestedFormat {
        const char *format;
        TypeId id;
        Layout layout;
    };
    constexpr NestedFormat kNested[] = {
        {"+l", TypeId::kList, Layout::kList32},
        {"+L", TypeId::kLargeList, Layout::kList64},
        {"+s", TypeId::kStruct, Layout::kStruct},
        {"+m", TypeId::kMap, Layout::kList32},
    };
    for (const NestedFormat &nested : kNested) {
        if (std::strcmp(nested.format, format) == 0) {
            out->id = nested.id;
            out->layout = nested.layout;
            return true;
        }
    }
    return std::strncmp(format, "+w:", 3) == 0 &&
           parse_sized(format + 3, TypeId::kFixedSizeList, Layout::kFixedList, out);
}

}  // namespace

bool type_parse_format(const char *format, Type *out) {
    out->format = format;
    if (const FlatFormat *flat = find_flat(format)) {
        out->id = flat->id;
        out->layout = flat->layout;
        out->width_bytes = flat->width_bytes;
        out->unit = flat->unit;
        return true;
    }
    if (std::strncmp(format, "ts", 2) == 0) {
        return parse_timestamp(format, out);
    }
    if (std::strncmp(format, "d:", 2) == 0) {
        return parse_decimal(format, out);
    }
    if (std::strncmp(format, "w:", 2) == 0) {
        return parse_sized(format + 2, TypeId::kFixedSizeBinary, Layout::kFixed, out);
    }
    return parse_nested(format, out);
}

int64_t type_child_count(const Type &type, int64_t given) noexcept {
    switch (type.layout) {
        case Layout::kList32:
        case Layout::kList64:
        case Layout::kFixedList:
            return 1;
        case Layout::kStruct:
            return given < 0 ? 0 : given;
        default:
            return 0;
    }
}

Status type_from_format(const char *format, TypePtr *out_type, Error *error) noexcept {
    try {
        auto type = std::make_shared<Type>();
        if (!type_parse_format(format, type.get()) || type_child_count(*type, 0) != 0) {
            return fail(error, Status::kUnsupported, "\"%.100s\" is no flat Arrow type", format);
        }
        *out_type = std::move(type);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
}

bool type_equals(const Type &left, const Type &right) noexcept {
    if (&left == &right) {
        return true;
    }
    if (left.id != right.id || left.format != right.format ||
        left.fields.size() != right.fields.size()) {
        return false;
    }
    for (size_t field = 0; field < left.fields.size(); ++field) {
        const bool is_named = left.id == TypeId::kStruct;
        if ((is_named && left.fields[field].name != right.fields[field].name) ||
            !type_equals(*left.fields[field].type, *right.fields[field].type)) {
            return false;
        }
    }
    return left.dictionary == nullptr
               ? right.dictionary == nullptr
               : right.dictionary != nullptr && type_equals(*left.dictionary, *right.dictionary);
}

std::string type_text(const Type &type) {
    const auto child = [&type](size_t index) { return type_text(*type.fields[index].type); };
    switch (type.id) {
        case TypeId::kTimestamp:
            return std::string("timestamp[") + unit_text(type.unit) +
                   (type.timezone.empty() ? "]" : ", tz=" + type.timezone + "]");
        case TypeId::kDecimal128:
        case TypeId::kDecimal256:
            return (type.id == TypeId::kDecimal128 ? "decimal128(" : "decimal256(") +
                   std::to_string(type.precision) + ", " + std::to_string(type.scale) + ")";
        case TypeId::kFixedSizeBinary:
            return "fixed_size_binary[" + std::to_string(type.width_bytes) + "]";
        case TypeId::kList:
            return "list<" + child(0) + ">";
        case TypeId::kLargeList:
            return "large_list<" + child(0) + ">";
        case TypeId::kFixedSizeList:
            return "fixed_size_list<" + child(0) + ">[" + std::to_string(type.list_size) + "]";
        case TypeId::kMap: {
            const Type &entry = *type.fields[0].type;
            return "map<" + type_text(*entry.fields[0].type) + ", " +
                   type_text(*entry.fields[1].type) + ">";
        }
        case TypeId::kStruct: {
            std::string text = "struct<";
            for (size_t field = 0; field < type.fields.size(); ++field) {
                text += (field > 0 ? ", " : "") + type.fields[field].name + ": " + child(field);
            }
            return text + ">";
        }
        case TypeId::kDictionary:
            return "dictionary<" + type_text(*type.dictionary) + ">";
        default: {
            const FlatFormat *flat = find_flat(type.format.c_str());
            return flat == nullptr ? type.format : flat->text;
        }
    }
}

Status type_list(const TypePtr &values, TypePtr *out_type, Error *error) noexcept {
    try {
        auto type = std::make_shared<Type>();
        type_parse_format("+l", type.get());
        type->fields.push_back(Field{"item", values});
        *out_type = std::move(type);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a type");
    }
}

Status type_struct(const std::vector<Field> &fields, TypePtr *out_type, Error *error) noexcept {
    try {
        auto type = std::make_shared<Type>();
        type_parse_format("+s", type.get());
        type->fields = fields;
        *out_type = std::move(type);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a type");
    }
}

Status type_map(const TypePtr &keys, const TypePtr &values, TypePtr *out_type,
                Error *error) noexcept {
    try {
        auto key = std::make_shared<Type>(*keys);
        key->nullable = false;
        auto entry = std::make_shared<Type>();
        type_parse_format("+s", entry.get());
        entry->nullable = false;
        entry->fields = {Field{"key", std::move(key)}, Field{"value", values}};
        auto type = std::make_shared<Type>();
        type_parse_format("+m", type.get());
        type->fields.push_back(Field{"entries", std::move(entry)});
        *out_type = std::move(type);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a type");
    }
}

}  // namespace flk
