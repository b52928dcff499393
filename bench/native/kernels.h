/* kernels.h — what can be measured: kernels of ours and rooflines, each by its name. */
#ifndef BENCH_KERNELS_H_
#define BENCH_KERNELS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "flk/base.h"
#include "flk/column.h"

namespace bench {

/* `make` prepares the data and gives the call that is measured; a call can be repeated. It works on
 * `rows` rows. */
struct Kernel {
    std::string name;
    int64_t rows;
    std::function<std::function<void()>()> make;
};

inline constexpr int64_t kBatchRows = 8192;

/* key of a row: row * 2654435761 mod `keys`. */
std::vector<int64_t> key_values(int64_t rows, int64_t keys);

/* End the program with the text: a benchmark that went wrong has no figures. */
[[noreturn]] void fail(const std::string &text);

inline void require_ok(flk::Status status, const char *what) {
    if (status != flk::Status::kOk) {
        fail(std::string(what) + " failed");
    }
}

/* A column of 64-bit ints. */
flk::ColumnPtr int_column(const std::vector<int64_t> &values);

void add_key_kernels(std::vector<Kernel> *out_kernels);
void add_window_kernels(std::vector<Kernel> *out_kernels);
void add_ring_kernels(std::vector<Kernel> *out_kernels);
void add_roofline_kernels(std::vector<Kernel> *out_kernels);

}  // namespace bench

#endif  // BENCH_KERNELS_H_
