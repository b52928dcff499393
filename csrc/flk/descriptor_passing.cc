#include "flk/descriptor_passing.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace flk {
namespace {

#if defined(MSG_NOSIGNAL)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif
#if defined(MSG_CMSG_CLOEXEC)
constexpr int kReceiveFlags = MSG_CMSG_CLOEXEC;
#else
constexpr int kReceiveFlags = 0;
#endif

constexpr ssize_t kIdBytes = sizeof(int64_t);

/* One message: eight bytes and one descriptor. */
struct Message {
    int64_t id = 0;
    iovec bytes{};
    alignas(cmsghdr) unsigned char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};

    Message() noexcept {
        bytes.iov_base = &id;
        bytes.iov_len = sizeof(id);
        header.msg_iov = &bytes;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof(control);
    }
};

/* The descriptor in a message, or -1. */
int32_t descriptor_of(Message *message) noexcept {
    cmsghdr *control = CMSG_FIRSTHDR(&message->header);
    if (control == nullptr || control->cmsg_level != SOL_SOCKET ||
        control->cmsg_type != SCM_RIGHTS || control->cmsg_len != CMSG_LEN(sizeof(int))) {
        return -1;
    }
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(control), sizeof(descriptor));
    return descriptor;
}

bool is_not_now(int reason) noexcept {
    return reason == EAGAIN || reason == EWOULDBLOCK || reason == ENOBUFS;
}

}  // namespace

Status send_descriptor(int32_t socket, int64_t id, int32_t descriptor, Error *error) noexcept {
    Message message;
    message.id = id;
    cmsghdr *control = CMSG_FIRSTHDR(&message.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    const int number = descriptor;
    std::memcpy(CMSG_DATA(control), &number, sizeof(number));
    while (true) {
        const ssize_t sent = sendmsg(socket, &message.header, kSendFlags);
        if (sent == kIdBytes) {
            return Status::kOk;
        }
        if (sent < 0 && is_not_now(errno)) {
            return Status::kFull;
        }
        if (sent >= 0 || errno != EINTR) {
            return fail(error, Status::kInvalid, "descriptor %d cannot be sent: %s", descriptor,
                        sent >= 0 ? "the message was cut" : std::strerror(errno));
        }
    }
}

Status receive_descriptor(int32_t socket, int64_t *out_id, int32_t *out_descriptor,
                          Error *error) noexcept {
    while (true) {
        Message message;
        const ssize_t received = recvmsg(socket, &message.header, kReceiveFlags);
        if (received < 0 && errno == EINTR) {
            continue;
        }
        if (received < 0 && is_not_now(errno)) {
            return Status::kEmpty;
        }
        const int32_t descriptor = received > 0 ? descriptor_of(&message) : -1;
        if (received != kIdBytes || descriptor < 0 ||
            (message.header.msg_flags & MSG_CTRUNC) != 0) {
            if (descriptor >= 0) {
                close(descriptor);
            }
            return fail(error, Status::kInvalid, "no descriptor received: %s",
                        received < 0    ? std::strerror(errno)
                        : received == 0 ? "the other side is gone"
                                        : "the other side sent something else");
        }
#if !defined(MSG_CMSG_CLOEXEC)
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
#endif
        *out_id = message.id;
        *out_descriptor = descriptor;
        return Status::kOk;
    }
}

}  // namespace flk
