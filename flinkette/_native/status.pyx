"""The one translation from a kernel's status to a Python exception; for Cython callers only."""

from flinkette._native.c_base cimport Error, Status


cdef int check(Status status, const Error *error) except -1:
    """Raise what a failed status stands for; success and flow control pass through."""
    if <int> status > <int> Status.kInvalid:
        return 0
    text = ""
    if error is not NULL:
        text = (<const char *> error.message).decode("utf-8", "replace")
    if status == Status.kInvalid:
        raise ValueError(text or "malformed input to a native kernel")
    if status == Status.kUnsupported:
        raise TypeError(text or "a native kernel does not handle this type")
    if status == Status.kNoMemory:
        raise MemoryError(text)
    if status == Status.kOutOfRange:
        raise IndexError(text or "a row number is out of range")
    if status == Status.kOverflow:
        raise OverflowError(text or "a result does not fit its type")
    raise RuntimeError(text or f"native status {<int> status}")
