#include "flk/late_results.h"

#include <algorithm>
#include <cstring>

namespace flk {

uint8_t *LateResults::add(uint32_t id, int64_t start, int64_t end) {
    const std::size_t at = ids_.size();
    if (at == blocks_.size() * kStatesPerBlock) {
        blocks_.reserve(blocks_.size() + 1);
        StateBlock *block = arena_->take();
        if (block == nullptr) {
            return nullptr;
        }
        blocks_.push_back(block);
    }
    const auto stride = static_cast<std::size_t>(arena_->stride());
    uint8_t *state = blocks_.back()->states() + at % kStatesPerBlock * stride;
    std::memset(state, 0, stride);
    states_.push_back(state);
    starts_.push_back(start);
    ends_.push_back(end);
    ids_.push_back(id);
    return state;
}

void LateResults::take(int64_t max_rows, WindowResults *out_results) noexcept {
    const int64_t count = std::min(max_rows, size());
    out_results->count = count;
    out_results->ids = ids_.data() + taken_;
    out_results->states = states_.data() + taken_;
    out_results->starts = starts_.data() + taken_;
    out_results->ends = ends_.data() + taken_;
    out_results->start = 0;
    out_results->end = 0;
    taken_ += static_cast<std::size_t>(count);
}

void LateResults::clear() noexcept {
    for (std::size_t each = 0; each < layout_->accumulators.size(); ++each) {
        if (layout_->accumulators[each]->owns_memory()) {
            layout_->accumulators[each]->release(
                states_.data(), static_cast<int64_t>(states_.size()), layout_->offsets[each]);
        }
    }
    for (StateBlock *block : blocks_) {
        arena_->give_back(block);
    }
    ids_.clear();
    starts_.clear();
    ends_.clear();
    states_.clear();
    blocks_.clear();
    taken_ = 0;
}

}  // namespace flk
