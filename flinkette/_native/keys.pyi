from typing import Any

from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.key_codec import encode_key as encode_key

Keys = list[Any] | Int64Buffer | Column

def hash_keys(keys: Keys) -> Int64Buffer:
    """64-bit hash of each key's canonical encoding, as docs/spec/keys.md says.

    Parameters
    ----------
    keys
        A list of any Python objects (None is a key like any other), an Int64Buffer of ints, or a
        Column, whose keys are those of the objects it would become.
    """

def hash_ints(numbers: Int64Buffer, isa: str | None) -> Int64Buffer:
    """Hash ints with one of `isa.available()`, for tests; None takes the one in use."""

def key_group(hash: int, max_parallelism: int) -> int:
    """Key group 0 .. max_parallelism - 1 of a key with this hash."""

def group_range(subtask: int, max_parallelism: int, parallelism: int) -> tuple[int, int]:
    """First and last key group, both included, that a subtask owns."""

def owners(hashes: Int64Buffer, max_parallelism: int, parallelism: int) -> Uint32Buffer:
    """The subtask 0 .. parallelism - 1 that owns each key."""

class KeyMap:
    """Key → dense id, for the keys of one subtask. One owner; not thread safe.

    Ids are handed out in blocks of 64 that belong to one segment of key groups, are counted by
    reference and reused, with a new generation, when nothing refers to them. All ids stay as they
    are until `release_batch`, which frees those without references: new ones that nobody retained,
    and those whose last reference was given back.

    Parameters
    ----------
    max_parallelism
        1 .. 32768.
    first_group, last_group
        The key groups of this subtask, both included.
    isa
        One of `isa.available()`, for tests; None takes the one in use. Ids do not depend on it.
    """

    max_parallelism: int
    first_group: int
    last_group: int

    def __init__(
        self, max_parallelism: int, first_group: int, last_group: int, *, isa: str | None = None
    ) -> None: ...
    def ids(self, keys: Keys, hashes: Int64Buffer | None = None) -> Uint32Buffer:
        """The id of each key; unknown keys get one.

        Parameters
        ----------
        keys
            The keys of a batch.
        hashes
            What `hash_keys(keys)` gave; None computes them.

        Raises
        ------
        IndexError
            If a key's group does not belong to this map.
        """

    def release_batch(self) -> None:
        """End a batch: free the ids that nothing refers to."""

    def key(self, id: int) -> Any:
        """The key of a live id: the object first seen; made anew if it came in a column."""

    def key_column(self, ids: Uint32Buffer, format: str) -> Column | None:
        """The keys of live ids as a column of an Arrow format ("l", "u"), without boxing.

        None if a key is no value of the type; None, the key, always is. Dictionaries and views
        give plain columns of their values. Cython code calls `column_of_ids`.
        """

    def is_live(self, id: int) -> bool:
        """Whether the id stands for a key."""

    def references(self, id: int) -> int:
        """How many references an id has."""

    def generation(self, id: int) -> int:
        """How many times the id has been freed."""

    def retain_id(self, id: int) -> None:
        """Take a reference to a live id. Cython code calls `retain`."""

    def release_id(self, id: int) -> bool:
        """Give a reference back; True if it was the last. Cython code calls `release`."""

    def retain_all(self, ids: Uint32Buffer) -> None:
        """Take a reference to each live id; repeats count."""

    def release_all(self, ids: Uint32Buffer) -> None:
        """Give a reference to each id back."""

    def block_segments(self) -> list[int]:
        """The segment that owns each block of 64 ids."""

    @property
    def capacity(self) -> int:
        """Length of a column indexed by id: ids ever handed out, in whole blocks."""

    def __len__(self) -> int:
        """Number of live ids: keys known or seen since the last `release_batch`."""
