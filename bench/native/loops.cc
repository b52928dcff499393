#include "loops.h"

#include <cstring>
#include <vector>

#include "flk/roofline.h"

namespace bench {
namespace {

/* starts[part + 1] becomes the number of its rows, then starts[part] where the part begins. */
void count_parts(const uint32_t *owners, int64_t count, uint32_t parts, int64_t *starts) {
    std::memset(starts, 0, (parts + 1) * sizeof(int64_t));
    for (int64_t row = 0; row < count; ++row) {
        ++starts[owners[row] + 1];
    }
    for (uint32_t part = 0; part < parts; ++part) {
        starts[part + 1] += starts[part];
    }
}

}  // namespace

void roof_scatter_pairs(const uint32_t *owners, int64_t count, uint32_t parts, const int64_t *keys,
                        const int64_t *values, int64_t *starts, int64_t *out_keys,
                        int64_t *out_values) {
    count_parts(owners, count, parts, starts);
    std::vector<int64_t> cursor(starts, starts + parts);
    flk::scatter_pairs(keys, values, owners, count, cursor.data(), out_keys, out_values);
}

void roof_scatter_texts(const uint32_t *owners, int64_t count, uint32_t parts, const uint8_t *bytes,
                        int64_t width, int64_t *starts, int32_t *out_offsets, uint8_t *out_bytes) {
    count_parts(owners, count, parts, starts);
    std::vector<int64_t> cursor(starts, starts + parts);
    for (int64_t row = 0; row < count; ++row) {
        const int64_t at = cursor[owners[row]]++;
        uint64_t word;
        std::memcpy(&word, bytes + row * width, sizeof(word));
        out_offsets[at] = static_cast<int32_t>(at * width);
        std::memcpy(out_bytes + at * 8, &word, sizeof(word));
    }
    out_offsets[count] = static_cast<int32_t>(count * width);
    for (int64_t row = 0; row < count; ++row) {
        std::memmove(out_bytes + row * width, out_bytes + row * 8, sizeof(uint64_t));
    }
}

}  // namespace bench
