/* The payload of a schema frame and of a columns frame that another process may have written: what
 * is accepted can be read to the last byte.
 *
 *   clang++ -std=c++17 -Icsrc -g -fsanitize=fuzzer,address,undefined csrc/fuzz/fuzz_columns.cc \
 *       csrc/flk/[a-z]*.cc -o fuzz_columns && ./fuzz_columns
 *
 * Input: the length of the schema's payload in one word, that payload, the columns' payload.
 */
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "flk/frame_columns.h"
#include "flk/frame_schema.h"

namespace {

using namespace flk;

uint64_t touch(const Column &column) {
    uint64_t sum = 0;
    for (int64_t row = 0; row < column.length && row < 100'000; ++row) {
        int64_t size = 0;
        const uint8_t *bytes = nullptr;
        switch (column.type->layout) {
            case Layout::kBits:
                sum += column.bool_at(row) ? 1 : 0;
                break;
            case Layout::kFixed:
            case Layout::kBytes32:
            case Layout::kBytes64:
                bytes = column.bytes_at(row, &size);
                break;
            case Layout::kDictionary:
                if (column.is_valid(row)) {
                    sum += static_cast<uint64_t>(column.index_at(row));
                }
                break;
            default:
                break;
        }
        sum += column.is_valid(row) && size > 0 ? uint64_t{bytes[0]} + bytes[size - 1] : 0;
    }
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t schema_bytes = 0;
    if (size < sizeof(schema_bytes)) {
        return 0;
    }
    std::memcpy(&schema_bytes, data, sizeof(schema_bytes));
    data += sizeof(schema_bytes);
    size -= sizeof(schema_bytes);
    schema_bytes %= size + 1;
    FrameSchema schema;
    if (frame_schema_read(data, static_cast<int64_t>(schema_bytes), &schema, nullptr) !=
        Status::kOk) {
        return 0;
    }
    /* As in a ring: 32 after a multiple of 64, and nothing readable behind. */
    const size_t payload_bytes = size - schema_bytes;
    auto *frame = static_cast<uint8_t *>(std::malloc(32 + payload_bytes));
    std::memcpy(frame + 32, data + schema_bytes, payload_bytes);
    std::vector<ColumnPtr> columns;
    uint64_t sum = 0;
    if (columns_read(schema, frame + 32, static_cast<int64_t>(payload_bytes), Owner(), true,
                     &columns, nullptr) == Status::kOk) {
        for (const ColumnPtr &column : columns) {
            sum += touch(*column);
            if (column->dictionary != nullptr) {
                sum += touch(*column->dictionary);
            }
        }
    }
    columns.clear();
    static_cast<void>(sum);
    std::free(frame);
    return 0;
}
