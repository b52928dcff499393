#include "flk/count_window.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include "flk/pane_list.h"
#include "flk/pending_rows.h"
#include "flk/state_pool.h"

namespace flk {
namespace {

/* What both kinds share: rows in steps, and results that wait to be handed out. */
class CountWindow : public WindowKernel {
  public:
    CountWindow(AccumulatorLayout layout, std::vector<WindowDefinition> definitions, KeyMap *keys)
        : WindowKernel(std::move(layout), std::move(definitions), keys),
          size_(definitions_[0].size),
          slide_(definitions_[0].slide) {
        pool_.open(layout_.stride);
    }

    ~CountWindow() override {
        for (std::size_t at = given_first_; at < states_.size(); ++at) {
            clear_state(layout_, states_[at]);
        }
    }

    Status consume(const WindowRows &rows, Error *error) noexcept override {
        free_given();
        int64_t row = resume_row_ < 0 ? rows.first_row : resume_row_;
        resume_row_ = -1;
        try {
            while (row < rows.end_row) {
                const int64_t end_row = std::min(rows.end_row, row + kStepRows);
                FLK_RETURN_NOT_OK(pending_.open(end_row - row, rows.columns, rows.first_arrival));
                FLK_RETURN_NOT_OK(consume_step(rows, row, end_row, error));
                row = end_row;
                if (static_cast<int64_t>(states_.size()) >= kStepRows && row < rows.end_row) {
                    resume_row_ = row;
                    return Status::kFull;
                }
            }
        } catch (const std::bad_alloc &) {
            return no_memory(error);
        }
        return Status::kOk;
    }

    void advance(int64_t watermark_ms) noexcept override {
        watermark_ = std::max(watermark_, watermark_ms);
    }

    Status next(int64_t max_rows, WindowResults *out_results, Error * /*error*/) noexcept override {
        free_given();
        const auto waiting = static_cast<int64_t>(states_.size() - given_);
        if (waiting == 0) {
            return Status::kEmpty;
        }
        const int64_t count = std::min(waiting, std::min(max_rows, kStepRows));
        *out_results = WindowResults{
            0,       count,  ids_.data() + given_, states_.data() + given_, 0, INT64_MAX,
            nullptr, nullptr};
        given_first_ = given_;
        given_ += static_cast<std::size_t>(count);
        return Status::kOk;
    }

    int64_t live_states() const noexcept override { return pool_.taken(); }

  protected:
    static constexpr int64_t kPrefetchRows = 12;

    static Status no_memory(Error *error) noexcept {
        return fail(error, Status::kNoMemory, "no memory for count windows");
    }

    /* Put down, consume and complete what rows first .. end - 1 bring; at most kStepRows. */
    virtual Status consume_step(const WindowRows &rows, int64_t first, int64_t end,
                                Error *error) = 0;

    /* A result; its state is given back and a reference to the key dropped once it is handed out.
     */
    void add_result(uint32_t id, uint8_t *state) {
        ids_.push_back(id);
        states_.push_back(state);
    }

    int64_t size_;
    int64_t slide_;
    StatePool pool_;
    PendingRows pending_;

  private:
    void free_given() noexcept {
        for (std::size_t at = given_first_; at < given_; ++at) {
            clear_state(layout_, states_[at]);
            pool_.give_back(states_[at]);
            keys_->release(ids_[at]);
        }
        given_first_ = given_;
        if (given_ == states_.size()) {
            ids_.clear();
            states_.clear();
            given_first_ = 0;
            given_ = 0;
        }
    }

    std::vector<uint32_t> ids_;
    std::vector<uint8_t *> states_;
    std::size_t given_first_ = 0;
    std::size_t given_ = 0;
    int64_t resume_row_ = -1;
};

/* slide >= size: a row is in one window or in none, and a window is one state. */
class SeparateWindows final : public CountWindow {
  public:
    using CountWindow::CountWindow;

    ~SeparateWindows() override {
        for (const Key &key : keys_of_ids_) {
            if (key.state != nullptr) {
                clear_state(layout_, key.state);
            }
        }
    }

    int64_t memory_bytes() const noexcept override {
        return pool_.memory_bytes() + static_cast<int64_t>(keys_of_ids_.size() * sizeof(Key));
    }

  protected:
    Status consume_step(const WindowRows &rows, int64_t first, int64_t end, Error *error) override {
        if (keys_of_ids_.size() < keys_->id_capacity()) {
            keys_of_ids_.resize(keys_->id_capacity(), Key{0, nullptr});
        }
        for (int64_t row = first; row < end; ++row) {
            if (row + kPrefetchRows < end) {
                __builtin_prefetch(&keys_of_ids_[rows.ids[row + kPrefetchRows]], 1);
            }
            const uint32_t id = rows.ids[row];
            Key &key = keys_of_ids_[id];
            if (key.row == 0) {
                key.state = pool_.take();
                if (key.state == nullptr) {
                    return no_memory(error);
                }
                keys_->retain(id);
            }
            if (key.row < size_) {
                pending_.add(key.state, row);
            }
            ++key.row;
            if (key.row == size_) {
                /* the state changes no more, so it can be consumed and handed out later */
                keys_->retain(id);
                add_result(id, key.state);
                key.state = nullptr;
            }
            if (key.row == slide_) {
                key.row = 0;
                keys_->release(id);
            }
        }
        return pending_.consume(layout_, error);
    }

  private:
    struct Key {
        int64_t row;    /* since the last start of a window; 0: as if never seen */
        uint8_t *state; /* nullptr between two windows */
    };
    std::vector<Key> keys_of_ids_;
};

/* slide < size. */
class OverlappingWindows final : public CountWindow {
  public:
    OverlappingWindows(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                       KeyMap *keys)
        : CountWindow(std::move(layout), std::move(definitions), keys),
          shared_{&layout_, &pool_, true} {
        for (const AccumulatorPtr &accumulator : layout_.accumulators) {
            shared_.can_subtract = shared_.can_subtract && accumulator->can_subtract();
        }
    }

    ~OverlappingWindows() override {
        for (const std::unique_ptr<Key> &key : keys_of_ids_) {
            if (key != nullptr) {
                key->panes.clear(shared_);
            }
        }
    }

    int64_t memory_bytes() const noexcept override {
        return pool_.memory_bytes() + key_count_ * static_cast<int64_t>(sizeof(Key)) +
               static_cast<int64_t>(keys_of_ids_.size() * sizeof(std::unique_ptr<Key>));
    }

  protected:
    Status consume_step(const WindowRows &rows, int64_t first, int64_t end, Error *error) override {
        if (keys_of_ids_.size() < keys_->id_capacity()) {
            keys_of_ids_.resize(keys_->id_capacity());
        }
        completed_.clear();
        for (int64_t row = first; row < end; ++row) {
            const uint32_t id = rows.ids[row];
            if (keys_of_ids_[id] == nullptr) {
                keys_of_ids_[id] = std::make_unique<Key>(Key{0, size_, nullptr, {}});
                keys_->retain(id);
                ++key_count_;
            }
            Key &key = *keys_of_ids_[id];
            if (key.to_start == 0 || key.open == nullptr) {
                key.open = key.panes.begin_pane(shared_, key.to_start == 0);
                if (key.open == nullptr) {
                    return no_memory(error);
                }
            }
            pending_.add(key.open, row);
            key.to_start = (key.to_start == 0 ? slide_ : key.to_start) - 1;
            --key.to_end;
            if (key.to_end == 0) {
                key.to_end = slide_;
                key.open = nullptr;
                completed_.push_back(Completed{id, key.panes.end()});
            }
        }
        FLK_RETURN_NOT_OK(pending_.consume(layout_, error));
        for (const Completed &window : completed_) {
            uint8_t *result = pool_.take();
            if (result == nullptr) {
                return no_memory(error);
            }
            keys_->retain(window.id);
            add_result(window.id, result);
            FLK_RETURN_NOT_OK(
                keys_of_ids_[window.id]->panes.complete(shared_, window.end_pane, result, error));
        }
        return Status::kOk;
    }

  private:
    struct Key {
        int64_t to_start; /* rows before the next one that starts a window */
        int64_t to_end;   /* rows until a window is complete */
        uint8_t *open;    /* state of the open pane; nullptr: the next row begins one */
        PaneList panes;
    };
    struct Completed {
        uint32_t id;
        int64_t end_pane;
    };

    PaneSharing shared_;
    std::vector<std::unique_ptr<Key>> keys_of_ids_;
    std::vector<Completed> completed_;
    int64_t key_count_ = 0;
};

}  // namespace

Status make_count_window(AccumulatorLayout layout, std::vector<WindowDefinition> definitions,
                         KeyMap *keys, WindowKernelPtr *out_kernel, Error *error) noexcept {
    if (definitions.size() != 1 || definitions[0].shape != WindowShape::kCountRows) {
        return fail(error, Status::kInvalid, "windows of rows run alone, got %zu definitions",
                    definitions.size());
    }
    const int64_t size = definitions[0].size;
    const int64_t slide = definitions[0].slide;
    if (size <= 0 || slide <= 0) {
        return fail(error, Status::kInvalid,
                    "a window of rows needs a size and a slide > 0, got %lld and %lld",
                    static_cast<long long>(size), static_cast<long long>(slide));
    }
    try {
        if (slide >= size) {
            *out_kernel =
                std::make_unique<SeparateWindows>(std::move(layout), std::move(definitions), keys);
        } else {
            *out_kernel = std::make_unique<OverlappingWindows>(std::move(layout),
                                                               std::move(definitions), keys);
        }
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for count windows");
    }
    return Status::kOk;
}

}  // namespace flk
