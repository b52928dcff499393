"""Keys of a batch: hashes, owners, dense ids. See keys.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr, TypePtr, type_from_format
from flinkette._native.c_column_of_keys cimport column_of_keys
from flinkette._native.c_hash cimport hash_int64s, hash_int64s_with
from flinkette._native.c_isa cimport Isa
from flinkette._native.c_key_column cimport has_native_keys, hash_column, ids_of_column
from flinkette._native.c_key_encoding cimport KeyView, KeyWriter
from flinkette._native.c_key_group cimport (
    first_group_of,
    kMaxParallelismLimit,
    key_group_of,
    last_group_of,
    owners_of_hashes,
)
from flinkette._native.column cimport Column, wrap_column
from flinkette._native.isa cimport isa_of
from flinkette._native.key_codec cimport CHUNK_KEYS, fill_views, key_of_view
from flinkette._native.status cimport check

from flinkette._native.key_codec import encode_key

__all__ = ["KeyMap", "encode_key", "group_range", "hash_ints", "hash_keys", "key_group", "owners"]

# Stands where a key's object was not kept, because its encoding tells it.
cdef object ABSENT = object()


def hash_ints(Int64Buffer numbers not None, str isa):
    cdef Int64Buffer hashes = Int64Buffer.allocate(numbers.length)
    hash_int64s_with(isa_of(isa), numbers.data, numbers.length, <uint64_t *> hashes.data)
    return hashes


def hash_keys(keys):
    cdef Int64Buffer hashes
    cdef Int64Buffer numbers
    cdef Column column
    cdef list objects
    cdef KeyView views[CHUNK_KEYS]
    cdef KeyWriter scratch
    cdef Py_ssize_t start, row, count
    cdef Status status
    if type(keys) is Int64Buffer:
        numbers = keys
        hashes = Int64Buffer.allocate(numbers.length)
        with nogil:
            hash_int64s(numbers.data, numbers.length, <uint64_t *> hashes.data)
        return hashes
    if is_native(keys):
        column = keys
        hashes = Int64Buffer.allocate(column.length)
        with nogil:
            status = hash_column(column.handle.get()[0], &scratch, <uint64_t *> hashes.data)
        check(status, NULL)
        return hashes
    objects = objects_of(keys)
    hashes = Int64Buffer.allocate(len(objects))
    for start in range(0, hashes.length, CHUNK_KEYS):
        count = min(CHUNK_KEYS, hashes.length - start)
        fill_views(objects, start, count, NULL, scratch, views)
        for row in range(count):
            hashes.data[start + row] = <int64_t> views[row].hash
    return hashes


def key_group(hash, uint32_t max_parallelism):
    check_parallelism(max_parallelism, 1)
    return key_group_of(<uint64_t> <int64_t> hash, max_parallelism)


def group_range(uint32_t subtask, uint32_t max_parallelism, uint32_t parallelism):
    check_parallelism(max_parallelism, parallelism)
    if subtask >= parallelism:
        raise ValueError(f"subtask {subtask} is not in 0..{parallelism - 1}")
    return (
        first_group_of(subtask, max_parallelism, parallelism),
        last_group_of(subtask, max_parallelism, parallelism),
    )


def owners(Int64Buffer hashes not None, uint32_t max_parallelism, uint32_t parallelism):
    check_parallelism(max_parallelism, parallelism)
    cdef Uint32Buffer result = Uint32Buffer.allocate(hashes.length)
    with nogil:
        owners_of_hashes(
            <const uint64_t *> hashes.data, hashes.length, max_parallelism, parallelism,
            result.data)
    return result


cdef int check_parallelism(uint32_t max_parallelism, uint32_t parallelism) except -1:
    if not 1 <= max_parallelism <= kMaxParallelismLimit:
        raise ValueError(f"max_parallelism {max_parallelism} is not in 1..{kMaxParallelismLimit}")
    if not 1 <= parallelism <= max_parallelism:
        raise ValueError(f"parallelism {parallelism} is not in 1..{max_parallelism}, the maximum")
    return 0


cdef bint is_native(keys) except -1:
    """Tell whether the keys are a column that native code reads without boxing."""
    if type(keys) is not Column:
        return False
    return has_native_keys((<Column> keys).handle.get().type.get()[0])


cdef list objects_of(keys):
    """The keys of a batch as Python objects."""
    if type(keys) is list:
        return keys
    if type(keys) is Column:
        return (<Column> keys).to_objects()
    raise TypeError(f"keys are a list or a Column, not {type(keys).__name__}")


@cython.final
cdef class KeyMap:
    """Key → dense id, for the keys of one subtask. One owner; not thread safe."""

    def __cinit__(
        self, uint32_t max_parallelism, uint32_t first_group, uint32_t last_group, *, str isa=None
    ):
        cdef Error error
        cdef Isa used = isa_of(isa)
        check(self.native.open(max_parallelism, first_group, last_group, &error, used), &error)
        self.max_parallelism = max_parallelism
        self.first_group = first_group
        self.last_group = last_group
        self._objects = []

    def ids(self, keys, Int64Buffer hashes=None):
        cdef Uint32Buffer ids
        cdef Py_ssize_t length = len(keys)
        cdef const int64_t *known_hashes = NULL
        if hashes is not None:
            if hashes.length != length:
                raise ValueError(f"{length} keys have {hashes.length} hashes")
            known_hashes = hashes.data
        ids = Uint32Buffer.allocate(length)
        if type(keys) is Int64Buffer:
            keys = Column.from_buffer(keys)
        if is_native(keys):
            self._ids_of_column(keys, known_hashes, ids)
        else:
            self._ids_of_objects(objects_of(keys), known_hashes, ids)
        return ids

    cdef int _ids_of_column(
        self, Column column, const int64_t *hashes, Uint32Buffer out_ids
    ) except -1:
        cdef Error error
        cdef Status status
        with nogil:
            status = ids_of_column(
                &self.native, column.handle.get()[0], <const uint64_t *> hashes, &self._scratch,
                out_ids.data, &error)
        return check(status, &error)

    cdef int _ids_of_objects(
        self, list objects, const int64_t *hashes, Uint32Buffer out_ids
    ) except -1:
        cdef KeyView views[CHUNK_KEYS]
        cdef int64_t new_rows[CHUNK_KEYS]
        cdef int64_t new_count = 0
        cdef int64_t at
        cdef Py_ssize_t start, count
        cdef Error error
        cdef Status status
        for start in range(0, out_ids.length, CHUNK_KEYS):
            count = min(CHUNK_KEYS, out_ids.length - start)
            fill_views(objects, start, count, hashes, self._scratch, views)
            status = self.native.find_or_insert(
                views, count, out_ids.data + start, new_rows, &new_count, &error)
            for at in range(new_count):
                self._store(out_ids.data[start + new_rows[at]], objects[start + new_rows[at]])
            check(status, &error)
        return 0

    cdef int _store(self, uint32_t id, object key) except -1:
        cdef Py_ssize_t missing = <Py_ssize_t> self.native.id_capacity() - len(self._objects)
        if missing > 0:
            self._objects.extend([ABSENT] * missing)
        self._objects[id] = key
        return 0

    def release_batch(self):
        cdef int64_t freed_count = 0
        cdef int64_t at
        cdef uint32_t stored = <uint32_t> len(self._objects)
        cdef const uint32_t *freed = self.native.release_batch(&freed_count)
        if stored:
            for at in range(freed_count):
                if freed[at] < stored:
                    self._objects[freed[at]] = ABSENT

    cdef object key_object(self, uint32_t id):
        if id < <uint32_t> len(self._objects):
            key = self._objects[id]
            if key is not ABSENT:
                return key
        return key_of_view(self.native.key(id))

    cdef Column column_of_ids(self, Uint32Buffer ids, const TypePtr &type):
        cdef Error error
        cdef Status status
        cdef ColumnPtr column
        with nogil:
            status = column_of_keys(self.native, ids.data, ids.length, type, &column, &error)
        if status == Status.kUnsupported:
            return None
        check(status, &error)
        return wrap_column(column)

    cdef int retain(self, uint32_t id) noexcept:
        self.native.retain(id)
        return 0

    cdef int release(self, uint32_t id) noexcept:
        return self.native.release(id)

    def key(self, uint32_t id):
        self._check_live(id)
        return self.key_object(id)

    def key_column(self, Uint32Buffer ids not None, str format not None):
        cdef Error error
        cdef TypePtr type
        cdef Py_ssize_t row
        for row in range(ids.length):
            self._check_live(ids.data[row])
        check(type_from_format(format.encode(), &type, &error), &error)
        return self.column_of_ids(ids, type)

    def retain_all(self, Uint32Buffer ids not None):
        cdef Py_ssize_t row
        for row in range(ids.length):
            self._check_live(ids.data[row])
        self.native.retain_all(ids.data, ids.length)

    def release_all(self, Uint32Buffer ids not None):
        cdef Py_ssize_t row
        for row in range(ids.length):
            self._check_held(ids.data[row])
            self.native.release(ids.data[row])

    def is_live(self, uint32_t id):
        return self.native.is_live(id)

    def references(self, uint32_t id):
        return self.native.references(id) if id < self.native.id_capacity() else 0

    def generation(self, uint32_t id):
        if id >= self.native.id_capacity():
            raise IndexError(f"id {id} is not below {self.native.id_capacity()}")
        return self.native.generation(id)

    def retain_id(self, uint32_t id):
        self._check_live(id)
        self.retain(id)

    def release_id(self, uint32_t id):
        self._check_held(id)
        return self.release(id) == 1

    def block_segments(self):
        return [self.native.segment_of_block(block) for block in range(self.native.block_count())]

    @property
    def capacity(self):
        return self.native.id_capacity()

    def __len__(self):
        return self.native.size()

    def _check_live(self, uint32_t id):
        if not self.native.is_live(id):
            raise KeyError(f"id {id} is free or was never handed out")

    def _check_held(self, uint32_t id):
        self._check_live(id)
        if self.native.references(id) == 0:
            raise ValueError(f"id {id} has no reference that could be released")
