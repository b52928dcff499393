#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>

#include "flk/ring_frame.h"

namespace flk {
namespace {

/* The value of `name` in a line of ring_frames_vectors.json, which has one vector per line. */
std::string field(const std::string &line, const std::string &name) {
    const std::string opening = "\"" + name + "\": \"";
    const size_t start = line.find(opening);
    if (start == std::string::npos) {
        return "";
    }
    const size_t value = start + opening.size();
    return line.substr(value, line.find('"', value) - value);
}

/* Memory of exactly the given bytes, so that ASan sees what is read behind them. */
struct Exact {
    explicit Exact(const std::string &hex) : size(hex.size() / 2), start(new uint8_t[size]) {
        for (size_t at = 0; at < size; ++at) {
            start[at] = static_cast<uint8_t>(std::stoul(hex.substr(2 * at, 2), nullptr, 16));
        }
    }
    Exact(const Exact &) = delete;
    Exact &operator=(const Exact &) = delete;
    ~Exact() { delete[] start; }

    size_t size;
    uint8_t *start; /* aligned as every allocation is */
};

TEST(RingFrame, EveryVectorIsReadAndWrittenAsSpecified) {
    const std::string folder = std::string(__FILE__).substr(0, std::string(__FILE__).rfind('/'));
    std::ifstream file(folder + "/../../docs/spec/ring_frames_vectors.json");
    ASSERT_TRUE(file) << "docs/spec/ring_frames_vectors.json is missing";
    int32_t vector_count = 0;
    for (std::string line; std::getline(file, line);) {
        if (field(line, "what").empty()) {
            continue;
        }
        ++vector_count;
        const Exact bytes(field(line, "frame"));
        FrameView frame;
        Error error;
        const Status status =
            frame_parse(bytes.start, static_cast<int64_t>(bytes.size), &frame, &error);
        if (field(line, "status") != "ok") {
            EXPECT_EQ(status, Status::kInvalid) << line;
            EXPECT_STRNE(error.message, "") << line;
            continue;
        }
        ASSERT_EQ(status, Status::kOk) << line << error.message;
        EXPECT_EQ(std::to_string(frame.header.kind), field(line, "kind")) << line;
        EXPECT_EQ(std::to_string(frame.header.attempt), field(line, "attempt")) << line;
        EXPECT_EQ(std::to_string(frame.header.sequence), field(line, "sequence")) << line;
        EXPECT_EQ(std::to_string(frame.header.argument), field(line, "argument")) << line;
        const Exact payload(field(line, "payload"));
        ASSERT_EQ(frame.payload_bytes, static_cast<int64_t>(payload.size)) << line;
        EXPECT_EQ(std::memcmp(frame.payload, payload.start, payload.size), 0) << line;

        FrameHeader header;
        header.length_bytes = frame.header.length_bytes;
        header.kind = frame.header.kind;
        header.attempt = frame.header.attempt;
        header.sequence = frame.header.sequence;
        header.argument = frame.header.argument;
        if (field(line, "checksum") == "yes") {
            frame_seal(&header, payload.start);
        }
        alignas(8) uint8_t written[kFrameHeaderBytes];
        frame_write_header(header, written);
        EXPECT_EQ(std::memcmp(written, bytes.start, sizeof(written)), 0) << line;
    }
    EXPECT_GE(vector_count, 20);
}

TEST(RingFrame, AChecksumCanBeTakenInPieces) {
    const auto *digits = reinterpret_cast<const uint8_t *>("123456789");
    EXPECT_EQ(crc32c(0, digits, 9), 0xe3069283u);
    EXPECT_EQ(crc32c(crc32c(0, digits, 4), digits + 4, 5), 0xe3069283u);
    EXPECT_EQ(crc32c(0, digits, 0), 0u);
}

TEST(RingFrame, AFrameReachesToTheNextMultipleOf64) {
    EXPECT_EQ(frame_span(32), 64);
    EXPECT_EQ(frame_span(64), 64);
    EXPECT_EQ(frame_span(65), 128);
}

}  // namespace
}  // namespace flk
