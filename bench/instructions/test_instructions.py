"""No kernel needs more instructions per row than the committed baseline says."""

from __future__ import annotations

import pytest

from bench.instructions.counting import BASELINE, TOLERANCE, baseline, count_all, why_not_here


@pytest.fixture(scope="module")
def counted() -> dict[str, float]:
    reason = why_not_here()
    if reason:
        pytest.skip(reason)
    return count_all()


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_no_kernel_needs_more_instructions_than_before(counted: dict[str, float]) -> None:
    before = baseline()["instructions_per_row"]
    more = {
        name: (before[name], count)
        for name, count in counted.items()
        if name in before and count > before[name] * (1 + TOLERANCE)
    }
    assert not more, (
        f"instructions per row, before and now: {more}. If the change is worth it, run "
        f"`python -m bench instructions --update` and commit {BASELINE.name}"
    )


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_every_kernel_has_a_baseline(counted: dict[str, float]) -> None:
    assert sorted(counted) == sorted(baseline()["instructions_per_row"])
