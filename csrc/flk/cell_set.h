/* cell_set.h — different cells, each once, in the order they came.
 *
 *   bytes_    cell after cell
 *   entries_  [ hash │ end in bytes_ ]
 *   table_    entry number + 1 by hash, open addressing; only with more than 8 cells
 *
 * Most groups have few different values: up to 8 are searched one by one. May throw std::bad_alloc;
 * a set that did is as before. Not thread safe.
 */
#ifndef FLK_CELL_SET_H_
#define FLK_CELL_SET_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "flk/hash.h"
#include "flk/value_cell.h"

namespace flk {

class CellSet {
  public:
    int64_t size() const noexcept { return static_cast<int64_t>(entries_.size()); }

    /* 0 <= at < size() */
    Cell at(int64_t at) const noexcept {
        const auto index = static_cast<std::size_t>(at);
        const std::size_t begin = index == 0 ? 0 : entries_[index - 1].end;
        return Cell{bytes_.data() + begin, static_cast<int64_t>(entries_[index].end - begin)};
    }

    /* Whether it was not there before. */
    bool insert(Cell cell) {
        const uint64_t hash = cell.size == 8
                                  ? hash_int64(static_cast<int64_t>(load_le64(cell.bytes)))
                                  : hash_body(0, cell.bytes, cell.size);
        if (table_.empty()) {
            for (std::size_t index = 0; index < entries_.size(); ++index) {
                if (is_equal(index, hash, cell)) {
                    return false;
                }
            }
            append(hash, cell);
            if (entries_.size() > kSmall) {
                rebuild(64);
            }
            return true;
        }
        if (entries_.size() * 2 >= table_.size()) {
            rebuild(table_.size() * 2);
        }
        std::size_t slot = hash & (table_.size() - 1);
        for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1)) {
            if (is_equal(table_[slot] - 1, hash, cell)) {
                return false;
            }
        }
        append(hash, cell);
        table_[slot] = static_cast<uint32_t>(entries_.size());
        return true;
    }

  private:
    static constexpr std::size_t kSmall = 8;

    struct Entry {
        uint64_t hash;
        std::size_t end;
    };

    bool is_equal(std::size_t index, uint64_t hash, Cell cell) const noexcept {
        if (entries_[index].hash != hash) {
            return false;
        }
        const Cell other = at(static_cast<int64_t>(index));
        return other.size == cell.size &&
               (cell.size == 0 ||
                std::memcmp(other.bytes, cell.bytes, static_cast<std::size_t>(cell.size)) == 0);
    }

    void append(uint64_t hash, Cell cell) {
        entries_.reserve(entries_.size() == entries_.capacity() ? entries_.size() * 2 + 1 : 0);
        bytes_.insert(bytes_.end(), cell.bytes, cell.bytes + cell.size);
        entries_.push_back(Entry{hash, bytes_.size()});
    }

    void rebuild(std::size_t size) {
        std::vector<uint32_t> table(size);
        for (std::size_t index = 0; index < entries_.size(); ++index) {
            std::size_t slot = entries_[index].hash & (size - 1);
            while (table[slot] != 0) {
                slot = (slot + 1) & (size - 1);
            }
            table[slot] = static_cast<uint32_t>(index + 1);
        }
        table_.swap(table);
    }

    std::vector<uint8_t> bytes_;
    std::vector<Entry> entries_;
    std::vector<uint32_t> table_;
};

}  // namespace flk

#endif  // FLK_CELL_SET_H_
