"""Date, time, timestamp and duration columns to Python objects; for Cython callers only.

Nanoseconds are rounded down to the microseconds that Python's types hold. Timestamps with a time
zone become aware datetimes in UTC, whatever the zone's name: the instant is what they store.
"""

from cpython.datetime cimport (
    date_new, datetime_new, get_utc, import_datetime, time_new, timedelta_new,
)
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int32_t, int64_t

from flinkette._native.c_civil cimport CivilDate, civil_from_days, floor_div
from flinkette._native.c_column cimport Column as NativeColumn, TypeId, TimeUnit, type_text

import_datetime()

cdef int64_t MICROS_PER_SECOND = 1_000_000
cdef int64_t SECONDS_PER_DAY = 86_400
cdef int64_t FIRST_DAY = -719_162  # 0001-01-01
cdef int64_t LAST_DAY = 2_932_896  # 9999-12-31


cdef inline void put(list values, Py_ssize_t row, object value) noexcept:
    Py_INCREF(value)
    PyList_SET_ITEM(values, row, value)


cdef int64_t units_per_second(TimeUnit unit) noexcept:
    if unit == TimeUnit.kSecond:
        return 1
    if unit == TimeUnit.kMilli:
        return 1_000
    return 1_000_000 if unit == TimeUnit.kMicro else 1_000_000_000


cdef inline int64_t micros_of(int64_t part, int64_t per_second) noexcept:
    """Microseconds of a part of a second counted in units of 1 / per_second."""
    if per_second > MICROS_PER_SECOND:
        return part // (per_second // MICROS_PER_SECOND)
    return part * (MICROS_PER_SECOND // per_second)


cdef int refuse_year(const NativeColumn *column, Py_ssize_t row, int64_t value) except -1:
    raise ValueError(
        f"row {row}: {value} in a column of {type_text(column.type.get()[0]).decode()} is outside "
        "the years 1 to 9999 that Python's datetime holds"
    )


cdef list box_timestamp(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef CivilDate date
    cdef int64_t seconds, days, part
    cdef int32_t of_day
    cdef const int64_t *values = column.values[int64_t]()
    cdef int64_t per_second = units_per_second(column.type.get().unit)
    cdef list boxed = PyList_New(column.length)
    zone = None if column.type.get().timezone.empty() else get_utc()
    for row in range(column.length):
        if not column.is_valid(row):
            put(boxed, row, None)
            continue
        seconds = floor_div(values[row], per_second)
        part = micros_of(values[row] - seconds * per_second, per_second)
        days = floor_div(seconds, SECONDS_PER_DAY)
        if days < FIRST_DAY or days > LAST_DAY:
            refuse_year(column, row, values[row])
        of_day = <int32_t> (seconds - days * SECONDS_PER_DAY)
        date = civil_from_days(days)
        put(boxed, row, datetime_new(
            <int> date.year, date.month, date.day,
            of_day // 3600, of_day // 60 % 60, of_day % 60, <int> part, zone,
        ))
    return boxed


cdef list box_date(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef CivilDate date
    cdef int64_t value
    cdef bint is_days = column.type.get().id == TypeId.kDate32
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        if not column.is_valid(row):
            put(boxed, row, None)
            continue
        if is_days:
            value = column.values[int32_t]()[row]
        else:
            value = floor_div(column.values[int64_t]()[row], SECONDS_PER_DAY * 1000)
        if value < FIRST_DAY or value > LAST_DAY:
            refuse_year(column, row, value)
        date = civil_from_days(value)
        put(boxed, row, date_new(<int> date.year, date.month, date.day))
    return boxed


cdef list box_time(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef int64_t value, part
    cdef int32_t seconds
    cdef bint is_narrow = column.type.get().id == TypeId.kTime32
    cdef int64_t per_second = units_per_second(column.type.get().unit)
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        if not column.is_valid(row):
            put(boxed, row, None)
            continue
        value = column.values[int32_t]()[row] if is_narrow else column.values[int64_t]()[row]
        if value < 0 or value >= SECONDS_PER_DAY * per_second:
            raise ValueError(
                f"row {row}: {value} in a column of "
                f"{type_text(column.type.get()[0]).decode()} is no time of day"
            )
        seconds = <int32_t> (value // per_second)
        part = micros_of(value % per_second, per_second)
        put(boxed, row, time_new(
            seconds // 3600, seconds // 60 % 60, seconds % 60, <int> part, None,
        ))
    return boxed


cdef list box_duration(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef int64_t seconds, days, part
    cdef const int64_t *values = column.values[int64_t]()
    cdef int64_t per_second = units_per_second(column.type.get().unit)
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        if not column.is_valid(row):
            put(boxed, row, None)
            continue
        seconds = floor_div(values[row], per_second)
        part = micros_of(values[row] - seconds * per_second, per_second)
        days = floor_div(seconds, SECONDS_PER_DAY)
        if not -999_999_999 <= days <= 999_999_999:
            raise ValueError(
                f"row {row}: a duration of {values[row]} seconds is more than Python's timedelta "
                "holds"
            )
        put(boxed, row, timedelta_new(
            <int> days, <int> (seconds - days * SECONDS_PER_DAY), <int> part,
        ))
    return boxed
