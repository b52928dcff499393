/* window_table.h — the live windows of one subtask: (key id, start, end) -> slot.
 *
 * The general window operator keeps its contents, trigger state and timers in arrays indexed by
 * slot. A slot is reused after `remove`, with a new generation, so a timer that outlived its
 * window is recognised and ignored. Windows of one key are chained (newest first), which is what
 * merging assigners walk.
 *
 *   table_ (open addressing, linear probing, load <= 1/2)      slots_
 *   ┌──────┬──────┬──────┬──────┐                              ┌────┬────┬────┐
 *   │  -   │ slot │  -   │ slot │ ───────────────────────────► │ 0  │ 1  │ 2  │ …
 *   └──────┴──────┴──────┴──────┘                              └────┴────┴────┘
 *
 * One thread. find, find_or_add, remove: O(1) expected. Memory: 64 bytes per live window.
 */
#ifndef FLK_WINDOW_TABLE_H_
#define FLK_WINDOW_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace flk {

constexpr uint32_t kNoWindow = UINT32_MAX;

struct WindowSlot {
    int64_t start;
    int64_t end;
    int64_t element_count;
    uint32_t key_id;
    uint32_t generation;
    uint32_t next_of_key;
    uint32_t prev_of_key;
    uint32_t is_live;
};

class WindowTable {
  public:
    /* Slot of a window, or kNoWindow. */
    uint32_t find(uint32_t key_id, int64_t start, int64_t end) const noexcept {
        if (table_.empty()) {
            return kNoWindow;
        }
        for (uint64_t at = home(key_id, start, end);; at = (at + 1) & mask()) {
            const uint32_t slot = table_[at];
            if (slot == kNoWindow) {
                return kNoWindow;
            }
            if (is_window(slot, key_id, start, end)) {
                return slot;
            }
        }
    }

    /* Slot of a window, made when it is new. Returns kNoWindow when memory ran out; the table is
     * unchanged then. */
    uint32_t find_or_add(uint32_t key_id, int64_t start, int64_t end, bool *out_is_new) noexcept {
        *out_is_new = false;
        const uint32_t found = find(key_id, start, end);
        if (found != kNoWindow) {
            return found;
        }
        try {
            if (table_.size() < 2 * (live_count_ + 1)) {
                grow();
            }
            if (head_of_key_.size() <= key_id) {
                head_of_key_.resize(2 * (static_cast<size_t>(key_id) + 1), kNoWindow);
            }
            if (free_.empty()) {
                slots_.push_back(WindowSlot{0, 0, 0, 0, 0, kNoWindow, kNoWindow, 0});
                free_.reserve(slots_.size());
                free_.push_back(static_cast<uint32_t>(slots_.size() - 1));
            }
        } catch (const std::bad_alloc &) {
            return kNoWindow;
        }
        const uint32_t slot = free_.back();
        free_.pop_back();
        WindowSlot &window = slots_[slot];
        window.start = start;
        window.end = end;
        window.element_count = 0;
        window.key_id = key_id;
        window.is_live = 1;
        window.next_of_key = head_of_key_[key_id];
        window.prev_of_key = kNoWindow;
        if (window.next_of_key != kNoWindow) {
            slots_[window.next_of_key].prev_of_key = slot;
        }
        head_of_key_[key_id] = slot;
        insert(slot);
        ++live_count_;
        *out_is_new = true;
        return slot;
    }

    /* Forget a live window; its slot number may be handed out again. */
    void remove(uint32_t slot) noexcept {
        WindowSlot &window = slots_[slot];
        erase(slot);
        if (window.prev_of_key == kNoWindow) {
            head_of_key_[window.key_id] = window.next_of_key;
        } else {
            slots_[window.prev_of_key].next_of_key = window.next_of_key;
        }
        if (window.next_of_key != kNoWindow) {
            slots_[window.next_of_key].prev_of_key = window.prev_of_key;
        }
        window.is_live = 0;
        ++window.generation;
        --live_count_;
        free_.push_back(slot); /* reserved when the slot was made */
    }

    /* Give a live window other bounds; its old timers no longer match its generation. The caller
     * has checked that no live window of the key has the new bounds. */
    void move(uint32_t slot, int64_t start, int64_t end) noexcept {
        erase(slot);
        WindowSlot &window = slots_[slot];
        window.start = start;
        window.end = end;
        ++window.generation;
        insert(slot);
    }

    /* The slot itself; the pointer is valid until the next find_or_add. */
    WindowSlot *slot(uint32_t index) noexcept { return &slots_[index]; }
    bool is_current(uint32_t index, uint32_t generation) const noexcept {
        return index < slots_.size() && slots_[index].is_live != 0 &&
               slots_[index].generation == generation;
    }
    /* First window of a key's chain, or kNoWindow. */
    uint32_t first_of_key(uint32_t key_id) const noexcept {
        return key_id < head_of_key_.size() ? head_of_key_[key_id] : kNoWindow;
    }
    uint64_t live_count() const noexcept { return live_count_; }
    /* Slots ever made: the size of arrays indexed by slot. */
    uint64_t capacity() const noexcept { return slots_.size(); }

  private:
    uint64_t mask() const noexcept { return table_.size() - 1; }

    uint64_t home(uint32_t key_id, int64_t start, int64_t end) const noexcept {
        uint64_t mixed = static_cast<uint64_t>(start) * 0x9E3779B97F4A7C15ull;
        mixed ^= static_cast<uint64_t>(end) * 0xC2B2AE3D27D4EB4Full;
        mixed ^= (static_cast<uint64_t>(key_id) + 1) * 0xD6E8FEB86659FD93ull;
        mixed ^= mixed >> 32;
        mixed *= 0xD6E8FEB86659FD93ull;
        mixed ^= mixed >> 32;
        return mixed & mask();
    }

    uint64_t home_of(uint32_t slot) const noexcept {
        const WindowSlot &window = slots_[slot];
        return home(window.key_id, window.start, window.end);
    }

    bool is_window(uint32_t slot, uint32_t key_id, int64_t start, int64_t end) const noexcept {
        const WindowSlot &window = slots_[slot];
        return window.key_id == key_id && window.start == start && window.end == end;
    }

    void insert(uint32_t slot) noexcept {
        uint64_t at = home_of(slot);
        while (table_[at] != kNoWindow) {
            at = (at + 1) & mask();
        }
        table_[at] = slot;
    }

    /* Linear probing without tombstones: what follows the hole moves back into it. */
    void erase(uint32_t slot) noexcept {
        uint64_t hole = home_of(slot);
        while (table_[hole] != slot) {
            hole = (hole + 1) & mask();
        }
        table_[hole] = kNoWindow;
        for (uint64_t at = (hole + 1) & mask(); table_[at] != kNoWindow; at = (at + 1) & mask()) {
            const uint64_t wanted = home_of(table_[at]);
            const uint64_t from_hole = (at - hole) & mask();
            const uint64_t from_home = (at - wanted) & mask();
            if (from_home >= from_hole) {
                table_[hole] = table_[at];
                table_[at] = kNoWindow;
                hole = at;
            }
        }
    }

    void grow() {
        std::vector<uint32_t> larger(table_.empty() ? 64 : 2 * table_.size(), kNoWindow);
        table_.swap(larger);
        for (uint32_t slot : larger) {
            if (slot != kNoWindow) {
                insert(slot);
            }
        }
    }

    std::vector<uint32_t> table_;
    std::vector<WindowSlot> slots_;
    std::vector<uint32_t> free_;
    std::vector<uint32_t> head_of_key_;
    uint64_t live_count_ = 0;
};

}  // namespace flk

#endif  // FLK_WINDOW_TABLE_H_
