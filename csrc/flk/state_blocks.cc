#include "flk/state_blocks.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace flk {

namespace {

constexpr int64_t kFirstChunkBytes = 64 << 10;
constexpr int64_t kLargestChunkBytes = 4 << 20;
constexpr int64_t kReleasedAtOnce = 512;

}  // namespace

StateArena::StateArena(int32_t stride) noexcept
    : stride_(stride),
      block_bytes_((static_cast<int64_t>(sizeof(StateBlock)) +
                    static_cast<int64_t>(kStatesPerBlock) * stride + 63) /
                   64 * 64) {
    FLK_DCHECK(stride > 0 && stride % 8 == 0);
}

StateArena::~StateArena() {
    for (void *chunk : chunks_) {
        std::free(chunk);
    }
}

StateBlock *StateArena::take() noexcept {
    if (free_.empty() && !grow()) {
        return nullptr;
    }
    StateBlock *block = free_.back();
    free_.pop_back();
    return block;
}

/* Chunks double, so that few keys take little and many keys ask the system rarely. */
bool StateArena::grow() noexcept {
    const int64_t wanted = std::min(kLargestChunkBytes, std::max(kFirstChunkBytes, memory_bytes_));
    const int64_t count = std::max<int64_t>(1, wanted / block_bytes_);
    try {
        /* Room first: give_back must not fail. */
        free_.reserve(static_cast<std::size_t>(memory_bytes_ / block_bytes_ + count));
        chunks_.reserve(chunks_.size() + 1);
    } catch (const std::bad_alloc &) {
        return false;
    }
    void *memory = std::aligned_alloc(64, static_cast<std::size_t>(count * block_bytes_));
    if (memory == nullptr) {
        return false;
    }
    chunks_.push_back(memory);
    memory_bytes_ += count * block_bytes_;
    for (int64_t block = count; block-- > 0;) {
        free_.push_back(
            reinterpret_cast<StateBlock *>(static_cast<uint8_t *>(memory) + block * block_bytes_));
    }
    return true;
}

StateBlocks::~StateBlocks() { clear(); }

Status StateBlocks::grow_directory(uint32_t id_capacity) noexcept {
    const std::size_t blocks =
        (static_cast<std::size_t>(id_capacity) + kStatesPerBlock - 1) / kStatesPerBlock;
    try {
        blocks_.resize(blocks);
        directory_.resize(blocks, arena_->empty_block());
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return Status::kOk;
}

Status StateBlocks::grow_ids(int64_t count) noexcept {
    try {
        ids_.resize(
            std::max(static_cast<std::size_t>(id_count_ + count), ids_.size() + ids_.size() / 2));
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    return Status::kOk;
}

void StateBlocks::remove_at(int64_t position) noexcept {
    uint32_t &id = ids_[static_cast<std::size_t>(position)];
    FLK_DCHECK(id != kNoId);
    directory_[id / kStatesPerBlock]->present &= ~(uint64_t{1} << id % kStatesPerBlock);
    id = kNoId;
    ++removed_count_;
    if (empty()) {
        clear();
    }
}

bool StateBlocks::compact() noexcept {
    if (removed_count_ * 2 < id_count_ || removed_count_ == 0) {
        return false;
    }
    const auto end = ids_.begin() + id_count_;
    id_count_ = std::remove(ids_.begin(), end, kNoId) - ids_.begin();
    removed_count_ = 0;
    return true;
}

void StateBlocks::clear() noexcept {
    for (std::size_t at = 0; at < block_count_; ++at) {
        StateBlock *&block = directory_[blocks_[at]];
        arena_->give_back(block);
        block = arena_->empty_block();
    }
    block_count_ = 0;
    id_count_ = 0;
    removed_count_ = 0;
}

void StateBlocks::release(const AccumulatorLayout &layout) noexcept {
    uint8_t *states[kReleasedAtOnce];
    int64_t count = 0;
    for (std::size_t each = 0; each < layout.accumulators.size(); ++each) {
        if (!layout.accumulators[each]->owns_memory()) {
            continue;
        }
        for (int64_t at = 0; at < id_count_; ++at) {
            const uint32_t id = ids_[static_cast<std::size_t>(at)];
            if (id != kNoId) {
                find_all(&id, 1, &states[count++]);
            }
            if (count == kReleasedAtOnce || (at + 1 == id_count_ && count > 0)) {
                layout.accumulators[each]->release(states, count, layout.offsets[each]);
                count = 0;
            }
        }
    }
    clear();
}

}  // namespace flk
