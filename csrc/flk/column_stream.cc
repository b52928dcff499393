#include "flk/column_stream.h"

#include <cerrno>
#include <new>

namespace flk {
namespace {

struct ExportedStream {
    TypePtr type;
    std::vector<ColumnPtr> columns;
    size_t next = 0;
    Error error;
};

ExportedStream *kept_by(ArrowArrayStream *stream) noexcept {
    return static_cast<ExportedStream *>(stream->private_data);
}

int get_schema(ArrowArrayStream *stream, ArrowSchema *out) {
    ExportedStream *kept = kept_by(stream);
    return type_export(*kept->type, "", out, &kept->error) == Status::kOk ? 0 : ENOMEM;
}

int get_next(ArrowArrayStream *stream, ArrowArray *out) {
    ExportedStream *kept = kept_by(stream);
    if (kept->next == kept->columns.size()) {
        *out = ArrowArray{};
        return 0;
    }
    if (column_export(kept->columns[kept->next], out, &kept->error) != Status::kOk) {
        return ENOMEM;
    }
    ++kept->next;
    return 0;
}

const char *get_last_error(ArrowArrayStream *stream) { return kept_by(stream)->error.message; }

void release(ArrowArrayStream *stream) {
    delete kept_by(stream);
    stream->release = nullptr;
}

}  // namespace

Status column_stream(const TypePtr &type, const std::vector<ColumnPtr> &columns,
                     ArrowArrayStream *out_stream, Error *error) noexcept {
    *out_stream = ArrowArrayStream{};
    try {
        out_stream->private_data = new ExportedStream{type, columns, 0, {}};
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for an Arrow stream");
    }
    out_stream->get_schema = get_schema;
    out_stream->get_next = get_next;
    out_stream->get_last_error = get_last_error;
    out_stream->release = release;
    return Status::kOk;
}

}  // namespace flk
