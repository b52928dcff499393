#include "flk/frame_columns.h"

#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <unordered_map>
#include <utility>

#include "flk/ring_frame.h"

namespace flk {
namespace {

constexpr int64_t kHeaderBytes = 32;
constexpr int64_t kMaxRows = int64_t{1} << 40;
constexpr uint32_t kMaxRecords = 1 << 20;

/* Where the buffers of one column lie, in bytes of the payload; 0: there is none. */
struct Record {
    int64_t rows = 0;
    int64_t validity_at = 0;
    int64_t data_at = 0;
    int64_t data_bytes = 0;
    int64_t bytes_at = 0;
    int64_t bytes_bytes = 0;
    int64_t zero[2] = {0, 0};
};

static_assert(sizeof(Record) == 64, "docs/spec/column_frames.md");

int64_t bitmap_bytes(int64_t rows) noexcept { return (rows + 7) / 8; }

/* Buffers begin at multiples of 64 of the ring: 32 after one of the payload's. */
int64_t aligned(int64_t at) noexcept {
    return frame_span(at + kFrameHeaderBytes) - kFrameHeaderBytes;
}

template <typename Visit>
void each_record(const std::vector<ColumnPtr> &columns, Visit visit) {
    for (const ColumnPtr &column : columns) {
        visit(*column);
        if (column->dictionary != nullptr) {
            visit(*column->dictionary);
        }
    }
}

int64_t record_count(const std::vector<ColumnPtr> &columns) noexcept {
    int64_t count = 0;
    each_record(columns, [&](const Column &) { ++count; });
    return count;
}

template <typename Offset>
int64_t text_bytes(const Column &column) noexcept {
    if (column.length == 0) {
        return 0;
    }
    const Offset *offsets = column.values<Offset>();
    return int64_t{offsets[column.length]} - int64_t{offsets[0]};
}

/* Bytes of the data buffer of so many rows. */
int64_t data_bytes(const Type &type, int64_t rows) noexcept {
    switch (type.layout) {
        case Layout::kBits:
            return bitmap_bytes(rows);
        case Layout::kFixed:
        case Layout::kDictionary:
            return rows * type.width_bytes;
        case Layout::kBytes32:
            return rows == 0 ? 0 : (rows + 1) * 4;
        case Layout::kBytes64:
            return rows == 0 ? 0 : (rows + 1) * 8;
        default:
            return 0;
    }
}

/* The record of a column whose first buffer may begin at *at, which moves behind its last. */
Record lay_out(const Column &column, int64_t *at) noexcept {
    Record record;
    record.rows = column.length;
    const auto place = [at](int64_t size) {
        if (size == 0) {
            return int64_t{0};
        }
        const int64_t start = aligned(*at);
        *at = start + size;
        return start;
    };
    if (column.validity != nullptr) {
        record.validity_at = place(bitmap_bytes(column.length));
    }
    record.data_bytes = data_bytes(*column.type, column.length);
    record.data_at = place(record.data_bytes);
    record.bytes_bytes = column.type->layout == Layout::kBytes32   ? text_bytes<int32_t>(column)
                         : column.type->layout == Layout::kBytes64 ? text_bytes<int64_t>(column)
                                                                   : 0;
    record.bytes_at = place(record.bytes_bytes);
    return record;
}

void copy(uint8_t *out, const uint8_t *source, int64_t size) noexcept {
    if (size > 0) {
        std::memcpy(out, source, static_cast<size_t>(size));
    }
}

template <typename Offset>
void write_texts(const Column &column, const Record &record, uint8_t *payload) noexcept {
    if (column.length == 0) {
        return;
    }
    const Offset *offsets = column.values<Offset>();
    auto *out = reinterpret_cast<Offset *>(payload + record.data_at);
    const Offset first = offsets[0];
    for (int64_t row = 0; row <= column.length; ++row) {
        out[row] = static_cast<Offset>(offsets[row] - first);
    }
    copy(payload + record.bytes_at, column.bytes + first, record.bytes_bytes);
}

void write_column(const Column &column, const Record &record, uint8_t *payload) noexcept {
    if (record.validity_at > 0) {
        std::memset(payload + record.validity_at, 0,
                    static_cast<size_t>(bitmap_bytes(column.length)));
        copy_bits(column.validity, column.offset, column.length, payload + record.validity_at, 0);
    }
    switch (column.type->layout) {
        case Layout::kBits:
            if (column.length > 0) {
                std::memset(payload + record.data_at, 0, static_cast<size_t>(record.data_bytes));
                copy_bits(column.data, column.offset, column.length, payload + record.data_at, 0);
            }
            return;
        case Layout::kFixed:
        case Layout::kDictionary:
            copy(payload + record.data_at, column.data + column.offset * column.type->width_bytes,
                 record.data_bytes);
            return;
        case Layout::kBytes32:
            return write_texts<int32_t>(column, record, payload);
        case Layout::kBytes64:
            return write_texts<int64_t>(column, record, payload);
        default:
            return;
    }
}

/* ---- preparing ---- */

Status copy_validity(const Column &column, Buffer *out, Error *error) noexcept {
    if (column.validity == nullptr) {
        return Status::kOk;
    }
    const int64_t size = bitmap_bytes(column.length);
    FLK_RETURN_NOT_OK(buffer_allocate(size, out, error));
    std::memset(out->bytes(), 0, static_cast<size_t>(size));
    copy_bits(column.validity, column.offset, column.length, out->bytes(), 0);
    return Status::kOk;
}

Status plain_texts(const Column &column, ColumnPtr *out_column, Error *error) noexcept {
    TypePtr type;
    FLK_RETURN_NOT_OK(frame_type(column.type, &type, error));
    int64_t total = 0;
    int64_t size = 0;
    for (int64_t row = 0; row < column.length; ++row) {
        if (column.is_valid(row)) {
            column.bytes_at(row, &size);
            total += size;
        }
    }
    if (total > std::numeric_limits<int32_t>::max()) {
        return fail(error, Status::kOverflow, "%lld bytes of strings in one frame",
                    static_cast<long long>(total));
    }
    Buffer offsets;
    Buffer bytes;
    Buffer validity;
    FLK_RETURN_NOT_OK(buffer_allocate((column.length + 1) * 4, &offsets, error));
    FLK_RETURN_NOT_OK(buffer_allocate(total, &bytes, error));
    FLK_RETURN_NOT_OK(copy_validity(column, &validity, error));
    int32_t at = 0;
    for (int64_t row = 0; row < column.length; ++row) {
        offsets.as<int32_t>()[row] = at;
        if (column.is_valid(row)) {
            const uint8_t *text = column.bytes_at(row, &size);
            copy(bytes.bytes() + at, text, size);
            at += static_cast<int32_t>(size);
        }
    }
    offsets.as<int32_t>()[column.length] = at;
    return column_bytes(type, column.length, offsets, bytes, validity, out_column, error);
}

/* The same values over a dictionary of those in use, in order of first use. Indices keep their
 * type: there are not more of them than before. */
Status used_dictionary(const Column &column, ColumnPtr *out_column, Error *error) {
    std::unordered_map<int64_t, uint32_t> places;
    std::vector<uint32_t> used;
    Buffer indices;
    const int32_t width = column.type->width_bytes;
    FLK_RETURN_NOT_OK(buffer_allocate(column.length * width, &indices, error));
    for (int64_t row = 0; row < column.length; ++row) {
        uint64_t place = 0;
        if (column.is_valid(row)) {
            const int64_t index = column.index_at(row);
            if (index > std::numeric_limits<uint32_t>::max()) {
                return fail(error, Status::kOverflow, "dictionary index %lld",
                            static_cast<long long>(index));
            }
            const auto found = places.emplace(index, static_cast<uint32_t>(used.size()));
            if (found.second) {
                used.push_back(static_cast<uint32_t>(index));
            }
            place = found.first->second;
        }
        std::memcpy(indices.bytes() + row * width, &place, static_cast<size_t>(width));
    }
    auto compact = std::make_shared<Column>(column);
    compact->offset = 0;
    compact->data = indices.bytes();
    compact->owners.push_back(indices.memory);
    if (column.validity != nullptr) {
        Buffer validity;
        FLK_RETURN_NOT_OK(copy_validity(column, &validity, error));
        compact->validity = validity.bytes();
        compact->owners.push_back(validity.memory);
    }
    FLK_RETURN_NOT_OK(column_take(*column.dictionary, used.data(),
                                  static_cast<int64_t>(used.size()), &compact->dictionary, error));
    *out_column = std::move(compact);
    return Status::kOk;
}

/* ---- reading ---- */

/* An ArrowArray over the memory of a frame: column_import does with it what it does with every
 * foreign array. */
struct LentArray {
    Owner lease;
    const void *buffers[3] = {nullptr, nullptr, nullptr};
    ArrowArray dictionary{};
};

void drop_array(ArrowArray *array) {
    auto *lent = static_cast<LentArray *>(array->private_data);
    if (array->dictionary != nullptr && array->dictionary->release != nullptr) {
        array->dictionary->release(array->dictionary);
    }
    array->release = nullptr;
    delete lent;
}

class Reader {
  public:
    Reader(const uint8_t *payload, int64_t payload_bytes, Owner lease, bool is_lent, Error *error)
        : payload_(payload),
          size_(payload_bytes),
          lease_(std::move(lease)),
          is_lent_(is_lent),
          error_(error) {}

    Status read(const FrameSchema &schema, std::vector<ColumnPtr> *out_columns) {
        uint32_t records = 0;
        if (size_ >= kHeaderBytes) {
            std::memcpy(&records, payload_, sizeof(records));
        }
        if (size_ < kHeaderBytes || records > kMaxRecords ||
            int64_t{records} * int64_t{sizeof(Record)} > size_ - kHeaderBytes) {
            return refuse("its records do not fit", 0);
        }
        records_ = records;
        for (const FrameColumn &column : schema.columns) {
            ColumnPtr read;
            FLK_RETURN_NOT_OK(read_column(*column.type, column.type, &read));
            out_columns->push_back(std::move(read));
        }
        return next_ == records_ ? Status::kOk : refuse("it has too many records", records_);
    }

  private:
    Status refuse(const char *what, int64_t number) {
        return fail(error_, Status::kInvalid, "columns frame of %lld bytes: %s (%lld)",
                    static_cast<long long>(size_), what, static_cast<long long>(number));
    }

    bool is_inside(int64_t at, int64_t size) const noexcept {
        return at >= kHeaderBytes && size >= 0 && at <= size_ && size <= size_ - at &&
               (at + kFrameHeaderBytes) % 8 == 0;
    }

    Status next_record(const Type &type, Record *out) {
        if (next_ == records_) {
            return refuse("it has too few records", records_);
        }
        std::memcpy(out, payload_ + kHeaderBytes + next_ * int64_t{sizeof(Record)}, sizeof(*out));
        ++next_;
        const bool has_texts = type.layout == Layout::kBytes32 || type.layout == Layout::kBytes64;
        if (out->rows < 0 || out->rows > kMaxRows ||
            (type.width_bytes > 0 && out->rows > size_ / type.width_bytes) ||
            out->data_bytes != data_bytes(type, out->rows) ||
            (out->data_bytes > 0 && !is_inside(out->data_at, out->data_bytes)) ||
            (out->validity_at != 0 && !is_inside(out->validity_at, bitmap_bytes(out->rows))) ||
            (has_texts ? out->bytes_bytes != 0 && !is_inside(out->bytes_at, out->bytes_bytes)
                       : out->bytes_bytes != 0)) {
            return refuse("a record's buffers lie outside", next_ - 1);
        }
        return Status::kOk;
    }

    const uint8_t *place(int64_t at) const noexcept { return at == 0 ? nullptr : payload_ + at; }

    Status lend(const Type &type, ArrowArray *out, Record *record) {
        FLK_RETURN_NOT_OK(next_record(type, record));
        auto lent = std::make_unique<LentArray>();
        lent->lease = lease_;
        const bool has_nulls = record->validity_at != 0 && type.layout != Layout::kNone;
        lent->buffers[0] = has_nulls ? place(record->validity_at) : nullptr;
        lent->buffers[1] = record->data_bytes > 0 ? place(record->data_at) : nullptr;
        lent->buffers[2] = record->bytes_bytes > 0 ? place(record->bytes_at) : nullptr;
        out->length = record->rows;
        out->null_count = type.layout == Layout::kNone ? record->rows : has_nulls ? -1 : 0;
        out->n_buffers = type.layout == Layout::kNone                                         ? 0
                         : type.layout == Layout::kBytes32 || type.layout == Layout::kBytes64 ? 3
                                                                                              : 2;
        out->buffers = lent->buffers;
        out->private_data = lent.release();
        out->release = drop_array;
        return Status::kOk;
    }

    Status read_column(const Type &type, const TypePtr &shared, ColumnPtr *out_column) {
        ArrowArray array{};
        Record record;
        Record values;
        FLK_RETURN_NOT_OK(lend(type, &array, &record));
        if (type.layout == Layout::kDictionary) {
            auto *lent = static_cast<LentArray *>(array.private_data);
            const Status status = lend(*type.dictionary, &lent->dictionary, &values);
            if (status != Status::kOk) {
                array.release(&array);
                return status;
            }
            array.dictionary = &lent->dictionary;
        }
        ColumnPtr column;
        FLK_RETURN_NOT_OK(column_import(&array, shared, &column, error_));
        FLK_RETURN_NOT_OK(check_texts(*column, record));
        if (column->dictionary != nullptr) {
            FLK_RETURN_NOT_OK(check_texts(*column->dictionary, values));
        }
        *out_column = is_lent_ ? as_lent(*column) : std::move(column);
        return Status::kOk;
    }

    static ColumnPtr as_lent(const Column &column) {
        auto lent = std::make_shared<Column>(column);
        lent->is_lent = true;
        if (column.dictionary != nullptr) {
            lent->dictionary = as_lent(*column.dictionary);
        }
        return lent;
    }

    /* The last offset against the bytes there are; column_import saw that offsets ascend. */
    Status check_texts(const Column &column, const Record &record) {
        const Layout layout = column.type->layout;
        if (column.length == 0 || (layout != Layout::kBytes32 && layout != Layout::kBytes64)) {
            return Status::kOk;
        }
        const int64_t end = layout == Layout::kBytes32 ? column.values<int32_t>()[column.length]
                                                       : column.values<int64_t>()[column.length];
        return end <= record.bytes_bytes ? Status::kOk
                                         : refuse("offsets lead outside the bytes", end);
    }

    const uint8_t *payload_;
    int64_t size_;
    Owner lease_;
    bool is_lent_;
    Error *error_;
    int64_t records_ = 0;
    int64_t next_ = 0;
};

}  // namespace

Status columns_prepare(const ColumnPtr &column, ColumnPtr *out_column, Error *error) noexcept {
    TypePtr type;
    FLK_RETURN_NOT_OK(frame_type(column->type, &type, error));
    if (column->type->layout == Layout::kViews) {
        return plain_texts(*column, out_column, error);
    }
    if (column->dictionary != nullptr && column->dictionary->length > column->length) {
        try {
            return used_dictionary(*column, out_column, error);
        } catch (const std::bad_alloc &) {
            return fail(error, Status::kNoMemory, "no memory for a dictionary");
        }
    }
    *out_column = column;
    return Status::kOk;
}

int64_t columns_size(const std::vector<ColumnPtr> &columns) noexcept {
    int64_t at = kHeaderBytes + record_count(columns) * int64_t{sizeof(Record)};
    each_record(columns, [&](const Column &column) { lay_out(column, &at); });
    return at;
}

void columns_write(const std::vector<ColumnPtr> &columns, uint8_t *out_payload) noexcept {
    const auto records = static_cast<uint32_t>(record_count(columns));
    std::memset(out_payload, 0, kHeaderBytes);
    std::memcpy(out_payload, &records, sizeof(records));
    int64_t at = kHeaderBytes + int64_t{records} * int64_t{sizeof(Record)};
    uint8_t *next_record = out_payload + kHeaderBytes;
    each_record(columns, [&](const Column &column) {
        const Record record = lay_out(column, &at);
        std::memcpy(next_record, &record, sizeof(record));
        next_record += sizeof(record);
        write_column(column, record, out_payload);
    });
}

Status columns_read(const FrameSchema &schema, const uint8_t *payload, int64_t payload_bytes,
                    const Owner &lease, bool is_lent, std::vector<ColumnPtr> *out_columns,
                    Error *error) noexcept {
    try {
        std::vector<ColumnPtr> columns;
        FLK_RETURN_NOT_OK(
            Reader(payload, payload_bytes, lease, is_lent, error).read(schema, &columns));
        *out_columns = std::move(columns);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for the columns of a frame");
    }
}

}  // namespace flk
