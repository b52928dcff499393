"""Keys of a batch: hashes, owners, dense ids. See keys.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_hash cimport hash_int64s
from flinkette._native.c_key_column cimport has_native_keys, views_of_column
from flinkette._native.c_key_encoding cimport KeyView, KeyWriter, view_of_int
from flinkette._native.c_key_group cimport (
    first_group_of,
    kMaxParallelismLimit,
    key_group_of,
    last_group_of,
    owners_of_hashes,
)
from flinkette._native.column cimport Column
from flinkette._native.key_codec cimport CHUNK_KEYS, fill_views
from flinkette._native.status cimport check

from flinkette._native.key_codec import encode_key

__all__ = ["KeyMap", "encode_key", "group_range", "hash_keys", "key_group", "owners"]


def hash_keys(keys):
    cdef Int64Buffer hashes
    cdef Int64Buffer numbers
    cdef KeySource source
    cdef KeyView views[CHUNK_KEYS]
    cdef KeyWriter scratch
    cdef Py_ssize_t start, row, count
    if type(keys) is Int64Buffer:
        numbers = keys
        hashes = Int64Buffer.allocate(numbers.length)
        with nogil:
            hash_int64s(numbers.data, numbers.length, <uint64_t *> hashes.data)
        return hashes
    source = KeySource(keys)
    hashes = Int64Buffer.allocate(source.length)
    for start in range(0, hashes.length, CHUNK_KEYS):
        count = min(CHUNK_KEYS, hashes.length - start)
        source.fill(start, count, NULL, scratch, views)
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


@cython.final
cdef class KeySource:
    """The keys of a batch, whatever they come as."""

    cdef list objects
    cdef Int64Buffer numbers
    cdef Column column
    cdef Py_ssize_t length

    def __cinit__(self, keys):
        cdef Column column
        self.length = len(keys)
        if type(keys) is Int64Buffer:
            self.numbers = keys
        elif type(keys) is list:
            self.objects = keys
        elif type(keys) is Column:
            column = keys
            if has_native_keys(column.handle.get().type.get()[0]):
                self.column = column
            else:
                self.objects = column.to_objects()
        else:
            raise TypeError(f"keys are a list or a Column, not {type(keys).__name__}")

    cdef int fill(
        self, Py_ssize_t start, Py_ssize_t count, const int64_t *hashes, KeyWriter &scratch,
        KeyView *out_views
    ) except -1:
        cdef Py_ssize_t row
        if self.objects is not None:
            fill_views(self.objects, start, count, hashes, scratch, out_views)
        elif self.column is not None:
            check(
                views_of_column(self.column.handle.get()[0], start, count, &scratch, out_views),
                NULL)
        else:
            for row in range(count):
                out_views[row] = view_of_int(self.numbers.data[start + row])
        return 0

    cdef list objects_at(self, Py_ssize_t start, const int64_t *rows, int64_t count):
        """The Python objects of the rows start + rows[0 .. count)."""
        cdef int64_t at
        cdef Uint32Buffer indices
        if self.column is not None:
            indices = Uint32Buffer.allocate(<Py_ssize_t> count)
            for at in range(count):
                indices.data[at] = <uint32_t> (start + rows[at])
            return self.column.take(indices).to_objects()
        if self.objects is not None:
            return [self.objects[<Py_ssize_t> (start + rows[at])] for at in range(count)]
        return [self.numbers.data[start + rows[at]] for at in range(count)]


@cython.final
cdef class KeyMap:
    """Key → dense id, for the keys of one subtask. One owner; not thread safe."""

    def __cinit__(self, uint32_t max_parallelism, uint32_t first_group, uint32_t last_group):
        cdef Error error
        check(self._map.open(max_parallelism, first_group, last_group, &error), &error)
        self.max_parallelism = max_parallelism
        self.first_group = first_group
        self.last_group = last_group
        self._objects = []

    def ids(self, keys, Int64Buffer hashes=None):
        cdef KeySource source = KeySource(keys)
        cdef Uint32Buffer ids
        cdef KeyView views[CHUNK_KEYS]
        cdef int64_t new_rows[CHUNK_KEYS]
        cdef int64_t new_count = 0
        cdef Py_ssize_t start, count
        cdef const int64_t *known_hashes = NULL
        cdef Error error
        cdef Status status
        if hashes is not None:
            if hashes.length != source.length:
                raise ValueError(f"{source.length} keys have {hashes.length} hashes")
            known_hashes = hashes.data
        ids = Uint32Buffer.allocate(source.length)
        for start in range(0, source.length, CHUNK_KEYS):
            count = min(CHUNK_KEYS, source.length - start)
            source.fill(start, count, known_hashes, self._scratch, views)
            status = self._map.find_or_insert(
                views, count, ids.data + start, new_rows, &new_count, &error)
            if new_count:
                objects = source.objects_at(start, new_rows, new_count)
                self._store_new(objects, ids.data + start, new_rows)
            check(status, &error)
        return ids

    def release_batch(self):
        cdef int64_t freed_count = 0
        cdef int64_t at
        cdef const uint32_t *freed = self._map.release_batch(&freed_count)
        for at in range(freed_count):
            self._objects[freed[at]] = None

    cdef int _store_new(self, list objects, const uint32_t *ids, const int64_t *rows) except -1:
        cdef Py_ssize_t missing = <Py_ssize_t> self._map.id_capacity() - len(self._objects)
        cdef Py_ssize_t at
        if missing > 0:
            self._objects.extend([None] * missing)
        for at in range(len(objects)):
            self._objects[ids[rows[at]]] = objects[at]
        return 0

    cdef object key_object(self, uint32_t id):
        return self._objects[id]

    cdef int retain(self, uint32_t id) noexcept:
        self._map.retain(id)
        return 0

    cdef int release(self, uint32_t id) noexcept:
        if not self._map.release(id):
            return 0
        self._objects[id] = None
        return 1

    def key(self, uint32_t id):
        self._check_live(id)
        return self._objects[id]

    def is_live(self, uint32_t id):
        return self._map.is_live(id)

    def references(self, uint32_t id):
        return self._map.references(id) if id < self._map.id_capacity() else 0

    def generation(self, uint32_t id):
        if id >= self._map.id_capacity():
            raise IndexError(f"id {id} is not below {self._map.id_capacity()}")
        return self._map.generation(id)

    def retain_id(self, uint32_t id):
        self._check_live(id)
        self.retain(id)

    def release_id(self, uint32_t id):
        self._check_live(id)
        return self.release(id) == 1

    def block_segments(self):
        return [self._map.segment_of_block(block) for block in range(self._map.block_count())]

    @property
    def capacity(self):
        return self._map.id_capacity()

    def __len__(self):
        return self._map.size()

    def _check_live(self, uint32_t id):
        if not self._map.is_live(id):
            raise KeyError(f"id {id} is free or was never handed out")
