/* live_count.h — how many native objects of each kind exist in this process, to find leaks.
 *
 * An object that owns memory or a descriptor has a LiveCount member. Any thread.
 */
#ifndef FLK_LIVE_COUNT_H_
#define FLK_LIVE_COUNT_H_

#include <atomic>
#include <cstdint>

namespace flk {

enum class LiveKind : uint32_t {
    kKeyMap,
    kTimerHeap,
    kKeyWriter,
    kRunning,
    kDoorbell,
    kWindowKernel,
    kAggregate,
    kSharedMemory,
    kIntervalJoin,
    kCount
};

inline std::atomic<int64_t> live_counts[static_cast<uint32_t>(LiveKind::kCount)];

inline int64_t live_count(LiveKind kind) noexcept {
    return live_counts[static_cast<uint32_t>(kind)].load(std::memory_order_relaxed);
}

template <LiveKind kKind>
class LiveCount {
  public:
    LiveCount() noexcept { add(1); }
    LiveCount(const LiveCount &) noexcept { add(1); }
    LiveCount &operator=(const LiveCount &) noexcept = default;
    ~LiveCount() { add(-1); }

  private:
    static void add(int64_t change) noexcept {
        live_counts[static_cast<uint32_t>(kKind)].fetch_add(change, std::memory_order_relaxed);
    }
};

}  // namespace flk

#endif  // FLK_LIVE_COUNT_H_
