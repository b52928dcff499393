/* window_run.h — drives a window kernel through batches with watermarks among their rows.
 *
 *   rows    0  1  2 │ 3  4  5 │      consume 0..2, advance to t1, results, mark t1,
 *                   t1        t2     consume 3..5, advance to t2, results, mark t2
 *
 * Stops when an output has enough rows, when time is over, or when the input is used up, and goes
 * on there. One owner, not thread safe; needs no GIL.
 */
#ifndef FLK_WINDOW_RUN_H_
#define FLK_WINDOW_RUN_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "flk/base.h"
#include "flk/window_kernel.h"
#include "flk/window_output.h"

namespace flk {

enum class RunState : int32_t {
    kDone = 0,
    kMore = 1,   /* the deadline has passed */
    kFull = 2,   /* an output has max_rows */
    kFailed = 3, /* see the status; results made before are in the outputs */
};

class WindowRun {
  public:
    WindowRun() = default;

    /* Make the kernel that the definitions' shapes ask for; once, before anything else.
     *
     * keys     outlives the run
     * returns  kUnsupported for an aggregate, kInvalid for a definition, kNoMemory
     */
    Status open(const std::vector<AggregateDefinition> &aggregates,
                const std::vector<WindowDefinition> &definitions, KeyMap *keys,
                Error *error) noexcept;

    WindowKernel *kernel() const noexcept { return kernel_.get(); }
    WindowOutput &output(std::size_t definition) noexcept { return outputs_[definition]; }

    /* Work on rows.first_row .. rows.end_row - 1 and on marks, whose stops count from row 0. All
     * arrays must live until `run` says kDone or kFailed. */
    void load_rows(const WindowRows &rows, const int64_t *mark_stops, const int64_t *mark_times,
                   int64_t mark_count) noexcept;

    /* Work on what a watermark makes due. */
    void load_watermark(int64_t watermark_ms) noexcept;

    /* deadline_ns  of coarse_monotonic_ns
     * out_status   why it is kFailed */
    RunState run(int64_t deadline_ns, int64_t max_rows, Status *out_status, Error *error) noexcept;

    /* Definition whose output knows the result that failed, or -1: something else failed. */
    int32_t failed_definition() const noexcept { return failed_definition_; }

  private:
    Status step(int64_t max_rows, Error *error, bool *out_is_done) noexcept;
    Status drain(int64_t max_rows, Error *error) noexcept;
    bool is_full(int64_t max_rows, int64_t *out_room) const noexcept;

    WindowKernelPtr kernel_;
    std::vector<WindowOutput> outputs_;
    WindowRows rows_{};
    int64_t end_row_ = 0;
    const int64_t *mark_stops_ = nullptr;
    const int64_t *mark_times_ = nullptr;
    int64_t mark_count_ = 0;
    int64_t mark_ = 0;
    int32_t failed_definition_ = -1;
    bool is_draining_ = false;
    bool is_marking_ = false; /* results of mark_ are being drained */
};

}  // namespace flk

#endif  // FLK_WINDOW_RUN_H_
