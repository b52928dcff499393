#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "flk/descriptor_passing.h"
#include "flk/shared_memory.h"

namespace flk {
namespace {

struct Sockets {
    Sockets() {
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        EXPECT_EQ(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    }
    Sockets(const Sockets &) = delete;
    Sockets &operator=(const Sockets &) = delete;
    ~Sockets() {
        drop(0);
        drop(1);
    }
    void drop(int end) {
        if (ends[end] >= 0) {
            close(ends[end]);
            ends[end] = -1;
        }
    }

    int ends[2] = {-1, -1};
};

TEST(DescriptorPassing, MemoryGoesOverASocketWithItsNumber) {
    Sockets sockets;
    for (uint8_t number = 1; number <= 3; ++number) {
        SharedMemory memory;
        ASSERT_EQ(memory.create(4096, nullptr), Status::kOk);
        memory.bytes()[0] = number;
        ASSERT_EQ(send_descriptor(sockets.ends[0], -number, memory.descriptor(), nullptr),
                  Status::kOk);
    }
    for (uint8_t number = 1; number <= 3; ++number) {
        int64_t id = 0;
        int32_t descriptor = -1;
        ASSERT_EQ(receive_descriptor(sockets.ends[1], &id, &descriptor, nullptr), Status::kOk);
        EXPECT_EQ(id, -number);
        EXPECT_NE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
        SharedMemory memory;
        EXPECT_EQ(memory.map(descriptor, 4096, nullptr), Status::kOk);
        EXPECT_EQ(memory.bytes()[0], number);
        close(descriptor);
    }
}

TEST(DescriptorPassing, NothingThereIsEmptyAndNobodyThereIsAnError) {
    Sockets sockets;
    int64_t id = 0;
    int32_t descriptor = -1;
    Error error;
    EXPECT_EQ(receive_descriptor(sockets.ends[1], &id, &descriptor, &error), Status::kEmpty);
    sockets.drop(0);
    EXPECT_EQ(receive_descriptor(sockets.ends[1], &id, &descriptor, &error), Status::kInvalid);
    EXPECT_STREQ(error.message, "no descriptor received: the other side is gone");
    EXPECT_EQ(send_descriptor(sockets.ends[1], 1, 0, &error), Status::kInvalid);
    EXPECT_EQ(descriptor, -1);
}

TEST(DescriptorPassing, BytesWithoutADescriptorAreRefused) {
    Sockets sockets;
    const int64_t word = 1;
    ASSERT_EQ(write(sockets.ends[0], &word, sizeof(word)), 8);
    int64_t id = 0;
    int32_t descriptor = -1;
    Error error;
    EXPECT_EQ(receive_descriptor(sockets.ends[1], &id, &descriptor, &error), Status::kInvalid);
    EXPECT_STREQ(error.message, "no descriptor received: the other side sent something else");
}

TEST(DescriptorPassing, WhatIsNotOpenCannotBeSent) {
    Sockets sockets;
    EXPECT_EQ(send_descriptor(sockets.ends[0], 1, -1, nullptr), Status::kInvalid);
    EXPECT_EQ(send_descriptor(-1, 1, sockets.ends[0], nullptr), Status::kInvalid);
}

}  // namespace
}  // namespace flk
