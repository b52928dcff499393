/* accumulator.h — the aggregates of windows: what is kept for a key in a slice, and six verbs.
 *
 *   one state per (key, slice), all accumulators of an operator side by side:
 *
 *     state of key 7   [ count │ sum of a │ max of b ]      offsets 0, 8, 24; stride 32
 *     state of key 9   [ count │ sum of a │ max of b ]
 *
 * resize       is zeroing: a state of zero bytes is that of no rows, for every accumulator
 * consume      adds rows to the states of their keys
 * retract      takes rows back that were consumed before (changelogs)
 * merge        adds states of a later slice to states of an earlier one; `subtract` undoes that
 * finalize     makes the column of results
 * snapshot     writes states as bytes, restore reads them
 *
 * Each call works on many states and is told where the accumulator's part of a state begins, so
 * there is one virtual call per batch and none per row. A state may own memory: `release` lets go
 * of it and zeroes. One owner, not thread safe; none of it needs the GIL.
 */
#ifndef FLK_ACCUMULATOR_H_
#define FLK_ACCUMULATOR_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "flk/base.h"
#include "flk/column.h"

namespace flk {

/* The rows an accumulator consumes: states[i] belongs to row first_row + i of the column, or to
 * row rows[i] if `rows` is given. Arrival numbers ascend over the life of an operator; they decide
 * what "first" and "last" are when slices are merged. */
struct ConsumedRows {
    uint8_t *const *states;
    int64_t count;
    int64_t first_row;
    const uint32_t *rows;  /* nullptr: first_row, first_row + 1, ... */
    int64_t first_arrival; /* arrival number of row 0 of the batch: row r has first_arrival + r */
};

class Accumulator {
  public:
    Accumulator(const Accumulator &) = delete;
    Accumulator &operator=(const Accumulator &) = delete;
    virtual ~Accumulator() = default;

    /* Bytes of one state: a multiple of 8, alignment 8. */
    int32_t state_bytes() const noexcept { return state_bytes_; }
    /* Type of the column that `finalize` makes. */
    const TypePtr &result_type() const noexcept { return result_type_; }
    /* Whether `subtract` undoes `merge` exactly (ints, counts, decimals; never floats). */
    bool can_subtract() const noexcept { return can_subtract_; }
    bool can_retract() const noexcept { return can_retract_; }
    /* Whether states own memory, so that they must be released and not just forgotten. */
    bool owns_memory() const noexcept { return owns_memory_; }

    /* Add rows; null rows are skipped where the aggregate skips nulls.
     *
     * column   of the type the accumulator was made for; nullptr for one without a field
     * returns  kNoMemory, kOverflow: rows before the failing one are consumed
     */
    virtual Status consume(const ConsumedRows &rows, int32_t offset, const Column *column,
                           Error *error) noexcept = 0;

    /* Take rows back that were consumed before; only if can_retract(). */
    virtual Status retract(const ConsumedRows &rows, int32_t offset, const Column *column,
                           Error *error) noexcept;

    /* into[i] becomes the state of both groups of rows, those of from[i] in the later slice;
     * from[i] keeps its value and what it owns. */
    virtual Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                         int32_t offset, Error *error) noexcept = 0;

    /* Undo an earlier merge of from[i] into into[i]; only if can_subtract(). */
    virtual void subtract(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                          int32_t offset) noexcept;

    /* A column of `count` results, in the order of `states`; states are not changed. kOverflow if
     * a result does not fit the result type: the text names aggregate and value. */
    virtual Status finalize(const uint8_t *const *states, int64_t count, int32_t offset,
                            ColumnPtr *out_column, Error *error) noexcept = 0;

    /* Append the states as bytes; `restore` reads what `snapshot` of the same kind wrote.
     *
     * bytes, size   restore: what is there; *io_position is moved past what was read
     * returns       kNoMemory; restore also kInvalid for bytes that are no such states
     */
    virtual Status snapshot(const uint8_t *const *states, int64_t count, int32_t offset,
                            std::vector<uint8_t> *out_bytes, Error *error) const noexcept = 0;
    virtual Status restore(uint8_t *const *states, int64_t count, int32_t offset,
                           const uint8_t *bytes, int64_t size, int64_t *io_position,
                           Error *error) noexcept = 0;

    /* Free what the states own and make them states of no rows. */
    virtual void release(uint8_t *const *states, int64_t count, int32_t offset) noexcept;

  protected:
    Accumulator(int32_t state_bytes, TypePtr result_type) noexcept
        : state_bytes_(state_bytes), result_type_(std::move(result_type)) {}

    int32_t state_bytes_;
    TypePtr result_type_;
    bool can_subtract_ = false;
    bool can_retract_ = false;
    bool owns_memory_ = false;
};

using AccumulatorPtr = std::unique_ptr<Accumulator>;

/* What an accumulator is made from. */
enum class AggregateKind : int32_t {
    kCount, /* of rows, or with a column of values that are not null */
    kSum,
    kMin,
    kMax,
    kAvg,
    kFirst,
    kLast,
    kVariance, /* option: 0 sample, 1 population */
    kStdDev,   /* option: as kVariance */
    kMinBy,    /* the row (a struct column) whose field number `option` is smallest; first of
                  equal; rows where that field is null are skipped */
    kMaxBy,
    kTopN,                /* option: n; the n largest values, largest first, as a list */
    kCollect,             /* all values in arrival order, as a list */
    kCountDistinct,       /* exact */
    kApproxCountDistinct, /* HyperLogLog; option: precision 4..18 */
    kQuantile,            /* quantile_sketch.h; parameter: 0..1 */
    kCountIf,             /* rows where a field of booleans is true */
};

struct AggregateDefinition {
    AggregateKind kind;
    TypePtr input_type; /* empty for a count of rows */
    int64_t option = 0;
    double parameter = 0.0;
    /* Keep what it takes to retract: min, max, first, last, count distinct, top-n. */
    bool is_retractable = false;
};

/* Make an accumulator. kUnsupported if the kind has none for the type, kInvalid for a bad option.
 */
Status make_accumulator(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                        Error *error) noexcept;

/* The accumulators of one operator and where each one's part of a state begins. */
struct AccumulatorLayout {
    std::vector<AccumulatorPtr> accumulators;
    std::vector<int32_t> offsets;
    int32_t stride = 0; /* bytes of a whole state, a multiple of 8 */
};

/* Put accumulators side by side. */
Status make_layout(const std::vector<AggregateDefinition> &definitions,
                   AccumulatorLayout *out_layout, Error *error) noexcept;

/* Pass rows through all accumulators, a few hundred at a time, so that the states which one brought
 * near are still there for the next: with 1 M keys and two accumulators 30 % faster than one after
 * the other.
 *
 * columns  one for each accumulator; nullptr for those without a field
 * returns  as Accumulator::consume; accumulators may then have consumed different numbers of rows
 */
Status consume_all(const AccumulatorLayout &layout, const ConsumedRows &rows,
                   const Column *const *columns, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_ACCUMULATOR_H_
