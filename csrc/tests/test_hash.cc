#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

#include "flk/hash.h"

namespace flk {
namespace {

TEST(Hash, AnIntIsHashedAsWrittenInTheSpec) {
    EXPECT_EQ(hash_int64(0), [] {
        uint64_t word = kHashSeed;
        word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93u;
        word = (word ^ (word >> 29)) * 0xa0761d6478bd642fu;
        return word ^ (word >> 32);
    }());
}

TEST(Hash, ManyIntsAreHashedLikeOne) {
    std::vector<int64_t> values{0, 1, -1, INT64_MAX, INT64_MIN, 42};
    std::vector<uint64_t> hashes(values.size());
    hash_int64s(values.data(), static_cast<int64_t>(values.size()), hashes.data());
    for (std::size_t row = 0; row < values.size(); ++row) {
        EXPECT_EQ(hashes[row], hash_int64(values[row]));
    }
}

TEST(Hash, AnIntComesBackFromItsHash) {
    for (const int64_t value : {INT64_C(0), INT64_C(-1), INT64_C(77), INT64_MIN, INT64_MAX}) {
        EXPECT_EQ(int64_of_hash(hash_int64(value)), value);
    }
}

TEST(Hash, EveryInstructionSetGivesTheSameHashes) {
    std::vector<int64_t> values;
    for (int64_t value = 0; value < 100; ++value) {
        values.push_back(INT64_MAX / 100 * value - 50 * value);
    }
    values.push_back(INT64_MIN);
    for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
        for (std::size_t count = 0; isa <= best_isa() && count <= values.size(); ++count) {
            std::vector<uint64_t> hashes(count + 1, 7);
            hash_int64s_with(isa, values.data(), static_cast<int64_t>(count), hashes.data());
            for (std::size_t row = 0; row < count; ++row) {
                ASSERT_EQ(hashes[row], hash_int64(values[row]));
            }
            ASSERT_EQ(hashes[count], 7u);
        }
    }
}

TEST(Hash, EveryLengthReadsOnlyItsBytesAndEveryByteCounts) {
    std::set<uint64_t> seen;
    for (std::size_t size = 0; size < 70; ++size) {
        /* Exactly `size` bytes on the heap, so that ASan sees a read beyond them. */
        std::vector<uint8_t> bytes(size, 7);
        bytes.shrink_to_fit();
        EXPECT_TRUE(seen.insert(hash_body(6, bytes.data(), static_cast<int64_t>(size))).second);
        for (std::size_t at = 0; at < size; ++at) {
            bytes[at] ^= 1;
            EXPECT_TRUE(seen.insert(hash_body(6, bytes.data(), static_cast<int64_t>(size))).second)
                << size << " bytes, byte " << at;
            bytes[at] ^= 1;
        }
    }
}

TEST(Hash, TheTagIsPartOfTheHash) {
    const uint8_t bytes[] = {'a', 'b'};
    EXPECT_NE(hash_body(6, bytes, 2), hash_body(7, bytes, 2));
}

TEST(Hash, TheProductIsFoldedFromAllItsBits) {
    EXPECT_EQ(fold_multiply(0, 5), 0u);
    EXPECT_EQ(fold_multiply(uint64_t{1} << 63, 2), 1u);
    EXPECT_EQ(fold_multiply(~uint64_t{0}, ~uint64_t{0}), ~uint64_t{0});
}

TEST(Hash, NeighboursSpreadOverHighAndLowBits) {
    std::vector<int> high(64), low(64);
    for (int64_t value = 0; value < 64 * 1000; ++value) {
        ++high[hash_int64(value) >> 58];
        ++low[hash_int64(value) & 63];
    }
    for (std::size_t at = 0; at < 64; ++at) {
        EXPECT_NEAR(high[at], 1000, 200);
        EXPECT_NEAR(low[at], 1000, 200);
    }
}

}  // namespace
}  // namespace flk
