#include "flk/join_batches.h"

#include <algorithm>
#include <new>

namespace flk {

Status JoinBatches::open(int64_t row_count, uint32_t *out_batch) noexcept {
    try {
        if (free_.empty()) {
            batches_.emplace_back();
            dead_.reserve(batches_.capacity());
            sparse_.reserve(batches_.capacity());
            free_.reserve(batches_.capacity());
            free_.push_back(static_cast<uint32_t>(batches_.size() - 1));
        }
        Batch &batch = batches_[free_.back()];
        batch.live.assign(static_cast<std::size_t>(row_count + 63) / 64, 0);
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    *out_batch = free_.back();
    free_.pop_back();
    Batch &batch = batches_[*out_batch];
    batch.held_count = row_count;
    batch.is_open = true;
    batch.is_dead = false;
    return Status::kOk;
}

void JoinBatches::look_at(uint32_t number) noexcept {
    Batch &batch = batches_[number];
    if (batch.is_open || batch.is_dead) {
        return;
    }
    if (batch.live_count == 0) {
        batch.is_dead = true;
        dead_.push_back(number);
    } else if (!batch.is_sparse && batch.held_count >= kSmall &&
               batch.live_count * kSparse < batch.held_count) {
        batch.is_sparse = true;
        sparse_.push_back(number);
    }
}

void JoinBatches::forget_dead() noexcept {
    std::size_t kept = 0;
    for (const uint32_t number : dead_) {
        Batch &batch = batches_[number];
        if (batch.is_sparse) {
            /* its number is taken out of sparse_ first */
            dead_[kept++] = number;
            continue;
        }
        batch.live = std::vector<uint64_t>();
        batch.kept = std::vector<uint32_t>();
        free_.push_back(number);
    }
    dead_.resize(kept);
}

Status JoinBatches::compact(std::vector<uint32_t> *out_positions) noexcept {
    const uint32_t number = sparse_.back();
    Batch &batch = batches_[number];
    if (batch.is_dead) {
        sparse_.pop_back();
        batch.is_sparse = false;
        return Status::kEmpty;
    }
    std::vector<uint32_t> rows;
    try {
        rows.reserve(static_cast<std::size_t>(batch.live_count));
        out_positions->clear();
        out_positions->reserve(static_cast<std::size_t>(batch.live_count));
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    for (std::size_t word = 0; word < batch.live.size(); ++word) {
        for (uint64_t bits = batch.live[word]; bits != 0; bits &= bits - 1) {
            const auto bit = static_cast<uint32_t>(__builtin_ctzll(bits));
            const uint32_t row = static_cast<uint32_t>(word) * 64 + bit;
            out_positions->push_back(position(JoinRow{number, row}));
            rows.push_back(row);
        }
    }
    sparse_.pop_back();
    batch.is_sparse = false;
    batch.kept.swap(rows);
    batch.held_count = batch.live_count;
    return Status::kOk;
}

uint32_t JoinBatches::position(JoinRow row) const noexcept {
    const std::vector<uint32_t> &kept = batches_[row.batch].kept;
    if (kept.empty()) {
        return row.row;
    }
    const auto found = std::lower_bound(kept.begin(), kept.end(), row.row);
    return static_cast<uint32_t>(found - kept.begin());
}

void JoinBatches::clear() noexcept {
    for (std::size_t number = 0; number < batches_.size(); ++number) {
        Batch &batch = batches_[number];
        if (!batch.is_dead) {
            batch.live_count = 0;
            std::fill(batch.live.begin(), batch.live.end(), 0);
            look_at(static_cast<uint32_t>(number));
        }
    }
}

int64_t JoinBatches::live_rows_of(const std::vector<Batch> &batches) noexcept {
    int64_t rows = 0;
    for (const Batch &batch : batches) {
        rows += batch.is_dead ? 0 : batch.live_count;
    }
    return rows;
}

Status GroupedRows::group(const JoinBatches &of, const JoinRow *rows, int64_t count,
                          std::size_t stride) noexcept {
    const auto *const first = reinterpret_cast<const uint8_t *>(rows);
    const auto at = [first, stride](int64_t row) noexcept {
        return *reinterpret_cast<const JoinRow *>(first + static_cast<std::size_t>(row) * stride);
    };
    try {
        counts_.assign(of.capacity(), 0);
        positions.resize(static_cast<std::size_t>(count));
        order.resize(static_cast<std::size_t>(count));
        for (int64_t row = 0; row < count; ++row) {
            ++counts_[at(row).batch];
        }
        batches.clear();
        starts.assign(1, 0);
        for (uint32_t batch = 0; batch < counts_.size(); ++batch) {
            if (counts_[batch] != 0) {
                batches.push_back(batch);
                starts.push_back(starts.back() + counts_[batch]);
                counts_[batch] = static_cast<uint32_t>(starts[starts.size() - 2]);
            }
        }
    } catch (const std::bad_alloc &) {
        return Status::kNoMemory;
    }
    for (int64_t row = 0; row < count; ++row) {
        const JoinRow each = at(row);
        const uint32_t place = counts_[each.batch]++;
        positions[place] = of.position(each);
        order[static_cast<std::size_t>(row)] = place;
    }
    return Status::kOk;
}

}  // namespace flk
