/* The fuzz targets over seeded inputs: random bytes, and rings that were right but for a little.
 * FLK_FUZZ_RUNS=1000000 for a long run; a failure names nothing but stops at its input, which the
 * same seed makes again. */
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "flk/ring_frame.h"
#include "fuzz/fuzz_ring.cc"

namespace flk {
namespace {

uint64_t run_count(uint64_t usual) {
    const char *text = std::getenv("FLK_FUZZ_RUNS");
    return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

std::vector<uint8_t> random_bytes(std::mt19937_64 *random, size_t size) {
    std::vector<uint8_t> bytes(size);
    for (uint8_t &byte : bytes) {
        byte = static_cast<uint8_t>((*random)());
    }
    return bytes;
}

/* A frame header with fields that are right half of the time. */
std::vector<uint8_t> plausible_header(std::mt19937_64 *random) {
    const auto either = [random](uint64_t likely) {
        return (*random)() % 2 == 0 ? likely : (*random)() >> ((*random)() % 64);
    };
    FrameHeader header;
    header.length_bytes = static_cast<uint32_t>(either(32 + (*random)() % 4096));
    header.kind = static_cast<uint8_t>(either((*random)() % 8));
    header.flags = static_cast<uint8_t>(either((*random)() % 2));
    header.zero = static_cast<uint16_t>((*random)() % 8 == 0 ? 1 : 0);
    header.attempt = static_cast<uint32_t>(either(1));
    header.checksum = static_cast<uint32_t>((*random)());
    header.sequence = either((*random)() % 8);
    std::vector<uint8_t> bytes(sizeof(header));
    std::memcpy(bytes.data(), &header, sizeof(header));
    return bytes;
}

TEST(RingFuzz, NoBytesInTheSharedMemoryMakeItReadOutsideTheRing) {
    std::mt19937_64 random(97);
    for (uint64_t run = 0; run < run_count(2'000); ++run) {
        std::vector<uint8_t> input = random_bytes(&random, 8);
        switch (random() % 3) {
            case 0: { /* one word, anywhere */
                const auto word = random_bytes(&random, 1 + random() % 8);
                input.insert(input.end(), word.begin(), word.end());
                break;
            }
            case 1: { /* a header that could be one */
                const auto header = plausible_header(&random);
                input.insert(input.end(), header.begin(), header.end());
                break;
            }
            default: {
                const auto rest = random_bytes(&random, random() % 512);
                input.insert(input.end(), rest.begin(), rest.end());
            }
        }
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
}

TEST(RingFuzz, NoBytesMakeTheParserReadPastThem) {
    std::mt19937_64 random(98);
    for (uint64_t run = 0; run < run_count(50'000); ++run) {
        std::vector<uint8_t> input =
            random() % 2 == 0 ? plausible_header(&random) : random_bytes(&random, 32);
        const auto rest = random_bytes(&random, random() % 100);
        input.insert(input.end(), rest.begin(), rest.end());
        input.resize(random() % (input.size() + 1));
        /* A block of exactly this size: vectors keep more. */
        auto *bytes = new uint8_t[input.size()];
        if (!input.empty()) {
            std::memcpy(bytes, input.data(), input.size());
        }
        FrameView frame;
        if (frame_parse(bytes, static_cast<int64_t>(input.size()), &frame, nullptr) ==
            Status::kOk) {
            touch(frame);
        }
        delete[] bytes;
    }
}

}  // namespace
}  // namespace flk
