"""The plainest loops that do a kernel's memory traffic: what benchmarks measure kernels against.

Arguments are not checked: buffers that do not fit one another end the process.
"""

from flinkette._native.buffer import Int64Buffer, Uint32Buffer

def copy_column(values: Int64Buffer, out: Int64Buffer) -> None:
    """Copy all values into `out`."""

def scatter_pairs(
    keys: Int64Buffer,
    values: Int64Buffer,
    parts: Uint32Buffer,
    cursors: Int64Buffer,
    out_keys: Int64Buffer,
    out_values: Int64Buffer,
) -> None:
    """Move each row to place `cursors[parts[row]]` of the outputs, and that cursor one on."""

def dense_add(ids: Uint32Buffer, values: Int64Buffer, sums: Int64Buffer) -> None:
    """Add each row's value to `sums[ids[row]]`."""

class TableLoop:
    """A hash table of sums per int key that never grows, probed and added to in one loop.

    Parameters
    ----------
    key_count
        How many keys at most.
    """

    def __init__(self, key_count: int) -> None: ...
    def add(self, keys: Int64Buffer, values: Int64Buffer) -> None:
        """Add each row's value to the sum of its key."""

    def sum(self, key: int) -> int:
        """Sum of a key; 0 if there is none."""
