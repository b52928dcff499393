/* ring_frame.h — one frame of a ring: a header of 32 bytes and a payload
 * (docs/spec/ring_frames.md).
 *
 *   0        4    5     6      8        12        16        24        32
 *   ┌────────┬────┬─────┬──────┬────────┬─────────┬─────────┬─────────┬─────────┐
 *   │ length │kind│flags│ zero │attempt │checksum │sequence │argument │ payload │
 *   └────────┴────┴─────┴──────┴────────┴─────────┴─────────┴─────────┴─────────┘
 *   length = 32 + payload; the next frame begins at the next multiple of 64
 *
 * Little endian. frame_parse is the one parser of bytes that another process wrote: it reads the
 * header once, into memory of its own, and never looks past what it was told is there.
 */
#ifndef FLK_RING_FRAME_H_
#define FLK_RING_FRAME_H_

#include <cstddef>
#include <cstdint>

#include "flk/base.h"

namespace flk {

inline constexpr int64_t kFrameHeaderBytes = 32;
/* Frames begin at multiples of this, in the ring and in memory of their own. */
inline constexpr int64_t kFrameAlignment = 64;

/* What a frame holds. 16 and above belong to the exchange; the ring carries them unread. */
enum class FrameKind : uint8_t {
    kPad = 1,     /* nothing: the rest of the ring before it begins again */
    kLarge = 2,   /* `argument` names the memory that holds the frame itself */
    kBytes = 3,   /* bytes of the writer's own making */
    kSchema = 4,  /* names and types of the columns of schema `argument` */
    kColumns = 5, /* rows of schema `argument` */
};

inline constexpr uint8_t kFirstExchangeKind = 16;
inline constexpr uint8_t kFrameHasChecksum = 1; /* a bit of `flags`; the others are zero */

struct FrameHeader {
    uint32_t length_bytes = 0;
    uint8_t kind = 0;
    uint8_t flags = 0;
    uint16_t zero = 0;
    uint32_t attempt = 0;
    uint32_t checksum = 0;
    uint64_t sequence = 0; /* counts the frames of one writer from 0; pads are not counted */
    int64_t argument = 0;  /* by kind: a schema, a memory, a watermark, a barrier */
};

static_assert(sizeof(FrameHeader) == kFrameHeaderBytes, "docs/spec/ring_frames.md");
static_assert(offsetof(FrameHeader, attempt) == 8, "docs/spec/ring_frames.md");
static_assert(offsetof(FrameHeader, sequence) == 16, "docs/spec/ring_frames.md");
static_assert(offsetof(FrameHeader, argument) == 24, "docs/spec/ring_frames.md");
#if defined(__BYTE_ORDER__)
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little endian");
#endif

/* A frame that was parsed. `payload` points into the memory it was parsed from. */
struct FrameView {
    FrameHeader header;
    const uint8_t *payload = nullptr;
    int64_t payload_bytes = 0;
};

/* Bytes from the beginning of a frame to that of the next; length_bytes >= 0. */
inline constexpr int64_t frame_span(int64_t length_bytes) noexcept {
    return (length_bytes + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

/* CRC-32C (Castagnoli) of `size_bytes` bytes after those that gave `checksum`; 0 for none. */
uint32_t crc32c(uint32_t checksum, const uint8_t *bytes, int64_t size_bytes) noexcept;

/* Fill in the header's checksum: over the header with zero in its place, then the payload. */
void frame_seal(FrameHeader *header, const uint8_t *payload) noexcept;

/* Write a header to an address that is a multiple of 8. */
void frame_write_header(const FrameHeader &header, uint8_t *out_bytes) noexcept;

/* Read the frame at `bytes` (a multiple of 8) of which `available_bytes` (>= 0) may be read.
 * kInvalid unless the whole frame lies within them, its kind is known, what must be zero is, and
 * the checksum, if there is one, is right. Attempt and sequence are the caller's to check. */
Status frame_parse(const uint8_t *bytes, int64_t available_bytes, FrameView *out_frame,
                   Error *error) noexcept;

}  // namespace flk

#endif  // FLK_RING_FRAME_H_
