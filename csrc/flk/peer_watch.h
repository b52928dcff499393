/* peer_watch.h — whether another process of this host still lives, zombies counted as dead.
 *
 * A process that was killed cannot say so in shared memory. On Linux a pidfd says it: it becomes
 * readable at the end of the process, so park wakes for it. Elsewhere, and where a sandbox has no
 * pidfd, is_alive asks by signal 0, which sees the end only after the parent has waited.
 */
#ifndef FLK_PEER_WATCH_H_
#define FLK_PEER_WATCH_H_

#include <cstdint>

#include "flk/base.h"

namespace flk {

/* One watched process. One owner; not thread safe. */
class PeerWatch {
  public:
    PeerWatch() = default;
    PeerWatch(const PeerWatch &) = delete;
    PeerWatch &operator=(const PeerWatch &) = delete;
    ~PeerWatch() { close(); }

    /* Watch `process_id` (>= 1); once, or after close. kInvalid if there is no such process: it
     * has died before. Ask while its parent cannot have waited for it, else the number may be
     * that of another process. */
    Status open(int64_t process_id, Error *error) noexcept;

    /* False from the end of the process on. Before open and after close: false. */
    bool is_alive() noexcept;

    /* Readable once the process has ended, for park; -1 where there is none. */
    int32_t descriptor() const noexcept { return descriptor_; }

    void close() noexcept;

  private:
    int64_t process_id_ = 0;
    int32_t descriptor_ = -1;
};

}  // namespace flk

#endif  // FLK_PEER_WATCH_H_
