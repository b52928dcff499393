/* accumulate_kinds.h — who makes which kind of accumulator; make_accumulator chooses.
 *
 *   count, sum, avg      accumulate_sum.cc        plain states
 *   min, max             accumulate_extreme.cc    plain states
 *   first, last          accumulate_position.cc   plain states
 *   variance, stddev     accumulate_moments.cc    plain states
 *
 * Each returns kUnsupported for a type it does not know and kInvalid for a bad option.
 */
#ifndef FLK_ACCUMULATE_KINDS_H_
#define FLK_ACCUMULATE_KINDS_H_

#include "flk/accumulator.h"

namespace flk {

Status make_count(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                  Error *error) noexcept;
Status make_sum(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                Error *error) noexcept;
Status make_extreme(const AggregateDefinition &definition, AccumulatorPtr *out_accumulator,
                    Error *error) noexcept;

/* Name of a kind, for messages: "sum". */
const char *aggregate_name(AggregateKind kind) noexcept;

/* kUnsupported: "sum of utf8 has no native accumulator". */
Status no_accumulator(const AggregateDefinition &definition, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_ACCUMULATE_KINDS_H_
