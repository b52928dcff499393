"""Keys of a batch: hashes, owners, dense ids. See keys.pyi."""

import cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_hash cimport hash_int64s
from flinkette._native.c_key_encoding cimport KeyTag, KeyView, KeyWriter, view_of_int
from flinkette._native.c_key_group cimport (
    first_group_of,
    kMaxParallelismLimit,
    key_group_of,
    last_group_of,
    owners_of_hashes,
)
from flinkette._native.key_codec cimport CHUNK_KEYS, fill_views
from flinkette._native.status cimport check

from flinkette._native.key_codec import encode_key

__all__ = ["KeyMap", "encode_key", "group_range", "hash_keys", "key_group", "owners"]


def hash_keys(keys):
    cdef Int64Buffer hashes
    cdef Int64Buffer numbers
    cdef list objects
    cdef KeyView views[CHUNK_KEYS]
    cdef KeyWriter scratch
    cdef Py_ssize_t start, row, count
    if type(keys) is Int64Buffer:
        numbers = keys
        hashes = Int64Buffer.allocate(numbers.length)
        with nogil:
            hash_int64s(numbers.data, numbers.length, <uint64_t *> hashes.data)
        return hashes
    objects = list_of(keys)
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
            <const uint64_t *> hashes.data, hashes.length, max_parallelism, parallelism, result.data)
    return result


cdef int check_parallelism(uint32_t max_parallelism, uint32_t parallelism) except -1:
    if not 1 <= max_parallelism <= kMaxParallelismLimit:
        raise ValueError(f"max_parallelism {max_parallelism} is not in 1..{kMaxParallelismLimit}")
    if not 1 <= parallelism <= max_parallelism:
        raise ValueError(f"parallelism {parallelism} is not in 1..{max_parallelism}, the maximum")
    return 0


cdef list list_of(object keys):
    if type(keys) is list:
        return keys
    to_objects = getattr(keys, "to_objects", None)
    if to_objects is None:
        raise TypeError(f"keys are a list or a column, not {type(keys).__name__}")
    return to_objects()


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
        cdef Uint32Buffer ids
        cdef Int64Buffer numbers = None
        cdef list objects = None
        cdef KeyView views[CHUNK_KEYS]
        cdef int64_t new_rows[CHUNK_KEYS]
        cdef int64_t new_count = 0
        cdef Py_ssize_t start, row, count, key_count
        cdef const int64_t *known_hashes = NULL
        cdef Error error
        cdef Status status
        if type(keys) is Int64Buffer:
            numbers = keys
            key_count = numbers.length
        else:
            objects = list_of(keys)
            key_count = len(objects)
        if hashes is not None and hashes.length != key_count:
            raise ValueError(f"{key_count} keys have {hashes.length} hashes")
        if hashes is not None:
            known_hashes = hashes.data
        ids = Uint32Buffer.allocate(key_count)
        for start in range(0, key_count, CHUNK_KEYS):
            count = min(CHUNK_KEYS, key_count - start)
            if numbers is None:
                fill_views(objects, start, count, known_hashes, self._scratch, views)
            else:
                for row in range(count):
                    views[row] = view_of_int(numbers.data[start + row])
            status = self._map.find_or_insert(
                views, count, ids.data + start, new_rows, &new_count, &error)
            if new_count:
                self._store_new(
                    objects if numbers is None else numbers, start, ids.data + start, new_rows,
                    new_count)
            check(status, &error)
        return ids

    def release_batch(self):
        cdef int64_t freed_count = 0
        cdef int64_t at
        cdef const uint32_t *freed = self._map.release_batch(&freed_count)
        for at in range(freed_count):
            self._objects[freed[at]] = None

    cdef int _store_new(
        self, object keys, Py_ssize_t start, const uint32_t *ids, const int64_t *rows,
        int64_t count
    ) except -1:
        cdef Py_ssize_t missing = <Py_ssize_t> self._map.id_capacity() - len(self._objects)
        cdef int64_t at
        if missing > 0:
            self._objects.extend([None] * missing)
        for at in range(count):
            self._objects[ids[rows[at]]] = keys[<Py_ssize_t> (start + rows[at])]
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
