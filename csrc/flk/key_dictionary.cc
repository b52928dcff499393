#include "flk/key_dictionary.h"

#include <cstring>

#include "flk/key_column.h"

namespace flk {

namespace {

/* Call `run(values)` with the indices of a dictionary column as what they are. */
template <typename Run>
void with_indices(const Column &column, Run run) noexcept {
    switch (column.type->index) {
        case TypeId::kInt8:
            return run(column.values<int8_t>());
        case TypeId::kUint8:
            return run(column.values<uint8_t>());
        case TypeId::kInt16:
            return run(column.values<int16_t>());
        case TypeId::kUint16:
            return run(column.values<uint16_t>());
        case TypeId::kInt32:
            return run(column.values<int32_t>());
        case TypeId::kUint32:
            return run(column.values<uint32_t>());
        default:
            return run(column.values<int64_t>());
    }
}

/* The entries of a dictionary that rows use, each once, in order of their first row; kNoRow in
 * `numbers` for the others. Null rows use none. */
struct UsedEntries {
    static constexpr uint32_t kUnused = 0xffffffffu;

    Buffer numbers; /* by entry: its place in `entries` */
    Buffer entries;
    int64_t count = 0;
    bool has_null = false;
    int64_t entries_before_null = 0;
    ColumnPtr column; /* the values of `entries` */

    Status find(const Column &rows) noexcept {
        const int64_t length = rows.dictionary->length;
        FLK_RETURN_NOT_OK(buffer_allocate(length * 4, &numbers, nullptr));
        FLK_RETURN_NOT_OK(buffer_allocate(length * 4, &entries, nullptr));
        std::memset(numbers.bytes(), 0xff, static_cast<std::size_t>(length) * 4);
        auto *number_of = numbers.as<uint32_t>();
        auto *entry_at = entries.as<uint32_t>();
        with_indices(rows, [&](const auto *indices) noexcept {
            for (int64_t row = 0; row < rows.length; ++row) {
                if (!rows.is_valid(row)) {
                    entries_before_null = has_null ? entries_before_null : count;
                    has_null = true;
                    continue;
                }
                const auto entry = static_cast<std::size_t>(indices[row]);
                if (number_of[entry] == kUnused) {
                    number_of[entry] = static_cast<uint32_t>(count);
                    entry_at[count++] = static_cast<uint32_t>(entry);
                }
            }
        });
        return column_take(*rows.dictionary, entry_at, count, &column, nullptr);
    }

    /* Put into each row what `of_entries` has for its entry. */
    template <typename T>
    void spread(const Column &rows, const T *of_entries, T of_null, T *out) const noexcept {
        const auto *number_of = numbers.as<uint32_t>();
        with_indices(rows, [&](const auto *indices) noexcept {
            for (int64_t row = 0; row < rows.length; ++row) {
                out[row] = rows.is_valid(row)
                               ? of_entries[number_of[static_cast<std::size_t>(indices[row])]]
                               : of_null;
            }
        });
    }
};

const KeyView kNullKey = [] {
    static const uint8_t encoding = kKeyNull;
    return view_of_encoding(&encoding, 1);
}();

}  // namespace

bool is_short_dictionary(const Column &column) noexcept {
    return column.type->id == TypeId::kDictionary && column.dictionary->length <= column.length;
}

Status hash_short_dictionary(const Column &column, KeyWriter *scratch,
                             uint64_t *out_hashes) noexcept {
    Buffer hashes;
    UsedEntries used;
    FLK_RETURN_NOT_OK(used.find(column));
    FLK_RETURN_NOT_OK(buffer_allocate(used.count * 8, &hashes, nullptr));
    FLK_RETURN_NOT_OK(hash_column(*used.column, scratch, hashes.as<uint64_t>()));
    used.spread(column, hashes.as<uint64_t>(), kNullKey.hash, out_hashes);
    return Status::kOk;
}

Status ids_of_short_dictionary(KeyMap *map, const Column &column, KeyWriter *scratch,
                               uint32_t *out_ids, Error *error) noexcept {
    Buffer ids;
    UsedEntries used;
    FLK_RETURN_NOT_OK(used.find(column));
    FLK_RETURN_NOT_OK(buffer_allocate(used.count * 4, &ids, nullptr));
    auto *id_of = ids.as<uint32_t>();
    uint32_t null_id = KeyMap::kNoId;
    const int64_t first = used.has_null ? used.entries_before_null : used.count;
    ColumnPtr part;
    FLK_RETURN_NOT_OK(column_slice(used.column, 0, first, &part, error));
    FLK_RETURN_NOT_OK(ids_of_column(map, *part, nullptr, scratch, id_of, error));
    if (used.has_null) {
        bool is_new = false;
        FLK_RETURN_NOT_OK(map->find_or_insert_one(kNullKey, &null_id, &is_new, error));
        FLK_RETURN_NOT_OK(column_slice(used.column, first, used.count - first, &part, error));
        FLK_RETURN_NOT_OK(ids_of_column(map, *part, nullptr, scratch, id_of + first, error));
    }
    used.spread(column, id_of, null_id, out_ids);
    return Status::kOk;
}

}  // namespace flk
