"""The timers of one subtask for Python. See timers.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.c_timer_heap cimport Timer


@cython.final
cdef class Timers:
    """Timers in time order, each at most once. One owner; not thread safe."""

    def add(self, int64_t time_ms, uint32_t key_id, uint64_t namespace_id=0, uint32_t generation=0):
        return add_timer(self._heap, timer_of(time_ms, key_id, namespace_id, generation)) == 1

    def remove(self, int64_t time_ms, uint32_t key_id, uint64_t namespace_id=0):
        return self._heap.remove(timer_of(time_ms, key_id, namespace_id, 0))

    def next_time_ms(self):
        return None if self._heap.empty() else self._heap.top().time_ms

    def pop(self):
        if self._heap.empty():
            raise IndexError("there is no timer to pop")
        cdef Timer timer = self._heap.top()
        self._heap.pop()
        return (timer.time_ms, timer.key_id, timer.namespace_id, timer.generation)

    def __len__(self):
        return self._heap.size()


cdef Timer timer_of(
    int64_t time_ms, uint32_t key_id, uint64_t namespace_id, uint32_t generation
) noexcept:
    cdef Timer timer
    timer.time_ms = time_ms
    timer.namespace_id = namespace_id
    timer.key_id = key_id
    timer.generation = generation
    return timer
