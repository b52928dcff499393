/* column_type.h — the type of a column: what its values mean and how its buffers lie.
 *
 * A Type is everything one node of an ArrowSchema says except its name. `id` says what values
 * mean (boxing, casts); `layout` says which buffers there are (slice, take, concat, import,
 * export), so a kernel that moves values never asks for more than the layout. Types are immutable
 * and shared; any thread may read them.
 *
 *   layout       buffers after the validity bitmap          children
 *   kNone        -                                          -
 *   kBits        1 bit a row                                -
 *   kFixed       width_bytes a row                          -
 *   kBytes32/64  length + 1 offsets, bytes                  -
 *   kViews       16 bytes a row, any number of data buffers -
 *   kList32/64   length + 1 offsets                         1 (map: a struct of key and value)
 *   kFixedList   -                                          1 with list_size values a row
 *   kStruct      -                                          any number
 *   kDictionary  width_bytes a row (indices)                -, plus one dictionary
 */
#ifndef FLK_COLUMN_TYPE_H_
#define FLK_COLUMN_TYPE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flk/arrow_abi.h"
#include "flk/base.h"

namespace flk {

enum class TypeId : uint8_t {
    kNull,
    kBool,
    kInt8,
    kUint8,
    kInt16,
    kUint16,
    kInt32,
    kUint32,
    kInt64,
    kUint64,
    kFloat16,
    kFloat32,
    kFloat64,
    kUtf8,
    kLargeUtf8,
    kUtf8View,
    kBinary,
    kLargeBinary,
    kBinaryView,
    kFixedSizeBinary,
    kDate32,
    kDate64,
    kTime32,
    kTime64,
    kTimestamp,
    kDuration,
    kInterval,
    kDecimal128,
    kDecimal256,
    kList,
    kLargeList,
    kFixedSizeList,
    kStruct,
    kMap,
    kDictionary,
};

enum class Layout : uint8_t {
    kNone,
    kBits,
    kFixed,
    kBytes32,
    kBytes64,
    kViews,
    kList32,
    kList64,
    kFixedList,
    kStruct,
    kDictionary,
};

enum class TimeUnit : uint8_t { kSecond, kMilli, kMicro, kNano };

struct Type;
using TypePtr = std::shared_ptr<const Type>;

struct Field {
    std::string name;
    TypePtr type;
};

struct Type {
    TypeId id = TypeId::kNull;
    Layout layout = Layout::kNone;
    TimeUnit unit = TimeUnit::kSecond; /* time32/64, timestamp, duration */
    bool nullable = true;
    bool keys_sorted = false;      /* map */
    bool ordered = false;          /* dictionary */
    TypeId index = TypeId::kInt32; /* dictionary: type of the indices, an integer */
    int32_t width_bytes = 0;       /* kFixed, kDictionary */
    int32_t precision = 0;         /* decimals */
    int32_t scale = 0;
    int64_t list_size = 0;     /* kFixedList */
    std::string timezone;      /* timestamp; empty: naive */
    std::string format;        /* as in ArrowSchema */
    std::string metadata;      /* as in ArrowSchema, with its inner lengths */
    std::vector<Field> fields; /* children */
    TypePtr dictionary;        /* type of the dictionary's values */
};

constexpr int kMaxTypeDepth = 64;

/* Type of a format string without children ("l", "tsu:UTC", "d:10,2", "w:16"). */
Status type_from_format(const char *format, TypePtr *out_type, Error *error) noexcept;

/* Type of a schema tree, which is only read. `out_name` may be nullptr. */
Status type_import(const ArrowSchema *schema, TypePtr *out_type, std::string *out_name,
                   Error *error) noexcept;

/* Fill `out_schema`, to be released by whoever gets it. On failure it is left released. */
Status type_export(const Type &type, const std::string &name, ArrowSchema *out_schema,
                   Error *error) noexcept;

/* Whether columns of both types have the same meaning and layout; names of struct fields count,
 * metadata and nullability do not. Pure. */
bool type_equals(const Type &left, const Type &right) noexcept;

/* Readable name: "int64", "timestamp[ms, tz=UTC]", "list<utf8>". May throw std::bad_alloc. */
std::string type_text(const Type &type);

/* Types with children, made from theirs. */
Status type_list(const TypePtr &values, TypePtr *out_type, Error *error) noexcept;
Status type_struct(const std::vector<Field> &fields, TypePtr *out_type, Error *error) noexcept;
Status type_map(const TypePtr &keys, const TypePtr &values, TypePtr *out_type,
                Error *error) noexcept;

}  // namespace flk

#endif  // FLK_COLUMN_TYPE_H_
