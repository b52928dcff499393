/* descriptor_passing.h — open files handed from one process of a host to another.
 *
 *   send_descriptor(socket, id, fd)  ── Unix stream socket, SCM_RIGHTS ──→  receive_descriptor
 *
 * Rings carry bytes; what a process can only get from the kernel (the memory of a ring or of a
 * large frame, a doorbell) goes over one socket pair per pair of workers, each with a number that
 * frames or control messages name it by.
 */
#ifndef FLK_DESCRIPTOR_PASSING_H_
#define FLK_DESCRIPTOR_PASSING_H_

#include <cstdint>

#include "flk/base.h"

namespace flk {

/* Send a copy of `descriptor`, which stays open here, under the name `id`. kFull if a socket that
 * does not block has no room now; kInvalid if the socket or the descriptor is not open, or the
 * other side is gone (without a signal). */
Status send_descriptor(int32_t socket, int64_t id, int32_t descriptor, Error *error) noexcept;

/* Get the next one, close-on-exec, owned by the caller. kEmpty if a socket that does not block has
 * none now; kInvalid when the other side is gone or sent anything else. */
Status receive_descriptor(int32_t socket, int64_t *out_id, int32_t *out_descriptor,
                          Error *error) noexcept;

}  // namespace flk

#endif  // FLK_DESCRIPTOR_PASSING_H_
