/* state_pool.h — memory for states of one size, one at a time, at addresses that never change.
 *
 *   chunks_  [ state │ state │ state │ … ][ state │ … ]     64 KiB each, kept until the pool goes
 *   free_    the state given back last → the one before → …  linked through their first bytes
 *
 * A state is handed out zeroed, which is that of no rows. Whoever gives it back has released what
 * its accumulators own. One owner, not thread safe. take and give_back: O(1) plus zeroing.
 */
#ifndef FLK_STATE_POOL_H_
#define FLK_STATE_POOL_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "flk/base.h"

namespace flk {

class StatePool {
  public:
    StatePool() = default;
    StatePool(const StatePool &) = delete;
    StatePool &operator=(const StatePool &) = delete;
    ~StatePool() {
        for (uint8_t *chunk : chunks_) {
            std::free(chunk);
        }
    }

    /* Decide the size, a multiple of 8; before anything else. */
    void open(int32_t state_bytes) noexcept {
        FLK_DCHECK(state_bytes % 8 == 0);
        state_bytes_ = state_bytes < 8 ? 8 : static_cast<std::size_t>(state_bytes);
        chunk_states_ = state_bytes_ < kChunkBytes / 8 ? kChunkBytes / state_bytes_ : 8;
        used_in_chunk_ = chunk_states_;
    }

    /* A zeroed state, or nullptr when memory ran out. */
    uint8_t *take() noexcept {
        uint8_t *state = free_;
        if (state != nullptr) {
            std::memcpy(&free_, state, sizeof(free_));
            std::memset(state, 0, state_bytes_);
        } else {
            if (used_in_chunk_ == chunk_states_ && !add_chunk()) {
                return nullptr;
            }
            state = chunks_.back() + used_in_chunk_ * state_bytes_;
            ++used_in_chunk_;
        }
        ++taken_;
        return state;
    }

    void give_back(uint8_t *state) noexcept {
        std::memcpy(state, &free_, sizeof(free_));
        free_ = state;
        --taken_;
    }

    /* States taken and not given back. */
    int64_t taken() const noexcept { return taken_; }
    int64_t memory_bytes() const noexcept {
        return static_cast<int64_t>(chunks_.size() * chunk_states_ * state_bytes_);
    }

  private:
    static constexpr std::size_t kChunkBytes = std::size_t{1} << 16;

    bool add_chunk() noexcept {
        try {
            chunks_.push_back(nullptr);
        } catch (const std::bad_alloc &) {
            return false;
        }
        auto *chunk = static_cast<uint8_t *>(std::calloc(chunk_states_, state_bytes_));
        if (chunk == nullptr) {
            chunks_.pop_back();
            return false;
        }
        chunks_.back() = chunk;
        used_in_chunk_ = 0;
        return true;
    }

    std::vector<uint8_t *> chunks_;
    uint8_t *free_ = nullptr;
    std::size_t state_bytes_ = 8;
    std::size_t chunk_states_ = 0;
    std::size_t used_in_chunk_ = 0;
    int64_t taken_ = 0;
};

}  // namespace flk

#endif  // FLK_STATE_POOL_H_
