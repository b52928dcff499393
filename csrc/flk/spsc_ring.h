/* spsc_ring.h — bytes from one producer to one consumer, in memory that both processes map.
 *
 *   0            128          256          384             512      4096          + capacity
 *   ┌────────────┬────────────┬────────────┬───────────────┬────────┬──────────────────────┐
 *   │ what it is │ tail, said │ head, said │ asleep, asleep│barrier │ frames               │
 *   │ fixed      │ producer   │ consumer   │ both          │producer│                      │
 *   └────────────┴────────────┴────────────┴───────────────┴────────┴──────────────────────┘
 *
 *         head                    next                   tail
 *          v                       v                      v
 *   ┌──────┬───────────┬───────────┬──────────┬───────────┬──────────────┬ ─ ─ ─ ─ ┬─────┐
 *   │ free │ frame     │ frame     │ frame    │ frame     │ frame open   │ reserve │free │
 *   └──────┴───────────┴───────────┴──────────┴───────────┴──────────────┴ ─ ─ ─ ─ ┴─────┘
 *           read, memory still held │ published, unread    │ being filled in place
 *
 * tail and head count bytes and never go back; a frame that does not fit before the end goes to
 * the beginning, behind a pad. Each side keeps a copy of the other's counter and looks again only
 * when the copy says no. A frame is published by one release store of tail; so a producer that is
 * killed leaves whole frames or nothing. Everything that the other process wrote is checked.
 * Neither side allocates, waits or spins: kFull and kEmpty are for the caller, who may say that he
 * goes to sleep; publish and release say whether the other side has to be woken.
 */
#ifndef FLK_SPSC_RING_H_
#define FLK_SPSC_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "flk/base.h"
#include "flk/ring_frame.h"

namespace flk {

inline constexpr int64_t kRingHeaderBytes = 4096;
inline constexpr int64_t kMinRingBytes = 64 << 10;
inline constexpr int64_t kMaxRingBytes = 1 << 20;

/* What one side says of itself, or another says of it that saw it die. */
enum class RingSide : uint32_t {
    kAbsent = 0, /* nobody has attached yet */
    kOpen = 1,
    kClosed = 2, /* in good order: nothing more will come, or be read */
    kDead = 3,
};

/* The shared header. 128 bytes between what different sides write: two lines of 64 that are
 * fetched together, or one of Apple's. */
struct RingHeader {
    /* Written by ring_format, read by attach. */
    uint64_t magic;
    uint32_t version;
    uint32_t attempt;
    int64_t capacity_bytes;
    int64_t channel;
    /* Written by the producer. */
    alignas(128) std::atomic<uint64_t> tail_bytes;
    std::atomic<uint32_t> producer_side;
    std::atomic<uint32_t> producer_process;
    /* Written by the consumer. */
    alignas(128) std::atomic<uint64_t> head_bytes;
    std::atomic<uint32_t> consumer_side;
    std::atomic<uint32_t> consumer_process;
    /* Written by both, but rarely with another value. */
    alignas(128) std::atomic<uint32_t> consumer_asleep;
    alignas(128) std::atomic<uint32_t> producer_asleep;
    /* Written by the producer: the newest barrier on its way, 0 for none. */
    alignas(128) std::atomic<uint64_t> announced_barrier;
};

static_assert(std::atomic<uint64_t>::is_always_lock_free, "a lock would live in one process");
static_assert(offsetof(RingHeader, tail_bytes) == 128, "docs/spec/ring_frames.md");
static_assert(offsetof(RingHeader, producer_side) == 136, "docs/spec/ring_frames.md");
static_assert(offsetof(RingHeader, head_bytes) == 256, "docs/spec/ring_frames.md");
static_assert(offsetof(RingHeader, consumer_side) == 264, "docs/spec/ring_frames.md");
static_assert(offsetof(RingHeader, consumer_asleep) == 384, "docs/spec/ring_frames.md");
static_assert(offsetof(RingHeader, producer_asleep) == 512, "docs/spec/ring_frames.md");
static_assert(offsetof(RingHeader, announced_barrier) == 640, "docs/spec/ring_frames.md");
static_assert(sizeof(RingHeader) <= kRingHeaderBytes, "docs/spec/ring_frames.md");

/* Bytes of memory that a ring of this capacity takes. */
inline constexpr int64_t ring_memory_bytes(int64_t capacity_bytes) noexcept {
    return kRingHeaderBytes + capacity_bytes;
}

/* Largest payload of a frame in the ring: with its header a quarter of the ring. */
inline constexpr int64_t ring_max_payload(int64_t capacity_bytes) noexcept {
    return capacity_bytes / 4 - kFrameHeaderBytes;
}

/* Make an empty ring in memory of zeros, a multiple of 4096, before anybody attaches.
 *
 * capacity_bytes    a power of two, 65536 .. 1048576
 * attempt, channel  what every frame belongs to
 * returns           kInvalid for another capacity or too little memory
 */
Status ring_format(uint8_t *memory, int64_t size_bytes, int64_t capacity_bytes, uint32_t attempt,
                   int64_t channel, Error *error) noexcept;

/* What both ends do alike. */
class RingEnd {
  public:
    int64_t capacity_bytes() const noexcept { return capacity_bytes_; }
    int64_t max_payload_bytes() const noexcept { return ring_max_payload(capacity_bytes_); }
    uint32_t attempt() const noexcept { return attempt_; }
    int64_t channel() const noexcept { return channel_; }

    RingSide producer_side() const noexcept;
    RingSide consumer_side() const noexcept;

    /* Process ids that the sides gave when they attached, for PeerWatch; 0 before. */
    int64_t producer_process() const noexcept;
    int64_t consumer_process() const noexcept;

    /* Say of a side that it died. For whoever knows: the supervisor, or the other side. */
    void declare_producer_dead() noexcept;
    void declare_consumer_dead() noexcept;

  protected:
    Status attach_to(uint8_t *memory, int64_t size_bytes, Error *error) noexcept;
    uint64_t position_mask() const noexcept { return static_cast<uint64_t>(capacity_bytes_) - 1; }

    RingHeader *header_ = nullptr;
    uint8_t *frames_ = nullptr;
    int64_t capacity_bytes_ = 0;
    int64_t channel_ = 0;
    uint32_t attempt_ = 0;
    bool is_broken_ = false;
};

/* Neither end: for the supervisor, who sees processes die. The memory outlives it. */
class RingObserver : public RingEnd {
  public:
    /* Once. kInvalid if the memory holds no ring. */
    Status attach(uint8_t *memory, int64_t size_bytes, Error *error) noexcept {
        return attach_to(memory, size_bytes, error);
    }
};

/* The producer's end. The memory outlives it. One thread at a time. */
class RingWriter : public RingEnd {
  public:
    /* Once. kInvalid if the memory holds no ring or the ring has (had) a producer. */
    Status attach(uint8_t *memory, int64_t size_bytes, Error *error) noexcept;

    /* Open a frame with room for `payload_bytes` (>= 0). The address is a multiple of 32, and 32
     * after a multiple of 64; it stays valid until publish or cancel. kFull if there is no room
     * now; kOutOfRange above max_payload_bytes(): such a frame travels in memory of its own;
     * kInvalid if the consumer wrote nonsense. No frame is open. */
    Status reserve(int64_t payload_bytes, uint8_t **out_payload, Error *error) noexcept;

    /* Give the open frame room for `payload_bytes` in all, in place. kFull if what follows is not
     * free, or is the end of the ring; the frame stays as it is. Otherwise as reserve. */
    Status extend(int64_t payload_bytes, Error *error) noexcept;

    /* Close the open frame with its first `payload_bytes` (<= reserved) and show it to the
     * consumer. True if he sleeps and has to be woken, by us and now. `has_checksum` is for
     * tests and for hunting a fault; it reads the payload again. */
    bool publish(uint8_t kind, int64_t argument, int64_t payload_bytes,
                 bool has_checksum = false) noexcept;

    /* Drop the open frame; nothing if there is none. */
    void cancel() noexcept { reserved_payload_ = -1; }

    bool has_open_frame() const noexcept { return reserved_payload_ >= 0; }

    /* Whether the consumer has given back everything: an open frame is better sent than kept. */
    bool is_consumer_idle() const noexcept;

    /* Let at most `window_bytes` (> 0) be on their way, frames with headers and pads, as if the
     * ring were no larger. However small it is, a frame may follow one: a consumer that keeps what
     * it has until more comes does not stop the ring. */
    void limit(int64_t window_bytes) noexcept { window_bytes_ = window_bytes; }

    /* Bytes the consumer has given back, ever, as far as the producer has looked: it looks when it
     * finds no room. */
    uint64_t returned_bytes() const noexcept { return cached_head_; }

    /* Frames published so far. */
    uint64_t sequence() const noexcept { return sequence_; }

    /* Say that the producer is going to sleep until there is room for `payload_bytes`. False if
     * there is now, or the consumer is closed or dead, or wrote nonsense: do not sleep. */
    bool fall_asleep(int64_t payload_bytes) noexcept;
    void wake_up() noexcept;

    /* Contract 31: tell of a barrier before the frames in front of it are read. */
    void announce_barrier(uint64_t barrier) noexcept;

    /* Nothing more will come. True if the consumer has to be woken. */
    bool close() noexcept;

  private:
    Status find_room(int64_t payload_bytes, uint64_t *out_pad, Error *error) noexcept;
    Status update_head(Error *error) noexcept;
    bool has_room(uint64_t span) const noexcept;

    int64_t window_bytes_ = INT64_MAX;
    uint64_t last_start_ = 0; /* tail_ before the newest frame */
    uint64_t tail_ = 0;
    uint64_t cached_head_ = 0;
    uint64_t pad_ = 0;              /* bytes between tail_ and the open frame */
    int64_t reserved_payload_ = -1; /* -1: no frame is open */
    uint64_t sequence_ = 0;
};

/* The consumer's end. The memory outlives it. One thread at a time. */
class RingReader : public RingEnd {
  public:
    /* Once. kInvalid if the memory holds no ring or the ring has (had) a consumer. */
    Status attach(uint8_t *memory, int64_t size_bytes, Error *error) noexcept;

    /* Look at the next frame without taking it; the same one until advance. Frames of another
     * attempt are passed over. kEmpty if there is none now; kInvalid, then and for ever, if the
     * producer wrote nonsense. */
    Status peek(FrameView *out_frame, Error *error) noexcept;

    /* Take the frame that peek showed. Its memory stays as it is until release. */
    void advance() noexcept;

    /* Give back the memory of all frames taken so far; their views are void, and overwritten in
     * debug builds. True if the producer sleeps and has to be woken, by us and now. */
    bool release() noexcept;

    /* Bytes published that release has not given back; 0: nothing is there. */
    int64_t held_bytes() const noexcept { return static_cast<int64_t>(next_ - head_); }

    /* Whether everything the producer will ever send has been taken: it is closed or dead, and
     * nothing is left. */
    bool is_drained() noexcept;

    /* Frames passed over so far because another attempt wrote them. */
    uint64_t dropped_frames() const noexcept { return dropped_frames_; }

    /* Say that the consumer is going to sleep. False if there is a frame, or the producer is
     * closed or dead: do not sleep. */
    bool fall_asleep() noexcept;
    void wake_up() noexcept;

    /* The newest barrier the producer has announced; 0 for none. */
    uint64_t announced_barrier() const noexcept;

    /* Nothing more will be read. True if the producer has to be woken. */
    bool close() noexcept;

  private:
    Status break_with(Status status) noexcept;

    uint64_t head_ = 0; /* given back */
    uint64_t next_ = 0; /* taken */
    uint64_t cached_tail_ = 0;
    uint64_t peeked_span_ = 0; /* of the frame at next_ that peek has checked; 0: none */
    uint64_t sequence_ = 0;
    uint64_t dropped_frames_ = 0;
};

}  // namespace flk

#endif  // FLK_SPSC_RING_H_
