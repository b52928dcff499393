#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "flk/key_encoding.h"

namespace flk {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes bytes_of(const KeyWriter &writer) {
    return Bytes(writer.data(), writer.data() + writer.size());
}

/* The value of `name` in a line of keys_vectors.json, which has one vector per line. */
std::string field(const std::string &line, const std::string &name) {
    const std::string start = "\"" + name + "\": \"";
    const std::size_t at = line.rfind(start);
    if (at == std::string::npos) {
        return "";
    }
    return line.substr(at + start.size(), line.find('"', at + start.size()) - at - start.size());
}

TEST(KeyEncoding, TheVectorsOfTheSpecHaveTheirHashes) {
    const std::string here = __FILE__;
    const std::string folder = here.substr(0, here.rfind('/') + 1);
    std::ifstream file(folder + "../../docs/spec/keys_vectors.json");
    ASSERT_TRUE(file) << "docs/spec/keys_vectors.json is missing";
    int32_t vector_count = 0;
    for (std::string line; std::getline(file, line);) {
        const std::string hex = field(line, "encoding");
        if (hex.empty()) {
            continue;
        }
        Bytes encoding;
        for (std::size_t at = 0; at < hex.size(); at += 2) {
            encoding.push_back(static_cast<uint8_t>(std::stoul(hex.substr(at, 2), nullptr, 16)));
        }
        std::ostringstream hash;
        hash.width(16);
        hash.fill('0');
        hash << std::hex << hash_encoding(encoding.data(), static_cast<int64_t>(encoding.size()));
        EXPECT_EQ(hash.str(), field(line, "hash")) << line;
        ++vector_count;
    }
    EXPECT_GE(vector_count, 50);
}

TEST(KeyEncoding, NumbersAreLittleEndianOnEveryMachine) {
    KeyWriter writer;
    ASSERT_EQ(writer.put_int(-2), Status::kOk);
    EXPECT_EQ(bytes_of(writer), (Bytes{3, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
    writer.truncate(0);
    ASSERT_EQ(writer.put_float(1.0), Status::kOk);
    ASSERT_EQ(writer.put_word(0x0102, 4), Status::kOk);
    EXPECT_EQ(bytes_of(writer), (Bytes{5, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 2, 1, 0, 0}));
}

TEST(KeyEncoding, NansAreOneKeyAndZeroesTwo) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(canonical_float_bits(nan), canonical_float_bits(-nan));
    EXPECT_EQ(canonical_float_bits(nan), 0x7ff8000000000000u);
    EXPECT_NE(canonical_float_bits(0.0), canonical_float_bits(-0.0));
}

TEST(KeyEncoding, TextGrowsTheWriterAndKeepsWhatWasThere) {
    KeyWriter writer;
    const Bytes text(1000, 'x');
    for (int32_t round = 0; round < 20; ++round) {
        ASSERT_EQ(writer.put_sized(kKeyStr, text.data(), 1000), Status::kOk);
    }
    ASSERT_EQ(writer.size(), 20 * 1005);
    for (int64_t at = 0; at < writer.size(); at += 1005) {
        EXPECT_EQ(writer.data()[at], kKeyStr);
        EXPECT_EQ(load_le32(writer.data() + at + 1), 1000u);
        EXPECT_EQ(writer.data()[at + 1004], 'x');
    }
}

TEST(KeyEncoding, ABodyOfFourGigabytesIsRefused) {
    KeyWriter writer;
    const uint8_t byte = 0;
    EXPECT_EQ(writer.put_sized(kKeyStr, &byte, int64_t{1} << 32), Status::kOutOfRange);
    EXPECT_EQ(writer.size(), 0);
}

TEST(KeyEncoding, TheShortCutsGiveTheViewOfTheEncoding) {
    KeyWriter writer;
    ASSERT_EQ(writer.put_int(77), Status::kOk);
    EXPECT_EQ(view_of_encoding(writer.data(), writer.size()).hash, view_of_int(77).hash);
    writer.truncate(0);
    const uint8_t text[] = {'a', 'b', 'c'};
    ASSERT_EQ(writer.put_sized(kKeyStr, text, 3), Status::kOk);
    const KeyView view = view_of_encoding(writer.data(), writer.size());
    EXPECT_EQ(view.hash, view_of_payload(kKeyStr, text, 3).hash);
    EXPECT_EQ(Bytes(view.body, view.body + view.body_bytes), (Bytes{'a', 'b', 'c'}));
}

}  // namespace
}  // namespace flk
