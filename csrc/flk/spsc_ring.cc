#include "flk/spsc_ring.h"

#include <unistd.h>

#include <cstring>

namespace flk {
namespace {

constexpr uint64_t kMagic = 0x31474e49524b4c46; /* "FLKRING1" */
constexpr uint32_t kVersion = 1;

uint64_t span_of(int64_t payload_bytes) noexcept {
    return static_cast<uint64_t>(frame_span(kFrameHeaderBytes + payload_bytes));
}

RingSide side_of(const std::atomic<uint32_t> &word) noexcept {
    /* pairs with the release in attach and close: what came before is there */
    const uint32_t value = word.load(std::memory_order_acquire);
    return value <= static_cast<uint32_t>(RingSide::kDead) ? static_cast<RingSide>(value)
                                                           : RingSide::kDead;
}

bool has_left(RingSide side) noexcept {
    return side == RingSide::kClosed || side == RingSide::kDead;
}

bool move_side(std::atomic<uint32_t> *word, RingSide from, RingSide to) noexcept {
    auto expected = static_cast<uint32_t>(from);
    return word->compare_exchange_strong(expected, static_cast<uint32_t>(to),
                                         std::memory_order_acq_rel);
}

void declare_dead(std::atomic<uint32_t> *word) noexcept {
    /* A side that closed in order stays closed, however its process ended later. */
    if (!move_side(word, RingSide::kOpen, RingSide::kDead)) {
        move_side(word, RingSide::kAbsent, RingSide::kDead);
    }
}

/* Whether the other side sleeps; it counts as woken from here on. The exchange is what makes the
 * pair safe without a stronger order: of it and the sleeper's exchange one comes first. If this
 * one, the sleeper's acquires what was published before; if the sleeper's, this one reads 1. All
 * changes of the word are exchanges, so that none of them breaks that chain. */
bool take_sleeper(std::atomic<uint32_t> *asleep) noexcept {
    return asleep->exchange(0, std::memory_order_acq_rel) != 0;
}

bool is_capacity(int64_t bytes) noexcept {
    return bytes >= kMinRingBytes && bytes <= kMaxRingBytes && (bytes & (bytes - 1)) == 0;
}

bool is_counter(uint64_t value, uint64_t lowest, uint64_t highest) noexcept {
    return value - lowest <= highest - lowest && value % kFrameAlignment == 0;
}

}  // namespace

Status ring_format(uint8_t *memory, int64_t size_bytes, int64_t capacity_bytes, uint32_t attempt,
                   int64_t channel, Error *error) noexcept {
    FLK_DCHECK(reinterpret_cast<uintptr_t>(memory) % kRingHeaderBytes == 0);
    if (!is_capacity(capacity_bytes)) {
        return fail(error, Status::kInvalid,
                    "a ring of %lld bytes, expected a power of two in %lld .. %lld",
                    static_cast<long long>(capacity_bytes), static_cast<long long>(kMinRingBytes),
                    static_cast<long long>(kMaxRingBytes));
    }
    if (size_bytes < ring_memory_bytes(capacity_bytes)) {
        return fail(error, Status::kInvalid, "a ring of %lld bytes needs %lld, the memory has %lld",
                    static_cast<long long>(capacity_bytes),
                    static_cast<long long>(ring_memory_bytes(capacity_bytes)),
                    static_cast<long long>(size_bytes));
    }
    auto *header = reinterpret_cast<RingHeader *>(memory);
    header->magic = kMagic;
    header->version = kVersion;
    header->attempt = attempt;
    header->capacity_bytes = capacity_bytes;
    header->channel = channel;
    return Status::kOk;
}

Status RingEnd::attach_to(uint8_t *memory, int64_t size_bytes, Error *error) noexcept {
    FLK_DCHECK(header_ == nullptr);
    FLK_DCHECK(reinterpret_cast<uintptr_t>(memory) % kRingHeaderBytes == 0);
    if (size_bytes < ring_memory_bytes(kMinRingBytes)) {
        return fail(error, Status::kInvalid, "a ring needs at least %lld bytes, %lld are there",
                    static_cast<long long>(ring_memory_bytes(kMinRingBytes)),
                    static_cast<long long>(size_bytes));
    }
    auto *header = reinterpret_cast<RingHeader *>(memory);
    const int64_t capacity_bytes = __atomic_load_n(&header->capacity_bytes, __ATOMIC_RELAXED);
    if (header->magic != kMagic || header->version != kVersion || !is_capacity(capacity_bytes) ||
        size_bytes < ring_memory_bytes(capacity_bytes)) {
        return fail(error, Status::kInvalid, "no ring of version %u in %lld bytes of memory",
                    static_cast<unsigned>(kVersion), static_cast<long long>(size_bytes));
    }
    header_ = header;
    frames_ = memory + kRingHeaderBytes;
    capacity_bytes_ = capacity_bytes;
    attempt_ = header->attempt;
    channel_ = header->channel;
    return Status::kOk;
}

RingSide RingEnd::producer_side() const noexcept { return side_of(header_->producer_side); }
RingSide RingEnd::consumer_side() const noexcept { return side_of(header_->consumer_side); }

int64_t RingEnd::producer_process() const noexcept {
    return header_->producer_process.load(std::memory_order_acquire);
}

int64_t RingEnd::consumer_process() const noexcept {
    return header_->consumer_process.load(std::memory_order_acquire);
}

void RingEnd::declare_producer_dead() noexcept { declare_dead(&header_->producer_side); }
void RingEnd::declare_consumer_dead() noexcept { declare_dead(&header_->consumer_side); }

/* ---- the producer's end ---- */

Status RingWriter::attach(uint8_t *memory, int64_t size_bytes, Error *error) noexcept {
    FLK_RETURN_NOT_OK(attach_to(memory, size_bytes, error));
    if (!move_side(&header_->producer_side, RingSide::kAbsent, RingSide::kOpen) ||
        header_->tail_bytes.load(std::memory_order_relaxed) != 0) {
        header_ = nullptr;
        return fail(error, Status::kInvalid, "the ring of channel %lld has a producer",
                    static_cast<long long>(channel_));
    }
    header_->producer_process.store(static_cast<uint32_t>(getpid()), std::memory_order_release);
    return Status::kOk;
}

Status RingWriter::update_head(Error *error) noexcept {
    /* pairs with the release store in RingReader::release: the memory is free again */
    const uint64_t head = header_->head_bytes.load(std::memory_order_acquire);
    if (is_broken_ || !is_counter(head, cached_head_, tail_)) {
        is_broken_ = true;
        return fail(error, Status::kInvalid,
                    "channel %lld: the consumer's counter is %llu after %llu, published are %llu",
                    static_cast<long long>(channel_), static_cast<unsigned long long>(head),
                    static_cast<unsigned long long>(cached_head_),
                    static_cast<unsigned long long>(tail_));
    }
    cached_head_ = head;
    return Status::kOk;
}

bool RingWriter::has_room(uint64_t span) const noexcept {
    const uint64_t on_their_way = tail_ - cached_head_;
    return on_their_way + span <= static_cast<uint64_t>(capacity_bytes_) &&
           (cached_head_ >= last_start_ ||
            on_their_way + span <= static_cast<uint64_t>(window_bytes_));
}

Status RingWriter::find_room(int64_t payload_bytes, uint64_t *out_pad, Error *error) noexcept {
    FLK_DCHECK(payload_bytes >= 0);
    if (is_broken_) {
        return update_head(error);
    }
    if (payload_bytes > max_payload_bytes()) {
        return fail(error, Status::kOutOfRange,
                    "channel %lld: a frame of %lld bytes, the ring takes %lld; larger ones "
                    "travel in memory of their own",
                    static_cast<long long>(channel_), static_cast<long long>(payload_bytes),
                    static_cast<long long>(max_payload_bytes()));
    }
    const auto capacity = static_cast<uint64_t>(capacity_bytes_);
    const uint64_t span = span_of(payload_bytes);
    const uint64_t to_end = capacity - (tail_ & position_mask());
    const uint64_t pad = span > to_end ? to_end : 0;
    if (!has_room(pad + span)) {
        FLK_RETURN_NOT_OK(update_head(error));
        if (!has_room(pad + span)) {
            return Status::kFull;
        }
    }
    *out_pad = pad;
    return Status::kOk;
}

Status RingWriter::reserve(int64_t payload_bytes, uint8_t **out_payload, Error *error) noexcept {
    FLK_DCHECK(!has_open_frame());
    FLK_RETURN_NOT_OK(find_room(payload_bytes, &pad_, error));
    reserved_payload_ = payload_bytes;
    *out_payload = frames_ + ((tail_ + pad_) & position_mask()) + kFrameHeaderBytes;
    return Status::kOk;
}

Status RingWriter::extend(int64_t payload_bytes, Error *error) noexcept {
    FLK_DCHECK(has_open_frame());
    uint64_t pad = 0;
    FLK_RETURN_NOT_OK(find_room(payload_bytes, &pad, error));
    /* Another pad would mean another place: the frame would have to move. A frame already behind
     * a pad begins at the start of the ring, and a quarter of the ring fits there. */
    if (pad != pad_) {
        return Status::kFull;
    }
    reserved_payload_ = payload_bytes > reserved_payload_ ? payload_bytes : reserved_payload_;
    return Status::kOk;
}

bool RingWriter::publish(uint8_t kind, int64_t argument, int64_t payload_bytes,
                         bool has_checksum) noexcept {
    FLK_DCHECK(payload_bytes >= 0 && payload_bytes <= reserved_payload_);
    FrameHeader header;
    header.attempt = attempt_;
    if (pad_ > 0) {
        header.length_bytes = static_cast<uint32_t>(pad_);
        header.kind = static_cast<uint8_t>(FrameKind::kPad);
        frame_write_header(header, frames_ + (tail_ & position_mask()));
    }
    uint8_t *frame = frames_ + ((tail_ + pad_) & position_mask());
    header.length_bytes = static_cast<uint32_t>(kFrameHeaderBytes + payload_bytes);
    header.kind = kind;
    header.sequence = sequence_++;
    header.argument = argument;
    if (has_checksum) {
        frame_seal(&header, frame + kFrameHeaderBytes);
    }
    frame_write_header(header, frame);
    last_start_ = tail_;
    tail_ += pad_ + span_of(payload_bytes);
    pad_ = 0;
    reserved_payload_ = -1;
    header_->tail_bytes.store(tail_, std::memory_order_release);
    return take_sleeper(&header_->consumer_asleep);
}

bool RingWriter::is_consumer_idle() const noexcept {
    return header_->head_bytes.load(std::memory_order_relaxed) == tail_;
}

bool RingWriter::fall_asleep(int64_t payload_bytes) noexcept {
    header_->producer_asleep.exchange(1, std::memory_order_acq_rel);
    uint64_t pad = 0;
    const bool has_news = has_left(consumer_side()) || update_head(nullptr) != Status::kOk ||
                          find_room(payload_bytes, &pad, nullptr) != Status::kFull;
    if (has_news) {
        wake_up();
    }
    return !has_news;
}

void RingWriter::wake_up() noexcept { take_sleeper(&header_->producer_asleep); }

void RingWriter::announce_barrier(uint64_t barrier) noexcept {
    header_->announced_barrier.store(barrier, std::memory_order_release);
}

bool RingWriter::close() noexcept {
    cancel();
    move_side(&header_->producer_side, RingSide::kOpen, RingSide::kClosed);
    return take_sleeper(&header_->consumer_asleep);
}

/* ---- the consumer's end ---- */

Status RingReader::attach(uint8_t *memory, int64_t size_bytes, Error *error) noexcept {
    FLK_RETURN_NOT_OK(attach_to(memory, size_bytes, error));
    if (!move_side(&header_->consumer_side, RingSide::kAbsent, RingSide::kOpen) ||
        header_->head_bytes.load(std::memory_order_relaxed) != 0) {
        header_ = nullptr;
        return fail(error, Status::kInvalid, "the ring of channel %lld has a consumer",
                    static_cast<long long>(channel_));
    }
    header_->consumer_process.store(static_cast<uint32_t>(getpid()), std::memory_order_release);
    return Status::kOk;
}

Status RingReader::break_with(Status status) noexcept {
    is_broken_ = true;
    peeked_span_ = 0;
    return status;
}

Status RingReader::peek(FrameView *out_frame, Error *error) noexcept {
    if (is_broken_) {
        return fail(error, Status::kInvalid, "channel %lld: the ring was found broken before",
                    static_cast<long long>(channel_));
    }
    const auto capacity = static_cast<uint64_t>(capacity_bytes_);
    while (true) {
        if (next_ == cached_tail_) {
            /* pairs with the release store in RingWriter::publish: the frames are there */
            const uint64_t tail = header_->tail_bytes.load(std::memory_order_acquire);
            if (!is_counter(tail, cached_tail_, head_ + capacity)) {
                return break_with(fail(
                    error, Status::kInvalid,
                    "channel %lld: the producer's counter is %llu after %llu, given back are %llu",
                    static_cast<long long>(channel_), static_cast<unsigned long long>(tail),
                    static_cast<unsigned long long>(cached_tail_),
                    static_cast<unsigned long long>(head_)));
            }
            if (tail == cached_tail_) {
                return Status::kEmpty;
            }
            cached_tail_ = tail;
        }
        const uint64_t offset = next_ & position_mask();
        const uint64_t to_end = capacity - offset;
        const uint64_t published = cached_tail_ - next_;
        const uint64_t available = published < to_end ? published : to_end;
        const Status parsed =
            frame_parse(frames_ + offset, static_cast<int64_t>(available), out_frame, error);
        if (parsed != Status::kOk) {
            return break_with(parsed);
        }
        const FrameHeader &header = out_frame->header;
        const bool is_pad = header.kind == static_cast<uint8_t>(FrameKind::kPad);
        const auto span = static_cast<uint64_t>(frame_span(header.length_bytes));
        if (header.length_bytes > capacity / 4 || span > available ||
            (is_pad ? span != to_end || span == published : header.sequence != sequence_)) {
            return break_with(fail(
                error, Status::kInvalid,
                "channel %lld: frame %llu of kind %u and %lu bytes, expected frame %llu in "
                "%llu bytes",
                static_cast<long long>(channel_), static_cast<unsigned long long>(header.sequence),
                unsigned{header.kind}, static_cast<unsigned long>(header.length_bytes),
                static_cast<unsigned long long>(sequence_),
                static_cast<unsigned long long>(available)));
        }
        if (!is_pad && header.attempt == attempt_) {
            peeked_span_ = span;
            return Status::kOk;
        }
        next_ += span;
        sequence_ += is_pad ? 0 : 1;
        dropped_frames_ += is_pad ? 0 : 1;
    }
}

void RingReader::advance() noexcept {
    FLK_DCHECK(peeked_span_ > 0);
    next_ += peeked_span_;
    sequence_ += peeked_span_ > 0 ? 1 : 0;
    peeked_span_ = 0;
}

bool RingReader::release() noexcept {
    if (head_ == next_) {
        return false;
    }
#if defined(FLK_DEBUG) && FLK_DEBUG
    const uint64_t offset = head_ & position_mask();
    const uint64_t held = next_ - head_;
    const uint64_t to_end = static_cast<uint64_t>(capacity_bytes_) - offset;
    const uint64_t first = held < to_end ? held : to_end;
    std::memset(frames_ + offset, 0xdb, first);
    std::memset(frames_, 0xdb, held - first);
#endif
    head_ = next_;
    header_->head_bytes.store(head_, std::memory_order_release);
    return take_sleeper(&header_->producer_asleep);
}

bool RingReader::is_drained() noexcept {
    if (is_broken_) {
        return true;
    }
    /* In this order: after it closed, the producer's counter does not move. */
    return has_left(producer_side()) &&
           header_->tail_bytes.load(std::memory_order_acquire) == next_;
}

bool RingReader::fall_asleep() noexcept {
    header_->consumer_asleep.exchange(1, std::memory_order_acq_rel);
    const bool has_news = is_broken_ || has_left(producer_side()) ||
                          header_->tail_bytes.load(std::memory_order_acquire) != next_;
    if (has_news) {
        wake_up();
    }
    return !has_news;
}

void RingReader::wake_up() noexcept { take_sleeper(&header_->consumer_asleep); }

uint64_t RingReader::announced_barrier() const noexcept {
    return header_->announced_barrier.load(std::memory_order_acquire);
}

bool RingReader::close() noexcept {
    move_side(&header_->consumer_side, RingSide::kOpen, RingSide::kClosed);
    return take_sleeper(&header_->producer_asleep);
}

}  // namespace flk
