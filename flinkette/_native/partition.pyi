from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer, Uint32Buffer

class Parts:
    """Row numbers of a batch, part after part. Immutable; `parts[p]` are the rows of part p.

    Attributes
    ----------
    rows : Uint32Buffer
        Every row number once; ascending within a part.
    starts : Int64Buffer
        Where each part starts in `rows`, and the number of rows at the end.
    """

    rows: Uint32Buffer
    starts: Int64Buffer
    def __init__(self, rows: Uint32Buffer, starts: Int64Buffer) -> None: ...
    def __len__(self) -> int: ...
    def __getitem__(self, part: int) -> Uint32Buffer: ...
    def order(self, batch: Batch) -> Batch:
        """The batch's rows part after part, without marks; columns are gathered one at a time."""
    def split(self, batch: Batch) -> list[Batch | None]:
        """The batch of each part with the marks among its rows; None for a part without rows.

        Columns are gathered once for all parts, which share the memory.
        """

def scatter(owners: Uint32Buffer, parts: int) -> Parts:
    """Row numbers per part, in row order; `owners` says the part 0 .. parts - 1 of each row.

    Raises
    ------
    IndexError
        If an owner is not below `parts`; the message names the row.
    """

def round_robin(num_rows: int, parts: int, start: int = 0) -> Parts:
    """Row numbers per part, dealt out in turn: row r goes to part (start + r) % parts."""

def random_owners(seed: int, position: int, num_rows: int, parts: int) -> Uint32Buffer:
    """A part for each of the rows that follow `position` rows of a stream, all equally likely.

    The same row of a stream gets the same part however the stream is cut into batches.
    """

def distinct(ids: Uint32Buffer, capacity: int) -> tuple[Uint32Buffer, Uint32Buffer]:
    """First row of each distinct id in row order, and for each row which of these has its id.

    `ids` are below `capacity`.
    """

def pick(values: Uint32Buffer, places: Uint32Buffer) -> Uint32Buffer:
    """The value at each place."""
