#include <gtest/gtest.h>

#include <string>

#include "flk/isa.h"

namespace flk {
namespace {

TEST(Isa, ANameLowersTheChoiceAndNeverRaisesIt) {
    Isa isa = Isa::kScalar;
    ASSERT_EQ(lower_isa("avx2", Isa::kAvx512, &isa, nullptr), Status::kOk);
    EXPECT_EQ(isa, Isa::kAvx2);
    ASSERT_EQ(lower_isa("avx512", Isa::kAvx2, &isa, nullptr), Status::kOk);
    EXPECT_EQ(isa, Isa::kAvx2);
    ASSERT_EQ(lower_isa("scalar", Isa::kAvx512, &isa, nullptr), Status::kOk);
    EXPECT_EQ(isa, Isa::kScalar);
}

TEST(Isa, NoNameLeavesTheBest) {
    Isa isa = Isa::kScalar;
    ASSERT_EQ(lower_isa(nullptr, Isa::kAvx2, &isa, nullptr), Status::kOk);
    EXPECT_EQ(isa, Isa::kAvx2);
    ASSERT_EQ(lower_isa("", Isa::kAvx2, &isa, nullptr), Status::kOk);
    EXPECT_EQ(isa, Isa::kAvx2);
}

TEST(Isa, AnotherNameIsRefusedWithTheOnesThereAre) {
    Isa isa = Isa::kScalar;
    Error error;
    EXPECT_EQ(lower_isa("sse2", Isa::kAvx2, &isa, &error), Status::kInvalid);
    EXPECT_EQ(std::string(error.message),
              "FLK_ISA=sse2 names no instruction set; set it to scalar, avx2 or avx512, or unset "
              "it for the best one of this CPU (avx2)");
}

TEST(Isa, TheOneInUseIsOneOfThisCpu) { EXPECT_LE(isa_in_use(), best_isa()); }

}  // namespace
}  // namespace flk
