"""The order in which keyed functions see rows in BATCH mode."""

from flinkette._native.batch import Batch
from flinkette._native.buffer import Uint32Buffer

def key_order(batch: Batch, key_ids: Uint32Buffer) -> Uint32Buffer:
    """Return the numbers of a batch's rows, by key id, then by event time, then as they stand.

    Raises
    ------
    MemoryError
        If there is not enough memory.
    """

def runs_of_inputs(
    order: Uint32Buffer, first_rows: int, max_rows: int
) -> list[tuple[int, int, int]]:
    """Cut ordered rows of two inputs into runs (start, stop, input) of one input.

    Parameters
    ----------
    order : Uint32Buffer
        Row numbers of both inputs, those of the first below `first_rows`.
    first_rows : int
        How many rows the first input has.
    max_rows : int
        A run is at most so long.
    """
