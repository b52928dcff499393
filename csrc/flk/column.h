/* column.h — values of one type in Arrow layout, ours or foreign, never changed once made.
 *
 *      validity  1 1 0 1 1 1 0 1 ...      bit offset + row; nullptr: no nulls
 *      data      . . a b c d e f ...      values, offsets or views, from row -offset on
 *                    ^
 *                    offset = 2           first row of this column
 *
 * A column shares its memory with the columns it was sliced from: `owners` keeps buffers alive,
 * ours (Buffer) or a foreign ArrowArray, which is released once, when its last column goes.
 * Two rules make kernels short: validity is set if and only if there are nulls, and the children
 * of structs and fixed-size lists start at the parent's first row (offset counts for validity
 * only). Immutable: any thread may read; kernels run without the GIL.
 */
#ifndef FLK_COLUMN_H_
#define FLK_COLUMN_H_

#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "flk/arrow_abi.h"
#include "flk/base.h"
#include "flk/column_type.h"

namespace flk {

using Owner = std::shared_ptr<const void>;

/* An owner that calls drop(context) when its last column goes, from any thread. Called also if
 * the owner itself cannot be allocated; the result is then empty. */
inline Owner owner_of(void *context, void (*drop)(void *)) noexcept {
    try {
        return Owner(context, drop);
    } catch (const std::bad_alloc &) {
        return Owner();
    }
}

/* Memory of ours: 64-byte aligned, padded to 64 bytes with zeros, freed with its last owner. */
struct Buffer {
    std::shared_ptr<void> memory;

    uint8_t *bytes() const noexcept { return static_cast<uint8_t *>(memory.get()); }
    template <typename T>
    T *as() const noexcept {
        return static_cast<T *>(memory.get());
    }
};

/* size_bytes >= 0; contents undefined but for the padding. */
Status buffer_allocate(int64_t size_bytes, Buffer *out_buffer, Error *error) noexcept;

struct Column;
using ColumnPtr = std::shared_ptr<const Column>;

struct Column {
    TypePtr type;
    int64_t length = 0;
    int64_t offset = 0;
    int64_t null_count = 0;
    const uint8_t *validity = nullptr;
    const uint8_t *data = nullptr;  /* may be nullptr if length is 0 */
    const uint8_t *bytes = nullptr; /* kBytes32/64 */
    std::vector<const uint8_t *> view_buffers;
    std::vector<int64_t> view_sizes;
    std::vector<ColumnPtr> children;
    ColumnPtr dictionary;
    std::vector<Owner> owners;
    bool is_lent = false; /* the memory is wanted back: see column_is_lent */

    /* 0 <= row < length for all of these. */
    bool is_valid(int64_t row) const noexcept {
        FLK_DCHECK(row >= 0 && row < length);
        return validity == nullptr || bit(validity, row);
    }
    bool bool_at(int64_t row) const noexcept { return bit(data, row); }

    /* Values (or offsets) from row 0 on; T is the type's machine type. */
    template <typename T>
    const T *values() const noexcept {
        return reinterpret_cast<const T *>(data) + offset;
    }

    /* Bytes of a row of any string or binary layout, fixed-size included. */
    const uint8_t *bytes_at(int64_t row, int64_t *out_size) const noexcept;

    /* First child row and number of child rows of a row of a list or map. */
    int64_t list_at(int64_t row, int64_t *out_size) const noexcept;

    /* Index into the dictionary; undefined for null rows. */
    int64_t index_at(int64_t row) const noexcept;

  private:
    bool bit(const uint8_t *bits, int64_t row) const noexcept {
        const auto at = static_cast<uint64_t>(offset + row);
        return ((bits[at >> 3] >> (at & 7)) & 1) != 0;
    }
};

/* Number of zero bits among `length` bits from bit `offset` on. */
int64_t count_zero_bits(const uint8_t *bits, int64_t offset, int64_t length) noexcept;

/* Copy `length` bits from `offset` of `source` to bit `out_offset` of `out`; others stay. */
void copy_bits(const uint8_t *source, int64_t offset, int64_t length, uint8_t *out,
               int64_t out_offset) noexcept;

/* Set `length` bits from `offset` on. */
void set_bits(uint8_t *bits, int64_t offset, int64_t length) noexcept;

/* ---- making columns from buffers; `validity` is an empty Buffer when there are no nulls ---- */

/* No rows of any type. */
Status column_empty(const TypePtr &type, ColumnPtr *out_column, Error *error) noexcept;

Status column_null(int64_t length, ColumnPtr *out_column, Error *error) noexcept;

/* kBits and kFixed. */
Status column_fixed(const TypePtr &type, int64_t length, const Buffer &values,
                    const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept;

/* kFixed over memory of somebody else that `owner` keeps alive; no nulls. */
Status column_wrap(const TypePtr &type, int64_t length, const void *values, const Owner &owner,
                   ColumnPtr *out_column, Error *error) noexcept;

/* kBytes32 and kBytes64. */
Status column_bytes(const TypePtr &type, int64_t length, const Buffer &offsets, const Buffer &bytes,
                    const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept;

/* kList32 and kList64; maps take a struct child. */
Status column_list(const TypePtr &type, int64_t length, const Buffer &offsets,
                   const ColumnPtr &child, const Buffer &validity, ColumnPtr *out_column,
                   Error *error) noexcept;

/* kStruct; each child has `length` rows. */
Status column_struct(const TypePtr &type, int64_t length, const std::vector<ColumnPtr> &children,
                     const Buffer &validity, ColumnPtr *out_column, Error *error) noexcept;

/* ---- rows ---- */

/* Rows start .. start + length - 1, sharing memory. kOutOfRange if they are not there. */
Status column_slice(const ColumnPtr &column, int64_t start, int64_t length, ColumnPtr *out_column,
                    Error *error) noexcept;

/* The same memory as values of another kFixed type of the same width, as if there were no nulls;
 * values of null rows are undefined. */
Status column_view_as(const ColumnPtr &column, const TypePtr &type, ColumnPtr *out_column,
                      Error *error) noexcept;

/* Rows indices[0 .. count), in that order, repeats allowed, copied. kOutOfRange if one is not
 * below length; kOverflow if strings or lists outgrow 32-bit offsets. */
Status column_take(const Column &column, const uint32_t *indices, int64_t count,
                   ColumnPtr *out_column, Error *error) noexcept;

/* column_take of indices that the caller has checked. */
Status column_gather(const Column &column, const uint32_t *indices, int64_t count,
                     ColumnPtr *out_column, Error *error) noexcept;

/* All rows of all columns (at least one, types equal), copied. kInvalid if types differ. */
Status column_concat(const std::vector<ColumnPtr> &columns, ColumnPtr *out_column,
                     Error *error) noexcept;

/* ---- memory that is lent ---- */

/* Whether the column, or a column in it, lies in memory that its lender wants back (a ring's).
 * Kernels read such columns as all others; whoever keeps one beyond the batch in work keeps
 * column_retain's. */
bool column_is_lent(const Column &column) noexcept;

/* The same column unless it is lent; then the same values in memory of our own. */
Status column_retain(const ColumnPtr &column, ColumnPtr *out_column, Error *error) noexcept;

/* ---- other libraries ---- */

/* Take over a foreign array: `array` is moved (its release set to null) whatever happens, checked
 * so that no kernel reads outside what it says it has, and released when its last column goes.
 * Buffers that are not aligned for their type are copied. O(rows) for offsets, views and
 * dictionary indices, O(1) for the rest; texts are not checked to be UTF-8. */
Status column_import(ArrowArray *array, const TypePtr &type, ColumnPtr *out_column,
                     Error *error) noexcept;

/* Fill `out_array`, which shares the column's memory (a copy of what is lent) and keeps it alive
 * until its release is called. On failure it is left released. */
Status column_export(const ColumnPtr &column, ArrowArray *out_array, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_COLUMN_H_
