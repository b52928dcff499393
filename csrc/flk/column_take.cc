/* column_take.cc — gathering rows by number: one tight loop per width, chosen once per column. */
#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "flk/column.h"

namespace flk {
namespace {

/* What is copied of a short string, whatever its length. */
constexpr int64_t kChunkBytes = 32;

/* 16 bytes that are copied as two words: decimals and views are only 8-aligned. */
struct Wide {
    uint64_t words[2];
};

template <typename T>
void gather(const Column &column, const uint32_t *indices, int64_t count, uint8_t *out) noexcept {
    const T *source = column.values<T>();
    T *target = reinterpret_cast<T *>(out);
    for (int64_t row = 0; row < count; ++row) {
        target[row] = source[indices[row]];
    }
}

void gather_bytes(const Column &column, const uint32_t *indices, int64_t count,
                  uint8_t *out) noexcept {
    const int64_t width = column.type->width_bytes;
    const uint8_t *source = column.data + column.offset * width;
    for (int64_t row = 0; row < count; ++row) {
        std::memcpy(out + row * width, source + indices[row] * width, static_cast<size_t>(width));
    }
}

using Gather = void (*)(const Column &, const uint32_t *, int64_t, uint8_t *) noexcept;

Gather choose_gather(const Type &type) noexcept {
    if (type.id == TypeId::kFixedSizeBinary) {
        return gather_bytes; /* any alignment */
    }
    switch (type.width_bytes) {
        case 1:
            return gather<uint8_t>;
        case 2:
            return gather<uint16_t>;
        case 4:
            return gather<uint32_t>;
        case 8:
            return gather<uint64_t>;
        case 16:
            return gather<Wide>;
        default:
            return gather_bytes;
    }
}

/* Bits offset + indices[row] of `bits`, eight to a byte; returns how many are zero. */
int64_t gather_bits(const uint8_t *bits, int64_t offset, const uint32_t *indices, int64_t count,
                    uint8_t *out) noexcept {
    int64_t ones = 0;
    for (int64_t row = 0; row < count; row += 8) {
        const int64_t stop = std::min<int64_t>(8, count - row);
        unsigned byte = 0;
        for (int64_t bit = 0; bit < stop; ++bit) {
            const int64_t at = offset + indices[row + bit];
            byte |= ((static_cast<unsigned>(bits[at >> 3]) >> (at & 7)) & 1u) << bit;
        }
        ones += __builtin_popcount(byte);
        out[row >> 3] = static_cast<uint8_t>(byte);
    }
    return count - ones;
}

class Taker {
  public:
    Taker(const uint32_t *indices, int64_t count, Error *error)
        : indices_(indices), count_(count), error_(error) {}

    Status take(const Column &column, ColumnPtr *out_column) {
        auto out = std::make_shared<Column>();
        out->type = column.type;
        out->length = count_;
        FLK_RETURN_NOT_OK(take_validity(column, out.get()));
        FLK_RETURN_NOT_OK(take_values(column, out.get()));
        *out_column = std::move(out);
        return Status::kOk;
    }

  private:
    Status allocate(int64_t size_bytes, Column *out, uint8_t **out_bytes) {
        Buffer buffer;
        FLK_RETURN_NOT_OK(buffer_allocate(size_bytes, &buffer, error_));
        out->owners.push_back(buffer.memory);
        *out_bytes = buffer.bytes();
        return Status::kOk;
    }

    Status take_validity(const Column &column, Column *out) {
        if (column.type->layout == Layout::kNone) {
            out->null_count = count_;
        }
        if (column.validity == nullptr) {
            return Status::kOk;
        }
        uint8_t *validity = nullptr;
        FLK_RETURN_NOT_OK(allocate((count_ + 7) / 8, out, &validity));
        out->null_count = gather_bits(column.validity, column.offset, indices_, count_, validity);
        out->validity = out->null_count > 0 ? validity : nullptr;
        return Status::kOk;
    }

    Status take_values(const Column &column, Column *out) {
        switch (column.type->layout) {
            case Layout::kNone:
                return Status::kOk;
            case Layout::kBits: {
                uint8_t *bits = nullptr;
                FLK_RETURN_NOT_OK(allocate((count_ + 7) / 8, out, &bits));
                gather_bits(column.data, column.offset, indices_, count_, bits);
                out->data = bits;
                return Status::kOk;
            }
            case Layout::kViews:
                out->view_buffers = column.view_buffers;
                out->view_sizes = column.view_sizes;
                out->owners.insert(out->owners.end(), column.owners.begin(), column.owners.end());
                return take_fixed(column, out);
            case Layout::kDictionary:
                out->dictionary = column.dictionary;
                return take_fixed(column, out);
            case Layout::kFixed:
                return take_fixed(column, out);
            case Layout::kBytes32:
                return take_bytes<int32_t>(column, out);
            case Layout::kBytes64:
                return take_bytes<int64_t>(column, out);
            case Layout::kList32:
                return take_list<int32_t>(column, out);
            case Layout::kList64:
                return take_list<int64_t>(column, out);
            case Layout::kFixedList:
                return take_fixed_list(column, out);
            case Layout::kStruct:
                for (const ColumnPtr &child : column.children) {
                    ColumnPtr taken;
                    FLK_RETURN_NOT_OK(take(*child, &taken));
                    out->children.push_back(std::move(taken));
                }
                return Status::kOk;
        }
        return Status::kUnsupported;
    }

    Status take_fixed(const Column &column, Column *out) {
        uint8_t *data = nullptr;
        FLK_RETURN_NOT_OK(allocate(count_ * column.type->width_bytes, out, &data));
        choose_gather (*column.type)(column, indices_, count_, data);
        out->data = data;
        return Status::kOk;
    }

    /* Offsets of the gathered rows, 0 first; null rows become empty. Returns the last. */
    template <typename Offset>
    Status take_offsets(const Column &column, Column *out, int64_t *out_total) {
        uint8_t *memory = nullptr;
        FLK_RETURN_NOT_OK(
            allocate((count_ + 1) * static_cast<int64_t>(sizeof(Offset)), out, &memory));
        out->data = memory;
        auto *offsets = reinterpret_cast<Offset *>(memory);
        offsets[0] = 0;
        if (count_ == 0) {
            *out_total = 0;
            return Status::kOk;
        }
        const Offset *source = column.values<Offset>();
        int64_t total = 0;
        for (int64_t row = 0; row < count_; ++row) {
            const int64_t index = indices_[row];
            total += source[index + 1] - source[index];
            offsets[row + 1] = static_cast<Offset>(total);
        }
        *out_total = total;
        return total <= std::numeric_limits<Offset>::max()
                   ? Status::kOk
                   : fail(error_, Status::kOverflow,
                          "%lld bytes or values do not fit 32-bit offsets; take fewer rows at once "
                          "or use %s",
                          static_cast<long long>(total),
                          column.type->layout == Layout::kBytes32 ? "large_utf8" : "large_list");
    }

    template <typename Offset>
    Status take_bytes(const Column &column, Column *out) {
        int64_t total = 0;
        FLK_RETURN_NOT_OK(take_offsets<Offset>(column, out, &total));
        uint8_t *bytes = nullptr;
        FLK_RETURN_NOT_OK(allocate(total + kChunkBytes, out, &bytes));
        out->bytes = bytes;
        const Offset *source = column.values<Offset>();
        /* Most strings are short: copying a fixed number of bytes, the next string's included,
         * costs less than copying their own. What follows is written over by the next row. */
        const int64_t last_chunk =
            column.length > 0 ? static_cast<int64_t>(source[column.length]) - kChunkBytes : 0;
        for (int64_t row = 0; row < count_; ++row) {
            const int64_t index = indices_[row];
            const int64_t start = source[index];
            const int64_t size = source[index + 1] - start;
            if (size <= kChunkBytes && start <= last_chunk) {
                std::memcpy(bytes, column.bytes + start, kChunkBytes);
            } else {
                std::memcpy(bytes, column.bytes + start, static_cast<size_t>(size));
            }
            bytes += size;
        }
        std::memset(bytes, 0, kChunkBytes);
        return Status::kOk;
    }

    template <typename Offset>
    Status take_list(const Column &column, Column *out) {
        int64_t total = 0;
        FLK_RETURN_NOT_OK(take_offsets<Offset>(column, out, &total));
        return take_child_rows(column, total, out);
    }

    Status take_fixed_list(const Column &column, Column *out) {
        return take_child_rows(column, count_ * column.type->list_size, out);
    }

    Status take_child_rows(const Column &column, int64_t total, Column *out) {
        const ColumnPtr &child = column.children[0];
        if (child->length > std::numeric_limits<uint32_t>::max()) {
            return fail(error_, Status::kOverflow, "a list column of %lld values is too long",
                        static_cast<long long>(child->length));
        }
        std::vector<uint32_t> rows(static_cast<size_t>(total));
        size_t at = 0;
        for (int64_t row = 0; row < count_; ++row) {
            int64_t size = 0;
            const int64_t first = column.list_at(indices_[row], &size);
            for (int64_t value = 0; value < size; ++value) {
                rows[at++] = static_cast<uint32_t>(first + value);
            }
        }
        ColumnPtr taken;
        FLK_RETURN_NOT_OK(Taker(rows.data(), total, error_).take(*child, &taken));
        out->children.push_back(std::move(taken));
        return Status::kOk;
    }

    const uint32_t *indices_;
    int64_t count_;
    Error *error_;
};

}  // namespace

Status column_take(const Column &column, const uint32_t *indices, int64_t count,
                   ColumnPtr *out_column, Error *error) noexcept {
    uint32_t largest = 0;
    for (int64_t row = 0; row < count; ++row) {
        largest = std::max(largest, indices[row]);
    }
    if (count > 0 && largest >= static_cast<uint64_t>(column.length)) {
        return fail(error, Status::kOutOfRange, "row %lu of a column of %lld rows",
                    static_cast<unsigned long>(largest), static_cast<long long>(column.length));
    }
    return column_gather(column, indices, count, out_column, error);
}

Status column_gather(const Column &column, const uint32_t *indices, int64_t count,
                     ColumnPtr *out_column, Error *error) noexcept {
    try {
        return Taker(indices, count, error).take(column, out_column);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a column");
    }
}

}  // namespace flk
