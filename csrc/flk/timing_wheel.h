/* timing_wheel.h — which keys to look at once time has come to some point.
 *
 *   level 2   64 slots of 4,096 ms     ┌────┬────┬────┬─
 *   level 1   64 slots of 64 ms        │    │ ●● │    │       the slot of an entry: the highest
 *   level 0   64 slots of 1 ms         └────┴────┴────┴─      digit (base 64) in which its time
 *                                             │               differs from now, at that level
 *                                             ▼ when time reaches it: into the levels below
 *
 * Eleven levels hold every int64 of milliseconds. An entry moves down at most once per level, so
 * its cost does not depend on how many entries there are or how often time advances; looking for
 * something due costs a few bit tests. Entries of one millisecond come out together, in no order.
 * There is no way to take an entry back: whoever gets it looks whether it still means something.
 *
 * One owner, not thread safe. Memory: 16 bytes per entry.
 */
#ifndef FLK_TIMING_WHEEL_H_
#define FLK_TIMING_WHEEL_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "flk/base.h"

namespace flk {

class TimingWheel {
  public:
    TimingWheel() { spare_.reserve(kSpares); }
    TimingWheel(const TimingWheel &) = delete;
    TimingWheel &operator=(const TimingWheel &) = delete;

    /* Ask to be told of `id` at `due_ms`, which is not before the last time popped. */
    Status add(int64_t due_ms, uint32_t id) noexcept {
        const uint64_t due = ordered(due_ms);
        FLK_DCHECK(due >= now_);
        const uint32_t level = level_of(due);
        const uint64_t slot = digit(due, level);
        std::vector<Entry> &entries = slots_[level][slot];
        if (entries.capacity() == 0 && !spare_.empty()) {
            entries.swap(spare_.back());
            spare_.pop_back();
        }
        try {
            entries.push_back(Entry{due, id});
        } catch (const std::bad_alloc &) {
            return Status::kNoMemory;
        }
        occupied_[level] |= uint64_t{1} << slot;
        ++size_;
        return Status::kOk;
    }

    /* Take the ids of the earliest time that is not after `until_ms`.
     *
     * out_ids   replaced by the ids of that time
     * returns   kEmpty if nothing is due; kNoMemory, then nothing is lost and a later call goes on
     */
    Status pop_due(int64_t until_ms, std::vector<uint32_t> *out_ids, int64_t *out_due_ms) noexcept {
        const uint64_t until = ordered(until_ms);
        for (;;) {
            uint32_t level = 0;
            while (level < kLevels && occupied_[level] == 0) {
                ++level;
            }
            if (level == kLevels) {
                return Status::kEmpty;
            }
            const uint64_t slot = static_cast<uint64_t>(__builtin_ctzll(occupied_[level]));
            const uint64_t start = start_of(level, slot);
            if (start > until) {
                return Status::kEmpty;
            }
            std::vector<Entry> &entries = slots_[level][slot];
            if (level == 0) {
                try {
                    out_ids->resize(entries.size());
                } catch (const std::bad_alloc &) {
                    return Status::kNoMemory;
                }
                for (std::size_t at = 0; at < entries.size(); ++at) {
                    (*out_ids)[at] = entries[at].id;
                }
                size_ -= static_cast<int64_t>(entries.size());
                now_ = start;
                empty(level, slot);
                *out_due_ms = plain(start);
                return Status::kOk;
            }
            now_ = start;
            while (!entries.empty()) {
                const Entry entry = entries.back();
                FLK_RETURN_NOT_OK(add(plain(entry.due), entry.id));
                entries.pop_back();
                --size_;
            }
            empty(level, slot);
        }
    }

    int64_t size() const noexcept { return size_; }

  private:
    struct Entry {
        uint64_t due;
        uint32_t id;
    };
    static constexpr uint32_t kLevels = 11;
    static constexpr std::size_t kKeptEntries = 16;
    static constexpr std::size_t kSpares = 64;

    /* Times as unsigned numbers of the same order. */
    static uint64_t ordered(int64_t time_ms) noexcept {
        return static_cast<uint64_t>(time_ms) ^ (uint64_t{1} << 63);
    }
    static int64_t plain(uint64_t time) noexcept {
        return static_cast<int64_t>(time ^ (uint64_t{1} << 63));
    }

    static uint64_t digit(uint64_t time, uint32_t level) noexcept {
        return (time >> (6 * level)) & 63;
    }

    uint32_t level_of(uint64_t due) const noexcept {
        const uint64_t difference = due ^ now_;
        return difference == 0 ? 0 : static_cast<uint32_t>(63 - __builtin_clzll(difference)) / 6;
    }

    /* First time of a slot: the digits of now above `level`, the slot, zeros. */
    uint64_t start_of(uint32_t level, uint64_t slot) const noexcept {
        const uint32_t above = 6 * (level + 1);
        const uint64_t high = above >= 64 ? 0 : now_ >> above << above;
        return high | slot << (6 * level);
    }

    /* Memory of large slots goes to those that fill next. */
    void empty(uint32_t level, uint64_t slot) noexcept {
        std::vector<Entry> &entries = slots_[level][slot];
        entries.clear();
        if (entries.capacity() > kKeptEntries) {
            if (spare_.size() < spare_.capacity()) {
                spare_.emplace_back();
                spare_.back().swap(entries);
            } else {
                std::vector<Entry>().swap(entries);
            }
        }
        occupied_[level] &= ~(uint64_t{1} << slot);
    }

    std::vector<Entry> slots_[kLevels][64];
    std::vector<std::vector<Entry>> spare_; /* empty, with memory */
    uint64_t occupied_[kLevels] = {};
    uint64_t now_ = 0;
    int64_t size_ = 0;
};

}  // namespace flk

#endif  // FLK_TIMING_WHEEL_H_
