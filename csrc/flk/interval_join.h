/* interval_join.h — pairs of rows of one key whose times are near each other.
 *
 *   place of a key   [ left: rows by time │ right: rows by time │ due ]
 *
 *   a left row at t     meets  right rows from t + lower to t + upper, both included
 *   a right row at t    meets  left rows from t - upper to t - lower
 *   a left row is kept  until the watermark is at t + upper (at t, if upper < 0), a right one until
 *                       t - lower (t), as Flink keeps them
 *
 * A row is put among those of its side, then meets the other side's, earliest first; those of one
 * time come in the order they arrived. Rows behind the watermark are late: they meet nobody and are
 * not kept. A row that stands alone lies in the place of its key, several in an array of their own,
 * so that keys of one row a side cost a cache line each; finding partners is a binary search. A
 * wheel says which keys to look at when the watermark moves.
 *
 * The rows themselves are with the owner: see join_batches.h. A key with rows holds a reference to
 * its id. One owner, not thread safe.
 */
#ifndef FLK_INTERVAL_JOIN_H_
#define FLK_INTERVAL_JOIN_H_

#include <cstdint>
#include <vector>

#include "flk/base.h"
#include "flk/join_batches.h"
#include "flk/key_map.h"
#include "flk/live_count.h"
#include "flk/state_pool.h"
#include "flk/timing_wheel.h"

namespace flk {

struct JoinPair {
    JoinRow left;
    JoinRow right;
    int64_t left_ms;
    int64_t right_ms;
    int64_t row; /* number of the row that came last, in the batch at work */
};

/* Rows of one side at work. */
struct JoinInput {
    const uint32_t *ids;
    const int64_t *times_ms;
    uint32_t batch;
    uint32_t side; /* 0: left, 1: right */
};

class IntervalJoin {
  public:
    IntervalJoin() = default;
    IntervalJoin(const IntervalJoin &) = delete;
    IntervalJoin &operator=(const IntervalJoin &) = delete;
    ~IntervalJoin();

    /* Once, before anything else.
     *
     * lower_ms, upper_ms  both included, lower_ms ≤ upper_ms
     * keys                the map that gives the ids; outlives this
     * returns             kInvalid if the bounds are the wrong way round
     */
    Status open(int64_t lower_ms, int64_t upper_ms, KeyMap *keys, Error *error) noexcept;

    /* Take rows of a batch that is open in `batches`.
     *
     * row        in: the first row to take or to go on with; out: the first not done
     * end        row to stop before
     * max_pairs  stop when there are as many pairs
     * returns    kOk when all rows are done; kFull when there are pairs enough: call again with the
     *            same input; kInvalid at a row without a time; kNoMemory
     */
    Status add(const JoinInput &input, int64_t *row, int64_t end, int64_t max_pairs) noexcept;

    /* Pairs that were made since clear_pairs. */
    const std::vector<JoinPair> &pairs() const noexcept { return pairs_; }
    void clear_pairs() noexcept { pairs_.clear(); }
    /* Rows of the batch at work that came too late, since clear_late. */
    const std::vector<uint32_t> &late() const noexcept { return late_; }
    void clear_late() noexcept { late_.clear(); }

    /* Let time come to `watermark_ms`: rows that can meet nobody any more go. At INT64_MAX all go,
     * and the references of their keys with the map.
     *
     * max_keys  keys to look at
     * returns   kOk when that is done, kFull when keys are left: call again; kNoMemory
     */
    Status advance(int64_t watermark_ms, int64_t max_keys) noexcept;

    int64_t watermark_ms() const noexcept { return watermark_ms_; }
    JoinBatches &batches() noexcept { return batches_; }
    const JoinBatches &batches() const noexcept { return batches_; }
    int64_t live_keys() const noexcept { return live_keys_; }

  private:
    struct Entry {
        int64_t time_ms;
        JoinRow row;
    };
    /* Rows of one key and side in time order. capacity 0: the only one lies here. */
    struct Side {
        union {
            Entry only;
            struct {
                Entry *entries;
                uint32_t begin;
                uint32_t capacity;
            } many;
        };
        uint32_t count;
        uint32_t is_many;

        const Entry *begin() const noexcept {
            return is_many != 0 ? many.entries + many.begin : &only;
        }
    };
    struct alignas(64) Place {
        Side sides[2];
        int64_t due_ms; /* when the wheel tells of the key; meaningless while it has no rows */
    };
    static_assert(sizeof(Place) == 64, "a key of one row a side is a cache line");
    /* A large page: places are read at random. */
    static constexpr uint32_t kChunkPlaces = (2u << 20) / sizeof(Place);
    static constexpr int64_t kFetchAhead = 16;
    static constexpr int64_t kFetchRowsAhead = 8;
    /* Arrays of 2, 4, … 256 rows come from pools, larger ones from malloc. */
    static constexpr uint32_t kPools = 8;

    Place *place(uint32_t id) const noexcept {
        return chunks_[id / kChunkPlaces] + id % kChunkPlaces;
    }
    Status ensure_places(uint32_t id_count) noexcept;
    Status insert(Side *side, const Entry &entry) noexcept;
    Status resize(Side *side, uint32_t capacity) noexcept;
    Entry *take_array(uint32_t capacity) noexcept;
    void give_array_back(Entry *entries, uint32_t capacity) noexcept;
    void free_large_arrays() noexcept;
    Status schedule(uint32_t id, Place *at, int64_t due_ms) noexcept;
    bool meet(const JoinInput &input, const Place &at, JoinRow own, int64_t time_ms, int64_t row,
              int64_t max_pairs);
    Status collect_due(std::size_t max_keys, bool *out_all) noexcept;
    void expire_side(Place *at, uint32_t side) noexcept;
    Status expire(uint32_t id) noexcept;
    void clear() noexcept;
    int64_t last_ms(int64_t time_ms, uint32_t side) const noexcept;

    int64_t lower_ms_ = 0;
    int64_t upper_ms_ = 0;
    KeyMap *keys_ = nullptr;
    int64_t watermark_ms_ = INT64_MIN;
    std::vector<Place *> chunks_;
    StatePool pools_[kPools];
    int64_t large_arrays_ = 0;
    TimingWheel wheel_;
    JoinBatches batches_;
    std::vector<JoinPair> pairs_;
    std::vector<uint32_t> late_;
    int64_t met_ = -1; /* partners that the row at work has met; -1: it is not kept yet */
    struct Due {
        uint32_t id;
        int64_t due_ms;
    };
    std::vector<Due> due_;          /* keys to look at */
    std::size_t due_done_ = 0;      /* of these done */
    std::vector<uint32_t> due_ids_; /* of one millisecond */
    int64_t live_keys_ = 0;
    LiveCount<LiveKind::kIntervalJoin> live_;
};

}  // namespace flk

#endif  // FLK_INTERVAL_JOIN_H_
