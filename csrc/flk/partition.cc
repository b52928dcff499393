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
    /* Counters of a lane lie together; its last counts the owners that are out of range. */
    const int64_t stride = static_cast<int64_t>(part_count) + 1;
    const int64_t length = scatter_workspace_length(part_count);
    const int64_t lane_rows = length > stride ? row_count / kLanes : 0;
    uint32_t *const lane0 = workspace;
    uint32_t *const lane1 = length > stride ? lane0 + stride : lane0;
    uint32_t *const lane2 = length > stride ? lane1 + stride : lane0;
    uint32_t *const lane3 = length > stride ? lane2 + stride : lane0;
    const uint32_t *const owners1 = owners + lane_rows;
    const uint32_t *const owners2 = owners1 + lane_rows;
    const uint32_t *const owners3 = owners2 + lane_rows;
    std::fill_n(workspace, length, 0u);
    for (int64_t row = 0; row < lane_rows; ++row) {
        ++lane0[std::min(owners[row], part_count)];
        ++lane1[std::min(owners1[row], part_count)];
        ++lane2[std::min(owners2[row], part_count)];
        ++lane3[std::min(owners3[row], part_count)];
    }
    for (int64_t row = kLanes * lane_rows; row < row_count; ++row) {
        ++lane3[std::min(owners[row], part_count)];
    }
    /* A counter becomes the place of its lane's next row. */
    uint32_t next = 0;
    for (uint32_t part = 0; part < part_count; ++part) {
        out_starts[part] = next;
        for (int64_t at = part; at < length; at += stride) {
            const uint32_t count = workspace[at];
            workspace[at] = next;
            next += count;
        }
    }
    out_starts[part_count] = next;
    if (next != static_cast<uint32_t>(row_count)) {
        return refuse_owner(owners, row_count, part_count, error);
    }
    const auto rows = static_cast<uint32_t>(lane_rows);
    for (uint32_t row = 0; row < rows; ++row) {
        out_rows[lane0[owners[row]]++] = row;
        out_rows[lane1[owners1[row]]++] = row + rows;
        out_rows[lane2[owners2[row]]++] = row + 2 * rows;
        out_rows[lane3[owners3[row]]++] = row + 3 * rows;
    }
    for (int64_t row = kLanes * lane_rows; row < row_count; ++row) {
        out_rows[lane3[owners[row]]++] = static_cast<uint32_t>(row);
    }
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
