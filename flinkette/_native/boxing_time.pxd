from flinkette._native.c_column cimport Column as NativeColumn


cdef list box_timestamp(const NativeColumn *column)
cdef list box_date(const NativeColumn *column)
cdef list box_time(const NativeColumn *column)
cdef list box_duration(const NativeColumn *column)
