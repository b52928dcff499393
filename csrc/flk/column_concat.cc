/* column_concat.cc — one column after the other, in new memory. */
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "flk/column.h"

namespace flk {
namespace {

using Columns = std::vector<ColumnPtr>;

/* Same values in the same memory: batches of one stream share their dictionary. */
bool is_same_memory(const Column &left, const Column &right) noexcept {
    return &left == &right ||
           (left.length == right.length && left.offset == right.offset && left.data == right.data &&
            left.bytes == right.bytes && left.validity == right.validity &&
            left.view_buffers == right.view_buffers && left.data != nullptr &&
            left.children.empty() && left.dictionary == nullptr);
}

class Concatenator {
  public:
    explicit Concatenator(Error *error) : error_(error) {}

    Status concat(const Columns &columns, ColumnPtr *out_column) {
        if (columns.size() == 1) {
            *out_column = columns[0];
            return Status::kOk;
        }
        auto out = std::make_shared<Column>();
        out->type = columns[0]->type;
        for (const ColumnPtr &column : columns) {
            out->length += column->length;
            out->null_count += column->null_count;
        }
        FLK_RETURN_NOT_OK(concat_validity(columns, out.get()));
        FLK_RETURN_NOT_OK(concat_values(columns, out.get()));
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

    Status concat_validity(const Columns &columns, Column *out) {
        if (out->null_count == 0 || out->type->layout == Layout::kNone) {
            return Status::kOk;
        }
        uint8_t *bits = nullptr;
        const int64_t size_bytes = (out->length + 7) / 8;
        FLK_RETURN_NOT_OK(allocate(size_bytes, out, &bits));
        std::memset(bits, 0, static_cast<size_t>(size_bytes));
        int64_t at = 0;
        for (const ColumnPtr &column : columns) {
            if (column->validity == nullptr) {
                set_bits(bits, at, column->length);
            } else {
                copy_bits(column->validity, column->offset, column->length, bits, at);
            }
            at += column->length;
        }
        out->validity = bits;
        return Status::kOk;
    }

    Status concat_values(const Columns &columns, Column *out) {
        switch (out->type->layout) {
            case Layout::kNone:
                return Status::kOk;
            case Layout::kBits:
                return concat_bits(columns, out);
            case Layout::kFixed:
                return concat_fixed(columns, out);
            case Layout::kBytes32:
                return concat_bytes<int32_t>(columns, out);
            case Layout::kBytes64:
                return concat_bytes<int64_t>(columns, out);
            case Layout::kViews:
                return concat_views(columns, out);
            case Layout::kList32:
                return concat_list<int32_t>(columns, out);
            case Layout::kList64:
                return concat_list<int64_t>(columns, out);
            case Layout::kFixedList:
            case Layout::kStruct:
                for (size_t child = 0; child < out->type->fields.size(); ++child) {
                    Columns parts;
                    for (const ColumnPtr &column : columns) {
                        parts.push_back(column->children[child]);
                    }
                    FLK_RETURN_NOT_OK(concat_child(parts, out));
                }
                return Status::kOk;
            case Layout::kDictionary:
                return concat_dictionary(columns, out);
        }
        return Status::kUnsupported;
    }

    Status concat_child(const Columns &parts, Column *out) {
        ColumnPtr child;
        FLK_RETURN_NOT_OK(concat(parts, &child));
        const size_t index = out->children.size();
        if (!type_equals(*child->type, *out->type->fields[index].type)) {
            auto type = std::make_shared<Type>(*out->type); /* a joined dictionary below */
            type->fields[index].type = child->type;
            out->type = std::move(type);
        }
        out->children.push_back(std::move(child));
        return Status::kOk;
    }

    Status concat_bits(const Columns &columns, Column *out) {
        uint8_t *bits = nullptr;
        const int64_t size_bytes = (out->length + 7) / 8;
        FLK_RETURN_NOT_OK(allocate(size_bytes, out, &bits));
        std::memset(bits, 0, static_cast<size_t>(size_bytes));
        int64_t at = 0;
        for (const ColumnPtr &column : columns) {
            if (column->length > 0) {
                copy_bits(column->data, column->offset, column->length, bits, at);
            }
            at += column->length;
        }
        out->data = bits;
        return Status::kOk;
    }

    Status concat_fixed(const Columns &columns, Column *out) {
        const int64_t width = out->type->width_bytes;
        uint8_t *data = nullptr;
        FLK_RETURN_NOT_OK(allocate(out->length * width, out, &data));
        out->data = data;
        for (const ColumnPtr &column : columns) {
            if (column->length > 0) {
                const auto size = static_cast<size_t>(column->length * width);
                std::memcpy(data, column->data + column->offset * width, size);
                data += size;
            }
        }
        return Status::kOk;
    }

    /* Offsets of all columns moved behind each other, 0 first. */
    template <typename Offset>
    Status concat_offsets(const Columns &columns, Column *out, int64_t *out_total) {
        uint8_t *memory = nullptr;
        FLK_RETURN_NOT_OK(
            allocate((out->length + 1) * static_cast<int64_t>(sizeof(Offset)), out, &memory));
        out->data = memory;
        auto *offsets = reinterpret_cast<Offset *>(memory);
        *offsets++ = 0;
        int64_t total = 0;
        for (const ColumnPtr &column : columns) {
            if (column->length == 0) {
                continue;
            }
            const Offset *source = column->values<Offset>();
            const int64_t shift = total - source[0];
            total = source[column->length] + shift;
            if (total > std::numeric_limits<Offset>::max()) {
                return fail(error_, Status::kOverflow,
                            "more than %lld bytes or values do not fit 32-bit offsets; join fewer "
                            "rows or use %s",
                            static_cast<long long>(std::numeric_limits<Offset>::max()),
                            out->type->layout == Layout::kBytes32 ? "large_utf8" : "large_list");
            }
            for (int64_t row = 1; row <= column->length; ++row) {
                *offsets++ = static_cast<Offset>(source[row] + shift);
            }
        }
        *out_total = total;
        return Status::kOk;
    }

    template <typename Offset>
    Status concat_bytes(const Columns &columns, Column *out) {
        int64_t total = 0;
        FLK_RETURN_NOT_OK(concat_offsets<Offset>(columns, out, &total));
        uint8_t *bytes = nullptr;
        FLK_RETURN_NOT_OK(allocate(total, out, &bytes));
        out->bytes = bytes;
        for (const ColumnPtr &column : columns) {
            if (column->length > 0) {
                const Offset *ends = column->values<Offset>();
                const auto size = static_cast<size_t>(ends[column->length] - ends[0]);
                std::memcpy(bytes, column->bytes + ends[0], size);
                bytes += size;
            }
        }
        return Status::kOk;
    }

    /* Views are copied and renumbered; the data buffers stay where they are. */
    Status concat_views(const Columns &columns, Column *out) {
        FLK_RETURN_NOT_OK(concat_fixed(columns, out));
        auto *views = const_cast<uint8_t *>(out->data);
        uint32_t shift = 0;
        for (const ColumnPtr &column : columns) {
            const bool is_repeated =
                &column != &columns[0] && (&column)[-1]->view_buffers == column->view_buffers;
            shift = is_repeated ? shift : static_cast<uint32_t>(out->view_buffers.size());
            for (int64_t row = 0; row < column->length; ++row, views += 16) {
                uint32_t words[4];
                std::memcpy(words, views, sizeof(words));
                if (words[0] > 12) {
                    words[2] += shift;
                    std::memcpy(views, words, sizeof(words));
                }
            }
            if (is_repeated) {
                continue;
            }
            out->view_buffers.insert(out->view_buffers.end(), column->view_buffers.begin(),
                                     column->view_buffers.end());
            out->view_sizes.insert(out->view_sizes.end(), column->view_sizes.begin(),
                                   column->view_sizes.end());
            out->owners.insert(out->owners.end(), column->owners.begin(), column->owners.end());
        }
        return Status::kOk;
    }

    template <typename Offset>
    Status concat_list(const Columns &columns, Column *out) {
        int64_t total = 0;
        FLK_RETURN_NOT_OK(concat_offsets<Offset>(columns, out, &total));
        Columns parts;
        for (const ColumnPtr &column : columns) {
            const int64_t first = column->length == 0 ? 0 : column->values<Offset>()[0];
            const int64_t last = column->length == 0 ? 0 : column->values<Offset>()[column->length];
            ColumnPtr part;
            FLK_RETURN_NOT_OK(
                column_slice(column->children[0], first, last - first, &part, error_));
            parts.push_back(std::move(part));
        }
        return concat_child(parts, out);
    }

    Status concat_dictionary(const Columns &columns, Column *out) {
        bool is_shared = true;
        for (const ColumnPtr &column : columns) {
            is_shared = is_shared && is_same_memory(*columns[0]->dictionary, *column->dictionary);
        }
        if (is_shared) {
            out->dictionary = columns[0]->dictionary;
            return concat_fixed(columns, out);
        }
        return concat_plain(columns, out);
    }

    /* Different dictionaries: one after the other, with 32-bit indices into the whole. */
    Status concat_plain(const Columns &columns, Column *out) {
        Columns dictionaries;
        int64_t total = 0;
        for (const ColumnPtr &column : columns) {
            dictionaries.push_back(column->dictionary);
            total += column->dictionary->length;
        }
        if (total > std::numeric_limits<int32_t>::max()) {
            return fail(error_, Status::kOverflow, "%lld dictionary values do not fit 32 bits",
                        static_cast<long long>(total));
        }
        FLK_RETURN_NOT_OK(concat(dictionaries, &out->dictionary));
        auto type = std::make_shared<Type>(*out->type);
        type->index = TypeId::kInt32;
        type->format = "i";
        type->width_bytes = 4;
        type->dictionary = out->dictionary->type;
        out->type = std::move(type);
        uint8_t *memory = nullptr;
        FLK_RETURN_NOT_OK(allocate(out->length * 4, out, &memory));
        out->data = memory;
        auto *indices = reinterpret_cast<int32_t *>(memory);
        int64_t shift = 0;
        for (const ColumnPtr &column : columns) {
            for (int64_t row = 0; row < column->length; ++row) {
                *indices++ =
                    column->is_valid(row) ? static_cast<int32_t>(column->index_at(row) + shift) : 0;
            }
            shift += column->dictionary->length;
        }
        return Status::kOk;
    }

    Error *error_;
};

}  // namespace

Status column_concat(const std::vector<ColumnPtr> &columns, ColumnPtr *out_column,
                     Error *error) noexcept {
    FLK_DCHECK(!columns.empty());
    try {
        for (const ColumnPtr &column : columns) {
            if (!type_equals(*columns[0]->type, *column->type)) {
                return fail(error, Status::kInvalid, "columns of %s and %s cannot be joined",
                            type_text(*columns[0]->type).c_str(), type_text(*column->type).c_str());
            }
        }
        return Concatenator(error).concat(columns, out_column);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a column");
    }
}

bool column_is_lent(const Column &column) noexcept {
    if (column.is_lent || (column.dictionary != nullptr && column_is_lent(*column.dictionary))) {
        return true;
    }
    for (const ColumnPtr &child : column.children) {
        if (column_is_lent(*child)) {
            return true;
        }
    }
    return false;
}

Status column_retain(const ColumnPtr &column, ColumnPtr *out_column, Error *error) noexcept {
    if (!column_is_lent(*column)) {
        *out_column = column;
        return Status::kOk;
    }
    try {
        ColumnPtr copied = column;
        if (column->is_lent) {
            ColumnPtr no_rows; /* joining one column alone would share it */
            FLK_RETURN_NOT_OK(column_slice(column, 0, 0, &no_rows, error));
            FLK_RETURN_NOT_OK(column_concat({column, no_rows}, &copied, error));
        }
        auto whole = std::make_shared<Column>(*copied); /* joining shares dictionaries */
        if (copied->dictionary != nullptr) {
            FLK_RETURN_NOT_OK(column_retain(copied->dictionary, &whole->dictionary, error));
        }
        for (ColumnPtr &child : whole->children) {
            FLK_RETURN_NOT_OK(column_retain(ColumnPtr(child), &child, error));
        }
        *out_column = std::move(whole);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a column");
    }
}

}  // namespace flk
