/* shared_memory.h — memory that two processes of one host map: anonymous, sealed, pre-faulted.
 *
 *   creator                                   other process
 *   create(size) ── descriptor, by SCM_RIGHTS or fork ──→ map(descriptor, smallest size)
 *      │                                            │
 *      └────────────── the same pages ──────────────┘   gone with the last mapping
 *
 * There is no name that could be left behind or guessed: a memfd on Linux, an shm object that is
 * unlinked before anybody else sees it on macOS. The size never changes after create (sealed on
 * Linux), so a mapping that was checked once cannot turn into SIGBUS. All pages are allocated and
 * mapped by create: a page fault costs microseconds and would come in the middle of a batch.
 */
#ifndef FLK_SHARED_MEMORY_H_
#define FLK_SHARED_MEMORY_H_

#include <cstdint>

#include "flk/base.h"
#include "flk/live_count.h"

namespace flk {

/* Bytes of all mappings of this process that exist now, for the memory budget; any thread. */
int64_t shared_memory_bytes() noexcept;

/* One mapping and its descriptor. One owner; the bytes may be used from any thread. */
class SharedMemory {
  public:
    SharedMemory() = default;
    SharedMemory(const SharedMemory &) = delete;
    SharedMemory &operator=(const SharedMemory &) = delete;
    ~SharedMemory() { close(); }

    /* Make `size_bytes` (1 .. 2^40) of zeros and map them. On an object that is closed.
     * kNoMemory if the system has no memory or no descriptor left; nothing is left behind. */
    Status create(int64_t size_bytes, Error *error) noexcept;

    /* Map what another process created. `descriptor` is duplicated and stays the caller's.
     * kInvalid if it is not such memory, may still change its size, or has not at least
     * `min_bytes` (>= 1) bytes. */
    Status map(int32_t descriptor, int64_t min_bytes, Error *error) noexcept;

    /* Unmap and close the descriptor; nothing if that was done. */
    void close() noexcept;

    uint8_t *bytes() const noexcept { return bytes_; }
    int64_t size_bytes() const noexcept { return size_bytes_; }

    /* To hand over to other processes; stays owned by this object. -1 if closed. */
    int32_t descriptor() const noexcept { return descriptor_; }

  private:
    Status map_descriptor(int64_t size_bytes, Error *error) noexcept;

    uint8_t *bytes_ = nullptr;
    int64_t size_bytes_ = 0;
    int32_t descriptor_ = -1;
    LiveCount<LiveKind::kSharedMemory> live_;
};

}  // namespace flk

#endif  // FLK_SHARED_MEMORY_H_
