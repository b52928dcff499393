"""What kernels that call user code for rows have in common: rows, windows."""

from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.buffer import Uint32Buffer

class RowKernel:
    """Works on one batch, or on timers, and keeps what was made until it is taken.

    Resumable at any row, timer and result. Slot thread only; the GIL is held throughout.
    """

    def load(self, batch: Batch, ids: Uint32Buffer | None = None) -> None:
        """Take a batch to work on; `ids` are the key ids of its rows where there are keys."""
    def end_each_key(self) -> None:
        """Take note that rows come key by key: a key ends where another begins (BATCH mode).

        Its timers fire then, all of them, and its state goes; the watermark is at its end meanwhile
        and begins anew for the next key. Timers that are registered meanwhile are dropped, as in
        Flink: a callback that asks for the next one would never let its key end.
        """
    def load_event_timers(self, watermark: int) -> None:
        """Go on with what is due up to `watermark` ms, in time order over all keys."""
    def load_processing_timers(self, now: int) -> None:
        """Go on with the processing-time timers up to `now` ms."""
    def run(self, deadline_ns: int, max_rows: int) -> int:
        """Work until done, the deadline (`time.monotonic_ns`), or `max_rows` rows of output.

        Returns DONE, MORE, FULL or FAILED; after FAILED the rows made so far can be taken and the
        next `run` raises.
        """
    def take(self) -> Batch | None:
        """Rows made so far as a batch."""
    def take_side(self) -> list[tuple[Any, Batch]]:
        """(tag, batch) pairs made so far."""
    def take_watermark(self) -> int | None:
        """Watermark passed by marks after the last row taken, or None; call after `take`."""
