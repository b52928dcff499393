#include "flk/session_window.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include "flk/pending_rows.h"
#include "flk/session_places.h"
#include "flk/state_pool.h"
#include "flk/timing_wheel.h"

namespace flk {
namespace {

int64_t saturating_add(int64_t left, int64_t right) noexcept {
    int64_t sum = 0;
    return __builtin_add_overflow(left, right, &sum) ? INT64_MAX : sum;
}

/* Last millisecond of a window. */
int64_t last_of(int64_t end) noexcept { return end == INT64_MAX ? end : end - 1; }

/* Columns of results, handed out from `first` on. */
struct ResultRows {
    std::vector<uint32_t> ids;
    std::vector<int64_t> starts;
    std::vector<int64_t> ends;
    std::vector<uint8_t *> states;

    int64_t count() const noexcept { return static_cast<int64_t>(ids.size()); }

    void add(uint32_t id, const Session &session, uint8_t *state) {
        ids.push_back(id);
        starts.push_back(session.start);
        ends.push_back(session.end);
        states.push_back(state);
    }

    void clear() noexcept {
        ids.clear();
        starts.clear();
        ends.clear();
        states.clear();
    }

    WindowResults from(int64_t first, int64_t row_count) const noexcept {
        return WindowResults{0, row_count, ids.data() + first,    states.data() + first,
                             0, 0,         starts.data() + first, ends.data() + first};
    }
};

class SessionWindow final : public WindowKernel {
  public:
    SessionWindow(AccumulatorLayout layout, std::vector<WindowDefinition> definitions, KeyMap *keys)
        : WindowKernel(std::move(layout), std::move(definitions), keys),
          gap_(definitions_[0].size),
          lateness_(definitions_[0].lateness) {
        places_.open(layout_.stride);
        copies_.open(layout_.stride);
    }

    ~SessionWindow() override {
        for (uint8_t *state : late_.states) {
            clear_state(layout_, state);
        }
        for (const Due &due : tied_) {
            clear_state(layout_, places_.at(due.place)->state());
        }
        for (const Due &due : ended_) {
            clear_state(layout_, places_.at(due.place)->state());
        }
        for (uint32_t id = 0; id < places_.home_count(); ++id) {
            for (uint32_t at = places_.home(id)->first; at != kNoPlace;) {
                clear_state(layout_, places_.at(at)->state());
                at = places_.at(at)->next;
            }
        }
    }

    Status consume(const WindowRows &rows, Error *error) noexcept override {
        try {
            return consume_rows(rows, error);
        } catch (const std::bad_alloc &) {
            return no_memory(error);
        }
    }

    void advance(int64_t watermark_ms) noexcept override {
        watermark_ = std::max(watermark_, watermark_ms);
    }

    Status next(int64_t max_rows, WindowResults *out_results, Error *error) noexcept override {
        try {
            return next_results(max_rows, out_results, error);
        } catch (const std::bad_alloc &) {
            return no_memory(error);
        }
    }

    int64_t live_states() const noexcept override { return live_count_ + copies_.taken(); }
    int64_t memory_bytes() const noexcept override {
        return places_.memory_bytes() + copies_.memory_bytes();
    }

  private:
    /* A session whose end has come. */
    struct Due {
        uint64_t order;
        uint32_t place;
        uint32_t key_id;
        bool is_gone; /* taken out of its key's list; the place is freed after the results */
    };

    static constexpr int64_t kPrefetchRows = 12;

    static Status no_memory(Error *error) noexcept {
        return fail(error, Status::kNoMemory, "no memory for session windows");
    }

    Status consume_rows(const WindowRows &rows, Error *error) {
        free_ended();
        FLK_RETURN_NOT_OK(places_.ensure_homes(keys_->id_capacity()));
        FLK_RETURN_NOT_OK(
            pending_.open(rows.end_row - rows.first_row, rows.columns, rows.first_arrival));
        int64_t row = resume_row_ < 0 ? rows.first_row : resume_row_;
        resume_row_ = -1;
        while ((row = extend_homes(rows, row)) < rows.end_row) {
            const uint32_t id = rows.ids[row];
            const int64_t time = rows.times[row];
            const int64_t gap = rows.gaps == nullptr ? gap_ : rows.gaps[row];
            FLK_RETURN_NOT_OK(add_row(row, id, time, saturating_add(time, gap), error));
            ++row;
            if (late_.count() >= kStepRows && row < rows.end_row) {
                resume_row_ = row;
                break;
            }
        }
        FLK_RETURN_NOT_OK(pending_.consume(layout_, error));
        return resume_row_ < 0 ? Status::kOk : Status::kFull;
    }

    /* Add rows from `row` on, up to one whose key has not just one session, at home, that it
     * touches and that has not fired; returns its number. Nearly all rows pass here: what the loop
     * changes it keeps in registers. */
    int64_t extend_homes(const WindowRows &rows, int64_t row) noexcept {
        const uint32_t *ids = rows.ids;
        const int64_t *times = rows.times;
        const int64_t *gaps = rows.gaps;
        const int64_t end_row = rows.end_row;
        const int64_t gap = gap_;
        /* a session that ends here or before has fired */
        const int64_t fired_end = saturating_add(watermark_, 1);
        const SessionPlaces::Places homes = places_.homes();
        uint8_t **states = pending_.next_states();
        uint32_t *row_numbers = pending_.next_rows();
        uint64_t order = last_order_;
        const int64_t first = row;
        for (; row < end_row; ++row) {
            if (row + kPrefetchRows < end_row) {
                __builtin_prefetch(homes.at(ids[row + kPrefetchRows]), 1);
            }
            const uint32_t id = ids[row];
            const int64_t time = times[row];
            const int64_t end = saturating_add(time, gaps == nullptr ? gap : gaps[row]);
            Session *home = homes.at(id);
            if (home->first != id || home->next != kNoPlace || time > home->end ||
                home->start > end || home->end <= fired_end) {
                break;
            }
            if (time < home->start || end > home->end) {
                home->start = std::min(home->start, time);
                home->end = std::max(home->end, end);
                home->order = ++order;
            }
            states[row - first] = home->state();
            row_numbers[row - first] = static_cast<uint32_t>(row);
        }
        pending_.added(row - first);
        last_order_ = order;
        return row;
    }

    void widen(Session *session, int64_t start, int64_t end) noexcept {
        if (start < session->start || end > session->end) {
            session->start = std::min(session->start, start);
            session->end = std::max(session->end, end);
            session->order = ++last_order_;
        }
    }

    /* A row of a key with no session, with several, or with one that it does not touch or that has
     * fired. */
    Status add_row(int64_t row, uint32_t id, int64_t time, int64_t end, Error *error) {
        Session *home = places_.home(id);
        uint32_t before = kNoPlace;
        uint32_t place = home->first;
        while (place != kNoPlace && places_.at(place)->end < time) {
            before = place;
            place = places_.at(place)->next;
        }
        if (place == kNoPlace || places_.at(place)->start > end) {
            if (saturating_add(end - 1, lateness_) <= watermark_) {
                late_rows_[0].push_back(static_cast<uint32_t>(row));
                return Status::kOk;
            }
            FLK_RETURN_NOT_OK(begin_session(id, before, place, &place, error));
            Session *begun = places_.at(place);
            begun->start = time;
            begun->end = end;
            begun->order = ++last_order_;
        } else {
            FLK_RETURN_NOT_OK(merge_followers(id, place, end, error));
            widen(places_.at(place), time, end);
        }
        Session *session = places_.at(place);
        pending_.add(session->state(), row);
        if (last_of(session->end) <= watermark_) {
            FLK_RETURN_NOT_OK(fire_late(id, session, error));
        }
        return look_at(home, id, next_time(*session));
    }

    /* Put a session of no rows between two places of a key. */
    Status begin_session(uint32_t id, uint32_t before, uint32_t after, uint32_t *out_place,
                         Error *error) noexcept {
        bool is_home_free = true;
        for (uint32_t at = places_.home(id)->first; at != kNoPlace; at = places_.at(at)->next) {
            is_home_free = is_home_free && at != id;
        }
        const uint32_t place = is_home_free ? id : places_.take_extra();
        if (place == kNoPlace) {
            return no_memory(error);
        }
        keys_->retain(id);
        ++live_count_;
        places_.at(place)->next = after;
        link(id, before, place);
        *out_place = place;
        return Status::kOk;
    }

    void link(uint32_t id, uint32_t before, uint32_t place) noexcept {
        if (before == kNoPlace) {
            places_.home(id)->first = place;
        } else {
            places_.at(before)->next = place;
        }
    }

    /* Make the sessions behind `place` that a row up to `end` touches part of it. */
    Status merge_followers(uint32_t id, uint32_t place, int64_t end, Error *error) noexcept {
        Session *kept = places_.at(place);
        while (kept->next != kNoPlace && places_.at(kept->next)->start <= end) {
            FLK_RETURN_NOT_OK(pending_.consume(layout_, error));
            const uint32_t merged = kept->next;
            Session *other = places_.at(merged);
            uint8_t *into = kept->state();
            const uint8_t *from = other->state();
            FLK_RETURN_NOT_OK(merge_states(layout_, &into, &from, 1, error));
            widen(kept, kept->start, other->end);
            kept->next = other->next;
            free_place(merged, id);
        }
        return Status::kOk;
    }

    /* The place is in no list any more. */
    void free_place(uint32_t place, uint32_t id) noexcept {
        clear_state(layout_, places_.at(place)->state());
        if (place == id) {
            places_.at(place)->next = kNoPlace;
        } else {
            places_.give_back_extra(place);
        }
        --live_count_;
        keys_->release(id);
    }

    /* Hand out a session that had fired before its last row came. */
    Status fire_late(uint32_t id, Session *session, Error *error) {
        FLK_RETURN_NOT_OK(pending_.consume(layout_, error));
        uint8_t *copy = copies_.take();
        if (copy == nullptr) {
            return no_memory(error);
        }
        late_.add(id, *session, copy);
        const uint8_t *from = session->state();
        return merge_states(layout_, &copy, &from, 1, error);
    }

    /* When a session fires next, or is forgotten if it has fired. */
    int64_t next_time(const Session &session) const noexcept {
        const int64_t last = last_of(session.end);
        return last > watermark_ ? last : saturating_add(last, lateness_);
    }

    Status look_at(Session *home, uint32_t id, int64_t time) noexcept {
        if (home->due != kNothingDue && home->due <= time) {
            return Status::kOk;
        }
        home->due = time;
        return wheel_.add(time, id);
    }

    Status next_results(int64_t max_rows, WindowResults *out_results, Error *error) {
        free_ended();
        const int64_t room = std::min(max_rows, kStepRows);
        if (late_given_ < late_.count()) {
            const int64_t count = std::min(room, late_.count() - late_given_);
            *out_results = late_.from(late_given_, count);
            late_given_ += count;
            return Status::kOk;
        }
        results_.clear();
        for (int64_t step = 0; step < kStepRows && results_.count() < room;) {
            if (tied_given_ < tied_.size()) {
                const Due &due = tied_[tied_given_];
                Session *session = places_.at(due.place);
                results_.add(due.key_id, *session, session->state());
                if (due.is_gone) {
                    ended_.push_back(due);
                }
                ++tied_given_;
                continue;
            }
            tied_.clear();
            tied_given_ = 0;
            int64_t time = 0;
            const Status status = wheel_.pop_due(watermark_, &due_ids_, &time);
            if (status == Status::kEmpty) {
                if (results_.count() == 0 && ended_.empty()) {
                    return Status::kEmpty;
                }
                break;
            }
            FLK_RETURN_NOT_OK(status);
            step += static_cast<int64_t>(due_ids_.size());
            for (const uint32_t id : due_ids_) {
                FLK_RETURN_NOT_OK(look(id, time));
            }
            if (tied_.size() > 1) {
                std::sort(tied_.begin(), tied_.end(), [](const Due &left, const Due &right) {
                    return left.order < right.order;
                });
            }
        }
        static_cast<void>(error);
        *out_results = results_.from(0, results_.count());
        return Status::kOk;
    }

    /* Take what is due at `time` out of a key's sessions, and see when to look again. */
    Status look(uint32_t id, int64_t time) {
        Session *home = places_.home(id);
        if (home->due != time) {
            return Status::kOk; /* an entry that an earlier one has replaced */
        }
        home->due = kNothingDue;
        bool is_due_again = false;
        int64_t due_again = INT64_MAX;
        uint32_t before = kNoPlace;
        for (uint32_t place = home->first; place != kNoPlace;) {
            Session *session = places_.at(place);
            const int64_t last = last_of(session->end);
            const int64_t gone = saturating_add(last, lateness_);
            const Due due{session->order, place, id, gone <= time};
            place = session->next;
            if (last == time) {
                tied_.push_back(due);
            } else if (due.is_gone) {
                ended_.push_back(due);
            }
            if (due.is_gone) {
                link(id, before, place);
            } else {
                before = due.place;
                is_due_again = true;
                due_again = std::min(due_again, last > time ? last : gone);
            }
        }
        return is_due_again ? look_at(home, id, due_again) : Status::kOk;
    }

    /* Free what the results handed out last were made of. */
    void free_ended() noexcept {
        for (const Due &due : ended_) {
            free_place(due.place, due.key_id);
        }
        ended_.clear();
        if (late_given_ > 0 && late_given_ == late_.count()) {
            for (uint8_t *state : late_.states) {
                clear_state(layout_, state);
                copies_.give_back(state);
            }
            late_.clear();
            late_given_ = 0;
        }
    }

    int64_t gap_;
    int64_t lateness_;
    SessionPlaces places_;
    TimingWheel wheel_;
    PendingRows pending_;
    uint64_t last_order_ = 0;
    int64_t live_count_ = 0;
    int64_t resume_row_ = -1;

    StatePool copies_;
    ResultRows late_; /* late firings, in the order of their rows; states are copies */
    int64_t late_given_ = 0;

    ResultRows results_;
    std::vector<Due> tied_; /* sessions with one end, in the order of their changes */
    std::size_t tied_given_ = 0;
    std::vector<Due> ended_;
    std::vector<uint32_t> due_ids_;
};

}  // namespace

Status make_session_window(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                           KeyMap *keys, WindowKernelPtr *out_kernel, Error *error) noexcept {
    if (definitions.size() != 1) {
        return fail(error, Status::kInvalid, "sessions run alone, got %zu definitions",
                    definitions.size());
    }
    const WindowDefinition &definition = definitions[0];
    const bool has_gap = definition.shape == WindowShape::kSession;
    if (!has_gap && definition.shape != WindowShape::kSessionOfRow) {
        return fail(error, Status::kInvalid, "shape %d is no session",
                    static_cast<int>(definition.shape));
    }
    if ((has_gap && definition.size <= 0) || definition.lateness < 0) {
        return fail(error, Status::kInvalid,
                    "a session needs a gap > 0 and a lateness >= 0, got %lld and %lld ms",
                    static_cast<long long>(definition.size),
                    static_cast<long long>(definition.lateness));
    }
    try {
        *out_kernel =
            std::make_unique<SessionWindow>(std::move(layout), std::move(definitions), keys);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for session windows");
    }
    return Status::kOk;
}

}  // namespace flk
