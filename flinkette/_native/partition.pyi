from flinkette._native.buffer import Uint32Buffer

def scatter(owners: Uint32Buffer, parts: int) -> list[Uint32Buffer]:
    """Row numbers per part, in row order; `owners` says the part 0 .. parts - 1 of each row.

    Raises
    ------
    IndexError
        If an owner is not below `parts`; the message names the row.
    """

def round_robin(num_rows: int, parts: int, start: int = 0) -> list[Uint32Buffer]:
    """Row numbers per part, dealt out in turn: row r goes to part (start + r) % parts."""
