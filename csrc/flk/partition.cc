#include "flk/partition.h"

#include <algorithm>

namespace flk {
namespace {

constexpr int kLanes = 4;
constexpr uint32_t kPartsWithLanes = 1024; /* beyond, clearing counters costs more than it gives */

Status refuse_owner(const uint32_t *owners, int64_t row_count, uint32_t part_count,
                    Error *error) noexcept {
    int64_t row = 0;
    while (row < row_count && owners[row] < part_count) {
        ++row;
    }
    return fail(error, Status::kOutOfRange, "row %lld belongs to part %u, but there are %u",
                static_cast<long long>(row), owners[row], part_count);
}

/* counts: `lanes` times part_count + 1 counters; the last of a lane counts owners out of range. */
template <int lanes>
Status scatter(const uint32_t *owners, int64_t row_count, uint32_t part_count, uint32_t *counts,
               uint32_t *out_rows, int64_t *out_starts, Error *error) noexcept {
    const int64_t stride = static_cast<int64_t>(part_count) + 1;
    const int64_t lane_rows = row_count / lanes;
    uint32_t *const last_lane = counts + (lanes - 1) * stride;
    std::fill_n(counts, lanes * stride, 0u);
    for (int64_t row = 0; row < lane_rows; ++row) {
        for (int lane = 0; lane < lanes; ++lane) {
            ++counts[lane * stride + std::min(owners[lane * lane_rows + row], part_count)];
        }
    }
    for (int64_t row = lanes * lane_rows; row < row_count; ++row) {
        ++last_lane[std::min(owners[row], part_count)];
    }
    uint32_t next = 0;
    for (uint32_t part = 0; part < part_count; ++part) {
        out_starts[part] = next;
        for (int lane = 0; lane < lanes; ++lane) {
            uint32_t *const count = counts + lane * stride + part;
            const uint32_t start = next;
            next += *count;
            *count = start;
        }
    }
    out_starts[part_count] = next;
    if (next != static_cast<uint32_t>(row_count)) {
        return refuse_owner(owners, row_count, part_count, error);
    }
    /* A counter is now the place of its lane's next row. */
    for (int64_t row = 0; row < lane_rows; ++row) {
        for (int lane = 0; lane < lanes; ++lane) {
            const int64_t at = lane * lane_rows + row;
            out_rows[counts[lane * stride + owners[at]]++] = static_cast<uint32_t>(at);
        }
    }
    for (int64_t row = lanes * lane_rows; row < row_count; ++row) {
        out_rows[last_lane[owners[row]]++] = static_cast<uint32_t>(row);
    }
    return Status::kOk;
}

/* splitmix64's output function: counters in, independent bits out. */
uint64_t mixed(uint64_t word) noexcept {
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

}  // namespace

int64_t scatter_workspace_length(uint32_t part_count) noexcept {
    const int64_t lanes = part_count <= kPartsWithLanes ? kLanes : 1;
    return lanes * (static_cast<int64_t>(part_count) + 1);
}

Status scatter_rows(const uint32_t *owners, int64_t row_count, uint32_t part_count,
                    uint32_t *workspace, uint32_t *out_rows, int64_t *out_starts,
                    Error *error) noexcept {
    return part_count <= kPartsWithLanes
               ? scatter<kLanes>(owners, row_count, part_count, workspace, out_rows, out_starts,
                                 error)
               : scatter<1>(owners, row_count, part_count, workspace, out_rows, out_starts, error);
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

void draw_parts(uint64_t seed, uint64_t position, int64_t row_count, uint32_t part_count,
                uint32_t *out_parts) noexcept {
    constexpr uint64_t kStep = 0x9e3779b97f4a7c15u;
    uint64_t counter = seed + position * kStep;
    for (int64_t row = 0; row < row_count; ++row) {
        counter += kStep;
        out_parts[row] = static_cast<uint32_t>(((mixed(counter) >> 32) * part_count) >> 32);
    }
}

}  // namespace flk
