#include "flk/ring_frame.h"

#include <array>
#include <cstring>

namespace flk {
namespace {

constexpr std::array<uint32_t, 256> make_crc_table() noexcept {
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) {
            rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0x82f63b78u : 0u);
        }
        table[byte] = rest;
    }
    return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = make_crc_table();

bool is_known_kind(uint8_t kind) noexcept {
    return (kind >= static_cast<uint8_t>(FrameKind::kPad) &&
            kind <= static_cast<uint8_t>(FrameKind::kColumns)) ||
           kind >= kFirstExchangeKind;
}

uint32_t checksum_of(FrameHeader header, const uint8_t *payload) noexcept {
    header.checksum = 0;
    uint8_t bytes[kFrameHeaderBytes];
    std::memcpy(bytes, &header, sizeof(bytes));
    const int64_t payload_bytes = int64_t{header.length_bytes} - kFrameHeaderBytes;
    return crc32c(crc32c(0, bytes, kFrameHeaderBytes), payload, payload_bytes);
}

}  // namespace

uint32_t crc32c(uint32_t checksum, const uint8_t *bytes, int64_t size_bytes) noexcept {
    uint32_t rest = ~checksum;
    for (int64_t at = 0; at < size_bytes; ++at) {
        rest = (rest >> 8) ^ kCrcTable[(rest ^ bytes[at]) & 0xff];
    }
    return ~rest;
}

void frame_seal(FrameHeader *header, const uint8_t *payload) noexcept {
    header->flags |= kFrameHasChecksum;
    header->checksum = checksum_of(*header, payload);
}

void frame_write_header(const FrameHeader &header, uint8_t *out_bytes) noexcept {
    FLK_DCHECK(reinterpret_cast<uintptr_t>(out_bytes) % 8 == 0);
    std::memcpy(out_bytes, &header, sizeof(header));
}

Status frame_parse(const uint8_t *bytes, int64_t available_bytes, FrameView *out_frame,
                   Error *error) noexcept {
    FLK_DCHECK(reinterpret_cast<uintptr_t>(bytes) % 8 == 0);
    if (available_bytes < kFrameHeaderBytes) {
        return fail(error, Status::kInvalid, "a frame needs %lld bytes, %lld are there",
                    static_cast<long long>(kFrameHeaderBytes),
                    static_cast<long long>(available_bytes));
    }
    /* Each word is loaded once and for all: the writer might still change what was checked, and a
     * plain copy may be read again by the compiler. */
    uint64_t words[4];
    for (size_t at = 0; at < 4; ++at) {
        words[at] =
            __atomic_load_n(reinterpret_cast<const uint64_t *>(bytes) + at, __ATOMIC_RELAXED);
    }
    FrameView frame;
    std::memcpy(&frame.header, words, sizeof(words));
    const FrameHeader &header = frame.header;
    if (header.length_bytes < kFrameHeaderBytes || header.length_bytes > available_bytes) {
        return fail(error, Status::kInvalid, "a frame of %lu bytes where %lld are there",
                    static_cast<unsigned long>(header.length_bytes),
                    static_cast<long long>(available_bytes));
    }
    if (!is_known_kind(header.kind) || (header.flags & ~kFrameHasChecksum) != 0 ||
        header.zero != 0) {
        return fail(error, Status::kInvalid, "a frame of kind %u with flags %u and reserved %u",
                    unsigned{header.kind}, unsigned{header.flags}, unsigned{header.zero});
    }
    frame.payload = bytes + kFrameHeaderBytes;
    frame.payload_bytes = int64_t{header.length_bytes} - kFrameHeaderBytes;
    if ((header.flags & kFrameHasChecksum) != 0) {
        const uint32_t found = checksum_of(header, frame.payload);
        if (found != header.checksum) {
            return fail(error, Status::kInvalid, "frame %llu has checksum %08lx, its bytes %08lx",
                        static_cast<unsigned long long>(header.sequence),
                        static_cast<unsigned long>(header.checksum),
                        static_cast<unsigned long>(found));
        }
    }
    *out_frame = frame;
    return Status::kOk;
}

}  // namespace flk
