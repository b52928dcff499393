#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "flk/shared_memory.h"

namespace flk {
namespace {

TEST(SharedMemory, TwoMappingsAreTheSameBytesAndLiveOnWithoutTheFirst) {
    SharedMemory other;
    {
        SharedMemory memory;
        ASSERT_EQ(memory.create(100'000, nullptr), Status::kOk);
        EXPECT_EQ(memory.bytes()[99'999], 0);
        memory.bytes()[99'999] = 5;
        ASSERT_EQ(other.map(memory.descriptor(), 100'000, nullptr), Status::kOk);
        EXPECT_NE(other.descriptor(), memory.descriptor());
        EXPECT_NE(other.bytes(), memory.bytes());
    }
    EXPECT_GE(other.size_bytes(), 100'000);
    EXPECT_EQ(other.bytes()[99'999], 5);
}

TEST(SharedMemory, TheSizeCannotChangeAfterwards) {
    SharedMemory memory;
    ASSERT_EQ(memory.create(8192, nullptr), Status::kOk);
    EXPECT_NE(ftruncate(memory.descriptor(), 4096), 0);
    EXPECT_NE(ftruncate(memory.descriptor(), 16384), 0);
}

TEST(SharedMemory, DescriptorsThatAreNotItOrTooSmallAreRefused) {
    SharedMemory memory;
    ASSERT_EQ(memory.create(4096, nullptr), Status::kOk);
    SharedMemory other;
    Error error;
    EXPECT_EQ(other.map(memory.descriptor(), 1 << 20, &error), Status::kInvalid);
    EXPECT_NE(std::string(error.message).find("expected at least 1048576"), std::string::npos);
    EXPECT_EQ(other.map(-1, 1, &error), Status::kInvalid);
    const int null_device = open("/dev/null", O_RDWR | O_CLOEXEC);
    EXPECT_EQ(other.map(null_device, 1, &error), Status::kInvalid);
    close(null_device);
#if defined(__linux__)
    const int unsealed = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ASSERT_EQ(ftruncate(unsealed, 4096), 0);
    EXPECT_EQ(other.map(unsealed, 4096, &error), Status::kInvalid);
    EXPECT_NE(std::string(error.message).find("cannot change"), std::string::npos);
    close(unsealed);
#endif
    EXPECT_EQ(other.descriptor(), -1);
    EXPECT_EQ(other.bytes(), nullptr);
}

TEST(SharedMemory, SizesThatNoSystemHasAreRefused) {
    SharedMemory memory;
    EXPECT_EQ(memory.create(0, nullptr), Status::kInvalid);
    EXPECT_EQ(memory.create(-1, nullptr), Status::kInvalid);
    EXPECT_EQ(memory.create((int64_t{1} << 40) + 1, nullptr), Status::kInvalid);
    EXPECT_EQ(memory.descriptor(), -1);
}

TEST(SharedMemory, MappedBytesAndObjectsAreCounted) {
    const int64_t bytes = shared_memory_bytes();
    const int64_t objects = live_count(LiveKind::kSharedMemory);
    {
        SharedMemory memory;
        ASSERT_EQ(memory.create(65536, nullptr), Status::kOk);
        EXPECT_EQ(shared_memory_bytes(), bytes + 65536);
        EXPECT_EQ(live_count(LiveKind::kSharedMemory), objects + 1);
        memory.close();
        memory.close();
        EXPECT_EQ(shared_memory_bytes(), bytes);
    }
    EXPECT_EQ(live_count(LiveKind::kSharedMemory), objects);
}

}  // namespace
}  // namespace flk
