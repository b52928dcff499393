/* join_batches.h — which rows of which batches a join still needs.
 *
 *   batch 0   live 1101 0000   kept –              positions are row numbers
 *   batch 1   live 0000 0010   kept [ 3 │ 6 ]      compacted: row 6 lies at position 1
 *   batch 2   (free)
 *
 * The rows themselves are with the owner, a batch under each number. A row is named by batch and
 * row number for as long as it lives. Rows die at about the times they came, so nearly all batches
 * die whole; one that is kept by few rows is compacted, so that memory follows the rows that live.
 * A number is dead until `forget_dead`: what was made of its rows may not have been read yet.
 *
 * One owner, not thread safe. add, remove: O(1).
 */
#ifndef FLK_JOIN_BATCHES_H_
#define FLK_JOIN_BATCHES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flk/base.h"

namespace flk {

/* A row of a batch that is with the owner. */
struct JoinRow {
    uint32_t batch;
    uint32_t row;
};

class JoinBatches {
  public:
    /* Give a batch of `row_count` rows a number; no row of it lives yet. */
    Status open(int64_t row_count, uint32_t *out_batch) noexcept;

    /* All rows of a batch that will ever live have been added. */
    void close(uint32_t batch) noexcept {
        batches_[batch].is_open = false;
        look_at(batch);
    }

    /* A row of an open batch lives. */
    void add(JoinRow row) noexcept {
        Batch &batch = batches_[row.batch];
        FLK_DCHECK(batch.is_open);
        batch.live[row.row / 64] |= uint64_t{1} << (row.row % 64);
        ++batch.live_count;
    }

    /* A living row is needed no more. */
    void remove(JoinRow row) noexcept {
        Batch &batch = batches_[row.batch];
        batch.live[row.row / 64] &= ~(uint64_t{1} << (row.row % 64));
        --batch.live_count;
        if (batch.live_count * kSparse < batch.held_count) {
            look_at(row.batch);
        }
    }

    /* Numbers of batches without rows, which the owner may drop. forget_dead gives those anew that
     * are not in sparse(). */
    const std::vector<uint32_t> &dead() const noexcept { return dead_; }
    void forget_dead() noexcept;

    /* Numbers of batches of which few rows are left; each to be compacted. */
    const std::vector<uint32_t> &sparse() const noexcept { return sparse_; }

    /* Keep living rows only. Takes a number of sparse() out of it.
     *
     * out_positions  replaced by where those rows are now, in order: the owner keeps these
     * returns        kEmpty if the batch has died since, kNoMemory; nothing changes then
     */
    Status compact(std::vector<uint32_t> *out_positions) noexcept;

    /* Where a row lies in what the owner keeps. */
    uint32_t position(JoinRow row) const noexcept;

    int64_t live_rows() const noexcept { return live_rows_of(batches_); }
    int64_t live_rows(uint32_t batch) const noexcept { return batches_[batch].live_count; }
    /* Numbers ever given: the length of arrays indexed by batch. */
    uint32_t capacity() const noexcept { return static_cast<uint32_t>(batches_.size()); }

    /* Forget all rows; every batch dies, an open one when it is closed. */
    void clear() noexcept;

  private:
    struct Batch {
        std::vector<uint64_t> live;
        std::vector<uint32_t> kept; /* row numbers by position; empty: all */
        int64_t held_count = 0;     /* rows with the owner */
        int64_t live_count = 0;
        bool is_open = false;
        bool is_sparse = false; /* it is in sparse_ */
        bool is_dead = true;    /* it is in dead_ or free_ */
    };
    /* A batch is sparse if fewer than one in so many of its rows live. */
    static constexpr int64_t kSparse = 8;
    /* Below this a batch costs no more than its rows. */
    static constexpr int64_t kSmall = 32;

    void look_at(uint32_t number) noexcept;
    static int64_t live_rows_of(const std::vector<Batch> &batches) noexcept;

    std::vector<Batch> batches_;
    std::vector<uint32_t> dead_; /* these three have room for every batch */
    std::vector<uint32_t> sparse_;
    std::vector<uint32_t> free_;
};

/* Rows of many batches by batch, so that each batch is read once.
 *
 *   rows       [ 2:7 ][ 0:3 ][ 2:1 ]
 *   batches    [ 0 │ 2 ]          starts [ 0 │ 1 │ 3 ]
 *   positions  [ 3 │ 7 │ 1 ]      order  [ 1 │ 0 │ 2 ]: row n is the order[n]-th of positions
 */
struct GroupedRows {
    std::vector<uint32_t> batches;
    std::vector<int64_t> starts;
    std::vector<uint32_t> positions;
    std::vector<uint32_t> order;

    /* Group `count` rows that are `stride` bytes apart. */
    Status group(const JoinBatches &of, const JoinRow *rows, int64_t count,
                 std::size_t stride) noexcept;

  private:
    std::vector<uint32_t> counts_;
};

}  // namespace flk

#endif  // FLK_JOIN_BATCHES_H_
