#include "flk/value_cell.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace flk {
namespace {

constexpr int64_t kMemberHead = 5; /* valid, size */

template <typename T>
T number(Cell cell) noexcept {
    T value;
    std::memcpy(&value, cell.bytes, sizeof(value));
    return value;
}

template <typename T>
int compare_numbers(Cell left, Cell right) noexcept {
    const T first = number<T>(left);
    const T second = number<T>(right);
    if (first < second) {
        return -1;
    }
    if (second < first) {
        return 1;
    }
    /* Only NaN is neither less nor equal. */
    return static_cast<int>(first != first) - static_cast<int>(second != second);
}

int compare_bytes(Cell left, Cell right) noexcept {
    const int64_t shared = std::min(left.size, right.size);
    const int order =
        shared == 0 ? 0 : std::memcmp(left.bytes, right.bytes, static_cast<std::size_t>(shared));
    return order != 0 ? order
                      : static_cast<int>(left.size > right.size) -
                            static_cast<int>(left.size < right.size);
}

int compare_decimals(Cell left, Cell right) noexcept {
    const auto high = compare_numbers<int64_t>(Cell{left.bytes + 8, 8}, Cell{right.bytes + 8, 8});
    return high != 0 ? high : compare_numbers<uint64_t>(left, right);
}

void append_member(bool is_valid, Cell cell, std::string *out) {
    const auto size = static_cast<uint32_t>(cell.size);
    char head[kMemberHead] = {static_cast<char>(is_valid ? 1 : 0)};
    std::memcpy(head + 1, &size, sizeof(size));
    out->append(head, sizeof(head));
    out->append(reinterpret_cast<const char *>(cell.bytes), static_cast<std::size_t>(cell.size));
}

/* Read the next member; false if there is none that is whole. */
bool next_member(Cell *rest, bool *out_is_valid, Cell *out_cell) noexcept {
    if (rest->size < kMemberHead || rest->bytes[0] > 1) {
        return false;
    }
    uint32_t size;
    std::memcpy(&size, rest->bytes + 1, sizeof(size));
    *out_is_valid = rest->bytes[0] == 1;
    if (size > rest->size - kMemberHead || (!*out_is_valid && size != 0)) {
        return false;
    }
    *out_cell = Cell{rest->bytes + kMemberHead, size};
    *rest = Cell{rest->bytes + kMemberHead + size, rest->size - kMemberHead - size};
    return true;
}

Status plain_type(const TypePtr &type, TypePtr *out_type, Error *error) {
    switch (type->layout) {
        case Layout::kViews:
            return type_from_format(type->id == TypeId::kUtf8View ? "u" : "z", out_type, error);
        case Layout::kStruct:
        case Layout::kList32: {
            std::vector<Field> fields = type->fields;
            bool is_same = true;
            for (Field &field : fields) {
                const TypePtr given = field.type;
                FLK_RETURN_NOT_OK(plain_type(given, &field.type, error));
                is_same = is_same && field.type == given;
            }
            if (is_same) {
                *out_type = type;
                return Status::kOk;
            }
            return type->layout == Layout::kStruct ? type_struct(fields, out_type, error)
                                                   : type_list(fields[0].type, out_type, error);
        }
        default:
            *out_type = type;
            return Status::kOk;
    }
}

}  // namespace

CellType::Order CellType::order_of(const Type &type) noexcept {
    switch (type.id) {
        case TypeId::kBool:
        case TypeId::kUint8:
            return Order::kUint8;
        case TypeId::kInt8:
            return Order::kInt8;
        case TypeId::kInt16:
            return Order::kInt16;
        case TypeId::kUint16:
            return Order::kUint16;
        case TypeId::kInt32:
        case TypeId::kDate32:
        case TypeId::kTime32:
            return Order::kInt32;
        case TypeId::kUint32:
            return Order::kUint32;
        case TypeId::kInt64:
        case TypeId::kDate64:
        case TypeId::kTime64:
        case TypeId::kTimestamp:
        case TypeId::kDuration:
            return Order::kInt64;
        case TypeId::kUint64:
            return Order::kUint64;
        case TypeId::kFloat32:
            return Order::kFloat32;
        case TypeId::kFloat64:
            return Order::kFloat64;
        case TypeId::kDecimal128:
            return Order::kDecimal;
        case TypeId::kUtf8:
        case TypeId::kLargeUtf8:
        case TypeId::kUtf8View:
        case TypeId::kBinary:
        case TypeId::kLargeBinary:
        case TypeId::kBinaryView:
        case TypeId::kFixedSizeBinary:
            return Order::kBytes;
        default:
            return Order::kNone;
    }
}

Status CellType::open(const TypePtr &type, Error *error) noexcept {
    try {
        const bool is_list = type->id == TypeId::kList;
        if (type->layout == Layout::kNone || type->layout == Layout::kDictionary ||
            type->layout == Layout::kFixedList || type->layout == Layout::kList64 ||
            (type->layout == Layout::kList32 && !is_list)) {
            return fail(error, Status::kUnsupported, "values of type %.200s have no cells",
                        type_text(*type).c_str());
        }
        FLK_RETURN_NOT_OK(plain_type(type, &type_, error));
        order_ = order_of(*type);
        children_.clear();
        for (const Field &field : type->fields) {
            CellType child;
            FLK_RETURN_NOT_OK(child.open(field.type, error));
            children_.push_back(std::move(child));
        }
        return Status::kOk;
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for the type of cells");
    }
}

Cell CellType::cell_at(const Column &column, int64_t row, std::string *scratch) const {
    static const uint8_t kBytesOfBool[] = {0, 1};
    switch (column.type->layout) {
        case Layout::kBits:
            return Cell{kBytesOfBool + (column.bool_at(row) ? 1 : 0), 1};
        case Layout::kStruct:
        case Layout::kList32:
            scratch->clear();
            append(column, row, scratch);
            return Cell{reinterpret_cast<const uint8_t *>(scratch->data()),
                        static_cast<int64_t>(scratch->size())};
        default: {
            Cell cell;
            cell.bytes = column.bytes_at(row, &cell.size);
            return cell;
        }
    }
}

void CellType::append(const Column &column, int64_t row, std::string *out) const {
    const auto append_child = [out](const CellType &type, const Column &child, int64_t child_row) {
        std::string scratch;
        const bool is_valid = child.is_valid(child_row);
        append_member(is_valid,
                      is_valid ? type.cell_at(child, child_row, &scratch) : Cell{nullptr, 0}, out);
    };
    if (column.type->layout == Layout::kStruct) {
        for (std::size_t field = 0; field < children_.size(); ++field) {
            append_child(children_[field], *column.children[field], row);
        }
        return;
    }
    int64_t count = 0;
    const int64_t first = column.list_at(row, &count);
    for (int64_t at = 0; at < count; ++at) {
        append_child(children_[0], *column.children[0], first + at);
    }
}

int CellType::compare(Cell left, Cell right) const noexcept {
    switch (order_) {
        case Order::kInt8:
            return compare_numbers<int8_t>(left, right);
        case Order::kInt16:
            return compare_numbers<int16_t>(left, right);
        case Order::kInt32:
            return compare_numbers<int32_t>(left, right);
        case Order::kInt64:
            return compare_numbers<int64_t>(left, right);
        case Order::kUint8:
            return compare_numbers<uint8_t>(left, right);
        case Order::kUint16:
            return compare_numbers<uint16_t>(left, right);
        case Order::kUint32:
            return compare_numbers<uint32_t>(left, right);
        case Order::kUint64:
            return compare_numbers<uint64_t>(left, right);
        case Order::kFloat32:
            return compare_numbers<float>(left, right);
        case Order::kFloat64:
            return compare_numbers<double>(left, right);
        case Order::kDecimal:
            return compare_decimals(left, right);
        default:
            return compare_bytes(left, right);
    }
}

bool CellType::is_cell(Cell cell) const noexcept {
    switch (type_->layout) {
        case Layout::kBits:
            return cell.size == 1 && cell.bytes[0] <= 1;
        case Layout::kFixed:
            return cell.size == type_->width_bytes;
        case Layout::kBytes32:
        case Layout::kBytes64:
            return true;
        default:
            break;
    }
    Cell rest = cell;
    std::size_t at = 0;
    for (; rest.size > 0; ++at) {
        if (type_->layout == Layout::kStruct && at == children_.size()) {
            return false;
        }
        const CellType &child = children_[type_->layout == Layout::kStruct ? at : 0];
        bool is_valid = false;
        Cell member;
        if (!next_member(&rest, &is_valid, &member) || (is_valid && !child.is_cell(member))) {
            return false;
        }
    }
    return type_->layout != Layout::kStruct || at == children_.size();
}

CellColumn::CellColumn(TypePtr type) : type_(std::move(type)) {
    for (const Field &field : type_->fields) {
        children_.emplace_back(field.type);
    }
}

void CellColumn::end_row(bool is_valid) {
    is_valid_.push_back(is_valid ? 1 : 0);
    null_count_ += is_valid ? 0 : 1;
    ++length_;
}

void CellColumn::append_null() {
    switch (type_->layout) {
        case Layout::kFixed:
            data_.resize(data_.size() + static_cast<std::size_t>(type_->width_bytes));
            break;
        case Layout::kBits:
            data_.push_back(0);
            break;
        case Layout::kStruct:
            for (CellColumn &child : children_) {
                child.append_null();
            }
            break;
        default:
            ends_.push_back(ends_.empty() ? 0 : ends_.back());
    }
    end_row(false);
}

void CellColumn::append(Cell cell) {
    if (type_->layout != Layout::kStruct && type_->layout != Layout::kList32) {
        data_.insert(data_.end(), cell.bytes, cell.bytes + cell.size);
        if (type_->layout == Layout::kBytes32 || type_->layout == Layout::kBytes64) {
            ends_.push_back(static_cast<int64_t>(data_.size()));
        }
        end_row(true);
        return;
    }
    for (std::size_t at = 0; cell.size > 0; ++at) {
        CellColumn &child = children_[type_->layout == Layout::kStruct ? at : 0];
        bool is_valid = false;
        Cell member = {nullptr, 0};
        if (!next_member(&cell, &is_valid, &member)) {
            FLK_DCHECK(false);
            break;
        }
        if (is_valid) {
            child.append(member);
        } else {
            child.append_null();
        }
    }
    if (type_->layout == Layout::kList32) {
        end_list();
    } else {
        end_row(true);
    }
}

void CellColumn::end_list() {
    ends_.push_back(children_[0].length());
    end_row(true);
}

namespace {

template <typename Offset>
Status offsets_of(const std::vector<int64_t> &ends, Buffer *out_buffer, Error *error) noexcept {
    const int64_t last = ends.empty() ? 0 : ends.back();
    if (last > std::numeric_limits<Offset>::max()) {
        return fail(error, Status::kOverflow,
                    "results of %lld bytes or values in one column; at most %lld fit",
                    static_cast<long long>(last),
                    static_cast<long long>(std::numeric_limits<Offset>::max()));
    }
    FLK_RETURN_NOT_OK(buffer_allocate(static_cast<int64_t>((ends.size() + 1) * sizeof(Offset)),
                                      out_buffer, error));
    auto *offsets = out_buffer->as<Offset>();
    offsets[0] = 0;
    for (std::size_t row = 0; row < ends.size(); ++row) {
        offsets[row + 1] = static_cast<Offset>(ends[row]);
    }
    return Status::kOk;
}

Status buffer_of(const std::vector<uint8_t> &bytes, Buffer *out_buffer, Error *error) noexcept {
    FLK_RETURN_NOT_OK(buffer_allocate(static_cast<int64_t>(bytes.size()), out_buffer, error));
    if (!bytes.empty()) {
        std::memcpy(out_buffer->bytes(), bytes.data(), bytes.size());
    }
    return Status::kOk;
}

/* One bit for each byte that is not 0. */
Status bits_of(const std::vector<uint8_t> &flags, Buffer *out_buffer, Error *error) noexcept {
    const auto size_bytes = static_cast<int64_t>((flags.size() + 7) / 8);
    FLK_RETURN_NOT_OK(buffer_allocate(size_bytes, out_buffer, error));
    std::memset(out_buffer->bytes(), 0, static_cast<std::size_t>(size_bytes));
    for (std::size_t row = 0; row < flags.size(); ++row) {
        if (flags[row] != 0) {
            set_bits(out_buffer->bytes(), static_cast<int64_t>(row), 1);
        }
    }
    return Status::kOk;
}

}  // namespace

Status CellColumn::finish(ColumnPtr *out_column, Error *error) noexcept {
    Buffer validity;
    Buffer data;
    Buffer offsets;
    if (null_count_ > 0) {
        FLK_RETURN_NOT_OK(bits_of(is_valid_, &validity, error));
    }
    switch (type_->layout) {
        case Layout::kBits:
            FLK_RETURN_NOT_OK(bits_of(data_, &data, error));
            return column_fixed(type_, length_, data, validity, out_column, error);
        case Layout::kFixed:
            FLK_RETURN_NOT_OK(buffer_of(data_, &data, error));
            return column_fixed(type_, length_, data, validity, out_column, error);
        case Layout::kBytes32:
            FLK_RETURN_NOT_OK(offsets_of<int32_t>(ends_, &offsets, error));
            FLK_RETURN_NOT_OK(buffer_of(data_, &data, error));
            return column_bytes(type_, length_, offsets, data, validity, out_column, error);
        case Layout::kBytes64:
            FLK_RETURN_NOT_OK(offsets_of<int64_t>(ends_, &offsets, error));
            FLK_RETURN_NOT_OK(buffer_of(data_, &data, error));
            return column_bytes(type_, length_, offsets, data, validity, out_column, error);
        case Layout::kList32: {
            ColumnPtr child;
            FLK_RETURN_NOT_OK(offsets_of<int32_t>(ends_, &offsets, error));
            FLK_RETURN_NOT_OK(children_[0].finish(&child, error));
            return column_list(type_, length_, offsets, child, validity, out_column, error);
        }
        default:
            break;
    }
    try {
        std::vector<ColumnPtr> columns(children_.size());
        for (std::size_t field = 0; field < children_.size(); ++field) {
            FLK_RETURN_NOT_OK(children_[field].finish(&columns[field], error));
        }
        return column_struct(type_, length_, columns, validity, out_column, error);
    } catch (const std::bad_alloc &) {
        return fail(error, Status::kNoMemory, "no memory for a column of structs");
    }
}

}  // namespace flk
