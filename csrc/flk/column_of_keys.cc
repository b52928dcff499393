#include "flk/column_of_keys.h"

#include <cstring>
#include <limits>
#include <type_traits>

#include "flk/utf8.h"

namespace flk {

namespace {

/* Rows between a fetch and its use. */
constexpr int64_t kAheadRows = 16;

/* The keys of ids, row by row. */
struct KeyRows {
    const KeyMap &map;
    const uint32_t *ids;
    int64_t count;

    KeyView at(int64_t row) const noexcept { return map.key(ids[row]); }
};

/* Bits of a validity bitmap, made when the first null comes. */
class Validity {
  public:
    explicit Validity(int64_t count) noexcept : count_(count) {}

    Status set_null(int64_t row, Error *error) noexcept {
        if (buffer_.memory == nullptr) {
            FLK_RETURN_NOT_OK(buffer_allocate((count_ + 7) / 8, &buffer_, error));
            std::memset(buffer_.bytes(), 0xff, static_cast<std::size_t>((count_ + 7) / 8));
        }
        buffer_.bytes()[row / 8] &= static_cast<uint8_t>(~(1u << (row % 8)));
        return Status::kOk;
    }
    const Buffer &buffer() const noexcept { return buffer_; }

  private:
    int64_t count_;
    Buffer buffer_;
};

/* An int as a value of the type; false if it is none. */
template <typename T>
bool is_number(int64_t value, T *out_value) noexcept {
    *out_value = static_cast<T>(value);
    if constexpr (std::is_floating_point_v<T>) {
        return false;
    } else if constexpr (std::is_same_v<T, uint64_t>) {
        return value >= 0;
    } else {
        return static_cast<int64_t>(*out_value) == value;
    }
}

/* The value of a key that is no int, if it is one of the type; false if not. */
template <typename T>
bool number_of(const KeyView &key, T *out_value) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
        if (key.tag != kKeyFloat) {
            return false;
        }
        const uint64_t bits = load_le64(key.body);
        double value;
        std::memcpy(&value, &bits, sizeof(value));
        *out_value = static_cast<T>(value);
        return canonical_float_bits(static_cast<double>(*out_value)) == bits;
    } else {
        if constexpr (std::is_same_v<T, uint64_t>) {
            /* Length 9: eight bytes of the number and one of its sign. */
            if (key.tag == kKeyBigInt && key.body_bytes == 13 && key.body[12] == 0) {
                *out_value = load_le64(key.body + 4);
                return true;
            }
        }
        return false;
    }
}

Status not_of(const Type &type, const KeyView &key, Error *error) noexcept {
    return fail(error, Status::kUnsupported, "a key of tag %u is no value of a column of type %s",
                static_cast<unsigned>(key.tag), type.format.c_str());
}

template <typename T>
Status numbers(const KeyRows &rows, const TypePtr &type, ColumnPtr *out_column,
               Error *error) noexcept {
    Buffer values;
    Validity validity(rows.count);
    FLK_RETURN_NOT_OK(
        buffer_allocate(rows.count * static_cast<int64_t>(sizeof(T)), &values, error));
    T *out = values.as<T>();
    for (int64_t row = 0; row < rows.count; ++row) {
        if (row + kAheadRows < rows.count) {
            rows.map.fetch(rows.ids[row + kAheadRows]);
        }
        if (rows.map.is_int(rows.ids[row]) &&
            is_number(rows.map.int_of(rows.ids[row]), out + row)) {
            continue;
        }
        const KeyView key = rows.at(row);
        if (key.tag == kKeyNull) {
            out[row] = T{};
            FLK_RETURN_NOT_OK(validity.set_null(row, error));
        } else if (!number_of<T>(key, out + row)) {
            return not_of(*type, key, error);
        }
    }
    return column_fixed(type, rows.count, values, validity.buffer(), out_column, error);
}

Status bools(const KeyRows &rows, const TypePtr &type, ColumnPtr *out_column,
             Error *error) noexcept {
    Buffer values;
    Validity validity(rows.count);
    FLK_RETURN_NOT_OK(buffer_allocate((rows.count + 7) / 8, &values, error));
    std::memset(values.bytes(), 0, static_cast<std::size_t>((rows.count + 7) / 8));
    for (int64_t row = 0; row < rows.count; ++row) {
        const KeyView key = rows.at(row);
        if (key.tag == kKeyNull) {
            FLK_RETURN_NOT_OK(validity.set_null(row, error));
        } else if (key.tag != kKeyBool) {
            return not_of(*type, key, error);
        } else if (key.body[0] != 0) {
            set_bits(values.bytes(), row, 1);
        }
    }
    return column_fixed(type, rows.count, values, validity.buffer(), out_column, error);
}

Status nulls(const KeyRows &rows, const Type &type, ColumnPtr *out_column, Error *error) noexcept {
    for (int64_t row = 0; row < rows.count; ++row) {
        if (rows.at(row).tag != kKeyNull) {
            return not_of(type, rows.at(row), error);
        }
    }
    return column_null(rows.count, out_column, error);
}

/* A str key with a lone surrogate has an encoding, but it is no UTF-8. */
bool has_surrogate(const KeyView &key) noexcept {
    if (is_ascii(key.body, key.body_bytes)) {
        return false;
    }
    for (uint32_t at = 0; at + 1 < key.body_bytes; ++at) {
        if (key.body[at] == 0xed && key.body[at + 1] >= 0xa0) {
            return true;
        }
    }
    return false;
}

template <typename Offset>
Status payloads(const KeyRows &rows, const TypePtr &type, KeyTag tag, ColumnPtr *out_column,
                Error *error) noexcept {
    Buffer offsets, bytes;
    Validity validity(rows.count);
    FLK_RETURN_NOT_OK(
        buffer_allocate((rows.count + 1) * static_cast<int64_t>(sizeof(Offset)), &offsets, error));
    Offset *out = offsets.as<Offset>();
    int64_t total = 0;
    out[0] = 0;
    for (int64_t row = 0; row < rows.count; ++row) {
        const KeyView key = rows.at(row);
        if (key.tag == kKeyNull) {
            FLK_RETURN_NOT_OK(validity.set_null(row, error));
        } else if (key.tag != tag || (tag == kKeyStr && has_surrogate(key))) {
            return not_of(*type, key, error);
        } else {
            total += key.body_bytes;
        }
        if (total > std::numeric_limits<Offset>::max()) {
            return fail(error, Status::kOverflow,
                        "the keys of %lld rows have more bytes than 32-bit offsets can count",
                        static_cast<long long>(rows.count));
        }
        out[row + 1] = static_cast<Offset>(total);
    }
    FLK_RETURN_NOT_OK(buffer_allocate(total, &bytes, error));
    for (int64_t row = 0; row < rows.count; ++row) {
        const auto size = static_cast<std::size_t>(out[row + 1] - out[row]);
        if (size > 0) {
            std::memcpy(bytes.bytes() + out[row], rows.at(row).body, size);
        }
    }
    return column_bytes(type, rows.count, offsets, bytes, validity.buffer(), out_column, error);
}

Status fixed_payloads(const KeyRows &rows, const TypePtr &type, ColumnPtr *out_column,
                      Error *error) noexcept {
    Buffer values;
    Validity validity(rows.count);
    const auto width = static_cast<uint32_t>(type->width_bytes);
    FLK_RETURN_NOT_OK(buffer_allocate(rows.count * width, &values, error));
    for (int64_t row = 0; row < rows.count; ++row) {
        const KeyView key = rows.at(row);
        uint8_t *out = values.bytes() + row * width;
        if (key.tag == kKeyNull) {
            std::memset(out, 0, width);
            FLK_RETURN_NOT_OK(validity.set_null(row, error));
        } else if (key.tag != kKeyBytes || key.body_bytes != width) {
            return not_of(*type, key, error);
        } else {
            std::memcpy(out, key.body, width);
        }
    }
    return column_fixed(type, rows.count, values, validity.buffer(), out_column, error);
}

}  // namespace

Status column_of_keys(const KeyMap &map, const uint32_t *ids, int64_t count, const TypePtr &type,
                      ColumnPtr *out_column, Error *error) noexcept {
    const KeyRows rows{map, ids, count};
    TypePtr plain = type;
    switch (type->id) {
        case TypeId::kNull:
            return nulls(rows, *type, out_column, error);
        case TypeId::kBool:
            return bools(rows, type, out_column, error);
        case TypeId::kInt8:
            return numbers<int8_t>(rows, type, out_column, error);
        case TypeId::kUint8:
            return numbers<uint8_t>(rows, type, out_column, error);
        case TypeId::kInt16:
            return numbers<int16_t>(rows, type, out_column, error);
        case TypeId::kUint16:
            return numbers<uint16_t>(rows, type, out_column, error);
        case TypeId::kInt32:
            return numbers<int32_t>(rows, type, out_column, error);
        case TypeId::kUint32:
            return numbers<uint32_t>(rows, type, out_column, error);
        case TypeId::kInt64:
            return numbers<int64_t>(rows, type, out_column, error);
        case TypeId::kUint64:
            return numbers<uint64_t>(rows, type, out_column, error);
        case TypeId::kFloat32:
            return numbers<float>(rows, type, out_column, error);
        case TypeId::kFloat64:
            return numbers<double>(rows, type, out_column, error);
        case TypeId::kUtf8View:
            FLK_RETURN_NOT_OK(type_from_format("u", &plain, error));
            [[fallthrough]];
        case TypeId::kUtf8:
            return payloads<int32_t>(rows, plain, kKeyStr, out_column, error);
        case TypeId::kLargeUtf8:
            return payloads<int64_t>(rows, type, kKeyStr, out_column, error);
        case TypeId::kBinaryView:
            FLK_RETURN_NOT_OK(type_from_format("z", &plain, error));
            [[fallthrough]];
        case TypeId::kBinary:
            return payloads<int32_t>(rows, plain, kKeyBytes, out_column, error);
        case TypeId::kLargeBinary:
            return payloads<int64_t>(rows, type, kKeyBytes, out_column, error);
        case TypeId::kFixedSizeBinary:
            return fixed_payloads(rows, type, out_column, error);
        case TypeId::kDictionary:
            return column_of_keys(map, ids, count, type->dictionary, out_column, error);
        default:
            return fail(error, Status::kUnsupported, "no keys become a column of type %s",
                        type->format.c_str());
    }
}

}  // namespace flk
