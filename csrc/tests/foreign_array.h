/* foreign_array.h — an ArrowArray of another library, as far as the kernels can tell: it owns
 * copies of its buffers and counts how often it is released. */
#ifndef FLK_TESTS_FOREIGN_ARRAY_H_
#define FLK_TESTS_FOREIGN_ARRAY_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "flk/arrow_abi.h"

namespace flk {

struct ForeignBuffers {
    std::vector<std::vector<uint8_t>> memory;
    std::vector<const void *> buffers;
    std::vector<std::unique_ptr<ArrowArray>> nodes;
    std::vector<ArrowArray *> children;
    int *releases = nullptr;
};

inline void release_foreign(ArrowArray *array) {
    auto *held = static_cast<ForeignBuffers *>(array->private_data);
    for (const auto &node : held->nodes) {
        if (node->release != nullptr) {
            node->release(node.get());
        }
    }
    ++*held->releases;
    delete held;
    array->release = nullptr;
}

class ForeignArray {
  public:
    ForeignArray(int64_t length, int *releases) : held_(std::make_unique<ForeignBuffers>()) {
        held_->releases = releases;
        array_.length = length;
    }

    template <typename T>
    ForeignArray &buffer(const std::vector<T> &values) {
        std::vector<uint8_t> bytes(values.size() * sizeof(T) + 1);
        std::memcpy(bytes.data(), values.data(), values.size() * sizeof(T));
        held_->memory.push_back(std::move(bytes));
        held_->buffers.push_back(held_->memory.back().data());
        return *this;
    }
    ForeignArray &no_buffer() {
        held_->buffers.push_back(nullptr);
        return *this;
    }
    ForeignArray &text(const char *bytes) {
        return buffer(std::vector<char>(bytes, bytes + std::strlen(bytes)));
    }
    ForeignArray &child(const ArrowArray &array) {
        held_->nodes.push_back(std::make_unique<ArrowArray>(array));
        held_->children.push_back(held_->nodes.back().get());
        return *this;
    }
    ForeignArray &dictionary(const ArrowArray &array) {
        held_->nodes.push_back(std::make_unique<ArrowArray>(array));
        array_.dictionary = held_->nodes.back().get();
        return *this;
    }
    ForeignArray &offset(int64_t offset) {
        array_.offset = offset;
        return *this;
    }
    ForeignArray &nulls(int64_t null_count) {
        array_.null_count = null_count;
        return *this;
    }

    ArrowArray done() {
        array_.n_buffers = static_cast<int64_t>(held_->buffers.size());
        array_.buffers = held_->buffers.data();
        array_.n_children = static_cast<int64_t>(held_->children.size());
        array_.children = held_->children.data();
        array_.release = release_foreign;
        array_.private_data = held_.release();
        return array_;
    }

  private:
    std::unique_ptr<ForeignBuffers> held_;
    ArrowArray array_{};
};

}  // namespace flk

#endif  // FLK_TESTS_FOREIGN_ARRAY_H_
