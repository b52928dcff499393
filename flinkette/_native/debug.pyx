"""What lives in the native core, for leak tests. See debug.pyi."""

from flinkette._native.c_live_count cimport LiveKind, live_count


def live():
    return {
        "key_map": live_count(LiveKind.kKeyMap),
        "timer_heap": live_count(LiveKind.kTimerHeap),
        "key_writer": live_count(LiveKind.kKeyWriter),
        "running": live_count(LiveKind.kRunning),
        "doorbell": live_count(LiveKind.kDoorbell),
        "window_kernel": live_count(LiveKind.kWindowKernel),
        "aggregate": live_count(LiveKind.kAggregate),
        "shared_memory": live_count(LiveKind.kSharedMemory),
        "interval_join": live_count(LiveKind.kIntervalJoin),
    }
