/* The kernels without Python: `list`, `count NAME` for callgrind, or `serve` for timing in turns.
 *
 *   count NAME   one call of the kernel inside flk_bench_measured, after one to warm up
 *   serve        each line of input `NAME CALLS` is answered by CPU and wall nanoseconds of a call
 */
#include <ctime>
#include <iostream>
#include <map>
#include <sstream>

#include "kernels.h"

namespace bench {

std::vector<int64_t> key_values(int64_t rows, int64_t keys) {
    std::vector<int64_t> made(static_cast<std::size_t>(rows));
    for (int64_t row = 0; row < rows; ++row) {
        made[static_cast<std::size_t>(row)] = row * 2654435761 % keys;
    }
    return made;
}

void fail(const std::string &text) {
    std::cerr << text << std::endl;
    std::exit(1);
}

}  // namespace bench

/* What callgrind counts: --toggle-collect=flk_bench_measured. */
extern "C" __attribute__((noinline)) void flk_bench_measured(const std::function<void()> &call) {
    call();
}

namespace {

int64_t now_ns(clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

const bench::Kernel &find(const std::vector<bench::Kernel> &kernels, const std::string &name) {
    for (const bench::Kernel &kernel : kernels) {
        if (kernel.name == name) {
            return kernel;
        }
    }
    bench::fail("no kernel " + name);
}

void serve(const std::vector<bench::Kernel> &kernels) {
    std::map<std::string, std::function<void()>> made;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string name;
        int64_t calls = 1;
        words >> name >> calls;
        if (made.find(name) == made.end()) {
            made[name] = find(kernels, name).make();
            made[name]();
        }
        const std::function<void()> &call = made[name];
        const int64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
        const int64_t wall = now_ns(CLOCK_MONOTONIC);
        for (int64_t turn = 0; turn < calls; ++turn) {
            call();
        }
        const auto per_call = static_cast<double>(calls);
        std::cout << static_cast<double>(now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / per_call << ' '
                  << static_cast<double>(now_ns(CLOCK_MONOTONIC) - wall) / per_call << std::endl;
    }
}

}  // namespace

int main(int argument_count, char **arguments) {
    std::vector<bench::Kernel> kernels;
    bench::add_roofline_kernels(&kernels);
    bench::add_key_kernels(&kernels);
    bench::add_window_kernels(&kernels);
    bench::add_ring_kernels(&kernels);
    const std::string action = argument_count > 1 ? arguments[1] : "";
    if (action == "list") {
        for (const bench::Kernel &kernel : kernels) {
            std::cout << kernel.name << ' ' << kernel.rows << '\n';
        }
    } else if (action == "count" && argument_count == 3) {
        const std::function<void()> call = find(kernels, arguments[2]).make();
        call();
        flk_bench_measured(call);
    } else if (action == "serve") {
        serve(kernels);
    } else {
        bench::fail("usage: flk_bench list | count NAME | serve");
    }
    return 0;
}
