"""The general window operator alone: rows and key ids in, window results out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.keys import KeyMap
from flinkette._native.rows import DONE
from flinkette._native.state import KeyContext
from flinkette._native.window import WindowOperator
from flinkette._native.window_spec import WindowSpec
from flinkette.contracts.output_tag import OutputTag
from flinkette.contracts.windows import TimeWindow
from flinkette.runtime.failures import make_error, make_row_error

ROW_COUNT = 8_192
KEY_COUNT = 50
SIZE_MS = 1_000  # 20 rows per key and window
FAR = 2**63 - 1
KEYS = [row * 2654435761 % KEY_COUNT for row in range(ROW_COUNT)]
TIMES = list(range(ROW_COUNT))
ASSIGNERS: dict[str, dict[str, Any]] = {
    "tumbling": {"assigner": "tumbling", "size": SIZE_MS},
    "sliding": {"assigner": "sliding", "size": SIZE_MS, "slide": SIZE_MS // 4},
    "session": {"assigner": "session", "size": 100},
}


def add(total: int, value: int) -> int:
    return total + value


class Windowed:
    """A window operator that sums, and the key map of its subtask."""

    def __init__(self, **assigner: Any) -> None:
        self.key_map = KeyMap(128, 0, 127)
        self.operator = WindowOperator(
            WindowSpec(
                is_event_time=True,
                trigger="window_end",
                contents="reduce",
                reduce=add,
                emit="plain",
                make_window=TimeWindow,
                **assigner,
            ),
            keys=KeyContext(self.key_map),
            now_ms=lambda: 0,
            tag_class=OutputTag,
            make_error=make_error,
            make_row_error=make_row_error,
        )

    def run(self, batch: Batch) -> list[int]:
        """Take a batch, fire every window, return the sums."""
        self.operator.load(batch, self.key_map.ids(batch.keys, batch.hashes))
        assert self.operator.run(FAR, FAR) == DONE
        self.operator.load_event_timers(FAR)
        assert self.operator.run(FAR, FAR) == DONE
        self.key_map.release_batch()
        fired = self.operator.take()
        assert fired is not None
        return fired.objects()


def expected_sums(name: str) -> list[int]:
    """Count rows per key and window, in plain Python."""
    if name == "session":
        sums, last = [], dict[int, tuple[int, int]]()
        for key, time_ms in zip(KEYS, TIMES, strict=True):
            count, before = last.get(key, (0, time_ms))
            if time_ms - before > ASSIGNERS[name]["size"]:
                sums.append(count)
                count = 0
            last[key] = (count + 1, time_ms)
        return sorted([*sums, *(count for count, _ in last.values())])
    slide = ASSIGNERS[name].get("slide", SIZE_MS)
    return sorted(
        Counter(
            (key, start)
            for key, time_ms in zip(KEYS, TIMES, strict=True)
            for start in range(time_ms - time_ms % slide, time_ms - SIZE_MS, -slide)
        ).values()
    )


@pytest.mark.parametrize("name", ASSIGNERS)
def test_window_operator(time_rows: Any, name: str) -> None:
    batch = Batch.from_objects([1] * ROW_COUNT, Int64Buffer.of(TIMES), keys=KEYS)

    def fresh() -> tuple[Windowed, Batch]:
        return Windowed(**ASSIGNERS[name]), batch

    assert sorted(Windowed.run(*fresh())) == expected_sums(name)
    time_rows(Windowed.run, ROW_COUNT, fresh)
