/* isa.h — which instruction set kernels with variants use, chosen once.
 *
 *   scalar < avx2 < avx512        the best one this CPU has, or what FLK_ISA lowers it to
 *
 * scalar is the reference: plain C++ on every machine, and what the others must match bit for bit.
 * A variant is a function with FLK_TARGET_AVX2 or FLK_TARGET_AVX512 in an ordinary file; a kernel
 * picks a pointer to one of them before its loop. Any thread.
 */
#ifndef FLK_ISA_H_
#define FLK_ISA_H_

#include <cstdint>

#include "flk/base.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define FLK_HAS_X86_VARIANTS 1
#define FLK_TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define FLK_TARGET_AVX512 \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt")))
#else
#define FLK_HAS_X86_VARIANTS 0
#endif

namespace flk {

enum class Isa : int32_t { kScalar, kAvx2, kAvx512 };

/* "scalar", "avx2" or "avx512". */
const char *isa_name(Isa isa) noexcept;

/* The best set of this CPU. */
Isa best_isa() noexcept;

/* The set that `name` lowers `best` to; nullptr or "" lowers nothing. kInvalid for other names. */
Status lower_isa(const char *name, Isa best, Isa *out_isa, Error *error) noexcept;

/* kInvalid if FLK_ISA is none of the names; called where the kernels are loaded. */
Status check_isa(Error *error) noexcept;

/* The set in use: best_isa() lowered by FLK_ISA as it was when this was first called. */
Isa isa_in_use() noexcept;

}  // namespace flk

#endif  // FLK_ISA_H_
