/* value_cell.h — a value of a column as bytes of its own, and back into a column.
 *
 *   fixed width    the machine value                 bool       one byte, 0 or 1
 *   text, binary   the bytes                         decimal    16 bytes
 *   struct         every field: ┌ valid (1) ┬ size (4) ┬ bytes ┐
 *   list           every value: the same, one after the other
 *
 * Aggregates that keep values (extremes of strings, top-n, collect, distinct) keep cells. A cell
 * has no null of its own: whoever keeps it knows. Numbers are in the machine's order.
 */
#ifndef FLK_VALUE_CELL_H_
#define FLK_VALUE_CELL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "flk/column.h"

namespace flk {

/* Borrowed bytes. */
struct Cell {
    const uint8_t *bytes;
    int64_t size;
};

/* How values of one type become cells, are compared and checked. Immutable once open. */
class CellType {
  public:
    /* kUnsupported for dictionaries, maps, fixed-size and large lists and types made of them. */
    Status open(const TypePtr &type, Error *error) noexcept;

    /* Type of the columns cells become: that of the values, but plain offsets for views. */
    const TypePtr &type() const noexcept { return type_; }
    /* Whether `compare` knows an order: bool, numbers, decimals, text, binary, dates and times. */
    bool is_ordered() const noexcept { return order_ != Order::kNone; }

    /* The cell of a row that is not null: in the column's memory or in `scratch`, which is
     * overwritten. May throw std::bad_alloc. */
    Cell cell_at(const Column &column, int64_t row, std::string *scratch) const;

    /* Less than, equal to or greater than 0; NaN is equal to itself and larger than every number.
     * Types without an order are compared as bytes. */
    int compare(Cell left, Cell right) const noexcept;

    /* Whether bytes from outside can be a cell: sizes are right, all the way down. */
    bool is_cell(Cell cell) const noexcept;

  private:
    enum class Order : uint8_t {
        kNone,
        kBytes,
        kInt8,
        kInt16,
        kInt32,
        kInt64,
        kUint8,
        kUint16,
        kUint32,
        kUint64,
        kFloat32,
        kFloat64,
        kDecimal,
    };

    void append(const Column &column, int64_t row, std::string *out) const;
    static Order order_of(const Type &type) noexcept;

    TypePtr type_;
    Order order_ = Order::kNone;
    std::vector<CellType> children_;
};

/* A column made cell by cell. Its methods may throw std::bad_alloc, but for finish. */
class CellColumn {
  public:
    explicit CellColumn(TypePtr type);

    int64_t length() const noexcept { return length_; }

    /* `cell` is one of the type, as CellType::is_cell has it. */
    void append(Cell cell);
    void append_null();

    /* A row of a list column: append `count` cells to items(), then end the list. */
    CellColumn *items() noexcept { return &children_[0]; }
    void end_list();

    Status finish(ColumnPtr *out_column, Error *error) noexcept;

  private:
    void end_row(bool is_valid);

    TypePtr type_;
    int64_t length_ = 0;
    int64_t null_count_ = 0;
    std::vector<uint8_t> data_; /* values, or text */
    std::vector<int64_t> ends_; /* of texts and lists */
    std::vector<uint8_t> is_valid_;
    std::vector<CellColumn> children_;
};

}  // namespace flk

#endif  // FLK_VALUE_CELL_H_
