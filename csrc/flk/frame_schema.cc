#include "flk/frame_schema.h"

#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <utility>

namespace flk {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kMaxRole = static_cast<uint8_t>(ColumnRole::kTimesAreColumn);
constexpr uint8_t kNullable = 1;
constexpr uint8_t kOrdered = 2;
constexpr uint8_t kHasDictionary = 4;

bool is_flat(Layout layout) noexcept {
    return layout == Layout::kNone || layout == Layout::kBits || layout == Layout::kFixed ||
           layout == Layout::kBytes32 || layout == Layout::kBytes64;
}

bool is_framed(const Type &type) noexcept {
    return is_flat(type.layout) ||
           (type.layout == Layout::kDictionary && is_flat(type.dictionary->layout));
}

Status refuse(const Type &type, Error *error) {
    return fail(error, Status::kUnsupported,
                "frames carry no columns of %s; send such rows as objects",
                type_text(type).c_str());
}

void put_u32(std::string *out, size_t value) {
    const auto word = static_cast<uint32_t>(value);
    char bytes[4];
    std::memcpy(bytes, &word, sizeof(bytes));
    out->append(bytes, sizeof(bytes));
}

void put_text(std::string *out, const std::string &text) {
    put_u32(out, text.size());
    out->append(text);
}

void put_type(std::string *out, const Type &type) {
    const bool has_dictionary = type.dictionary != nullptr;
    out->push_back(static_cast<char>((type.nullable ? kNullable : 0) |
                                     (type.ordered ? kOrdered : 0) |
                                     (has_dictionary ? kHasDictionary : 0)));
    put_text(out, type.format);
    put_text(out, type.metadata);
    if (has_dictionary) {
        put_type(out, *type.dictionary);
    }
}

/* Bytes of another process, taken one after the other; after the first that is missing, zeros. */
class Input {
  public:
    Input(const uint8_t *bytes, int64_t size_bytes) : bytes_(bytes), left_(size_bytes) {}

    uint8_t u8() noexcept {
        uint8_t value = 0;
        take(&value, sizeof(value));
        return value;
    }
    uint32_t u32() noexcept {
        uint32_t value = 0;
        take(&value, sizeof(value));
        return value;
    }
    std::string text() {
        const uint32_t size = u32();
        if (!is_good_ || size > left_) {
            is_good_ = false;
            return std::string();
        }
        std::string text(reinterpret_cast<const char *>(bytes_), size);
        bytes_ += size;
        left_ -= size;
        return text;
    }
    bool is_good() const noexcept { return is_good_; }
    bool is_at_end() const noexcept { return is_good_ && left_ == 0; }

  private:
    void take(void *out, int64_t size) noexcept {
        if (!is_good_ || size > left_) {
            is_good_ = false;
            return;
        }
        std::memcpy(out, bytes_, static_cast<size_t>(size));
        bytes_ += size;
        left_ -= size;
    }

    const uint8_t *bytes_;
    int64_t left_;
    bool is_good_ = true;
};

/* Whether the lengths inside an ArrowSchema's metadata stay inside it: nobody checks them later. */
bool is_metadata(const std::string &metadata) noexcept {
    Input input(reinterpret_cast<const uint8_t *>(metadata.data()),
                static_cast<int64_t>(metadata.size()));
    if (metadata.empty()) {
        return true;
    }
    const uint32_t pairs = input.u32();
    for (uint64_t part = 0; part < uint64_t{pairs} * 2 && input.is_good(); ++part) {
        input.text();
    }
    return input.is_at_end();
}

/* One level of a type as it is written; a dictionary's values follow. */
struct WrittenType {
    uint8_t flags = 0;
    std::string format;
    std::string metadata;

    explicit WrittenType(Input *input)
        : flags(input->u8()), format(input->text()), metadata(input->text()) {}

    bool is_right() const noexcept {
        return (flags & ~(kNullable | kOrdered | kHasDictionary)) == 0 &&
               format.find('\0') == std::string::npos && is_metadata(metadata);
    }
    ArrowSchema schema() const noexcept {
        ArrowSchema schema{};
        schema.format = format.c_str();
        schema.metadata = metadata.empty() ? nullptr : metadata.data();
        schema.flags = ((flags & kNullable) != 0 ? ARROW_FLAG_NULLABLE : 0) |
                       ((flags & kOrdered) != 0 ? ARROW_FLAG_DICTIONARY_ORDERED : 0);
        schema.release = [](ArrowSchema *) {};
        return schema;
    }
};

Status malformed(Error *error) {
    return fail(error, Status::kInvalid, "a schema frame is cut or malformed");
}

Status get_type(Input *input, TypePtr *out_type, Error *error) {
    const WrittenType own(input);
    if (!input->is_good() || !own.is_right()) {
        return malformed(error);
    }
    ArrowSchema schema = own.schema();
    if ((own.flags & kHasDictionary) == 0) {
        FLK_RETURN_NOT_OK(type_import(&schema, out_type, nullptr, error));
    } else {
        const WrittenType values(input);
        if (!input->is_good() || !values.is_right() || (values.flags & kHasDictionary) != 0) {
            return malformed(error);
        }
        ArrowSchema dictionary = values.schema();
        schema.dictionary = &dictionary;
        FLK_RETURN_NOT_OK(type_import(&schema, out_type, nullptr, error));
    }
    return is_framed(**out_type) ? Status::kOk : refuse(**out_type, error);
}

Status read_schema(Input *input, FrameSchema *out_schema, Error *error) {
    const uint8_t version = input->u8();
    out_schema->row_kind = input->u8();
    const uint32_t column_count = input->u32();
    if (!input->is_good() || version != kVersion ||
        (out_schema->row_kind & ~(kRowsAreObjects | kRowsAreIpc)) > kPickledRows) {
        return malformed(error);
    }
    for (uint32_t at = 0; at < column_count; ++at) {
        FrameColumn column;
        const uint8_t role = input->u8();
        column.name = input->text();
        if (!input->is_good() || role > kMaxRole) {
            return malformed(error);
        }
        column.role = static_cast<ColumnRole>(role);
        FLK_RETURN_NOT_OK(get_type(input, &column.type, error));
        out_schema->columns.push_back(std::move(column));
    }
    return input->is_at_end() ? Status::kOk : malformed(error);
}

}  // namespace

Status frame_type(const TypePtr &type, TypePtr *out_type, Error *error) noexcept {
    try {
        if (type->layout == Layout::kViews) {
            TypePtr plain;
            FLK_RETURN_NOT_OK(
                type_from_format(type->id == TypeId::kUtf8View ? "u" : "z", &plain, error));
            Type copy = *plain;
            copy.nullable = type->nullable;
            copy.metadata = type->metadata;
            *out_type = std::make_shared<const Type>(std::move(copy));
            return Status::kOk;
        }
        *out_type = type;
        return is_framed(*type) ? Status::kOk : refuse(*type, error);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a type");
    }
}

Status frame_schema_write(const FrameSchema &schema, std::string *out_bytes,
                          Error *error) noexcept {
    try {
        std::string bytes;
        bytes.push_back(static_cast<char>(kVersion));
        bytes.push_back(static_cast<char>(schema.row_kind));
        put_u32(&bytes, schema.columns.size());
        for (const FrameColumn &column : schema.columns) {
            if (!is_framed(*column.type)) {
                return refuse(*column.type, error);
            }
            bytes.push_back(static_cast<char>(column.role));
            put_text(&bytes, column.name);
            put_type(&bytes, *column.type);
        }
        *out_bytes = std::move(bytes);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a schema");
    }
}

Status frame_schema_read(const uint8_t *bytes, int64_t size_bytes, FrameSchema *out_schema,
                         Error *error) noexcept {
    try {
        Input input(bytes, size_bytes);
        FrameSchema schema;
        FLK_RETURN_NOT_OK(read_schema(&input, &schema, error));
        *out_schema = std::move(schema);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a schema");
    }
}

}  // namespace flk
