#include "flk/partition.h"

namespace flk {

Status scatter_rows(const uint32_t *owners, int64_t row_count, uint32_t part_count,
                    uint32_t *out_rows, int64_t *out_starts, Error *error) noexcept {
    for (uint32_t part = 0; part <= part_count; ++part) {
        out_starts[part] = 0;
    }
    for (int64_t row = 0; row < row_count; ++row) {
        if (owners[row] >= part_count) {
            return fail(error, Status::kOutOfRange, "row %lld belongs to part %u, but there are %u",
                        static_cast<long long>(row), owners[row], part_count);
        }
        ++out_starts[owners[row] + 1];
    }
    for (uint32_t part = 0; part < part_count; ++part) {
        out_starts[part + 1] += out_starts[part];
    }
    /* out_starts[p] walks to the end of part p, which is the start of p + 1. */
    for (int64_t row = 0; row < row_count; ++row) {
        out_rows[out_starts[owners[row]]++] = static_cast<uint32_t>(row);
    }
    for (uint32_t part = part_count; part > 0; --part) {
        out_starts[part] = out_starts[part - 1];
    }
    out_starts[0] = 0;
    return Status::kOk;
}

void deal_rows(int64_t row_count, uint32_t part_count, uint32_t start, uint32_t *out_rows,
               int64_t *out_starts) noexcept {
    int64_t next = 0;
    for (uint32_t part = 0; part < part_count; ++part) {
        out_starts[part] = next;
        for (int64_t row = (part + part_count - start) % part_count; row < row_count;
             row += part_count) {
            out_rows[next++] = static_cast<uint32_t>(row);
        }
    }
    out_starts[part_count] = next;
}

}  // namespace flk
