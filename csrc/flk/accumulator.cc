#include "flk/accumulator.h"

#include <cstring>

namespace flk {

Status Accumulator::retract(const ConsumedRows & /*rows*/, int32_t /*offset*/,
                            const Column * /*column*/, Error *error) noexcept {
    return fail(error, Status::kUnsupported, "this aggregate takes no rows back");
}

void Accumulator::subtract(uint8_t *const * /*into*/, const uint8_t *const * /*from*/,
                           int64_t /*count*/, int32_t /*offset*/) noexcept {
    FLK_DCHECK(false);
}

void Accumulator::release(uint8_t *const *states, int64_t count, int32_t offset) noexcept {
    for (int64_t row = 0; row < count; ++row) {
        std::memset(states[row] + offset, 0, static_cast<std::size_t>(state_bytes_));
    }
}

}  // namespace flk
