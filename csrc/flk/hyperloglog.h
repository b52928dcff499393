/* hyperloglog.h — about how many different hashes were seen, in at most 2^precision bytes.
 *
 *   hash   ┌ precision bits: register ┬ leading zeros of the rest + 1: rank ┐
 *
 *   few registers set    sorted words of (register, rank)
 *   more                 one byte for each register: the largest rank
 *
 * The estimate is Ertl's (2017): no tables, no bias at small counts. Its relative standard error is
 * 1.04 / sqrt(2^precision): 6.5 % at 8, 1.6 % at 12, 0.8 % at 14. It depends on the set of hashes
 * only: not on order, batches, merges or how registers are held. `add` and `merge` may throw
 * std::bad_alloc. Not thread safe.
 */
#ifndef FLK_HYPERLOGLOG_H_
#define FLK_HYPERLOGLOG_H_

#include <cstdint>
#include <vector>

namespace flk {

class HyperLogLog {
  public:
    static constexpr int32_t kMinPrecision = 4;
    static constexpr int32_t kMaxPrecision = 18;

    explicit HyperLogLog(int32_t precision = kMinPrecision) noexcept : precision_(precision) {}

    int32_t precision() const noexcept { return precision_; }

    void add(uint64_t hash);
    /* `other` has the same precision. */
    void merge(const HyperLogLog &other);
    int64_t estimate() const noexcept;

    /* The registers that are set, as words of register * 64 + rank, ascending. */
    std::vector<uint32_t> words() const;
    /* Set one; false if it is no word of this precision. */
    bool add_word(uint32_t word);

  private:
    void raise(uint32_t index, uint32_t rank);
    void make_dense();

    int32_t precision_;
    std::vector<uint32_t> sparse_;
    std::vector<uint8_t> dense_; /* empty: sparse */
};

}  // namespace flk

#endif  // FLK_HYPERLOGLOG_H_
