/* column_schema.cc — types from and to ArrowSchema trees. */
#include <cstring>
#include <new>
#include <utility>

#include "flk/column_type.h"
#include "flk/column_type_internal.h"

namespace flk {
namespace {

/* Bytes of an ArrowSchema's metadata: a count, then a length and bytes for each key and value. */
size_t metadata_bytes(const char *metadata) noexcept {
    const auto read = [metadata](size_t at) {
        int32_t number = 0;
        std::memcpy(&number, metadata + at, sizeof(number));
        return number < 0 ? size_t{0} : static_cast<size_t>(number);
    };
    size_t at = sizeof(int32_t);
    for (size_t text = 2 * read(0); text > 0; --text) {
        at += sizeof(int32_t) + read(at);
    }
    return at;
}

Status import_dictionary(const ArrowSchema *schema, int depth, Type *type, Error *error);

Status import_node(const ArrowSchema *schema, int depth, TypePtr *out_type, Error *error) {
    if (schema == nullptr || schema->release == nullptr) {
        return fail(error, Status::kInvalid, "Arrow schema is missing or was released before");
    }
    if (schema->format == nullptr) {
        return fail(error, Status::kInvalid, "Arrow schema has no format");
    }
    if (depth > kMaxTypeDepth) {
        return fail(error, Status::kInvalid, "Arrow schema is nested deeper than %d levels",
                    kMaxTypeDepth);
    }
    auto type = std::make_shared<Type>();
    if (!type_parse_format(schema->format, type.get())) {
        return fail(error, Status::kUnsupported,
                    "Arrow type with format \"%.100s\" (column \"%.100s\") is not supported; cast "
                    "it before handing it over",
                    schema->format, schema->name == nullptr ? "" : schema->name);
    }
    type->nullable = (schema->flags & ARROW_FLAG_NULLABLE) != 0;
    type->keys_sorted = (schema->flags & ARROW_FLAG_MAP_KEYS_SORTED) != 0;
    if (schema->metadata != nullptr) {
        type->metadata.assign(schema->metadata, metadata_bytes(schema->metadata));
    }
    if (schema->n_children != type_child_count(*type, schema->n_children) ||
        (schema->n_children > 0 && schema->children == nullptr)) {
        return fail(error, Status::kInvalid, "Arrow schema \"%.100s\" has %lld children",
                    schema->format, static_cast<long long>(schema->n_children));
    }
    for (int64_t child = 0; child < schema->n_children; ++child) {
        Field field;
        FLK_RETURN_NOT_OK(import_node(schema->children[child], depth + 1, &field.type, error));
        if (schema->children[child]->name != nullptr) {
            field.name = schema->children[child]->name;
        }
        type->fields.push_back(std::move(field));
    }
    if (type->id == TypeId::kMap &&
        (type->fields[0].type->id != TypeId::kStruct || type->fields[0].type->fields.size() != 2)) {
        return fail(error, Status::kInvalid, "Arrow map has no entries of key and value");
    }
    if (schema->dictionary != nullptr) {
        FLK_RETURN_NOT_OK(import_dictionary(schema, depth, type.get(), error));
    }
    *out_type = std::move(type);
    return Status::kOk;
}

/* Turn the imported index type into the type of a dictionary column. */
Status import_dictionary(const ArrowSchema *schema, int depth, Type *type, Error *error) {
    if (type->id < TypeId::kInt8 || type->id > TypeId::kUint64) {
        return fail(error, Status::kInvalid, "Arrow dictionary has indices of format \"%.100s\"",
                    schema->format);
    }
    type->index = type->id;
    type->id = TypeId::kDictionary;
    type->layout = Layout::kDictionary;
    type->ordered = (schema->flags & ARROW_FLAG_DICTIONARY_ORDERED) != 0;
    return import_node(schema->dictionary, depth + 1, &type->dictionary, error);
}

/* What an exported schema node keeps alive. */
struct ExportedSchema {
    std::string format;
    std::string name;
    std::string metadata;
    std::vector<ArrowSchema> nodes;
    std::vector<ArrowSchema *> children;
};

void release_schema(ArrowSchema *schema) {
    for (int64_t child = 0; child < schema->n_children; ++child) {
        if (schema->children[child]->release != nullptr) {
            schema->children[child]->release(schema->children[child]);
        }
    }
    if (schema->dictionary != nullptr && schema->dictionary->release != nullptr) {
        schema->dictionary->release(schema->dictionary);
    }
    delete static_cast<ExportedSchema *>(schema->private_data);
    schema->release = nullptr;
}

void export_node(const Type &type, const std::string &name, ArrowSchema *out) {
    auto kept = std::make_unique<ExportedSchema>();
    kept->format = type.format;
    kept->name = name;
    kept->metadata = type.metadata;
    const size_t child_count = type.fields.size();
    kept->nodes.resize(child_count + (type.dictionary != nullptr ? 1 : 0));
    for (size_t child = 0; child < child_count; ++child) {
        kept->children.push_back(&kept->nodes[child]);
    }
    out->format = kept->format.c_str();
    out->name = kept->name.c_str();
    out->metadata = kept->metadata.empty() ? nullptr : kept->metadata.data();
    out->flags = (type.nullable ? ARROW_FLAG_NULLABLE : 0) |
                 (type.keys_sorted ? ARROW_FLAG_MAP_KEYS_SORTED : 0) |
                 (type.ordered ? ARROW_FLAG_DICTIONARY_ORDERED : 0);
    out->n_children = static_cast<int64_t>(child_count);
    out->children = child_count > 0 ? kept->children.data() : nullptr;
    out->dictionary = type.dictionary != nullptr ? &kept->nodes[child_count] : nullptr;
    ExportedSchema *const nodes = kept.get();
    out->private_data = kept.release();
    out->release = release_schema;
    for (size_t child = 0; child < child_count; ++child) {
        export_node(*type.fields[child].type, type.fields[child].name, &nodes->nodes[child]);
    }
    if (type.dictionary != nullptr) {
        export_node(*type.dictionary, "", &nodes->nodes[child_count]);
    }
}

}  // namespace

Status type_import(const ArrowSchema *schema, TypePtr *out_type, std::string *out_name,
                   Error *error) noexcept {
    try {
        FLK_RETURN_NOT_OK(import_node(schema, 0, out_type, error));
        if (out_name != nullptr) {
            *out_name = schema->name == nullptr ? "" : schema->name;
        }
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
}

Status type_export(const Type &type, const std::string &name, ArrowSchema *out_schema,
                   Error *error) noexcept {
    *out_schema = ArrowSchema{};
    try {
        export_node(type, name, out_schema);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        if (out_schema->release != nullptr) {
            out_schema->release(out_schema);
        }
        return fail(error, Status::kNoMemory, "no memory for an Arrow schema");
    }
}

}  // namespace flk
