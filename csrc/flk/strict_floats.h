/* strict_floats.h — a * b + c rounds twice in this file, as in Python, whatever the machine can.
 *
 * Include it before everything else in a .cc file whose floats must have the same bits everywhere:
 * compilers contract to one fused operation where the machine has it (arm64).
 */
#ifndef FLK_STRICT_FLOATS_H_
#define FLK_STRICT_FLOATS_H_

#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#endif  // FLK_STRICT_FLOATS_H_
