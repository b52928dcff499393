from libc.stdint cimport int64_t
from libcpp.vector cimport vector

from flinkette._native.c_accumulator cimport AggregateDefinition
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_key_map cimport NativeKeyMap
from flinkette._native.c_window_kernel cimport WindowDefinition, WindowKernel, WindowRows
from flinkette._native.c_window_output cimport WindowOutput


cdef extern from "flk/window_run.h" namespace "flk" nogil:
    cdef enum class RunState(int):
        kDone
        kMore
        kFull
        kFailed

    cdef cppclass WindowRun:
        WindowRun()
        Status open(
            const vector[AggregateDefinition] &aggregates,
            const vector[WindowDefinition] &definitions, NativeKeyMap *keys,
            Error *error) noexcept
        WindowKernel *kernel() noexcept
        WindowOutput &output(size_t definition) noexcept
        void load_rows(
            const WindowRows &rows, const int64_t *mark_stops, const int64_t *mark_times,
            int64_t mark_count) noexcept
        void load_watermark(int64_t watermark_ms) noexcept
        int failed_definition() noexcept
        RunState run(
            int64_t deadline_ns, int64_t max_rows, Status *out_status, Error *error) noexcept
