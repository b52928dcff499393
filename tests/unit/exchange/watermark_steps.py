"""What two inputs may say about their time, drawn by hypothesis, and a merge that hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from flinkette.exchange.watermark_merge import ConnectedWatermarkMerge, WatermarkMerge

STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(-20, 60) | st.sampled_from(["idle", "active", "end"]),
    ),
    max_size=40,
)
"""(input, watermark or change), for two inputs."""


def announced(
    merge: WatermarkMerge | ConnectedWatermarkMerge, steps: list[tuple[int, Any]]
) -> list[Any]:
    """Return what the merge announces; an input that has ended says nothing more."""
    seen: list[Any] = []
    ended: set[int] = set()
    for index, step in steps:
        if index in ended:
            continue
        if isinstance(step, int):
            seen += merge.on_watermark(index, step)
        elif step == "end":
            ended.add(index)
            seen += merge.on_end(index)
        else:
            seen += merge.on_status(index, is_idle=step == "idle")
    return seen
