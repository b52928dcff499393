/* state_blocks.h — key id → state, for one slice: sparse in ids, dense inside a block of 16.
 *
 *   directory_   [ · ][ ▪ ][ · ][ ▪ ] ...          one pointer for each 16 ids
 *                      │         └──→ [ present 0110... │ state 48 │ state 49 │ ... ]
 *                      └────────────→ [ present 1000... │ state 16 │ ... ]  from the arena
 *   ids_         [ 16 ][ 49 ][ 50 ]                in the order of their first touch
 *
 * A block is taken when the first of its ids is touched, and a state is zeroed when its id is; an
 * entry of the directory without a block points to an empty one, so that the loop over rows has
 * one test. A key map spreads few keys thinly over many ids: larger blocks would be mostly empty,
 * and the slices of a sliding window too large for the caches. Blocks come from a StateArena, which
 * keeps what it ever had: page faults cost more than anything that is done to a state.
 *
 * find_or_add is about 1 ns a row in cache. One owner, not thread safe.
 */
#ifndef FLK_STATE_BLOCKS_H_
#define FLK_STATE_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flk/accumulator.h"
#include "flk/base.h"
#include "flk/platform.h"

namespace flk {

inline constexpr uint32_t kStatesPerBlock = 16;

/* 16 states and which of them are there. Bytes of the states follow. */
struct alignas(64) StateBlock {
    uint64_t present;

    uint8_t *states() noexcept { return reinterpret_cast<uint8_t *>(this) + sizeof(StateBlock); }
};
static_assert(sizeof(StateBlock) == 64, "states begin on a cache line");

/* Blocks of one size, handed out again and again. Outlives the StateBlocks that use it. */
class StateArena {
  public:
    /* stride: bytes of a state, a multiple of 8, > 0 */
    explicit StateArena(int32_t stride) noexcept;
    StateArena(const StateArena &) = delete;
    StateArena &operator=(const StateArena &) = delete;
    ~StateArena();

    int32_t stride() const noexcept { return stride_; }

    /* A block without states, or nullptr without memory. Its bytes are undefined. */
    StateBlock *take() noexcept;

    void give_back(StateBlock *block) noexcept { free_.push_back(block); }

    /* Stands for "no block": nothing is ever present in it. */
    StateBlock *empty_block() noexcept { return &empty_; }

    int64_t memory_bytes() const noexcept { return memory_bytes_; }

  private:
    bool grow() noexcept;

    StateBlock empty_{0};
    int32_t stride_;
    int64_t block_bytes_;
    int64_t memory_bytes_ = 0;
    std::vector<StateBlock *> free_; /* has room for every block there is */
    std::vector<void *> chunks_;
};

class StateBlocks {
  public:
    static constexpr uint32_t kNoId = 0xffffffffu;

    explicit StateBlocks(StateArena *arena) noexcept
        : arena_(arena), stride_(static_cast<std::size_t>(arena->stride())) {}
    StateBlocks(const StateBlocks &) = delete;
    StateBlocks &operator=(const StateBlocks &) = delete;
    ~StateBlocks();

    /* Make room for ids below `id_capacity`, and for `count` of them to be new. */
    Status reserve(uint32_t id_capacity, int64_t count) noexcept {
        if (id_capacity > directory_.size() * kStatesPerBlock) {
            FLK_RETURN_NOT_OK(grow_directory(id_capacity));
        }
        if (id_count_ + count > static_cast<int64_t>(ids_.size())) {
            FLK_RETURN_NOT_OK(grow_ids(count));
        }
        return Status::kOk;
    }

    /* The states of some ids; those that are not there are added, zeroed. `reserve` first.
     *
     * ids         `count` ids below the capacity that was reserved, repeats allowed
     * out_states  room for `count`
     */
    Status find_or_add(const uint32_t *ids, int64_t count, uint8_t **out_states) noexcept {
        return id_count_ < kCachedIds ? find_or_add_all<false>(ids, count, out_states)
                                      : find_or_add_all<true>(ids, count, out_states);
    }

    /* State of an id that is below the capacity that was reserved, or nullptr. */
    uint8_t *find_known(uint32_t id) const noexcept {
        StateBlock *block = directory_[id / kStatesPerBlock];
        const uint32_t at = id % kStatesPerBlock;
        return ((block->present >> at) & 1) == 0 ? nullptr : block->states() + at * stride_;
    }

    /* State of any id, or nullptr. */
    uint8_t *find(uint32_t id) const noexcept {
        if (id / kStatesPerBlock >= directory_.size()) {
            return nullptr;
        }
        return find_known(id);
    }

    /* The states of ids that are all there. */
    void find_all(const uint32_t *ids, int64_t count, uint8_t **out_states) const noexcept {
        StateBlock *const *const directory = directory_.data();
        for (int64_t row = 0; row < count; ++row) {
            out_states[row] = directory[ids[row] / kStatesPerBlock]->states() +
                              (ids[row] % kStatesPerBlock) * stride_;
        }
    }

    /* Ids in the order of their first touch; removed ones are kNoId. */
    const uint32_t *ids() const noexcept { return ids_.data(); }
    int64_t id_count() const noexcept { return id_count_; }
    /* A bound of the ids. */
    uint32_t id_capacity() const noexcept {
        return static_cast<uint32_t>(directory_.size() * kStatesPerBlock);
    }
    bool empty() const noexcept { return id_count_ == removed_count_; }
    int64_t state_count() const noexcept { return id_count_ - removed_count_; }

    /* Forget the id at a position of ids(); what its state owns must have been released. */
    void remove_at(int64_t position) noexcept;

    /* Close the gaps that removed ids left, if there are many. Returns whether positions changed.
     */
    bool compact() noexcept;

    /* Forget all ids; blocks go back to the arena, room for ids stays. */
    void clear() noexcept;

    /* As clear, and release first what the states own. */
    void release(const AccumulatorLayout &layout) noexcept;

    int64_t memory_bytes() const noexcept {
        return static_cast<int64_t>(directory_.capacity() * sizeof(StateBlock *) +
                                    (ids_.capacity() + blocks_.capacity()) * sizeof(uint32_t));
    }

  private:
    /* States that stay in the nearer caches; beyond them it pays to fetch ahead. */
    static constexpr int64_t kCachedIds = 16384;
    static constexpr int64_t kFetchAhead = 12;

    template <bool kIsFetching>
    Status find_or_add_all(const uint32_t *ids, int64_t count, uint8_t **out_states) noexcept {
        StateBlock **const directory = directory_.data();
        const std::size_t stride = stride_;
        for (int64_t row = 0; row < count; ++row) {
            if (kIsFetching && row + kFetchAhead < count) {
                const uint32_t next = ids[row + kFetchAhead];
                StateBlock *block = directory[next / kStatesPerBlock];
                FLK_PREFETCH_WRITE(block);
                FLK_PREFETCH_WRITE(block->states() + next % kStatesPerBlock * stride);
            }
            const uint32_t id = ids[row];
            FLK_DCHECK(id / kStatesPerBlock < directory_.size());
            StateBlock *block = directory[id / kStatesPerBlock];
            const uint32_t at = id % kStatesPerBlock;
            if (__builtin_expect(((block->present >> at) & 1) == 0, 0)) {
                block = add(id, block);
                if (block == nullptr) {
                    return Status::kNoMemory;
                }
            }
            out_states[row] = block->states() + at * stride;
        }
        return Status::kOk;
    }

    Status grow_directory(uint32_t id_capacity) noexcept;
    Status grow_ids(int64_t count) noexcept;

    /* Add an id to its block, or to a new one. nullptr without memory. */
    StateBlock *add(uint32_t id, StateBlock *block) noexcept {
        if (block == arena_->empty_block()) {
            block = arena_->take();
            if (block == nullptr) {
                return nullptr;
            }
            block->present = 0;
            directory_[id / kStatesPerBlock] = block;
            blocks_[block_count_++] = id / kStatesPerBlock;
        }
        const uint32_t at = id % kStatesPerBlock;
        block->present |= uint64_t{1} << at;
        auto *words = reinterpret_cast<uint64_t *>(block->states() + at * stride_);
        for (std::size_t word = 0; word < stride_ / sizeof(uint64_t); ++word) {
            words[word] = 0;
        }
        ids_[static_cast<std::size_t>(id_count_++)] = id;
        return block;
    }

    StateArena *arena_;
    std::size_t stride_;
    std::vector<StateBlock *> directory_;
    std::vector<uint32_t> ids_;    /* id_count_ of them are used */
    std::vector<uint32_t> blocks_; /* entries of the directory that have a block; as large as it */
    int64_t id_count_ = 0;
    int64_t removed_count_ = 0;
    std::size_t block_count_ = 0;
};

}  // namespace flk

#endif  // FLK_STATE_BLOCKS_H_
