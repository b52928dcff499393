from libc.stdint cimport int64_t

from flinkette._native.c_key_encoding cimport KeyView, KeyWriter


# Append the canonical encoding of `key`.
cdef int encode(KeyWriter &out, object key) except -1

# Views of keys[start : start + count], at most CHUNK_KEYS. They borrow from `keys` and `scratch`.
# With `hashes` (of all keys) nothing is hashed again.
cdef int fill_views(
    list keys, Py_ssize_t start, Py_ssize_t count, const int64_t *hashes, KeyWriter &scratch,
    KeyView *out_views) except -1

# The object of a key of a type that columns give (flk/key_column.h).
cdef object key_of_view(KeyView key)

cdef enum:
    CHUNK_KEYS = 256
