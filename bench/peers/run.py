"""All comparisons of a report, one after another."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from bench.peers.compare import Comparison, compare
from bench.peers.registry import PEERS, Peer

__all__ = ["compare_all"]

# The job of the targets with few and with many keys, then the others.
CASES = [
    ("tumbling", 1_000),
    ("tumbling", 1_000_000),
    ("words", 5_000),
    ("sliding", 1_000),
    ("lines", 5_000),
]
QUICK_CASES = [("tumbling", 1_000)]


def is_worth(peer: Peer, job: str, keys: int, threads: int) -> bool:
    """Leave out what takes minutes and says nothing new."""
    if job not in peer.jobs or threads not in peer.threads:
        return False
    if threads > 1 and job not in ("tumbling", "lines"):
        return False
    if job == "lines":
        return True
    is_slow = peer.has_job_start or peer.is_per_row_python
    return not is_slow or (keys == 1_000 and job == "tumbling") or peer.name == "Flink SQL"


def compare_all(names: Sequence[str], *, is_quick: bool = False) -> Iterator[Comparison]:
    """Compare with every engine whose name contains one of the names, or with all."""
    wanted = [name.lower() for name in names]
    for job, keys in QUICK_CASES if is_quick else CASES:
        for peer in PEERS:
            if wanted and not any(name in peer.name.lower() for name in wanted):
                continue
            for threads in (1,) if is_quick else (1, 2):
                if is_worth(peer, job, keys, threads):
                    print(f"{job}, {keys} keys: {peer.name}, {threads}", file=sys.stderr)
                    yield compare(peer, job, keys, threads, rounds=1 if is_quick else None)
