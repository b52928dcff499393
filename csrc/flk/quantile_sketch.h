/* quantile_sketch.h — quantiles of floats, the same whatever the order, batches and merges were.
 *
 *   up to 256 different values   value → count: exact
 *   more                         bucket → count: a bucket is all values with the same sign,
 *                                exponent and first 7 bits of the fraction
 *
 *        1.0        1.0078      1.0156          2.0            2.0156
 *         ├─── 1.0039 ──┼──────────┤ …           ├───── 2.0078 ──┤ …
 *
 * A bucket stands for its middle, at most 2^-8 (0.4 %) of the value away; 0 and the infinities are
 * exact, NaN is larger than every number. What a sketch holds depends on the multiset of its values
 * only, so merging is associative and commutative; that, and not KLL or t-digest, is why it gives
 * equal results at any batch size and for shared slices. Between two ranks values are interpolated
 * (SQL's PERCENTILE_CONT). At most 16 bytes for each bucket in use, 128 in each power of two.
 * Adding is a binary search. May throw std::bad_alloc. Not thread safe.
 */
#ifndef FLK_QUANTILE_SKETCH_H_
#define FLK_QUANTILE_SKETCH_H_

#include <cstdint>
#include <vector>

namespace flk {

class QuantileSketch {
  public:
    static constexpr int64_t kMostExact = 256;

    /* `key` is a value or bucket, so that keys compare as their values do. */
    struct Entry {
        uint64_t key;
        int64_t count;
    };

    int64_t count() const noexcept { return count_; }
    bool is_exact() const noexcept { return is_exact_; }
    const std::vector<Entry> &entries() const noexcept { return entries_; }

    void add(double value);
    void merge(const QuantileSketch &other);

    /* 0 <= quantile <= 1; count() > 0. */
    double value_at(double quantile) const noexcept;

    /* Add an entry of another sketch; false if it cannot be one. */
    bool add_entry(bool is_exact, Entry entry);

  private:
    void add_key(uint64_t key, int64_t count);
    void make_coarse();
    double value_of_rank(int64_t rank) const noexcept;

    std::vector<Entry> entries_;
    int64_t count_ = 0;
    bool is_exact_ = true;
};

}  // namespace flk

#endif  // FLK_QUANTILE_SKETCH_H_
