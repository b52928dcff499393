#include "flk/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace flk {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 40;

std::atomic<int64_t> mapped_bytes{0};

#if defined(__linux__)

constexpr int kSizeSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

int32_t anonymous_descriptor() noexcept {
    return memfd_create("flk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* Allocate the pages now: later there is no way to hear that memory is short but SIGBUS. */
bool allocate(int32_t descriptor, int64_t size_bytes) noexcept {
    if (ftruncate(descriptor, size_bytes) != 0) {
        return false;
    }
    while (fallocate(descriptor, 0, 0, size_bytes) != 0) {
        if (errno == EOPNOTSUPP) {
            break;
        }
        if (errno != EINTR) {
            return false;
        }
    }
    return fcntl(descriptor, F_ADD_SEALS, kSizeSeals) == 0;
}

bool is_size_fixed(int32_t descriptor) noexcept {
    const int seals = fcntl(descriptor, F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && (seals & F_SEAL_GROW) != 0;
}

#else

int32_t anonymous_descriptor() noexcept {
    static std::atomic<uint32_t> serial{0};
    for (int attempt = 0; attempt < 100; ++attempt) {
        char name[32];
        std::snprintf(name, sizeof(name), "/flk-%d-%u", static_cast<int>(getpid()),
                      serial.fetch_add(1, std::memory_order_relaxed));
        const int descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (descriptor >= 0) {
            shm_unlink(name);
            fcntl(descriptor, F_SETFD, FD_CLOEXEC);
            return descriptor;
        }
        if (errno != EEXIST) {
            return -1;
        }
    }
    return -1;
}

bool allocate(int32_t descriptor, int64_t size_bytes) noexcept {
    return ftruncate(descriptor, size_bytes) == 0;
}

/* An shm object takes its size once, before anybody else has it. */
bool is_size_fixed(int32_t) noexcept { return true; }

#endif

/* Map every page for writing. The contents stay. */
void prefault(uint8_t *bytes, int64_t size_bytes) noexcept {
#if defined(MADV_POPULATE_WRITE)
    if (madvise(bytes, static_cast<size_t>(size_bytes), MADV_POPULATE_WRITE) == 0) {
        return;
    }
#endif
    const auto page = static_cast<int64_t>(sysconf(_SC_PAGESIZE));
    for (int64_t at = 0; at < size_bytes; at += page > 0 ? page : 4096) {
        /* An atomic that changes nothing: the other side may be using the page. */
        __atomic_fetch_or(bytes + at, uint8_t{0}, __ATOMIC_RELAXED);
    }
}

}  // namespace

int64_t shared_memory_bytes() noexcept { return mapped_bytes.load(std::memory_order_relaxed); }

Status SharedMemory::create(int64_t size_bytes, Error *error) noexcept {
    FLK_DCHECK(descriptor_ < 0);
    if (size_bytes < 1 || size_bytes > kMaxBytes) {
        return fail(error, Status::kInvalid, "shared memory of %lld bytes, expected 1 .. %lld",
                    static_cast<long long>(size_bytes), static_cast<long long>(kMaxBytes));
    }
    descriptor_ = anonymous_descriptor();
    if (descriptor_ < 0 || !allocate(descriptor_, size_bytes)) {
        const int reason = errno;
        close();
        return fail(error, Status::kNoMemory, "no shared memory of %lld bytes: %s",
                    static_cast<long long>(size_bytes), std::strerror(reason));
    }
    return map_descriptor(size_bytes, error);
}

Status SharedMemory::map(int32_t descriptor, int64_t min_bytes, Error *error) noexcept {
    FLK_DCHECK(descriptor_ < 0);
    FLK_DCHECK(min_bytes >= 1);
    struct stat about{};
    if (fstat(descriptor, &about) != 0) {
        return fail(error, Status::kInvalid, "descriptor %d is not shared memory: %s", descriptor,
                    std::strerror(errno));
    }
    if (!is_size_fixed(descriptor)) {
        return fail(error, Status::kInvalid,
                    "descriptor %d is not shared memory of a size that cannot change", descriptor);
    }
    const auto size_bytes = static_cast<int64_t>(about.st_size);
    if (size_bytes < min_bytes || size_bytes > kMaxBytes) {
        return fail(error, Status::kInvalid, "shared memory has %lld bytes, expected at least %lld",
                    static_cast<long long>(size_bytes), static_cast<long long>(min_bytes));
    }
    descriptor_ = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (descriptor_ < 0) {
        return fail(error, Status::kNoMemory, "no descriptor left for shared memory: %s",
                    std::strerror(errno));
    }
    return map_descriptor(size_bytes, error);
}

Status SharedMemory::map_descriptor(int64_t size_bytes, Error *error) noexcept {
    void *memory = mmap(nullptr, static_cast<size_t>(size_bytes), PROT_READ | PROT_WRITE,
                        MAP_SHARED, descriptor_, 0);
    if (memory == MAP_FAILED) {
        const int reason = errno;
        close();
        const Status status = reason == ENOMEM ? Status::kNoMemory : Status::kInvalid;
        return fail(error, status, "shared memory of %lld bytes cannot be mapped: %s",
                    static_cast<long long>(size_bytes), std::strerror(reason));
    }
    bytes_ = static_cast<uint8_t *>(memory);
    size_bytes_ = size_bytes;
    mapped_bytes.fetch_add(size_bytes, std::memory_order_relaxed);
    prefault(bytes_, size_bytes_);
    return Status::kOk;
}

void SharedMemory::close() noexcept {
    if (bytes_ != nullptr) {
        munmap(bytes_, static_cast<size_t>(size_bytes_));
        mapped_bytes.fetch_sub(size_bytes_, std::memory_order_relaxed);
        bytes_ = nullptr;
        size_bytes_ = 0;
    }
    if (descriptor_ >= 0) {
        ::close(descriptor_);
        descriptor_ = -1;
    }
}

}  // namespace flk
