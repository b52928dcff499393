#include "flk/column.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace flk {
namespace {

constexpr size_t kAlignment = 64;

/* Run `make`, which fills a Column, and publish it; allocation failures become a status. */
template <typename Make>
Status make_column(ColumnPtr *out_column, Error *error, Make make) noexcept {
    try {
        auto column = std::make_shared<Column>();
        make(column.get());
        *out_column = std::move(column);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a column");
    }
}

void keep(Column *column, const Buffer &buffer) {
    if (buffer.memory != nullptr) {
        column->owners.push_back(buffer.memory);
    }
}

void set_validity(Column *column, const Buffer &validity) {
    if (validity.memory == nullptr) {
        return;
    }
    column->null_count = count_zero_bits(validity.bytes(), 0, column->length);
    if (column->null_count > 0) {
        column->validity = validity.bytes();
        keep(column, validity);
    }
}

}  // namespace

Status buffer_allocate(int64_t size_bytes, Buffer *out_buffer, Error *error) noexcept {
    FLK_DCHECK(size_bytes >= 0);
    const size_t size = static_cast<size_t>(size_bytes);
    const size_t padded = size / kAlignment * kAlignment + kAlignment;
    void *memory = std::aligned_alloc(kAlignment, padded);
    if (memory == nullptr) {
        return fail(error, Status::kNoMemory, "no memory for a buffer of %lld bytes",
                    static_cast<long long>(size_bytes));
    }
    std::memset(static_cast<uint8_t *>(memory) + size, 0, padded - size);
    try {
        out_buffer->memory = std::shared_ptr<void>(memory, std::free); /* frees it if it throws */
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for the owner of a buffer");
    }
}

const uint8_t *Column::bytes_at(int64_t row, int64_t *out_size) const noexcept {
    switch (type->layout) {
        case Layout::kBytes32: {
            const int32_t *ends = values<int32_t>() + row;
            *out_size = ends[1] - ends[0];
            return bytes + ends[0];
        }
        case Layout::kBytes64: {
            const int64_t *ends = values<int64_t>() + row;
            *out_size = ends[1] - ends[0];
            return bytes + ends[0];
        }
        case Layout::kViews: {
            const uint8_t *view = data + (offset + row) * 16;
            int32_t words[4];
            std::memcpy(words, view, sizeof(words));
            *out_size = words[0];
            return words[0] <= 12 ? view + 4
                                  : view_buffers[static_cast<size_t>(words[2])] + words[3];
        }
        default:
            FLK_DCHECK(type->layout == Layout::kFixed);
            *out_size = type->width_bytes;
            return data + (offset + row) * type->width_bytes;
    }
}

int64_t Column::list_at(int64_t row, int64_t *out_size) const noexcept {
    if (type->layout == Layout::kList32) {
        const int32_t *ends = values<int32_t>() + row;
        *out_size = ends[1] - ends[0];
        return ends[0];
    }
    if (type->layout == Layout::kList64) {
        const int64_t *ends = values<int64_t>() + row;
        *out_size = ends[1] - ends[0];
        return ends[0];
    }
    FLK_DCHECK(type->layout == Layout::kFixedList);
    *out_size = type->list_size;
    return row * type->list_size;
}

int64_t Column::index_at(int64_t row) const noexcept {
    switch (type->index) {
        case TypeId::kInt8:
            return values<int8_t>()[row];
        case TypeId::kUint8:
            return values<uint8_t>()[row];
        case TypeId::kInt16:
            return values<int16_t>()[row];
        case TypeId::kUint16:
            return values<uint16_t>()[row];
        case TypeId::kInt32:
            return values<int32_t>()[row];
        case TypeId::kUint32:
            return values<uint32_t>()[row];
        default:
            return values<int64_t>()[row];
    }
}

int64_t count_zero_bits(const uint8_t *bits, int64_t offset, int64_t length) noexcept {
    int64_t ones = 0;
    int64_t at = offset;
    const int64_t stop = offset + length;
    const auto is_set = [bits](int64_t position) {
        return (bits[position >> 3] >> (position & 7)) & 1;
    };
    for (; at < stop && (at & 7) != 0; ++at) {
        ones += is_set(at);
    }
    for (; at + 64 <= stop; at += 64) {
        uint64_t word = 0;
        std::memcpy(&word, bits + (at >> 3), sizeof(word));
        ones += __builtin_popcountll(word);
    }
    for (; at < stop; ++at) {
        ones += is_set(at);
    }
    return length - ones;
}

void copy_bits(const uint8_t *source, int64_t offset, int64_t length, uint8_t *out,
               int64_t out_offset) noexcept {
    int64_t row = 0;
    if (((offset | out_offset) & 7) == 0) {
        std::memcpy(out + (out_offset >> 3), source + (offset >> 3),
                    static_cast<size_t>(length >> 3));
        row = length & ~int64_t{7};
    }
    for (; row < length; ++row) {
        const int64_t from = offset + row;
        const int64_t to = out_offset + row;
        const int value = (source[from >> 3] >> (from & 7)) & 1;
        const int others = out[to >> 3] & ~(1 << (to & 7));
        out[to >> 3] = static_cast<uint8_t>(others | (value << (to & 7)));
    }
}

void set_bits(uint8_t *bits, int64_t offset, int64_t length) noexcept {
    int64_t at = offset;
    const int64_t stop = offset + length;
    for (; at < stop && (at & 7) != 0; ++at) {
        bits[at >> 3] = static_cast<uint8_t>(bits[at >> 3] | (1 << (at & 7)));
    }
    if (stop - at >= 8) {
        std::memset(bits + (at >> 3), 0xff, static_cast<size_t>((stop - at) >> 3));
        at += (stop - at) & ~int64_t{7};
    }
    for (; at < stop; ++at) {
        bits[at >> 3] = static_cast<uint8_t>(bits[at >> 3] | (1 << (at & 7)));
    }
}

Status column_empty(const TypePtr &type, ColumnPtr *out_column, Error *error) noexcept {
    try {
        auto column = std::make_shared<Column>();
        column->type = type;
        for (const Field &field : type->fields) {
            ColumnPtr child;
            FLK_RETURN_NOT_OK(column_empty(field.type, &child, error));
            column->children.push_back(std::move(child));
        }
        if (type->dictionary != nullptr) {
            FLK_RETURN_NOT_OK(column_empty(type->dictionary, &column->dictionary, error));
        }
        *out_column = std::move(column);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a column");
    }
}

Status column_null(int64_t length, ColumnPtr *out_column, Error *error) noexcept {
    TypePtr type;
    FLK_RETURN_NOT_OK(type_from_format("n", &type, error));
    return make_column(out_column, error, [&](Column *column) {
        column->type = std::move(type);
        column->length = length;
        column->null_count = length;
    });
}

Status column_fixed(const TypePtr &type, int64_t length, const Buffer &values,
                    const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept {
    return make_column(out_column, error, [&](Column *column) {
        column->type = type;
        column->length = length;
        column->data = values.bytes();
        keep(column, values);
        set_validity(column, validity);
    });
}

Status column_wrap(const TypePtr &type, int64_t length, const void *values, const Owner &owner,
                   ColumnPtr *out_column, Error *error) noexcept {
    return make_column(out_column, error, [&](Column *column) {
        column->type = type;
        column->length = length;
        column->data = static_cast<const uint8_t *>(values);
        column->owners.push_back(owner);
    });
}

Status column_bytes(const TypePtr &type, int64_t length, const Buffer &offsets, const Buffer &bytes,
                    const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept {
    return make_column(out_column, error, [&](Column *column) {
        column->type = type;
        column->length = length;
        column->data = offsets.bytes();
        column->bytes = bytes.bytes();
        keep(column, offsets);
        keep(column, bytes);
        set_validity(column, validity);
    });
}

Status column_list(const TypePtr &type, int64_t length, const Buffer &offsets,
                   const ColumnPtr &child, const Buffer &validity, ColumnPtr *out_column,
                   Error *error) noexcept {
    return make_column(out_column, error, [&](Column *column) {
        column->type = type;
        column->length = length;
        column->data = offsets.bytes();
        column->children.push_back(child);
        keep(column, offsets);
        set_validity(column, validity);
    });
}

Status column_struct(const TypePtr &type, int64_t length, const std::vector<ColumnPtr> &children,
                     const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept {
    return make_column(out_column, error, [&](Column *column) {
        column->type = type;
        column->length = length;
        column->children = children;
        set_validity(column, validity);
    });
}

Status column_view_as(const ColumnPtr &column, const TypePtr &type, ColumnPtr *out_column,
                      Error *error) noexcept {
    FLK_DCHECK(column->type->width_bytes == type->width_bytes);
    return make_column(out_column, error, [&](Column *view) {
        *view = *column;
        view->type = type;
        view->validity = nullptr;
        view->null_count = 0;
    });
}

Status column_slice(const ColumnPtr &column, int64_t start, int64_t length, ColumnPtr *out_column,
                    Error *error) noexcept {
    if (start < 0 || length < 0 || start > column->length - length) {
        return fail(error, Status::kOutOfRange, "rows %lld to %lld of a column of %lld rows",
                    static_cast<long long>(start), static_cast<long long>(start + length),
                    static_cast<long long>(column->length));
    }
    if (length == column->length) {
        *out_column = column;
        return Status::kOk;
    }
    try {
        auto part = std::make_shared<Column>(*column);
        part->length = length;
        part->offset += start;
        part->null_count = 0;
        if (part->type->layout == Layout::kNone) {
            part->null_count = length;
        } else if (part->validity != nullptr) {
            part->null_count = count_zero_bits(part->validity, part->offset, length);
            part->validity = part->null_count > 0 ? part->validity : nullptr;
        }
        const Layout layout = part->type->layout;
        if (layout == Layout::kStruct || layout == Layout::kFixedList) {
            const int64_t width = layout == Layout::kStruct ? 1 : part->type->list_size;
            for (ColumnPtr &child : part->children) {
                FLK_RETURN_NOT_OK(
                    column_slice(ColumnPtr(child), start * width, length * width, &child, error));
            }
        }
        *out_column = std::move(part);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a column");
    }
}

}  // namespace flk
