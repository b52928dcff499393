#include "flk/isa.h"

#include <cstdlib>
#include <cstring>

namespace flk {

namespace {

constexpr Isa kAll[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512};

}  // namespace

const char *isa_name(Isa isa) noexcept {
    switch (isa) {
        case Isa::kAvx512:
            return "avx512";
        case Isa::kAvx2:
            return "avx2";
        default:
            return "scalar";
    }
}

Isa best_isa() noexcept {
#if FLK_HAS_X86_VARIANTS
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt")) {
        return Isa::kScalar;
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        return Isa::kAvx512;
    }
    return Isa::kAvx2;
#else
    return Isa::kScalar;
#endif
}

Status lower_isa(const char *name, Isa best, Isa *out_isa, Error *error) noexcept {
    *out_isa = best;
    if (name == nullptr || name[0] == 0) {
        return Status::kOk;
    }
    for (const Isa isa : kAll) {
        if (std::strcmp(name, isa_name(isa)) == 0) {
            *out_isa = isa < best ? isa : best;
            return Status::kOk;
        }
    }
    return fail(error, Status::kInvalid,
                "FLK_ISA=%s names no instruction set; set it to scalar, avx2 or avx512, or unset "
                "it for the best one of this CPU (%s)",
                name, isa_name(best));
}

Status check_isa(Error *error) noexcept {
    Isa isa = Isa::kScalar;
    return lower_isa(std::getenv("FLK_ISA"), best_isa(), &isa, error);
}

Isa isa_in_use() noexcept {
    static const Isa in_use = [] {
        Isa isa = best_isa();
        const Status status = lower_isa(std::getenv("FLK_ISA"), isa, &isa, nullptr);
        return status == Status::kOk ? isa : best_isa();
    }();
    return in_use;
}

}  // namespace flk
