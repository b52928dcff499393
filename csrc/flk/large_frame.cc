#include "flk/large_frame.h"

#include <cstring>

namespace flk {

Status large_frame_create(int64_t payload_bytes, SharedMemory *out_memory, uint8_t **out_payload,
                          Error *error) noexcept {
    if (payload_bytes < 0 || payload_bytes > kMaxLargePayload) {
        return fail(error, Status::kOutOfRange, "a frame of %lld bytes, at most %lld are possible",
                    static_cast<long long>(payload_bytes),
                    static_cast<long long>(kMaxLargePayload));
    }
    FLK_RETURN_NOT_OK(out_memory->create(kFrameHeaderBytes + payload_bytes, error));
    *out_payload = out_memory->bytes() + kFrameHeaderBytes;
    return Status::kOk;
}

Status large_frame_publish(RingWriter *writer, const SharedMemory &memory, int64_t memory_id,
                           uint8_t kind, int64_t argument, int64_t payload_bytes, bool *out_wake,
                           Error *error) noexcept {
    FLK_DCHECK(payload_bytes >= 0);
    FLK_DCHECK(kFrameHeaderBytes + payload_bytes <= memory.size_bytes());
    const int64_t frame_bytes = kFrameHeaderBytes + payload_bytes;
    uint8_t *reference = nullptr;
    FLK_RETURN_NOT_OK(writer->reserve(sizeof(frame_bytes), &reference, error));
    FrameHeader header;
    header.length_bytes = static_cast<uint32_t>(frame_bytes);
    header.kind = kind;
    header.attempt = writer->attempt();
    header.sequence = writer->sequence();
    header.argument = argument;
    frame_write_header(header, memory.bytes());
    std::memcpy(reference, &frame_bytes, sizeof(frame_bytes));
    *out_wake =
        writer->publish(static_cast<uint8_t>(FrameKind::kLarge), memory_id, sizeof(frame_bytes));
    return Status::kOk;
}

Status large_frame_map(const FrameView &reference, int32_t descriptor, SharedMemory *out_memory,
                       FrameView *out_frame, Error *error) noexcept {
    int64_t frame_bytes = 0;
    if (reference.header.kind != static_cast<uint8_t>(FrameKind::kLarge) ||
        reference.payload_bytes != static_cast<int64_t>(sizeof(frame_bytes))) {
        return fail(error, Status::kInvalid, "frame %llu of kind %u and %lld bytes names no memory",
                    static_cast<unsigned long long>(reference.header.sequence),
                    unsigned{reference.header.kind},
                    static_cast<long long>(reference.payload_bytes));
    }
    std::memcpy(&frame_bytes, reference.payload, sizeof(frame_bytes));
    if (frame_bytes < kFrameHeaderBytes || frame_bytes > kFrameHeaderBytes + kMaxLargePayload) {
        return fail(error, Status::kInvalid, "a large frame of %lld bytes",
                    static_cast<long long>(frame_bytes));
    }
    FLK_RETURN_NOT_OK(out_memory->map(descriptor, frame_bytes, error));
    FrameView frame;
    const Status parsed = frame_parse(out_memory->bytes(), frame_bytes, &frame, error);
    const FrameHeader &header = frame.header;
    const bool is_right = parsed == Status::kOk && header.length_bytes == frame_bytes &&
                          header.kind != static_cast<uint8_t>(FrameKind::kPad) &&
                          header.kind != static_cast<uint8_t>(FrameKind::kLarge) &&
                          header.attempt == reference.header.attempt &&
                          header.sequence == reference.header.sequence;
    if (!is_right) {
        out_memory->close();
        return parsed != Status::kOk
                   ? parsed
                   : fail(error, Status::kInvalid,
                          "memory %lld does not hold the frame %llu that names it",
                          static_cast<long long>(reference.header.argument),
                          static_cast<unsigned long long>(reference.header.sequence));
    }
    *out_frame = frame;
    return Status::kOk;
}

}  // namespace flk
