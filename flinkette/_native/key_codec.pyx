"""Canonical bytes of keys that are Python objects. See key_codec.pyi and docs/spec/keys.md."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.datetime cimport (
    PyDate_CheckExact,
    PyDateTime_CheckExact,
    PyDateTime_DATE_GET_HOUR,
    PyDateTime_DATE_GET_MICROSECOND,
    PyDateTime_DATE_GET_MINUTE,
    PyDateTime_DATE_GET_SECOND,
    PyDateTime_DELTA_GET_DAYS,
    PyDateTime_DELTA_GET_MICROSECONDS,
    PyDateTime_DELTA_GET_SECONDS,
    PyDateTime_GET_DAY,
    PyDateTime_GET_MONTH,
    PyDateTime_GET_YEAR,
    PyDateTime_TIME_GET_HOUR,
    PyDateTime_TIME_GET_MICROSECOND,
    PyDateTime_TIME_GET_MINUTE,
    PyDateTime_TIME_GET_SECOND,
    PyDelta_CheckExact,
    PyTime_CheckExact,
    import_datetime,
)
from cpython.long cimport PyLong_AsLongLongAndOverflow
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from flinkette._native.c_civil cimport days_from_civil
from flinkette._native.c_hash cimport int64_of_hash, load_le64
from flinkette._native.c_key_encoding cimport (
    KeyTag,
    KeyView,
    KeyWriter,
    hash_encoding,
    view_of_encoding,
    view_of_int,
    view_of_payload,
)
from flinkette._native.row cimport Row
from flinkette._native.status cimport check

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char *text, Py_ssize_t size, const char *errors)
    const char *PyUnicode_AsUTF8AndSize(object value, Py_ssize_t *size) except NULL

import_datetime()

# Part of the format: another protocol gives other bytes for the same object.
cdef int PICKLE_PROTOCOL = 5
cdef int64_t LENGTH_LIMIT = 0xffffffff
# Deeper keys are refused whatever the stack of the caller; so is a key that contains itself.
cdef int DEPTH_LIMIT = 100

cdef object error_class = TypeError
cdef object decimal_class = None
cdef object pickle_dumps = None
cdef set warned_types = set()


def register_error_class(cls):
    global error_class
    error_class = cls


def encode_key(key):
    cdef KeyWriter out
    encode(out, key)
    return PyBytes_FromStringAndSize(<const char *> out.data(), <Py_ssize_t> out.size())


def hash_encoded_key(bytes encoding not None):
    if not encoding:
        raise ValueError("an encoding of a key has at least one byte")
    if encoding[0] == KeyTag.kKeyInt and len(encoding) != 9:
        raise ValueError(f"the encoding of an int has 9 bytes, not {len(encoding)}")
    if encoding[0] in (KeyTag.kKeyStr, KeyTag.kKeyBytes) and len(encoding) < 5:
        raise ValueError(f"the encoding of a str or bytes has 5 or more bytes, not {len(encoding)}")
    return <int64_t> hash_encoding(
        <const uint8_t *> PyBytes_AS_STRING(encoding), PyBytes_GET_SIZE(encoding))


cdef int fill_views(
    list keys, Py_ssize_t start, Py_ssize_t count, const int64_t *hashes, KeyWriter &scratch,
    KeyView *out_views
) except -1:
    cdef Py_ssize_t row, size = 0
    cdef int overflow = 0
    cdef long long number
    cdef const char *text
    cdef bint has_scratch = False
    cdef uint8_t tag
    # Where the encodings in scratch begin, by row; -1 for keys that are not there.
    cdef int64_t begins[CHUNK_KEYS]
    cdef int64_t ends[CHUNK_KEYS]
    scratch.truncate(0)
    for row in range(count):
        key = keys[start + row]
        begins[row] = -1
        if type(key) is int:
            number = PyLong_AsLongLongAndOverflow(key, &overflow)
            if overflow == 0:
                if hashes is NULL:
                    out_views[row] = view_of_int(number)
                else:
                    out_views[row].hash = <uint64_t> hashes[start + row]
                    out_views[row].tag = KeyTag.kKeyInt
                    out_views[row].body_bytes = 0
                continue
        elif type(key) is str or type(key) is bytes:
            if type(key) is str:
                tag = KeyTag.kKeyStr
                text = utf8_of(key, &size)
            else:
                tag = KeyTag.kKeyBytes
                text = PyBytes_AS_STRING(key)
                size = PyBytes_GET_SIZE(key)
            if text is not NULL and size <= LENGTH_LIMIT:
                if hashes is NULL:
                    out_views[row] = view_of_payload(tag, <const uint8_t *> text, <uint32_t> size)
                else:
                    out_views[row].hash = <uint64_t> hashes[start + row]
                    out_views[row].body = <const uint8_t *> text
                    out_views[row].body_bytes = <uint32_t> size
                    out_views[row].tag = tag
                continue
        begins[row] = scratch.size()
        encode(scratch, key)
        ends[row] = scratch.size()
        has_scratch = True
    if has_scratch:
        for row in range(count):
            if begins[row] >= 0:
                out_views[row] = view_of_encoding(
                    scratch.data() + begins[row], ends[row] - begins[row])
    return 0


cdef object key_of_view(KeyView key):
    cdef const char *body = <const char *> key.body
    cdef uint64_t bits
    cdef double number = 0
    if key.tag == KeyTag.kKeyInt:
        return int64_of_hash(key.hash)
    if key.tag == KeyTag.kKeyStr:
        return PyUnicode_DecodeUTF8(body, key.body_bytes, "surrogatepass")
    if key.tag == KeyTag.kKeyNull:
        return None
    if key.tag == KeyTag.kKeyBool:
        return body[0] != 0
    if key.tag == KeyTag.kKeyFloat:
        bits = load_le64(key.body)
        memcpy(&number, &bits, sizeof(number))
        return number
    if key.tag == KeyTag.kKeyBytes:
        return PyBytes_FromStringAndSize(body, key.body_bytes)
    if key.tag == KeyTag.kKeyBigInt:
        return int.from_bytes(body[4:key.body_bytes], "little", signed=True)
    raise AssertionError(f"a key of tag {key.tag} is kept as an object")


cdef const char *utf8_of(str key, Py_ssize_t *out_size) except? NULL:
    """The text's own UTF-8, cached by Python, or NULL if it has surrogates."""
    try:
        return PyUnicode_AsUTF8AndSize(key, out_size)
    except UnicodeEncodeError:
        return NULL


cdef int encode(KeyWriter &out, object key) except -1:
    cdef int64_t begin = out.size()
    put_key(out, key, 0)
    if out.size() - begin > LENGTH_LIMIT:
        out.truncate(begin)
        raise too_long(key)
    return 0


cdef int put_key(KeyWriter &out, object key, int depth) except -1:
    cdef int overflow = 0
    cdef long long number
    cdef Py_ssize_t size = 0
    cdef const char *text
    kind = type(key)
    if kind is int:
        number = PyLong_AsLongLongAndOverflow(key, &overflow)
        if overflow == 0:
            check(out.put_int(number), NULL)
        else:
            put_big_int(out, key)
    elif kind is str:
        text = utf8_of(key, &size)
        if text is not NULL:
            put_payload(out, KeyTag.kKeyStr, text, size, key)
        else:
            put_object(out, KeyTag.kKeyStr, key.encode("utf-8", "surrogatepass"), key)
    elif key is None:
        check(out.put_tag(KeyTag.kKeyNull), NULL)
    elif kind is bool:
        check(out.put_fixed(KeyTag.kKeyBool, key is True, 1), NULL)
    elif kind is float:
        check(out.put_float(key), NULL)
    elif kind is bytes:
        put_object(out, KeyTag.kKeyBytes, key, key)
    elif kind is tuple or kind is list:
        put_members(out, KeyTag.kKeyTuple if kind is tuple else KeyTag.kKeyList, key, depth + 1)
    elif kind is Row:
        put_row(out, key, depth + 1)
    else:
        put_other(out, key, kind)
    return 0


cdef int put_payload(
    KeyWriter &out, uint8_t tag, const char *payload, Py_ssize_t size, object key
) except -1:
    if size > LENGTH_LIMIT:
        raise too_long(key)
    return check(out.put_sized(tag, <const uint8_t *> payload, size), NULL)


cdef int put_object(KeyWriter &out, uint8_t tag, bytes payload, object key) except -1:
    return put_payload(out, tag, PyBytes_AS_STRING(payload), PyBytes_GET_SIZE(payload), key)


cdef int put_big_int(KeyWriter &out, object key) except -1:
    # One bit more than the number's own for the sign, in whole bytes.
    size = ((key if key >= 0 else ~key).bit_length() + 8) // 8
    return put_object(out, KeyTag.kKeyBigInt, key.to_bytes(size, "little", signed=True), key)


cdef int put_members(KeyWriter &out, uint8_t tag, object members, int depth) except -1:
    cdef Py_ssize_t count = len(members)
    if depth > DEPTH_LIMIT:
        raise error_class(
            f"a key is nested more than {DEPTH_LIMIT} deep, or contains itself; return a flat key "
            "from the key selector"
        )
    if count > LENGTH_LIMIT:
        raise too_long(members)
    check(out.put_fixed(tag, <uint64_t> count, 4), NULL)
    for member in members:
        put_key(out, member, depth)
    return 0


cdef int put_row(KeyWriter &out, Row row, int depth) except -1:
    check(out.put_fixed(KeyTag.kKeyRow, <uint64_t> row._kind, 1), NULL)
    if row._names is None:
        check(out.put_tag(KeyTag.kKeyNull), NULL)
    else:
        put_members(out, KeyTag.kKeyTuple, row._names, depth)
    return put_members(out, KeyTag.kKeyTuple, row._data, depth)


cdef int put_other(KeyWriter &out, object key, object kind) except -1:
    global decimal_class
    if PyDateTime_CheckExact(key):
        return put_datetime(out, key)
    if PyDate_CheckExact(key):
        return check(out.put_fixed(KeyTag.kKeyDate, <uint64_t> days_of(key), 4), NULL)
    if PyTime_CheckExact(key):
        return put_time(out, key)
    if PyDelta_CheckExact(key):
        check(out.put_fixed(
            KeyTag.kKeyTimeDelta, <uint64_t> <int64_t> PyDateTime_DELTA_GET_DAYS(key), 4), NULL)
        check(out.put_word(<uint64_t> PyDateTime_DELTA_GET_SECONDS(key), 4), NULL)
        return check(out.put_word(<uint64_t> PyDateTime_DELTA_GET_MICROSECONDS(key), 4), NULL)
    if decimal_class is None:
        from decimal import Decimal
        decimal_class = Decimal
    if kind is decimal_class:
        # The scientific notation is one to one; only the case of its E depends on the context.
        return put_object(out, KeyTag.kKeyDecimal, str(key).upper().encode("ascii"), key)
    return put_pickle(out, key, kind)


cdef inline int64_t days_of(object key) noexcept:
    return days_from_civil(
        PyDateTime_GET_YEAR(key), PyDateTime_GET_MONTH(key), PyDateTime_GET_DAY(key))


cdef int put_datetime(KeyWriter &out, object key) except -1:
    cdef int64_t seconds = (
        days_of(key) * 86400
        + PyDateTime_DATE_GET_HOUR(key) * 3600
        + PyDateTime_DATE_GET_MINUTE(key) * 60
        + PyDateTime_DATE_GET_SECOND(key)
    )
    cdef int64_t local_us = seconds * 1000000 + PyDateTime_DATE_GET_MICROSECOND(key)
    offset = None if key.tzinfo is None else offset_of(key)
    if offset is None:
        return check(out.put_fixed(KeyTag.kKeyDateTime, <uint64_t> local_us, 8), NULL)
    check(out.put_fixed(KeyTag.kKeyDateTimeOffset, <uint64_t> local_us, 8), NULL)
    return check(out.put_word(<uint64_t> us_of(offset), 8), NULL)


cdef int put_time(KeyWriter &out, object key) except -1:
    cdef int64_t seconds = (
        PyDateTime_TIME_GET_HOUR(key) * 3600
        + PyDateTime_TIME_GET_MINUTE(key) * 60
        + PyDateTime_TIME_GET_SECOND(key)
    )
    cdef int64_t local_us = seconds * 1000000 + PyDateTime_TIME_GET_MICROSECOND(key)
    offset = None if key.tzinfo is None else offset_of(key)
    if offset is None:
        return check(out.put_fixed(KeyTag.kKeyTime, <uint64_t> local_us, 8), NULL)
    check(out.put_fixed(KeyTag.kKeyTimeOffset, <uint64_t> local_us, 8), NULL)
    return check(out.put_word(<uint64_t> us_of(offset), 8), NULL)


cdef object offset_of(object key):
    try:
        return key.utcoffset()
    except Exception as error:
        raise error_class(
            f"the key {key!r} cannot be encoded: its time zone raises {error!r} when it is asked "
            "for the offset"
        ) from error


cdef int64_t us_of(object offset) except? -1:
    # An offset is shorter than a day: no overflow.
    return (
        (<int64_t> PyDateTime_DELTA_GET_DAYS(offset) * 86400
         + PyDateTime_DELTA_GET_SECONDS(offset)) * 1000000
        + PyDateTime_DELTA_GET_MICROSECONDS(offset)
    )


cdef int put_pickle(KeyWriter &out, object key, object kind) except -1:
    global pickle_dumps
    if pickle_dumps is None:
        import pickle
        pickle_dumps = pickle.dumps
    name = name_of(kind)
    try:
        payload = pickle_dumps(key, PICKLE_PROTOCOL)
    except Exception as error:
        raise error_class(
            f"a key of type {name} cannot be encoded, because it cannot be pickled: {error}; "
            "return an int, str, tuple or Row from the key selector"
        ) from error
    if name not in warned_types:
        warned_types.add(name)
        import warnings
        warnings.warn(
            f"keys of type {name} are told apart by their pickle, which is slower than an int, "
            "str, tuple or Row and may differ for equal objects; __eq__ and __hash__ are not used",
            stacklevel=2,
        )
    return put_object(out, KeyTag.kKeyPickle, payload, key)


cdef str name_of(object kind):
    return f"{kind.__module__}.{kind.__qualname__}"


cdef object too_long(object key):
    return error_class(
        f"a key of type {name_of(type(key))} has 4 GiB or more; return a shorter key from the "
        "key selector"
    )
