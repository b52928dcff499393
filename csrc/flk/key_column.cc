#include "flk/key_column.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "flk/key_dictionary.h"

namespace flk {

namespace {

/* The longest body that goes to scratch: of an int beyond 63 bits, 4 + 9 bytes. */
constexpr int64_t kScratchBytes = 13;

/* Rows whose views are made at a time: they stay in the first cache. */
constexpr int64_t kChunkRows = 256;

/* Ints that are hashed at a time: enough to look buckets up far ahead. */
constexpr int64_t kChunkInts = 1024;

KeyView view_of_body(KeyTag tag, const uint8_t *body, int64_t body_bytes) noexcept {
    return KeyView{0, body, static_cast<uint32_t>(body_bytes), tag};
}

/* What was put into scratch since `begin`. */
KeyView view_of_scratch(KeyTag tag, const KeyWriter &scratch, int64_t begin) noexcept {
    return view_of_body(tag, scratch.data() + begin, scratch.size() - begin);
}

/* Each of these makes the view of a row that is valid, without its hash. */

struct BoolView {
    Status operator()(const Column &column, int64_t row, KeyWriter *scratch,
                      KeyView *out_view) const noexcept {
        const int64_t begin = scratch->size();
        FLK_RETURN_NOT_OK(scratch->put_word(column.bool_at(row) ? 1 : 0, 1));
        *out_view = view_of_scratch(kKeyBool, *scratch, begin);
        return Status::kOk;
    }
};

template <typename T>
struct FloatView {
    Status operator()(const Column &column, int64_t row, KeyWriter *scratch,
                      KeyView *out_view) const noexcept {
        const int64_t begin = scratch->size();
        const auto value = static_cast<double>(column.values<T>()[row]);
        FLK_RETURN_NOT_OK(scratch->put_word(canonical_float_bits(value), 8));
        *out_view = view_of_scratch(kKeyFloat, *scratch, begin);
        return Status::kOk;
    }
};

template <typename T>
struct IntView {
    Status operator()(const Column &column, int64_t row, KeyWriter *scratch,
                      KeyView *out_view) const noexcept {
        const T value = column.values<T>()[row];
        if constexpr (std::is_same_v<T, uint64_t>) {
            if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
                const int64_t begin = scratch->size();
                FLK_RETURN_NOT_OK(scratch->put_word(9, 4));
                FLK_RETURN_NOT_OK(scratch->put_word(value, 8));
                FLK_RETURN_NOT_OK(scratch->put_word(0, 1));
                *out_view = view_of_scratch(kKeyBigInt, *scratch, begin);
                return Status::kOk;
            }
        }
        *out_view = KeyView{hash_int64(static_cast<int64_t>(value)), nullptr, 0, kKeyInt};
        return Status::kOk;
    }
};

template <KeyTag kTag>
struct PayloadView {
    Status operator()(const Column &column, int64_t row, KeyWriter *,
                      KeyView *out_view) const noexcept {
        int64_t size = 0;
        const uint8_t *bytes = column.bytes_at(row, &size);
        if (size > 0xffffffffll) {
            return Status::kOutOfRange;
        }
        *out_view = view_of_body(kTag, bytes, size);
        return Status::kOk;
    }
};

/* Call `run(view)` with the view for a type, which is none of dictionaries and null. */
template <typename Run>
Status with_view(TypeId id, Run run) noexcept {
    switch (id) {
        case TypeId::kBool:
            return run(BoolView{});
        case TypeId::kInt8:
            return run(IntView<int8_t>{});
        case TypeId::kUint8:
            return run(IntView<uint8_t>{});
        case TypeId::kInt16:
            return run(IntView<int16_t>{});
        case TypeId::kUint16:
            return run(IntView<uint16_t>{});
        case TypeId::kInt32:
            return run(IntView<int32_t>{});
        case TypeId::kUint32:
            return run(IntView<uint32_t>{});
        case TypeId::kInt64:
            return run(IntView<int64_t>{});
        case TypeId::kUint64:
            return run(IntView<uint64_t>{});
        case TypeId::kFloat32:
            return run(FloatView<float>{});
        case TypeId::kFloat64:
            return run(FloatView<double>{});
        case TypeId::kUtf8:
        case TypeId::kLargeUtf8:
        case TypeId::kUtf8View:
            return run(PayloadView<kKeyStr>{});
        case TypeId::kBinary:
        case TypeId::kLargeBinary:
        case TypeId::kBinaryView:
        case TypeId::kFixedSizeBinary:
            return run(PayloadView<kKeyBytes>{});
        default:
            return Status::kUnsupported;
    }
}

/* Texts and bytes of the usual layout without nulls: a row is two offsets. */
bool is_plain_payload(const Column &column) noexcept {
    return column.validity == nullptr &&
           (column.type->id == TypeId::kUtf8 || column.type->id == TypeId::kBinary);
}

KeyTag payload_tag(const Column &column) noexcept {
    return column.type->id == TypeId::kUtf8 ? kKeyStr : kKeyBytes;
}

/* Views without hashes (but those of ints); adds to scratch, which has room. */
Status add_views(const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
                 KeyView *out_views) noexcept {
    static const uint8_t nothing = 0;
    const KeyView null = view_of_body(kKeyNull, &nothing, 0);
    if (column.type->id == TypeId::kNull) {
        std::fill(out_views, out_views + count, null);
        return Status::kOk;
    }
    if (is_plain_payload(column)) {
        const KeyTag tag = payload_tag(column);
        const int32_t *ends = column.values<int32_t>() + start;
        const uint8_t *bytes = column.bytes;
        for (int64_t at = 0; at < count; ++at) {
            out_views[at] = view_of_body(tag, bytes + ends[at], ends[at + 1] - ends[at]);
        }
        return Status::kOk;
    }
    if (column.type->id == TypeId::kDictionary) {
        for (int64_t at = 0; at < count; ++at) {
            out_views[at] = null;
            if (column.is_valid(start + at)) {
                FLK_RETURN_NOT_OK(add_views(*column.dictionary, column.index_at(start + at), 1,
                                            scratch, out_views + at));
            }
        }
        return Status::kOk;
    }
    return with_view(column.type->id, [&](auto view) noexcept {
        for (int64_t at = 0; at < count; ++at) {
            out_views[at] = null;
            if (column.is_valid(start + at)) {
                FLK_RETURN_NOT_OK(view(column, start + at, scratch, out_views + at));
            }
        }
        return Status::kOk;
    });
}

template <typename T>
void widen(const Column &column, int64_t start, int64_t count, int64_t *out_values) noexcept {
    const T *values = column.values<T>() + start;
    for (int64_t at = 0; at < count; ++at) {
        out_values[at] = static_cast<int64_t>(values[at]);
    }
}

/* Whether all rows are ints of 64 bits, so that a hash is a key. */
bool has_only_ints(const Column &column) noexcept {
    if (column.type->id < TypeId::kInt8 || column.type->id > TypeId::kUint64 ||
        column.validity != nullptr) {
        return false;
    }
    if (column.type->id == TypeId::kUint64) {
        uint64_t seen = 0;
        for (int64_t row = 0; row < column.length; ++row) {
            seen |= column.values<uint64_t>()[row];
        }
        return seen <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    }
    return true;
}

/* Rows of a column that has_only_ints, at most kChunkInts, as int64: where they are if they are
 * such, else widened into `scratch`. */
const int64_t *ints_at(const Column &column, int64_t start, int64_t count,
                       int64_t *scratch) noexcept {
    switch (column.type->id) {
        case TypeId::kInt64:
        case TypeId::kUint64:
            return column.values<int64_t>() + start;
        case TypeId::kInt8:
            widen<int8_t>(column, start, count, scratch);
            break;
        case TypeId::kUint8:
            widen<uint8_t>(column, start, count, scratch);
            break;
        case TypeId::kInt16:
            widen<int16_t>(column, start, count, scratch);
            break;
        case TypeId::kUint16:
            widen<uint16_t>(column, start, count, scratch);
            break;
        case TypeId::kInt32:
            widen<int32_t>(column, start, count, scratch);
            break;
        default:
            widen<uint32_t>(column, start, count, scratch);
            break;
    }
    return scratch;
}

}  // namespace

bool has_native_keys(const Type &type) noexcept {
    if (type.id == TypeId::kDictionary) {
        return has_native_keys(*type.dictionary);
    }
    return type.id == TypeId::kNull ||
           with_view(type.id, [](auto) noexcept { return Status::kOk; }) == Status::kOk;
}

Status views_of_column(const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
                       KeyView *out_views, const uint64_t *hashes) noexcept {
    FLK_DCHECK(start >= 0 && start + count <= column.length);
    scratch->truncate(0);
    /* The views point into scratch: it must not move while they are made. */
    FLK_RETURN_NOT_OK(scratch->reserve(count * kScratchBytes));
    FLK_RETURN_NOT_OK(add_views(column, start, count, scratch, out_views));
    for (int64_t at = 0; at < count; ++at) {
        KeyView &view = out_views[at];
        if (hashes != nullptr) {
            view.hash = hashes[at];
        } else if (view.tag != kKeyInt) {
            view.hash = hash_body(view.tag, view.body, view.body_bytes);
        }
    }
    return Status::kOk;
}

Status hash_column(const Column &column, KeyWriter *scratch, uint64_t *out_hashes) noexcept {
    if (has_only_ints(column)) {
        int64_t widened[kChunkInts];
        for (int64_t start = 0; start < column.length; start += kChunkInts) {
            const int64_t count = std::min(kChunkInts, column.length - start);
            hash_int64s(ints_at(column, start, count, widened), count, out_hashes + start);
        }
        return Status::kOk;
    }
    if (is_plain_payload(column)) {
        const KeyTag tag = payload_tag(column);
        const int32_t *ends = column.values<int32_t>();
        const uint8_t *bytes = column.bytes;
        for (int64_t row = 0; row < column.length; ++row) {
            out_hashes[row] = hash_body(tag, bytes + ends[row], ends[row + 1] - ends[row]);
        }
        return Status::kOk;
    }
    if (is_short_dictionary(column)) {
        return hash_short_dictionary(column, scratch, out_hashes);
    }
    KeyView views[kChunkRows];
    for (int64_t start = 0; start < column.length; start += kChunkRows) {
        const int64_t count = std::min(kChunkRows, column.length - start);
        FLK_RETURN_NOT_OK(views_of_column(column, start, count, scratch, views));
        for (int64_t at = 0; at < count; ++at) {
            out_hashes[start + at] = views[at].hash;
        }
    }
    return Status::kOk;
}

Status ids_of_column(KeyMap *map, const Column &column, const uint64_t *hashes, KeyWriter *scratch,
                     uint32_t *out_ids, Error *error) noexcept {
    if (has_only_ints(column)) {
        int64_t widened[kChunkInts];
        for (int64_t start = 0; start < column.length; start += kChunkInts) {
            const int64_t count = std::min(kChunkInts, column.length - start);
            const int64_t *keys = ints_at(column, start, count, widened);
            FLK_RETURN_NOT_OK(map->find_or_insert_values(keys, count, out_ids + start, error));
        }
        return Status::kOk;
    }
    if (is_short_dictionary(column)) {
        return ids_of_short_dictionary(map, column, scratch, out_ids, error);
    }
    KeyView views[kChunkRows];
    for (int64_t start = 0; start < column.length; start += kChunkRows) {
        const int64_t count = std::min(kChunkRows, column.length - start);
        FLK_RETURN_NOT_OK(views_of_column(column, start, count, scratch, views,
                                          hashes == nullptr ? nullptr : hashes + start));
        FLK_RETURN_NOT_OK(
            map->find_or_insert(views, count, out_ids + start, nullptr, nullptr, error));
    }
    return Status::kOk;
}

}  // namespace flk
