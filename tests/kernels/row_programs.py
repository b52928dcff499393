"""How kernel tests make, load and run row programs."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.keys import KeyMap, hash_keys
from flinkette._native.rows import DONE, FAILED, RowProgram, Stage
from flinkette._native.state import KeyContext
from flinkette.common import Types

__all__ = ["FAR_NS", "NO_TIME", "Keyed", "Tag", "drain", "fail", "program", "run_rows"]

FAR_NS = sys.maxsize
NO_TIME = -(2**63)


class Tag(NamedTuple):
    """A side output of kernel tests."""

    name: str

    @property
    def type_info(self) -> Any:
        return Types.PICKLED_BYTE_ARRAY()


def fail(info: Any, error: Exception, value: Any, key: Any, time_ms: int | None) -> Exception:
    """Stand in for `make_error`: an exception that carries what it was told."""
    return RuntimeError(info, str(error), value, key, time_ms)


def program(
    stages: list[Stage], *, keys: KeyContext | None = None, now_ms: int = 0, **named: Any
) -> RowProgram:
    """Make a program whose errors are those of `fail` and whose failed rows are pairs."""
    return RowProgram(
        stages,
        keys=keys,
        now_ms=lambda: now_ms,
        tag_class=Tag,
        make_error=fail,
        make_row_error=lambda value, failure: (value, failure.args[1]),
        **named,
    )


class Keyed:
    """The key map and context of one subtask that owns every key group."""

    def __init__(self) -> None:
        self.map = KeyMap(128, 0, 127)
        self.context = KeyContext(self.map)

    def load(self, operator: Any, rows: list[Any], keys: list[Any], times: Any = None) -> None:
        """Load a batch with the ids of its keys."""
        buffer = None if times is None else Int64Buffer.of(times)
        operator.load(Batch.from_objects(rows, buffer), self.map.ids(keys, hash_keys(keys)))

    def live_keys(self) -> int:
        """Number of keys that are still referred to when the work at hand ends."""
        self.map.release_batch()
        return len(self.map)


def drain(operator: Any, *, step_wise: bool = False, take_failed: bool = False) -> dict[Any, Any]:
    """Run what is loaded to its end: {None: [(value, time)], tag: [(value, time)]}.

    `step_wise` stops after every row and with a deadline that has passed. With `take_failed`, a
    failure ends the run and is put under "failure".
    """
    found: dict[Any, list[Any]] = {None: []}
    status = -1
    while status != DONE:
        if status == FAILED:
            try:
                operator.run(FAR_NS, 1)
            except RuntimeError as error:
                if not take_failed:
                    raise
                found["failure"] = list(error.args)
                return found
        status = operator.run(0 if step_wise else FAR_NS, 1 if step_wise else 1 << 30)
        batches = [(None, operator.take()), *operator.take_side()]
        for tag, batch in batches:
            if batch is not None:
                times = [NO_TIME] * batch.num_rows if batch.times is None else list(batch.times)
                found.setdefault(tag, []).extend(zip(batch.objects(), times, strict=True))
    return found


def run_rows(
    made: RowProgram, rows: list[Any], times: list[int] | None = None, **how: Any
) -> dict[Any, Any]:
    """Load rows without keys and drain."""
    made.load(Batch.from_objects(rows, None if times is None else Int64Buffer.of(times)))
    return drain(made, **how)
