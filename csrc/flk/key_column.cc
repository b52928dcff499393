#include "flk/key_column.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace flk {

namespace {

/* The longest encoding that goes to scratch: an int beyond 63 bits, 1 + 4 + 9 bytes. */
constexpr int64_t kScratchBytes = 14;

/* Rows whose views are made at a time: they stay in the first cache. */
constexpr int64_t kChunkRows = 256;

KeyView view_of_scratch(const KeyWriter &scratch, int64_t begin) noexcept {
    return view_of_encoding(scratch.data() + begin, scratch.size() - begin);
}

Status null_view(KeyWriter *scratch, KeyView *out_view) noexcept {
    const int64_t begin = scratch->size();
    FLK_RETURN_NOT_OK(scratch->put_tag(kKeyNull));
    *out_view = view_of_scratch(*scratch, begin);
    return Status::kOk;
}

struct BoolView {
    Status operator()(const Column &column, int64_t row, KeyWriter *scratch,
                      KeyView *out_view) const noexcept {
        const int64_t begin = scratch->size();
        FLK_RETURN_NOT_OK(scratch->put_fixed(kKeyBool, column.bool_at(row) ? 1 : 0, 1));
        *out_view = view_of_scratch(*scratch, begin);
        return Status::kOk;
    }
};

template <typename T>
struct NumberView {
    Status operator()(const Column &column, int64_t row, KeyWriter *scratch,
                      KeyView *out_view) const noexcept {
        const T value = column.values<T>()[row];
        if constexpr (std::is_floating_point_v<T>) {
            const int64_t begin = scratch->size();
            FLK_RETURN_NOT_OK(scratch->put_float(static_cast<double>(value)));
            *out_view = view_of_scratch(*scratch, begin);
            return Status::kOk;
        } else if constexpr (std::is_same_v<T, uint64_t>) {
            if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
                const int64_t begin = scratch->size();
                FLK_RETURN_NOT_OK(scratch->put_fixed(kKeyBigInt, 9, 4));
                FLK_RETURN_NOT_OK(scratch->put_word(value, 8));
                FLK_RETURN_NOT_OK(scratch->put_word(0, 1));
                *out_view = view_of_scratch(*scratch, begin);
                return Status::kOk;
            }
            *out_view = view_of_int(static_cast<int64_t>(value));
            return Status::kOk;
        } else {
            *out_view = view_of_int(static_cast<int64_t>(value));
            return Status::kOk;
        }
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
        *out_view = view_of_payload(kTag, bytes, static_cast<uint32_t>(size));
        return Status::kOk;
    }
};

template <typename View>
Status fill(const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
            KeyView *out_views, View view) noexcept {
    for (int64_t at = 0; at < count; ++at) {
        if (column.is_valid(start + at)) {
            FLK_RETURN_NOT_OK(view(column, start + at, scratch, out_views + at));
        } else {
            FLK_RETURN_NOT_OK(null_view(scratch, out_views + at));
        }
    }
    return Status::kOk;
}

/* Like views_of_column, but adds to scratch, which has room. */
Status add_views(const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
                 KeyView *out_views) noexcept {
    switch (column.type->id) {
        case TypeId::kNull:
            for (int64_t at = 0; at < count; ++at) {
                FLK_RETURN_NOT_OK(null_view(scratch, out_views + at));
            }
            return Status::kOk;
        case TypeId::kBool:
            return fill(column, start, count, scratch, out_views, BoolView{});
        case TypeId::kInt8:
            return fill(column, start, count, scratch, out_views, NumberView<int8_t>{});
        case TypeId::kUint8:
            return fill(column, start, count, scratch, out_views, NumberView<uint8_t>{});
        case TypeId::kInt16:
            return fill(column, start, count, scratch, out_views, NumberView<int16_t>{});
        case TypeId::kUint16:
            return fill(column, start, count, scratch, out_views, NumberView<uint16_t>{});
        case TypeId::kInt32:
            return fill(column, start, count, scratch, out_views, NumberView<int32_t>{});
        case TypeId::kUint32:
            return fill(column, start, count, scratch, out_views, NumberView<uint32_t>{});
        case TypeId::kInt64:
            return fill(column, start, count, scratch, out_views, NumberView<int64_t>{});
        case TypeId::kUint64:
            return fill(column, start, count, scratch, out_views, NumberView<uint64_t>{});
        case TypeId::kFloat32:
            return fill(column, start, count, scratch, out_views, NumberView<float>{});
        case TypeId::kFloat64:
            return fill(column, start, count, scratch, out_views, NumberView<double>{});
        case TypeId::kUtf8:
        case TypeId::kLargeUtf8:
        case TypeId::kUtf8View:
            return fill(column, start, count, scratch, out_views, PayloadView<kKeyStr>{});
        case TypeId::kBinary:
        case TypeId::kLargeBinary:
        case TypeId::kBinaryView:
        case TypeId::kFixedSizeBinary:
            return fill(column, start, count, scratch, out_views, PayloadView<kKeyBytes>{});
        case TypeId::kDictionary:
            return fill(column, start, count, scratch, out_views,
                        [](const Column &indices, int64_t row, KeyWriter *writer,
                           KeyView *out_view) noexcept {
                            return add_views(*indices.dictionary, indices.index_at(row), 1, writer,
                                             out_view);
                        });
        default:
            return Status::kUnsupported;
    }
}

}  // namespace

bool has_native_keys(const Type &type) noexcept {
    switch (type.id) {
        case TypeId::kNull:
        case TypeId::kBool:
        case TypeId::kInt8:
        case TypeId::kUint8:
        case TypeId::kInt16:
        case TypeId::kUint16:
        case TypeId::kInt32:
        case TypeId::kUint32:
        case TypeId::kInt64:
        case TypeId::kUint64:
        case TypeId::kFloat32:
        case TypeId::kFloat64:
        case TypeId::kUtf8:
        case TypeId::kLargeUtf8:
        case TypeId::kUtf8View:
        case TypeId::kBinary:
        case TypeId::kLargeBinary:
        case TypeId::kBinaryView:
        case TypeId::kFixedSizeBinary:
            return true;
        case TypeId::kDictionary:
            return has_native_keys(*type.dictionary);
        default:
            return false;
    }
}

Status views_of_column(const Column &column, int64_t start, int64_t count, KeyWriter *scratch,
                       KeyView *out_views) noexcept {
    FLK_DCHECK(start >= 0 && start + count <= column.length);
    scratch->truncate(0);
    /* The views point into scratch: it must not move while they are made. */
    FLK_RETURN_NOT_OK(scratch->reserve(count * kScratchBytes));
    return add_views(column, start, count, scratch, out_views);
}

Status hash_column(const Column &column, KeyWriter *scratch, uint64_t *out_hashes) noexcept {
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

Status ids_of_column(KeyMap *map, const Column &column, const uint64_t *, KeyWriter *scratch,
                     uint32_t *out_ids, Error *error) noexcept {
    KeyView views[kChunkRows];
    int64_t new_rows[kChunkRows];
    int64_t new_count = 0;
    for (int64_t start = 0; start < column.length; start += kChunkRows) {
        const int64_t count = std::min(kChunkRows, column.length - start);
        FLK_RETURN_NOT_OK(views_of_column(column, start, count, scratch, views));
        FLK_RETURN_NOT_OK(
            map->find_or_insert(views, count, out_ids + start, new_rows, &new_count, error));
    }
    return Status::kOk;
}

}  // namespace flk
