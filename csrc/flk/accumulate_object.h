/* accumulate_object.h — accumulators whose states point to an object of varying size.
 *
 *   state  ┌ pointer (8) ┐ ──► Object: cells, a set, a sketch      nullptr: no rows
 *
 * An object is made by the first value of its group and freed by `release`. A Kernel says what one
 * value does to one object; everything of it may throw std::bad_alloc, which becomes kNoMemory.
 * Objects are counted (LiveKind::kAggregate). For implementations of accumulators only.
 *
 * A Kernel has
 *   Object                       movable; made by make()
 *   add(object, column, row, arrival), retract(object, column, row), merge(into, from),
 *   subtract(into, from)
 *   result(object or nullptr, out_column): append one row to a CellColumn; its Status
 *   write(object, writer), read(reader, out_object): false if the bytes are no object
 *   can_subtract(), can_retract(), name()
 *
 *   snapshot: every state: 0, or 1 and what write() wrote
 */
#ifndef FLK_ACCUMULATE_OBJECT_H_
#define FLK_ACCUMULATE_OBJECT_H_

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "flk/accumulate_plain.h"
#include "flk/live_count.h"
#include "flk/value_cell.h"

namespace flk {

/* Appends numbers and cells to a snapshot. */
class StateWriter {
  public:
    explicit StateWriter(std::vector<uint8_t> *out_bytes) noexcept : bytes_(out_bytes) {}

    template <typename T>
    void put(T value) {
        static_assert(std::is_arithmetic_v<T>, "put_bytes takes the rest");
        put_bytes(&value, sizeof(value));
    }
    void put_cell(const std::string &cell) {
        put(static_cast<uint64_t>(cell.size()));
        put_bytes(cell.data(), cell.size());
    }
    void put_bytes(const void *bytes, std::size_t size) {
        const auto *first = static_cast<const uint8_t *>(bytes);
        bytes_->insert(bytes_->end(), first, first + size);
    }

  private:
    std::vector<uint8_t> *bytes_;
};

/* Reads them back; false where they end too early. */
class StateReader {
  public:
    StateReader(const uint8_t *bytes, int64_t size) noexcept : at_(bytes), end_(bytes + size) {}

    const uint8_t *at() const noexcept { return at_; }
    int64_t left() const noexcept { return end_ - at_; }

    template <typename T>
    bool take(T *out_value) noexcept {
        return take_bytes(out_value, sizeof(*out_value));
    }
    bool take_bytes(void *out_bytes, std::size_t size) noexcept {
        if (size > static_cast<std::size_t>(left())) {
            return false;
        }
        if (size > 0) {
            std::memcpy(out_bytes, at_, size);
        }
        at_ += size;
        return true;
    }
    /* A cell of `type`. May throw std::bad_alloc. */
    bool take_cell(const CellType &type, std::string *out_cell) {
        uint64_t size = 0;
        if (!take(&size) || size > static_cast<uint64_t>(left()) ||
            !type.is_cell(Cell{at_, static_cast<int64_t>(size)})) {
            return false;
        }
        out_cell->assign(reinterpret_cast<const char *>(at_), static_cast<std::size_t>(size));
        at_ += size;
        return true;
    }

  private:
    const uint8_t *at_;
    const uint8_t *end_;
};

inline Cell cell_of(const std::string &bytes) noexcept {
    return Cell{reinterpret_cast<const uint8_t *>(bytes.data()),
                static_cast<int64_t>(bytes.size())};
}

inline void assign_cell(std::string *out, Cell cell) {
    out->assign(reinterpret_cast<const char *>(cell.bytes), static_cast<std::size_t>(cell.size));
}

template <typename Kernel>
class ObjectAccumulator final : public Accumulator {
    using Object = typename Kernel::Object;
    struct Counted {
        Object object;
        LiveCount<LiveKind::kAggregate> live;
        explicit Counted(Object made) : object(std::move(made)) {}
    };
    struct State {
        Counted *held;
    };

  public:
    ObjectAccumulator(Kernel kernel, TypePtr result_type)
        : Accumulator(sizeof(State), std::move(result_type)), kernel_(std::move(kernel)) {
        can_subtract_ = kernel_.can_subtract();
        can_retract_ = kernel_.can_retract();
        owns_memory_ = true;
    }

    Status consume(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error *error) noexcept override {
        return guarded(error, [&] {
            for_each_row(rows, column, [&](int64_t at, int64_t row) {
                Object *object = object_at(rows.states[at], offset);
                kernel_.add(object, *column, row, rows.first_arrival + row);
                return true;
            });
            return Status::kOk;
        });
    }

    Status retract(const ConsumedRows &rows, int32_t offset, const Column *column,
                   Error *error) noexcept override {
        if (!can_retract_) {
            return Accumulator::retract(rows, offset, column, error);
        }
        return guarded(error, [&] {
            for_each_row(rows, column, [&](int64_t at, int64_t row) {
                kernel_.retract(object_at(rows.states[at], offset), *column, row);
                return true;
            });
            return Status::kOk;
        });
    }

    Status merge(uint8_t *const *into, const uint8_t *const *from, int64_t count, int32_t offset,
                 Error *error) noexcept override {
        return guarded(error, [&] {
            for (int64_t at = 0; at < count; ++at) {
                const State &other = state_at<State>(from[at], offset);
                if (other.held != nullptr) {
                    kernel_.merge(object_at(into[at], offset), other.held->object);
                }
            }
            return Status::kOk;
        });
    }

    void subtract(uint8_t *const *into, const uint8_t *const *from, int64_t count,
                  int32_t offset) noexcept override {
        for (int64_t at = 0; at < count; ++at) {
            State *state = state_at<State>(into[at], offset);
            const State &other = state_at<State>(from[at], offset);
            if (other.held != nullptr && state->held != nullptr) {
                kernel_.subtract(&state->held->object, other.held->object);
            }
        }
    }

    Status finalize(const uint8_t *const *states, int64_t count, int32_t offset,
                    ColumnPtr *out_column, Error *error) noexcept override {
        return guarded(error, [&] {
            CellColumn results(result_type_);
            for (int64_t at = 0; at < count; ++at) {
                const Counted *held = state_at<State>(states[at], offset).held;
                kernel_.result(held == nullptr ? nullptr : &held->object, &results);
            }
            return results.finish(out_column, error);
        });
    }

    Status snapshot(const uint8_t *const *states, int64_t count, int32_t offset,
                    std::vector<uint8_t> *out_bytes, Error *error) const noexcept override {
        return guarded(error, [&] {
            StateWriter writer(out_bytes);
            for (int64_t at = 0; at < count; ++at) {
                const Counted *held = state_at<State>(states[at], offset).held;
                writer.put(static_cast<uint8_t>(held == nullptr ? 0 : 1));
                if (held != nullptr) {
                    kernel_.write(held->object, &writer);
                }
            }
            return Status::kOk;
        });
    }

    Status restore(uint8_t *const *states, int64_t count, int32_t offset, const uint8_t *bytes,
                   int64_t size, int64_t *io_position, Error *error) noexcept override {
        return guarded(error, [&] {
            for (int64_t at = 0; at < count; ++at) {
                StateReader reader(bytes + *io_position, size - *io_position);
                uint8_t has_object = 0;
                Object object = kernel_.make();
                if (!reader.take(&has_object) || has_object > 1 ||
                    (has_object == 1 && !kernel_.read(&reader, &object))) {
                    return fail(error, Status::kInvalid,
                                "%s: byte %lld of a snapshot of %lld bytes is no state",
                                kernel_.name(), static_cast<long long>(*io_position),
                                static_cast<long long>(size));
                }
                State *state = state_at<State>(states[at], offset);
                delete state->held;
                state->held = nullptr;
                if (has_object == 1) {
                    state->held = new Counted(std::move(object));
                }
                *io_position = reader.at() - bytes;
            }
            return Status::kOk;
        });
    }

    void release(uint8_t *const *states, int64_t count, int32_t offset) noexcept override {
        for (int64_t at = 0; at < count; ++at) {
            State *state = state_at<State>(states[at], offset);
            delete state->held;
            state->held = nullptr;
        }
    }

  private:
    Object *object_at(uint8_t *state, int32_t offset) {
        State *found = state_at<State>(state, offset);
        if (found->held == nullptr) {
            found->held = new Counted(kernel_.make());
        }
        return &found->held->object;
    }

    template <typename Work>
    Status guarded(Error *error, Work work) const noexcept {
        try {
            return work();
        } catch (const std::bad_alloc &) {
            return fail(error, Status::kNoMemory, "%s: no memory for the values of a group",
                        kernel_.name());
        }
    }

    Kernel kernel_;
};

template <typename Kernel>
Status make_object(Kernel kernel, const TypePtr &result_type, AccumulatorPtr *out_accumulator,
                   Error *error) noexcept {
    try {
        *out_accumulator =
            std::make_unique<ObjectAccumulator<Kernel>>(std::move(kernel), result_type);
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for an accumulator");
    }
}

}  // namespace flk

#endif  // FLK_ACCUMULATE_OBJECT_H_
