#include <algorithm>
#include <cstring>
#include <memory>

#include "flk/column.h"
#include "flk/column_type.h"
#include "flk/hash.h"
#include "flk/key_column.h"
#include "flk/key_encoding.h"
#include "flk/key_map.h"
#include "flk/partition.h"
#include "kernels.h"

namespace bench {
namespace {

using flk::ColumnPtr;

constexpr int64_t kColumnRows = 65536;
constexpr uint32_t kParts = 128;

flk::Buffer buffer_of(const void *bytes, std::size_t size) {
    flk::Buffer buffer;
    flk::Error error;
    require_ok(flk::buffer_allocate(static_cast<int64_t>(size), &buffer, &error), "allocating");
    std::memcpy(buffer.bytes(), bytes, size);
    return buffer;
}

ColumnPtr text_column(int64_t rows) {
    flk::TypePtr type;
    flk::Error error;
    require_ok(flk::type_from_format("u", &type, &error), "type");
    const std::vector<int64_t> keys = key_values(rows, 5000);
    std::vector<int32_t> offsets{0};
    std::string bytes;
    for (int64_t key : keys) {
        const std::string digits = std::to_string(1000000 + key);
        bytes += "w" + digits.substr(1);
        offsets.push_back(static_cast<int32_t>(bytes.size()));
    }
    ColumnPtr column;
    require_ok(
        flk::column_bytes(type, rows, buffer_of(offsets.data(), offsets.size() * 4),
                          buffer_of(bytes.data(), bytes.size()), flk::Buffer(), &column, &error),
        "column_bytes");
    return column;
}

std::function<void()> make_hash() {
    auto values = std::make_shared<std::vector<int64_t>>(key_values(kColumnRows, 1000));
    auto hashes = std::make_shared<std::vector<uint64_t>>(kColumnRows);
    return [values, hashes] { flk::hash_int64s(values->data(), kColumnRows, hashes->data()); };
}

/* Ids of a column of keys, as the operators ask for them. */
struct Lookup {
    flk::KeyMap map;
    flk::KeyWriter scratch;
    std::vector<uint32_t> ids = std::vector<uint32_t>(kBatchRows);

    void run(const ColumnPtr &keys, int64_t first, int64_t count) {
        flk::Error error;
        ColumnPtr part;
        require_ok(flk::column_slice(keys, first, count, &part, &error), "slice");
        require_ok(flk::ids_of_column(&map, *part, nullptr, &scratch, ids.data(), &error), "ids");
    }
    void release() {
        int64_t freed = 0;
        map.release_batch(&freed);
    }
};

std::function<void()> make_lookup(const ColumnPtr &keys) {
    auto lookup = std::make_shared<Lookup>();
    flk::Error error;
    require_ok(lookup->map.open(128, 0, 127, &error), "open");
    for (int64_t first = 0; first < keys->length; first += kBatchRows) {
        const int64_t count = std::min(kBatchRows, keys->length - first);
        lookup->run(keys, first, count);
        for (int64_t row = 0; row < count; ++row) {
            lookup->map.retain(lookup->ids[static_cast<std::size_t>(row)]);
        }
        lookup->release();
    }
    auto batch = std::make_shared<int64_t>(0);
    return [lookup, keys, batch] {
        const int64_t batches = keys->length / kBatchRows;
        lookup->run(keys, (*batch)++ % batches * kBatchRows, kBatchRows);
        lookup->release();
    };
}

/* Rows of a batch to 128 parts: row numbers by part, then every column moved once. */
std::function<void()> make_scatter(const std::vector<ColumnPtr> &columns) {
    auto owners = std::make_shared<std::vector<uint32_t>>();
    for (int64_t key : key_values(kBatchRows, 1000003)) {
        owners->push_back(static_cast<uint32_t>(key) % kParts);
    }
    auto rows = std::make_shared<std::vector<uint32_t>>(kBatchRows);
    auto starts = std::make_shared<std::vector<int64_t>>(kParts + 1);
    auto workspace = std::make_shared<std::vector<uint32_t>>(
        static_cast<std::size_t>(flk::scatter_workspace_length(kParts)));
    return [columns, owners, rows, starts, workspace] {
        flk::Error error;
        require_ok(flk::scatter_rows(owners->data(), kBatchRows, kParts, workspace->data(),
                                     rows->data(), starts->data(), &error),
                   "scatter_rows");
        for (const ColumnPtr &column : columns) {
            ColumnPtr moved;
            require_ok(flk::column_take(*column, rows->data(), kBatchRows, &moved, &error), "take");
        }
    };
}

std::function<void()> make_take(const ColumnPtr &column) {
    auto rows = std::make_shared<std::vector<uint32_t>>();
    for (int64_t key : key_values(kBatchRows, kBatchRows)) {
        rows->push_back(static_cast<uint32_t>(key));
    }
    return [column, rows] {
        ColumnPtr taken;
        flk::Error error;
        require_ok(flk::column_take(*column, rows->data(), kBatchRows, &taken, &error), "take");
    };
}

}  // namespace

ColumnPtr int_column(const std::vector<int64_t> &values) {
    flk::TypePtr type;
    flk::Error error;
    ColumnPtr column;
    const auto rows = static_cast<int64_t>(values.size());
    require_ok(flk::type_from_format("l", &type, &error), "type");
    require_ok(flk::column_fixed(type, rows, buffer_of(values.data(), values.size() * 8),
                                 flk::Buffer(), &column, &error),
               "column_fixed");
    return column;
}

void add_key_kernels(std::vector<Kernel> *out_kernels) {
    const auto keys = [](int64_t rows, int64_t count) {
        return int_column(key_values(rows, count));
    };
    out_kernels->push_back({"hash_int64", kColumnRows, make_hash});
    out_kernels->push_back(
        {"key_map_1k", kBatchRows, [keys] { return make_lookup(keys(kBatchRows, 1000)); }});
    out_kernels->push_back({"key_map_1m", kBatchRows,
                            [keys] { return make_lookup(keys(123 * kBatchRows, 1000000)); }});
    const auto sparse = [](int64_t rows, int64_t count) {
        std::vector<int64_t> values = key_values(rows, count);
        for (int64_t &value : values) {
            value = static_cast<int64_t>(static_cast<uint64_t>(value) * 0x9e3779b97f4a7c15u);
        }
        return int_column(values);
    };
    out_kernels->push_back({"key_map_sparse_1k", kBatchRows,
                            [sparse] { return make_lookup(sparse(kBatchRows, 1000)); }});
    out_kernels->push_back({"key_map_sparse_1m", kBatchRows,
                            [sparse] { return make_lookup(sparse(123 * kBatchRows, 1000000)); }});
    out_kernels->push_back(
        {"key_map_words", kBatchRows, [] { return make_lookup(text_column(kBatchRows)); }});
    out_kernels->push_back({"scatter_rows_128", kBatchRows, [] { return make_scatter({}); }});
    out_kernels->push_back({"scatter_pairs_128", kBatchRows, [keys] {
                                const ColumnPtr column = keys(kBatchRows, 1000003);
                                return make_scatter({column, column});
                            }});
    out_kernels->push_back(
        {"scatter_texts_128", kBatchRows, [] { return make_scatter({text_column(kBatchRows)}); }});
    out_kernels->push_back(
        {"take_int64", kBatchRows, [keys] { return make_take(keys(kBatchRows, 1000)); }});
    out_kernels->push_back(
        {"take_words", kBatchRows, [] { return make_take(text_column(kBatchRows)); }});
}

}  // namespace bench
