/* accumulate_kinds.h — who makes which kind of accumulator; make_accumulator chooses.
 *
 *   count, count_if, sum, avg
 *                        accumulate_sum.cc        plain states
 *   min, max             accumulate_extreme.cc    plain states
 *   first, last          accumulate_position.cc   plain states
 *   variance, stddev     accumulate_moments.cc    plain states
 *   min, max, first, last of strings; min_by, max_by, collect
 *                        accumulate_cells.cc      objects
 *   top-n; min, max, top-n and count distinct that take rows back
 *                        accumulate_bag.cc        objects
 *   count distinct, exact and approximate; quantiles
 *                        accumulate_distinct.cc   objects
 *
 * Each returns kUnsupported for a type it does not know and kInvalid for a bad option.
 */
#ifndef FLK_ACCUMULATE_KINDS_H_
#define FLK_ACCUMULATE_KINDS_H_

#include <string>

#include "flk/accumulator.h"
#include "flk/value_cell.h"

namespace flk {

Status make_count(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                  Error *error) noexcept;
Status make_sum(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                Error *error) noexcept;
Status make_extreme(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                    Error *error) noexcept;

Status make_position(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                     Error *error) noexcept;
Status make_moments(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                    Error *error) noexcept;
Status make_chosen(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                   Error *error) noexcept;
Status make_collect(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                    Error *error) noexcept;
Status make_bag(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                Error *error) noexcept;
Status make_distinct(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                     Error *error) noexcept;
Status make_approx_distinct(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                            Error *error) noexcept;
Status make_quantile(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                     Error *error) noexcept;

/* The cell by which values count as different: as keys, so every NaN is one value and -0.0 and 0.0
 * are two. In the given cell or in `scratch`. May throw std::bad_alloc. */
Cell distinct_cell(const CellType &type, Cell cell, std::string *scratch);

/* Name of a kind, for messages: "sum". */
const char *aggregate_name(AggregateKind kind) noexcept;

/* kUnsupported: "sum of utf8 has no native accumulator". */
Status no_accumulator(const AggregateDefinition &definition, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_ACCUMULATE_KINDS_H_
