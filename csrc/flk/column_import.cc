/* column_import.cc — taking over a foreign ArrowArray: everything it claims is checked here, so
 * that no kernel has to. What cannot be checked is the size of buffers: the interface has none. */
#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "flk/column.h"

namespace flk {
namespace {

constexpr int64_t kMaxRows = std::numeric_limits<int64_t>::max() / 64;

/* Owns a moved ArrowArray; release is called once, when the last column over it goes. */
struct ForeignArray {
    ArrowArray array{};

    ForeignArray() = default;
    ForeignArray(const ForeignArray &) = delete;
    ForeignArray &operator=(const ForeignArray &) = delete;
    ~ForeignArray() {
        if (array.release != nullptr) {
            array.release(&array);
        }
    }
};

class Importer {
  public:
    Importer(Owner owner, Error *error) : owner_(std::move(owner)), error_(error) {}

    Status import(const ArrowArray *array, const TypePtr &type, ColumnPtr *out_column) {
        if (array == nullptr || array->release == nullptr) {
            return refuse(*type, "the struct is missing or was released before");
        }
        auto column = std::make_shared<Column>();
        column->type = type;
        column->length = array->length;
        column->offset = array->length == 0 ? 0 : array->offset;
        column->owners.push_back(owner_);
        FLK_RETURN_NOT_OK(check_shape(*array, *type));
        FLK_RETURN_NOT_OK(import_validity(*array, column.get()));
        FLK_RETURN_NOT_OK(import_data(*array, column.get()));
        FLK_RETURN_NOT_OK(import_children(*array, column.get()));
        if (type->layout == Layout::kDictionary) {
            FLK_RETURN_NOT_OK(import(array->dictionary, type->dictionary, &column->dictionary));
            FLK_RETURN_NOT_OK(check_indices(*column));
        }
        *out_column = std::move(column);
        return Status::kOk;
    }

  private:
    template <typename... Values>
    Status refuse(const Type &type, const char *what, Values... values) {
        char text[256];
        std::snprintf(text, sizeof(text), what, values...);
        return fail(error_, Status::kInvalid, "Arrow array of %s: %s", type_text(type).c_str(),
                    text);
    }

    Status check_shape(const ArrowArray &array, const Type &type) {
        const auto number = [](int64_t value) { return static_cast<long long>(value); };
        if (array.length < 0 || array.offset < 0 || array.length > kMaxRows ||
            array.offset > kMaxRows) {
            return refuse(type, "length %lld, offset %lld", number(array.length),
                          number(array.offset));
        }
        if (array.null_count < -1 || array.null_count > array.length) {
            return refuse(type, "null count %lld with length %lld", number(array.null_count),
                          number(array.length));
        }
        const int64_t buffers = buffer_count(type.layout);
        const bool is_count_right = type.layout == Layout::kViews  ? array.n_buffers >= buffers
                                    : type.layout == Layout::kNone ? array.n_buffers >= 0
                                                                   : array.n_buffers == buffers;
        if (!is_count_right || (array.n_buffers > 0 && array.buffers == nullptr)) {
            return refuse(type, "%lld buffers, expected %lld", number(array.n_buffers),
                          number(buffers));
        }
        const auto children = static_cast<int64_t>(type.fields.size());
        if (array.n_children != children || (children > 0 && array.children == nullptr)) {
            return refuse(type, "%lld children, expected %lld", number(array.n_children),
                          number(children));
        }
        if ((array.dictionary != nullptr) != (type.layout == Layout::kDictionary)) {
            return refuse(type, array.dictionary == nullptr ? "the dictionary is missing"
                                                            : "an unexpected dictionary");
        }
        return Status::kOk;
    }

    static int64_t buffer_count(Layout layout) noexcept {
        switch (layout) {
            case Layout::kNone:
                return 0;
            case Layout::kStruct:
            case Layout::kFixedList:
                return 1;
            case Layout::kBytes32:
            case Layout::kBytes64:
            case Layout::kViews:
                return 3;
            default:
                return 2;
        }
    }

    Status import_validity(const ArrowArray &array, Column *column) {
        if (column->type->layout == Layout::kNone) {
            column->null_count = array.length;
            return Status::kOk;
        }
        const auto *validity = static_cast<const uint8_t *>(array.buffers[0]);
        if (array.length == 0) {
            return Status::kOk;
        }
        if (validity == nullptr) {
            return array.null_count > 0
                       ? refuse(*column->type, "%lld nulls, but no validity bitmap",
                                static_cast<long long>(array.null_count))
                       : Status::kOk;
        }
        if (array.null_count != 0) {
            column->null_count = count_zero_bits(validity, array.offset, array.length);
        }
        column->validity = column->null_count > 0 ? validity : nullptr;
        return Status::kOk;
    }

    /* Point at `size_bytes` of foreign memory, or at an aligned copy of it. */
    Status import_buffer(const void *buffer, int64_t size_bytes, int32_t alignment, Column *column,
                         const uint8_t **out_bytes) {
        if (buffer == nullptr && size_bytes > 0) {
            return refuse(*column->type, "a buffer of %lld bytes is missing",
                          static_cast<long long>(size_bytes));
        }
        *out_bytes = static_cast<const uint8_t *>(buffer);
        if (reinterpret_cast<uintptr_t>(buffer) % static_cast<uintptr_t>(alignment) == 0) {
            return Status::kOk;
        }
        Buffer copy;
        FLK_RETURN_NOT_OK(buffer_allocate(size_bytes, &copy, error_));
        std::memcpy(copy.bytes(), buffer, static_cast<size_t>(size_bytes));
        column->owners.push_back(copy.memory);
        *out_bytes = copy.bytes();
        return Status::kOk;
    }

    Status import_data(const ArrowArray &array, Column *column) {
        const Type &type = *column->type;
        const int64_t rows = array.length == 0 ? 0 : array.offset + array.length;
        switch (type.layout) {
            case Layout::kNone:
            case Layout::kStruct:
            case Layout::kFixedList:
                return Status::kOk;
            case Layout::kBits:
                return import_buffer(array.buffers[1], (rows + 7) / 8, 1, column, &column->data);
            case Layout::kFixed:
            case Layout::kDictionary:
                return import_fixed(array, rows, column);
            case Layout::kBytes32:
                FLK_RETURN_NOT_OK(import_offsets<int32_t>(array, rows, column));
                return import_bytes(array, column, last_offset<int32_t>(*column));
            case Layout::kBytes64:
                FLK_RETURN_NOT_OK(import_offsets<int64_t>(array, rows, column));
                return import_bytes(array, column, last_offset<int64_t>(*column));
            case Layout::kList32:
                return import_offsets<int32_t>(array, rows, column);
            case Layout::kList64:
                return import_offsets<int64_t>(array, rows, column);
            case Layout::kViews:
                return import_views(array, rows, column);
        }
        return Status::kUnsupported;
    }

    Status import_fixed(const ArrowArray &array, int64_t rows, Column *column) {
        const int32_t width = column->type->width_bytes;
        const int32_t alignment = column->type->id == TypeId::kFixedSizeBinary ? 1
                                  : width > 8                                  ? 8
                                                                               : width;
        if (width > 0 && rows > kMaxRows / width) {
            return refuse(*column->type, "%lld rows", static_cast<long long>(rows));
        }
        return import_buffer(array.buffers[1], rows * width, alignment, column, &column->data);
    }

    template <typename Offset>
    Status import_offsets(const ArrowArray &array, int64_t rows, Column *column) {
        constexpr auto kWidth = static_cast<int32_t>(sizeof(Offset));
        if (array.length == 0) {
            return Status::kOk; /* the offsets may be missing: nobody reads them */
        }
        FLK_RETURN_NOT_OK(
            import_buffer(array.buffers[1], (rows + 1) * kWidth, kWidth, column, &column->data));
        const Offset *offsets = column->values<Offset>();
        Offset previous = offsets[0];
        bool is_ascending = previous >= 0;
        for (int64_t row = 1; row <= array.length; ++row) {
            is_ascending &= offsets[row] >= previous;
            previous = offsets[row];
        }
        return is_ascending ? Status::kOk
                            : refuse(*column->type, "offsets are negative or not ascending");
    }

    template <typename Offset>
    static int64_t last_offset(const Column &column) noexcept {
        return column.length == 0 ? 0 : column.values<Offset>()[column.length];
    }

    Status import_bytes(const ArrowArray &array, Column *column, int64_t size_bytes) {
        static const uint8_t kNoBytes = 0;
        FLK_RETURN_NOT_OK(import_buffer(array.buffers[2], size_bytes, 1, column, &column->bytes));
        column->bytes = column->bytes == nullptr ? &kNoBytes : column->bytes;
        return Status::kOk;
    }

    Status import_views(const ArrowArray &array, int64_t rows, Column *column) {
        FLK_RETURN_NOT_OK(import_buffer(array.buffers[1], rows * 16, 8, column, &column->data));
        const int64_t count = array.n_buffers - 3;
        const void *sizes = array.buffers[array.n_buffers - 1];
        if (count > 0 && sizes == nullptr) {
            return refuse(*column->type, "the sizes of %lld data buffers are missing",
                          static_cast<long long>(count));
        }
        column->view_sizes.resize(static_cast<size_t>(count));
        if (count > 0) {
            std::memcpy(column->view_sizes.data(), sizes, static_cast<size_t>(count) * 8);
        }
        for (int64_t index = 0; index < count; ++index) {
            const auto *buffer = static_cast<const uint8_t *>(array.buffers[2 + index]);
            if (buffer == nullptr && column->view_sizes[static_cast<size_t>(index)] > 0) {
                return refuse(*column->type, "data buffer %lld is missing",
                              static_cast<long long>(index));
            }
            column->view_buffers.push_back(buffer);
        }
        return check_views(*column);
    }

    Status check_views(const Column &column) {
        for (int64_t row = 0; row < column.length; ++row) {
            int32_t words[4];
            std::memcpy(words, column.data + (column.offset + row) * 16, sizeof(words));
            if ((words[0] >= 0 && words[0] <= 12) || !column.is_valid(row)) {
                continue;
            }
            const auto buffer = static_cast<size_t>(words[2]);
            if (words[0] < 0 || words[2] < 0 || buffer >= column.view_sizes.size() ||
                words[3] < 0 || int64_t{words[3]} + words[0] > column.view_sizes[buffer]) {
                return refuse(*column.type, "row %lld points outside its data buffers",
                              static_cast<long long>(row));
            }
        }
        return Status::kOk;
    }

    Status import_children(const ArrowArray &array, Column *column) {
        const Type &type = *column->type;
        for (size_t index = 0; index < type.fields.size(); ++index) {
            ColumnPtr child;
            FLK_RETURN_NOT_OK(import(array.children[index], type.fields[index].type, &child));
            const bool is_aligned =
                type.layout == Layout::kStruct || type.layout == Layout::kFixedList;
            const int64_t width = type.layout == Layout::kFixedList ? type.list_size : 1;
            const int64_t needed = is_aligned                       ? array.offset + array.length
                                   : type.layout == Layout::kList32 ? last_offset<int32_t>(*column)
                                                                    : last_offset<int64_t>(*column);
            if (width > 0 && needed > child->length / width) {
                return refuse(type, "child %lld has %lld rows, expected at least %lld of %lld",
                              static_cast<long long>(index), static_cast<long long>(child->length),
                              static_cast<long long>(needed), static_cast<long long>(width));
            }
            if (is_aligned) {
                FLK_RETURN_NOT_OK(column_slice(ColumnPtr(child), array.offset * width,
                                               array.length * width, &child, error_));
            }
            column->children.push_back(std::move(child));
        }
        return Status::kOk;
    }

    Status check_indices(const Column &column) {
        for (int64_t row = 0; row < column.length; ++row) {
            const int64_t index = column.index_at(row);
            if ((index < 0 || index >= column.dictionary->length) && column.is_valid(row)) {
                return refuse(*column.type, "row %lld has index %lld, the dictionary %lld values",
                              static_cast<long long>(row), static_cast<long long>(index),
                              static_cast<long long>(column.dictionary->length));
            }
        }
        return Status::kOk;
    }

    Owner owner_;
    Error *error_;
};

}  // namespace

Status column_import(ArrowArray *array, const TypePtr &type, ColumnPtr *out_column,
                     Error *error) noexcept {
    if (array->release == nullptr) {
        return fail(error, Status::kInvalid, "Arrow array was released or moved before");
    }
    try {
        std::shared_ptr<ForeignArray> foreign;
        try {
            foreign = std::make_shared<ForeignArray>();
        } catch (const std::bad_alloc &) {
            array->release(array);
            throw;
        }
        foreign->array = *array;
        array->release = nullptr;
        return Importer(foreign, error).import(&foreign->array, type, out_column);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for an Arrow array");
    }
}

}  // namespace flk
