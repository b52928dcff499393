#include "flk/peer_watch.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

namespace flk {

Status PeerWatch::open(int64_t process_id, Error *error) noexcept {
    FLK_DCHECK(process_id_ == 0);
    if (process_id < 1 || process_id > std::numeric_limits<pid_t>::max()) {
        return fail(error, Status::kInvalid, "%lld is not a process id",
                    static_cast<long long>(process_id));
    }
#if defined(__linux__) && defined(SYS_pidfd_open)
    descriptor_ = static_cast<int32_t>(syscall(SYS_pidfd_open, static_cast<pid_t>(process_id), 0u));
    const bool is_gone = descriptor_ < 0 && errno == ESRCH;
#else
    const bool is_gone = kill(static_cast<pid_t>(process_id), 0) != 0 && errno == ESRCH;
#endif
    if (is_gone) {
        return fail(error, Status::kInvalid, "process %lld has ended",
                    static_cast<long long>(process_id));
    }
    process_id_ = process_id;
    return Status::kOk;
}

bool PeerWatch::is_alive() noexcept {
    if (process_id_ == 0) {
        return false;
    }
    if (descriptor_ < 0) {
        return kill(static_cast<pid_t>(process_id_), 0) == 0 || errno == EPERM;
    }
    pollfd wait{descriptor_, POLLIN, 0};
    return poll(&wait, 1, 0) <= 0;
}

void PeerWatch::close() noexcept {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
    descriptor_ = -1;
    process_id_ = 0;
}

}  // namespace flk
