"""Every engine that is here gives the results of numpy; seconds are `python -m bench peers`'s."""

from __future__ import annotations

import pytest

from bench.peers.child import Child
from bench.peers.compare import expected, result_count, verify
from bench.peers.registry import Peer, Unavailable, all_engines

KEYS = {"tumbling": 1_000, "sliding": 1_000, "words": 5_000, "lines": 5_000}
CASES = [
    pytest.param(peer, job, id=f"{peer.name.replace(', ', '-').replace(' ', '_')}-{job}")
    for peer in all_engines()
    for job in peer.jobs
]


@pytest.mark.engine
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("peer", "job"), CASES)
def test_an_engine_gives_the_results_of_numpy(peer: Peer, job: str) -> None:
    try:
        command = peer.find()
    except Unavailable as reason:
        pytest.skip(str(reason))
    rows = min(peer.check_rows, 20_000)
    with Child(peer.name, command, peer.request(job, KEYS[job], 1, rows)) as child:
        verify(peer, child, job, KEYS[job], rows)
        assert child.run(rows)["results"] in (None, result_count(job, rows, KEYS[job]))


@pytest.mark.parametrize("job", KEYS)
@pytest.mark.parametrize("keys", [1, 7, 130_000])
def test_the_number_of_results_is_known_without_running(job: str, keys: int) -> None:
    assert result_count(job, 110_007, keys) == expected(job, 110_007, keys)["results"]
