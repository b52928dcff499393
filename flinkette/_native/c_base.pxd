cdef extern from "flk/base.h" namespace "flk" nogil:
    cdef enum class Status(int):
        kOk
        kFull
        kEmpty
        kInvalid
        kUnsupported
        kNoMemory
        kOutOfRange
        kOverflow

    cdef cppclass Error:
        char[512] message
