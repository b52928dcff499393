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

/* One multiplication: a table needs no more than that of its low bits. */
uint64_t mix(int64_t key) {
    auto word = static_cast<uint64_t>(key);
    word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93u;
    return word ^ (word >> 29);
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

RoofTable::RoofTable(int64_t keys) {
    uint64_t capacity = 16;
    while (capacity < 2 * static_cast<uint64_t>(keys)) {
        capacity *= 2;
    }
    entries_.assign(capacity, Entry{0, 0});
    mask_ = capacity - 1;
}

void RoofTable::add(const int64_t *keys, const int64_t *values, int64_t count) {
    constexpr int64_t kAhead = 16;
    Entry *const entries = entries_.data();
    for (int64_t row = 0; row < count; ++row) {
        if (row + kAhead < count) {
            __builtin_prefetch(&entries[mix(keys[row + kAhead]) & mask_]);
        }
        const int64_t key = keys[row];
        uint64_t at = mix(key) & mask_;
        while (entries[at].key != key) {
            if (entries[at].key == 0) {
                entries[at].key = key;
                break;
            }
            at = (at + 1) & mask_;
        }
        entries[at].sum += values[row];
    }
}

int64_t RoofTable::sum() const {
    int64_t sum = 0;
    for (const Entry &entry : entries_) {
        sum += entry.sum;
    }
    return sum;
}

}  // namespace bench
