"""Both ends of a ring for Python. See ring.pyi."""

import cython
from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_FillInfo
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_spsc_ring cimport FrameView, ring_format, ring_memory_bytes
from flinkette._native.shared_memory cimport SharedMemory
from flinkette._native.status cimport check

cdef extern from "<sched.h>" nogil:
    int sched_yield() noexcept

cdef extern from "flk/platform.h" namespace "flk" nogil:
    int64_t monotonic_ns() noexcept

cdef tuple SIDES = ("absent", "open", "closed", "dead")


def create_ring(int64_t capacity_bytes, *, uint32_t attempt=0, int64_t channel=0):
    cdef Error error
    cdef SharedMemory memory
    if not 0 < capacity_bytes <= 1 << 30:
        raise ValueError(f"a ring of {capacity_bytes} bytes")
    memory = SharedMemory.create(ring_memory_bytes(capacity_bytes))
    check(
        ring_format(
            memory.native.bytes(), memory.native.size_bytes(), capacity_bytes, attempt, channel,
            &error,
        ),
        &error,
    )
    return memory


@cython.final
cdef class RingWriter:
    """The producer's end of a ring; while a frame is open, a writable buffer of it.

    One thread at a time.
    """

    def __cinit__(self, SharedMemory memory not None):
        cdef Error error
        memory.check_open()
        check(
            self.native.attach(memory.native.bytes(), memory.native.size_bytes(), &error), &error
        )
        memory._exports += 1
        self._memory = memory

    def __dealloc__(self):
        if self._memory is not None:
            self._memory._exports -= 1

    @property
    def channel(self):
        return self.native.channel()

    @property
    def max_payload_bytes(self):
        return self.native.max_payload_bytes()

    @property
    def consumer(self):
        return SIDES[<int> self.native.consumer_side()]

    @property
    def consumer_process(self):
        return self.native.consumer_process()

    @property
    def is_consumer_idle(self):
        return self.native.is_consumer_idle()

    @property
    def capacity_bytes(self):
        return self.native.capacity_bytes()

    @property
    def returned_bytes(self):
        return self.native.returned_bytes()

    @property
    def sequence(self):
        return self.native.sequence()

    def limit(self, int64_t window_bytes):
        if window_bytes <= 0:
            raise ValueError(f"a window of {window_bytes} bytes")
        self.native.limit(window_bytes)

    def reserve(self, int64_t payload_bytes):
        cdef Error error
        cdef Status status
        if payload_bytes < 0:
            raise ValueError(f"a frame of {payload_bytes} bytes")
        if self.native.has_open_frame():
            raise ValueError("a frame is open; publish or cancel it")
        status = self.native.reserve(payload_bytes, &self._payload, &error)
        if status == Status.kFull:
            return None
        check(status, &error)
        self._room = payload_bytes
        return memoryview(self)

    def extend(self, int64_t payload_bytes):
        cdef Error error
        cdef Status status
        if not self.native.has_open_frame():
            raise ValueError("no frame is open")
        self.check_no_views()
        status = self.native.extend(payload_bytes, &error)
        if status == Status.kFull:
            return None
        check(status, &error)
        self._room = max(self._room, payload_bytes)
        return memoryview(self)

    def publish(self, uint8_t kind, int64_t argument=0, payload_bytes=None, *, checksum=False):
        cdef int64_t used = self._room if payload_bytes is None else payload_bytes
        if not self.native.has_open_frame():
            raise ValueError("no frame is open")
        if not 0 <= used <= self._room:
            raise ValueError(f"{used} bytes of a frame with room for {self._room}")
        if not (3 <= kind <= 5 or kind == 2 or kind >= 16):
            raise ValueError(f"frames have no kind {kind}")
        self.check_no_views()
        return self.native.publish(kind, argument, used, checksum)

    def cancel(self):
        self.check_no_views()
        self.native.cancel()

    cdef int check_no_views(self) except -1:
        if self._exports > 0:
            raise BufferError(f"{self._exports} views of the open frame are alive; release them")
        return 0

    def wait_for_room(self, int64_t payload_bytes, double timeout_s):
        cdef Status status = Status.kFull
        cdef uint8_t *payload = NULL
        cdef int64_t deadline_ns = monotonic_ns() + <int64_t> (timeout_s * 1e9)
        if self.native.has_open_frame() or payload_bytes < 0:
            raise ValueError("a frame is open, or the payload is negative")
        with nogil:
            while True:
                status = self.native.reserve(payload_bytes, &payload, NULL)
                if status != Status.kFull or monotonic_ns() >= deadline_ns:
                    break
                sched_yield()
            self.native.cancel()
        return status != Status.kFull

    def announce_barrier(self, uint64_t barrier):
        self.native.announce_barrier(barrier)

    def fall_asleep(self, int64_t payload_bytes):
        return self.native.fall_asleep(payload_bytes)

    def wake_up(self):
        self.native.wake_up()

    def declare_consumer_dead(self):
        self.native.declare_consumer_dead()

    def close(self):
        self.check_no_views()
        return self.native.close()

    def __getbuffer__(self, Py_buffer *view, int flags):
        if not self.native.has_open_frame():
            raise BufferError("no frame is open")
        PyBuffer_FillInfo(view, self, self._payload, self._room, 0, flags)
        self._exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self._exports -= 1


@cython.final
cdef class RingReader:
    """The consumer's end of a ring. One thread at a time."""

    def __cinit__(self, SharedMemory memory not None):
        cdef Error error
        memory.check_open()
        check(
            self.native.attach(memory.native.bytes(), memory.native.size_bytes(), &error), &error
        )
        memory._exports += 1
        self._memory = memory

    def __dealloc__(self):
        if self._memory is not None:
            self._memory._exports -= 1

    @property
    def channel(self):
        return self.native.channel()

    @property
    def producer(self):
        return SIDES[<int> self.native.producer_side()]

    @property
    def producer_process(self):
        return self.native.producer_process()

    @property
    def is_drained(self):
        return self.native.is_drained()

    @property
    def held_bytes(self):
        return self.native.held_bytes()

    @property
    def dropped_frames(self):
        return self.native.dropped_frames()

    @property
    def announced_barrier(self):
        return self.native.announced_barrier()

    def peek(self):
        cdef Error error
        cdef FrameView view
        cdef Status status = self.native.peek(&view, &error)
        if status == Status.kEmpty:
            return None
        check(status, &error)
        return new_frame(self, view)

    def take(self):
        frame = self.peek()
        if frame is not None:
            self.native.advance()
        return frame

    def release(self):
        if self._exports > 0:
            raise BufferError(
                f"{self._exports} views of frames are alive; copy what outlives the step"
            )
        self._generation += 1
        return self.native.release()

    def wait(self, double timeout_s):
        cdef FrameView view
        cdef Status status = Status.kEmpty
        cdef int64_t deadline_ns = monotonic_ns() + <int64_t> (timeout_s * 1e9)
        with nogil:
            while True:
                status = self.native.peek(&view, NULL)
                if status != Status.kEmpty or monotonic_ns() >= deadline_ns:
                    break
                if self.native.is_drained():
                    break
                sched_yield()
        return status != Status.kEmpty

    def fall_asleep(self):
        return self.native.fall_asleep()

    def wake_up(self):
        self.native.wake_up()

    def declare_producer_dead(self):
        self.native.declare_producer_dead()

    def close(self):
        return self.native.close()


cdef Frame new_frame(RingReader reader, const FrameView &view):
    cdef Frame frame = Frame.__new__(Frame)
    frame.view = view
    frame._reader = reader
    frame._length = view.payload_bytes
    frame._generation = reader._generation
    return frame


@cython.final
cdef class Frame:
    """A frame in the ring, a read-only buffer of its payload until the reader's release."""

    def __init__(self):
        raise TypeError("frames come from RingReader.peek and take")

    @property
    def kind(self):
        return self.view.header.kind

    @property
    def attempt(self):
        return self.view.header.attempt

    @property
    def sequence(self):
        return self.view.header.sequence

    @property
    def argument(self):
        return self.view.header.argument

    def retain(self):
        self.check_held()
        return (<const char *> self.view.payload)[:self._length]

    cdef int check_held(self) except -1:
        if self._generation != self._reader._generation:
            raise ValueError("the frame was released; copy what outlives the step with retain()")
        return 0

    def __len__(self):
        return self._length

    def __getbuffer__(self, Py_buffer *view, int flags):
        self.check_held()
        if flags & PyBUF_WRITABLE:
            raise BufferError("a frame is read-only")
        PyBuffer_FillInfo(view, self, <void *> self.view.payload, self._length, 1, flags)
        self._reader._exports += 1

    def __releasebuffer__(self, Py_buffer *view):
        self._reader._exports -= 1
