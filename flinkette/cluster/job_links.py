"""How the workers of a job are joined: rings inside a host, connections between hosts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette.cluster.messages import LinkKeys, Listen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flinkette.plan.execution_graph import Channel, SubtaskId

__all__ = ["JobLinks", "join_workers"]


@dataclass(frozen=True)
class JobLinks:
    """What joins the workers of one attempt to run a job.

    Attributes
    ----------
    rings : tuple of Channel
        Between workers of one host.
    peers : mapping
        By worker the ones it binds for, all of them on other hosts.
    token : bytes
        Secret of the attempt, which each side of a connection shows to the other.
    keys : mapping
        By worker; empty if connections are not encrypted.
    """

    rings: tuple[Channel, ...]
    peers: Mapping[int, tuple[int, ...]]
    token: bytes
    keys: Mapping[int, LinkKeys]

    def listens(self, attempt: int) -> dict[int, Listen]:
        """Return by worker what it is told before anybody is deployed."""
        return {
            worker: Listen(list(peers), self.token, attempt, self.keys.get(worker))
            for worker, peers in self.peers.items()
        }


def join_workers(
    channels: Iterable[Channel],
    placement: Mapping[SubtaskId, int],
    host_of: Mapping[int, int],
    *,
    is_encrypted: bool = False,
) -> JobLinks:
    """Work out which channels are rings and which workers need connections.

    Parameters
    ----------
    channels : iterable of Channel
        Of the job.
    placement : mapping
        Worker of each subtask.
    host_of : mapping
        Number of the host of each worker.
    is_encrypted : bool
        Whether to make keys for the connections: one pair for each worker that has one.
    """
    rings: list[Channel] = []
    pairs: set[tuple[int, int]] = set()
    for channel in channels:
        sender, receiver = placement[channel.sender], placement[channel.receiver]
        if sender == receiver:
            continue
        if host_of[sender] == host_of[receiver]:
            rings.append(channel)
        else:
            pairs.add((min(sender, receiver), max(sender, receiver)))
    peers: dict[int, tuple[int, ...]] = {}
    for server, client in sorted(pairs):
        peers[server] = (*peers.get(server, ()), client)
    keys = _make_keys(pairs) if is_encrypted else {}
    return JobLinks(tuple(rings), peers, os.urandom(16), keys)


def _make_keys(pairs: Iterable[tuple[int, int]]) -> dict[int, LinkKeys]:
    import zmq

    others: dict[int, set[int]] = {}
    for left, right in pairs:
        others.setdefault(left, set()).add(right)
        others.setdefault(right, set()).add(left)
    made = {worker: zmq.curve_keypair() for worker in sorted(others)}
    return {
        worker: LinkKeys(
            made[worker][0], made[worker][1], {other: made[other][0] for other in sorted(peers)}
        )
        for worker, peers in others.items()
    }
