/* timer_heap.h — the timers of one subtask in global time order, each at most once.
 *
 *   heap_  [ 5 ms ][ 7 ms ][ 9 ms ] ...     4-ary: a node's children share two cache lines
 *   live_  { (time, namespace, key) → order }   what is registered, open addressing
 *
 * A removed timer leaves live_ at once and the heap lazily: top() drops entries whose order is no
 * longer the live one. When more than half of the heap is dead it is rebuilt, so memory follows
 * the number of live timers however often timers are moved.
 *
 * The caller pops one timer at a time and may add and remove between two pops; a timer added for a
 * time that has passed comes next. One owner, not thread safe. add and remove O(log n) amortised,
 * top O(1) amortised, pop O(log n).
 */
#ifndef FLK_TIMER_HEAP_H_
#define FLK_TIMER_HEAP_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "flk/live_count.h"

namespace flk {

/* A moment at which a key's code runs.
 *
 * time_ms       event time or processing time, the heap does not know which
 * namespace_id  what the timer belongs to: 0 for user timers, a window's id otherwise
 * key_id        dense id of the key
 * generation    generation of key_id when the timer was made; not part of a timer's identity
 */
struct Timer {
    int64_t time_ms;
    uint64_t namespace_id;
    uint32_t key_id;
    uint32_t generation;
};

class TimerHeap {
  public:
    TimerHeap() = default;
    TimerHeap(const TimerHeap &) = delete;
    TimerHeap &operator=(const TimerHeap &) = delete;

    /* Register a timer.
     *
     * returns  1 if it is new, 0 if the same (time, key, namespace) is registered, and -1 if there
     *          is no memory; in the last two cases nothing has changed
     */
    int32_t add(const Timer &timer) noexcept {
        try {
            if (heap_.size() == heap_.capacity()) {
                heap_.reserve(heap_.size() < 16 ? 32 : heap_.size() * 2);
            }
            if ((live_count_ + 1) * 4 > slots_.size() * 3) {
                grow();
            }
        } catch (const std::bad_alloc &) {
            return -1;
        }
        const std::size_t at = find(timer);
        if (slots_[at].order != 0) {
            return 0;
        }
        slots_[at] = Slot{timer.time_ms, timer.namespace_id, next_order_, timer.key_id};
        heap_.push_back(Entry{timer, next_order_});
        ++next_order_;
        ++live_count_;
        sift_up(heap_.size() - 1);
        return 1;
    }

    /* Forget a timer. Returns whether it was registered; generation is not looked at. */
    bool remove(const Timer &timer) noexcept {
        if (live_count_ == 0) {
            return false;
        }
        const std::size_t at = find(timer);
        if (slots_[at].order == 0) {
            return false;
        }
        erase_slot(at);
        if (heap_.size() > 64 && heap_.size() > live_count_ * 2) {
            drop_dead();
        }
        return true;
    }

    bool empty() const noexcept { return live_count_ == 0; }
    int64_t size() const noexcept { return static_cast<int64_t>(live_count_); }

    /* The earliest timer, of equal ones the first added. The heap must not be empty. The reference
     * is good until the next call that changes the heap. */
    const Timer &top() noexcept {
        while (!is_live(heap_.front())) {
            pop_entry();
        }
        return heap_.front().timer;
    }

    /* Forget the earliest timer. The heap must not be empty. */
    void pop() noexcept {
        const Timer &earliest = top();
        erase_slot(find(earliest));
        pop_entry();
    }

    /* Append the registered timers in the order in which they would fire. False when memory ran
     * out; *out_timers is then as long as it was. O(n log n), for tools that look at timers. */
    bool list(std::vector<Timer> *out_timers) const noexcept {
        const std::size_t before_count = out_timers->size();
        try {
            std::vector<Entry> live;
            live.reserve(live_count_);
            for (const Entry &entry : heap_) {
                if (is_live(entry)) {
                    live.push_back(entry);
                }
            }
            std::sort(live.begin(), live.end(), before);
            for (const Entry &entry : live) {
                out_timers->push_back(entry.timer);
            }
        } catch (const std::bad_alloc &) {
            out_timers->resize(before_count, Timer{});
            return false;
        }
        return true;
    }

    void clear() noexcept {
        heap_.clear();
        slots_.clear();
        live_count_ = 0;
    }

  private:
    struct Entry {
        Timer timer;
        uint64_t order;
    };
    /* order 0: free */
    struct Slot {
        int64_t time_ms;
        uint64_t namespace_id;
        uint64_t order;
        uint32_t key_id;
    };

    static bool before(const Entry &left, const Entry &right) noexcept {
        return left.timer.time_ms != right.timer.time_ms ? left.timer.time_ms < right.timer.time_ms
                                                         : left.order < right.order;
    }

    static uint64_t mix(int64_t time_ms, uint64_t namespace_id, uint32_t key_id) noexcept {
        uint64_t word = static_cast<uint64_t>(time_ms) * 0x9e3779b97f4a7c15u;
        word ^= word >> 32;
        word = (word ^ namespace_id) * 0xd6e8feb86659fd93u;
        word ^= word >> 32;
        word = (word ^ key_id) * 0xa0761d6478bd642fu;
        return word ^ (word >> 29);
    }

    static std::size_t home(const Slot &slot, std::size_t mask) noexcept {
        return static_cast<std::size_t>(mix(slot.time_ms, slot.namespace_id, slot.key_id)) & mask;
    }

    /* Slot of the timer, or the free slot where it belongs. */
    std::size_t find(const Timer &timer) const noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at =
            static_cast<std::size_t>(mix(timer.time_ms, timer.namespace_id, timer.key_id)) & mask;
        while (slots_[at].order != 0 &&
               !(slots_[at].time_ms == timer.time_ms && slots_[at].key_id == timer.key_id &&
                 slots_[at].namespace_id == timer.namespace_id)) {
            at = (at + 1) & mask;
        }
        return at;
    }

    bool is_live(const Entry &entry) const noexcept {
        /* Without removed timers every entry is live; that is the usual case. */
        return heap_.size() == live_count_ || slots_[find(entry.timer)].order == entry.order;
    }

    /* Free a slot and move later members of its run back, so that no tombstones are needed. */
    void erase_slot(std::size_t hole) noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = hole;
        while (true) {
            at = (at + 1) & mask;
            if (slots_[at].order == 0) {
                break;
            }
            const std::size_t distance = (at - home(slots_[at], mask)) & mask;
            if (distance >= ((at - hole) & mask)) {
                slots_[hole] = slots_[at];
                hole = at;
            }
        }
        slots_[hole].order = 0;
        --live_count_;
    }

    void grow() {
        std::vector<Slot> larger(slots_.empty() ? 32 : slots_.size() * 2, Slot{0, 0, 0, 0});
        const std::size_t mask = larger.size() - 1;
        for (const Slot &slot : slots_) {
            if (slot.order != 0) {
                std::size_t at = home(slot, mask);
                while (larger[at].order != 0) {
                    at = (at + 1) & mask;
                }
                larger[at] = slot;
            }
        }
        slots_.swap(larger);
    }

    void sift_up(std::size_t at) noexcept {
        const Entry moving = heap_[at];
        while (at > 0) {
            const std::size_t parent = (at - 1) / 4;
            if (!before(moving, heap_[parent])) {
                break;
            }
            heap_[at] = heap_[parent];
            at = parent;
        }
        heap_[at] = moving;
    }

    void sift_down(std::size_t at) noexcept {
        const Entry moving = heap_[at];
        const std::size_t count = heap_.size();
        while (at * 4 + 1 < count) {
            std::size_t least = at * 4 + 1;
            const std::size_t end = least + 4 < count ? least + 4 : count;
            for (std::size_t child = least + 1; child < end; ++child) {
                if (before(heap_[child], heap_[least])) {
                    least = child;
                }
            }
            if (!before(heap_[least], moving)) {
                break;
            }
            heap_[at] = heap_[least];
            at = least;
        }
        heap_[at] = moving;
    }

    void pop_entry() noexcept {
        heap_.front() = heap_.back();
        heap_.pop_back();
        if (!heap_.empty()) {
            sift_down(0);
        }
    }

    void drop_dead() noexcept {
        std::size_t kept = 0;
        for (std::size_t at = 0; at < heap_.size(); ++at) {
            if (slots_[find(heap_[at].timer)].order == heap_[at].order) {
                heap_[kept++] = heap_[at];
            }
        }
        heap_.resize(kept, Entry{});
        for (std::size_t at = kept / 4 + 1; at-- > 0;) {
            if (at < kept) {
                sift_down(at);
            }
        }
    }

    std::vector<Entry> heap_;
    std::vector<Slot> slots_;
    uint64_t next_order_ = 1;
    std::size_t live_count_ = 0;
    LiveCount<LiveKind::kTimerHeap> live_objects_;
};

}  // namespace flk

#endif  // FLK_TIMER_HEAP_H_
