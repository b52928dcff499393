/* loops.h — whole scatters out of the plainest loops (flk/roofline.h): what the machine
 * allows.
 */
#ifndef BENCH_LOOPS_H_
#define BENCH_LOOPS_H_

#include <cstdint>

namespace bench {

/* Move two columns to the parts of their rows, which are known. starts: room for parts + 1. */
void roof_scatter_pairs(const uint32_t *owners, int64_t count, uint32_t parts, const int64_t *keys,
                        const int64_t *values, int64_t *starts, int64_t *out_keys,
                        int64_t *out_values);

/* Move texts of `width` ≤ 8 bytes to the parts of their rows, offsets included; 8 bytes are
 * written for each, so out_bytes has room for 8 more. */
void roof_scatter_texts(const uint32_t *owners, int64_t count, uint32_t parts, const uint8_t *bytes,
                        int64_t width, int64_t *starts, int32_t *out_offsets, uint8_t *out_bytes);

}  // namespace bench

#endif  // BENCH_LOOPS_H_
