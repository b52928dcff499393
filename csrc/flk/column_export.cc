/* column_export.cc — lending a column to another library as an ArrowArray. */
#include <memory>
#include <new>
#include <utility>

#include "flk/column.h"

namespace flk {
namespace {

alignas(64) const uint8_t kZeros[64] = {0};

/* What an exported node keeps alive. Every node has its own, so a consumer may move children out.
 */
struct ExportedArray {
    ColumnPtr column;
    Buffer validity; /* realigned bitmap, if there is one */
    std::vector<const void *> buffers;
    std::vector<ArrowArray> nodes;
    std::vector<ArrowArray *> children;
};

void release_array(ArrowArray *array) {
    for (int64_t child = 0; child < array->n_children; ++child) {
        if (array->children[child]->release != nullptr) {
            array->children[child]->release(array->children[child]);
        }
    }
    if (array->dictionary != nullptr && array->dictionary->release != nullptr) {
        array->dictionary->release(array->dictionary);
    }
    delete static_cast<ExportedArray *>(array->private_data);
    array->release = nullptr;
}

const void *or_zeros(const void *buffer) noexcept { return buffer == nullptr ? kZeros : buffer; }

/* Children of structs and fixed-size lists start at row 0, so their offset must be 0. */
Status export_validity(const Column &column, ExportedArray *kept, ArrowArray *out, Error *error) {
    const Layout layout = column.type->layout;
    if (layout == Layout::kNone) {
        return Status::kOk;
    }
    const bool is_aligned = layout == Layout::kStruct || layout == Layout::kFixedList;
    out->offset = is_aligned || column.length == 0 ? 0 : column.offset;
    const void *validity = column.validity;
    if (is_aligned && validity != nullptr && column.offset > 0) {
        FLK_RETURN_NOT_OK(buffer_allocate((column.length + 7) / 8, &kept->validity, error));
        copy_bits(column.validity, column.offset, column.length, kept->validity.bytes(), 0);
        validity = kept->validity.bytes();
    }
    kept->buffers.push_back(validity);
    return Status::kOk;
}

Status export_node(const ColumnPtr &column, ArrowArray *out, Error *error) {
    auto kept = std::make_unique<ExportedArray>();
    kept->column = column;
    FLK_RETURN_NOT_OK(export_validity(*column, kept.get(), out, error));
    const Layout layout = column->type->layout;
    if (layout != Layout::kNone && layout != Layout::kStruct && layout != Layout::kFixedList) {
        kept->buffers.push_back(or_zeros(column->data));
    }
    if (layout == Layout::kBytes32 || layout == Layout::kBytes64) {
        kept->buffers.push_back(or_zeros(column->bytes));
    }
    if (layout == Layout::kViews) {
        for (const uint8_t *buffer : column->view_buffers) {
            kept->buffers.push_back(or_zeros(buffer));
        }
        kept->buffers.push_back(column->view_sizes.empty() ? static_cast<const void *>(kZeros)
                                                           : column->view_sizes.data());
    }
    const size_t child_count = column->children.size();
    const size_t node_count = child_count + (column->dictionary != nullptr ? 1 : 0);
    kept->nodes.resize(node_count);
    for (size_t child = 0; child < child_count; ++child) {
        kept->children.push_back(&kept->nodes[child]);
    }
    out->length = column->length;
    out->null_count = column->null_count;
    out->n_buffers = static_cast<int64_t>(kept->buffers.size());
    out->buffers = kept->buffers.data();
    out->n_children = static_cast<int64_t>(child_count);
    out->children = child_count > 0 ? kept->children.data() : nullptr;
    out->dictionary = column->dictionary != nullptr ? &kept->nodes[child_count] : nullptr;
    ExportedArray *const nodes = kept.get();
    out->private_data = kept.release();
    out->release = release_array;
    for (size_t child = 0; child < child_count; ++child) {
        FLK_RETURN_NOT_OK(export_node(column->children[child], &nodes->nodes[child], error));
    }
    if (column->dictionary != nullptr) {
        FLK_RETURN_NOT_OK(export_node(column->dictionary, &nodes->nodes[child_count], error));
    }
    return Status::kOk;
}

}  // namespace

Status column_export(const ColumnPtr &column, ArrowArray *out_array, Error *error) noexcept {
    *out_array = ArrowArray{};
    Status status = Status::kOk;
    try {
        ColumnPtr kept;
        status = column_retain(column, &kept, error);
        if (status == Status::kOk) {
            status = export_node(kept, out_array, error);
        }
    } catch (const std::bad_alloc &) {
        status = fail(error, Status::kNoMemory, "no memory for an Arrow array");
    }
    if (status != Status::kOk && out_array->release != nullptr) {
        out_array->release(out_array);
    }
    return status;
}

}  // namespace flk
