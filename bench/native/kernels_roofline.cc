#include <algorithm>
#include <memory>

#include "flk/roofline.h"
#include "kernels.h"
#include "loops.h"

namespace bench {
namespace {

constexpr int64_t kColumnRows = 65536; /* 512 KiB: a column in L2 */
constexpr uint32_t kParts = 128;
constexpr int64_t kTableRows = 1 << 20;

std::vector<uint32_t> owner_values(int64_t rows) {
    std::vector<uint32_t> made;
    for (int64_t key : key_values(rows, 1000003)) {
        made.push_back(static_cast<uint32_t>(key) % kParts);
    }
    return made;
}

std::function<void()> make_copy() {
    auto values = std::make_shared<std::vector<int64_t>>(key_values(kColumnRows, 1000));
    auto copied = std::make_shared<std::vector<int64_t>>(kColumnRows);
    return [values, copied] { flk::copy_values(values->data(), kColumnRows, copied->data()); };
}

std::function<void()> make_scatter_pairs() {
    auto keys = std::make_shared<std::vector<int64_t>>(key_values(kBatchRows, 1000003));
    auto owners = std::make_shared<std::vector<uint32_t>>(owner_values(kBatchRows));
    auto starts = std::make_shared<std::vector<int64_t>>(kParts + 1);
    /* Not a multiple of 4 KiB apart: stores that look alike in 12 bits wait for one another. */
    constexpr int64_t kSecond = kBatchRows + 264;
    auto moved = std::make_shared<std::vector<int64_t>>(kSecond + kBatchRows);
    return [keys, owners, starts, moved] {
        roof_scatter_pairs(owners->data(), kBatchRows, kParts, keys->data(), keys->data(),
                           starts->data(), moved->data(), moved->data() + kSecond);
    };
}

std::function<void()> make_scatter_texts() {
    auto bytes = std::make_shared<std::vector<uint8_t>>(kBatchRows * 7 + 8, uint8_t{'w'});
    auto owners = std::make_shared<std::vector<uint32_t>>(owner_values(kBatchRows));
    auto starts = std::make_shared<std::vector<int64_t>>(kParts + 1);
    auto offsets = std::make_shared<std::vector<int32_t>>(kBatchRows + 1);
    auto moved = std::make_shared<std::vector<uint8_t>>(kBatchRows * 8 + 8);
    return [bytes, owners, starts, offsets, moved] {
        roof_scatter_texts(owners->data(), kBatchRows, kParts, bytes->data(), 7, starts->data(),
                           offsets->data(), moved->data());
    };
}

std::function<void()> make_table(int64_t keys) {
    auto numbers = std::make_shared<std::vector<int64_t>>(key_values(kTableRows, keys));
    auto values = std::make_shared<std::vector<int64_t>>(kTableRows, 1);
    auto table = std::make_shared<flk::TableLoop>();
    require_ok(table->open(keys), "opening the roofline table");
    table->add(numbers->data(), values->data(), kTableRows);
    int64_t sum = 0;
    for (int64_t key = 0; key < keys; ++key) {
        sum += table->sum(key);
    }
    if (sum != kTableRows) {
        fail("the roofline table lost rows");
    }
    return [numbers, values, table] {
        for (int64_t start = 0; start < kTableRows; start += kBatchRows) {
            table->add(numbers->data() + start, values->data() + start, kBatchRows);
        }
    };
}

}  // namespace

void add_roofline_kernels(std::vector<Kernel> *out_kernels) {
    out_kernels->push_back({"roof_copy_int64", kColumnRows, make_copy});
    out_kernels->push_back({"roof_scatter_pairs_128", kBatchRows, make_scatter_pairs});
    out_kernels->push_back({"roof_scatter_texts_128", kBatchRows, make_scatter_texts});
    out_kernels->push_back({"roof_table_sum_1k", kTableRows, [] { return make_table(1000); }});
    out_kernels->push_back({"roof_table_sum_1m", kTableRows, [] { return make_table(1000000); }});
}

}  // namespace bench
