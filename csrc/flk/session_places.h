/* session_places.h — where sessions are kept: one home for each key id, and extra places.
 *
 *   place   [ start │ end │ order │ due │ first, next ][ state of the layout's stride ]
 *
 *   homes    place n belongs to key id n, whether the key has a session in it or not
 *   extras   place kExtra | n, handed out and taken back
 *
 * Places never move. Memory grows with the largest key id and with the most extra places ever
 * needed, 1,024 places at a time. One owner, not thread safe.
 */
#ifndef FLK_SESSION_PLACES_H_
#define FLK_SESSION_PLACES_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "flk/base.h"

namespace flk {

constexpr uint32_t kNoPlace = UINT32_MAX;
constexpr int64_t kNothingDue = INT64_MIN;

struct Session {
    int64_t start;
    int64_t end;    /* exclusive; INT64_MAX if the true end is beyond */
    uint64_t order; /* ascends with every change of the bounds of any session */
    int64_t due;    /* homes: time of the key's entry in the wheel, or kNothingDue */
    uint32_t first; /* homes: place of the key's session with the smallest start, or kNoPlace */
    uint32_t next;  /* place of the key's next session by start, or kNoPlace */

    uint8_t *state() noexcept { return reinterpret_cast<uint8_t *>(this + 1); }
};
static_assert(sizeof(Session) == 40, "homes are read at random: every byte is cache");

class SessionPlaces {
  public:
    static constexpr uint32_t kExtra = uint32_t{1} << 31;
    static constexpr uint32_t kChunkPlaces = 1024;

    SessionPlaces() = default;
    SessionPlaces(const SessionPlaces &) = delete;
    SessionPlaces &operator=(const SessionPlaces &) = delete;
    ~SessionPlaces() {
        for (const std::vector<uint8_t *> *chunks : {&homes_, &extras_}) {
            for (uint8_t *chunk : *chunks) {
                std::free(chunk);
            }
        }
    }

    void open(int32_t state_bytes) noexcept {
        place_bytes_ = sizeof(Session) + static_cast<std::size_t>(state_bytes);
    }

    /* Make homes for key ids below `id_count`. */
    Status ensure_homes(uint32_t id_count) noexcept {
        FLK_DCHECK(id_count <= kExtra);
        while (static_cast<std::size_t>(id_count) > homes_.size() * kChunkPlaces) {
            FLK_RETURN_NOT_OK(add_chunk(&homes_));
        }
        return Status::kOk;
    }

    /* The homes as they are now, for loops. */
    struct Places {
        uint8_t *const *chunks;
        std::size_t place_bytes;

        Session *at(uint32_t number) const noexcept {
            return reinterpret_cast<Session *>(__builtin_assume_aligned(
                chunks[number / kChunkPlaces] + (number % kChunkPlaces) * place_bytes,
                alignof(Session)));
        }
    };
    Places homes() const noexcept { return Places{homes_.data(), place_bytes_}; }

    uint32_t home_count() const noexcept {
        return static_cast<uint32_t>(homes_.size() * kChunkPlaces);
    }

    Session *home(uint32_t key_id) const noexcept { return homes().at(key_id); }

    Session *at(uint32_t place_number) const noexcept {
        const bool is_extra = (place_number & kExtra) != 0;
        return Places{(is_extra ? extras_ : homes_).data(), place_bytes_}.at(place_number &
                                                                             ~kExtra);
    }

    /* Number of an extra place with the state of no rows, or kNoPlace without memory. */
    uint32_t take_extra() noexcept {
        if (free_extra_ != kNoPlace) {
            const uint32_t taken = free_extra_;
            free_extra_ = at(taken)->next;
            return taken;
        }
        if (extra_count_ == extras_.size() * kChunkPlaces && add_chunk(&extras_) != Status::kOk) {
            return kNoPlace;
        }
        return kExtra | extra_count_++;
    }

    /* Take back an extra place, whose state is that of no rows again. */
    void give_back_extra(uint32_t place_number) noexcept {
        at(place_number)->next = free_extra_;
        free_extra_ = place_number;
    }

    int64_t memory_bytes() const noexcept {
        return static_cast<int64_t>((homes_.size() + extras_.size()) * kChunkPlaces * place_bytes_);
    }

  private:
    Status add_chunk(std::vector<uint8_t *> *chunks) noexcept {
        try {
            chunks->push_back(nullptr);
        } catch (const std::bad_alloc &) {
            return Status::kNoMemory;
        }
        auto *chunk = static_cast<uint8_t *>(std::calloc(kChunkPlaces, place_bytes_));
        if (chunk == nullptr) {
            chunks->pop_back();
            return Status::kNoMemory;
        }
        chunks->back() = chunk;
        const auto first = static_cast<uint32_t>((chunks->size() - 1) * kChunkPlaces);
        for (uint32_t number = first; number < first + kChunkPlaces; ++number) {
            Session *session = Places{chunks->data(), place_bytes_}.at(number);
            session->due = kNothingDue;
            session->first = kNoPlace;
            session->next = kNoPlace;
        }
        return Status::kOk;
    }

    std::vector<uint8_t *> homes_;
    std::vector<uint8_t *> extras_;
    std::size_t place_bytes_ = sizeof(Session);
    uint32_t extra_count_ = 0;
    uint32_t free_extra_ = kNoPlace;
};

}  // namespace flk

#endif  // FLK_SESSION_PLACES_H_
