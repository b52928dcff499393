/* large_frame.h — a frame above a quarter of its ring, in shared memory of its own.
 *
 *   producer                                       consumer
 *   large_frame_create → fill the payload
 *   send_descriptor(socket, id, memory)   ──→      receive_descriptor → id, descriptor
 *   large_frame_publish: in the ring only
 *   a frame kLarge, argument id           ──→      peek → large_frame_map(reference, descriptor)
 *   memory may go                                  the frame; memory goes when he is done
 *
 * The descriptor goes first, so whoever sees the reference can get it. The frame in the memory has
 * the same header as one in the ring, with the attempt and sequence of its reference.
 */
#ifndef FLK_LARGE_FRAME_H_
#define FLK_LARGE_FRAME_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/ring_frame.h"
#include "flk/shared_memory.h"
#include "flk/spsc_ring.h"

namespace flk {

/* Lengths of frames have 32 bits. */
inline constexpr int64_t kMaxLargePayload = 0xffffffff - kFrameHeaderBytes;

/* Make memory for a frame with `payload_bytes` (0 .. kMaxLargePayload, else kOutOfRange). The
 * payload lies 32 after a multiple of 64, as in a ring. */
Status large_frame_create(int64_t payload_bytes, SharedMemory *out_memory, uint8_t **out_payload,
                          Error *error) noexcept;

/* Close the frame in `memory` with its first `payload_bytes` and show it to the consumer under
 * `memory_id`. No frame is open in the ring. kFull if the ring has no room for the reference now;
 * nothing has changed. */
Status large_frame_publish(RingWriter *writer, const SharedMemory &memory, int64_t memory_id,
                           uint8_t kind, int64_t argument, int64_t payload_bytes, bool *out_wake,
                           Error *error) noexcept;

/* Map what `reference`, a frame kLarge, names; `descriptor` stays the caller's. kInvalid if the
 * memory does not hold the frame that was announced. */
Status large_frame_map(const FrameView &reference, int32_t descriptor, SharedMemory *out_memory,
                       FrameView *out_frame, Error *error) noexcept;

}  // namespace flk

#endif  // FLK_LARGE_FRAME_H_
