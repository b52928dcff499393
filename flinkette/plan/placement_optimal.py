"""`optimal`: the cheapest placement of small jobs, by dynamic programming over sets of slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.plan.placement_greedy import longest_first
from flinkette.plan.placement_locality import closest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.plan.placement_problem import Placement, PlacementProblem

__all__ = ["MAX_SLOTS", "OptimalStrategy", "cheapest"]

MAX_SLOTS = 12
"""Largest number of slots that `optimal` places; time grows as 3 to the power of it."""


class OptimalStrategy:
    """Place up to 12 slots so that C(θ) + W(θ) is the least possible.

    Notes
    -----
    Both parts of the cost come from sets of slots: a worker that gets the set T adds load(T) to
    the maximum and half of the bytes that leave T to the sum; a host likewise. So the best way to
    put the set S on the first k workers follows from the best ways to put its subsets on the first
    k - 1, as in M. Held and R. M. Karp, A Dynamic Programming Approach to Sequencing Problems, SIAM
    Journal 10 (1962). A maximum and a sum do not make one number before the end, so every set keeps
    the pairs (C, W) that no other pair beats in both. Larger jobs are placed by `greedy`.
    """

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot, by `greedy` and with a note if there are too many of them."""
        count = len(problem.slots)
        if count > MAX_SLOTS:
            note = f"optimal: {count} slots are above its limit of {MAX_SLOTS}; placed by greedy"
            return problem.placed(longest_first(problem), "greedy", note)
        return problem.placed(cheapest(problem), "optimal")


Entry = tuple[float, float, tuple[int, ...]]
"""C and W so far, and the set of slots of each worker so far. Sets are bits of an int."""
Fronts = dict[int, list[Entry]]
"""For a set of slots the ways to place it that no other beats in both C and W."""


def cheapest(problem: PlacementProblem) -> list[int]:
    """Return the assignment with the least C(θ) + W(θ).

    Parameters
    ----------
    problem : PlacementProblem
        Small: time grows as 3 to the power of the number of slots.

    Returns
    -------
    list of int
        Position in `problem.workers` of each slot.
    """
    count = len(problem.slots)
    known = min(longest_first(problem), closest(problem), key=problem.cost)
    search = _Search(problem, below=problem.cost(known) * (1 - 1e-12))
    everything = (1 << count) - 1
    hosts = _useful_hosts(problem)
    fronts: Fronts = {0: [(0.0, 0.0, ())]}
    for number, (_, positions) in enumerate(hosts):
        is_last = number == len(hosts) - 1
        # with one host there is nothing to combine: only the set of all slots matters
        wanted = everything if len(hosts) == 1 else None
        inside = search.on_host(positions, wanted)
        parts = search.with_way_out(inside) if len(hosts) > 1 else inside
        is_like_earlier = all(kind == hosts[number][0] for kind, _ in hosts[:number])
        fronts = search.extended(
            fronts,
            parts,
            len(positions),
            is_like_earlier=is_like_earlier,
            wanted=everything if is_last else None,
        )
    found = min(fronts.get(everything, []), key=lambda entry: entry[0] + entry[1], default=None)
    if found is None:
        return known
    assignment = list(known)
    order = [position for _, positions in hosts for position in positions]
    for position, members in zip(order, found[2], strict=True):
        for slot in range(count):
            if members >> slot & 1:
                assignment[slot] = position
    return assignment


def _useful_hosts(problem: PlacementProblem) -> list[tuple[tuple[int, ...], list[int]]]:
    """Return hosts as (slots of their workers, positions), like ones side by side, spares left out.

    Of workers on one host, and of hosts, no more than there are slots can be of use.
    """
    count = len(problem.slots)
    positions_of: dict[int, list[int]] = {}
    for position, host in enumerate(problem.hosts):
        positions_of.setdefault(host, []).append(position)
    hosts: list[tuple[tuple[int, ...], list[int]]] = []
    for positions in positions_of.values():
        positions.sort(
            key=lambda position: (-min(problem.workers[position].slots, count), position)
        )
        useful = positions[:count]
        kind = tuple(min(problem.workers[position].slots, count) for position in useful)
        if sum(kind_of_other == kind for kind_of_other, _ in hosts) < count:
            hosts.append((kind, useful))
    hosts.sort(key=lambda host: host[0], reverse=True)
    return hosts


class _Search:
    """The sums of every set of slots, and the steps from few workers to more."""

    def __init__(self, problem: PlacementProblem, below: float) -> None:
        self._problem = problem
        self._count = len(problem.slots)
        self._below = below
        """Only placements that cost less are of interest."""
        count = self._count
        self._load = [0.0] * (1 << count)
        self._leaving = [0.0] * (1 << count)
        """Bytes per second between a set and all other slots."""
        for members in range(1, 1 << count):
            slot = members.bit_length() - 1
            rest = members ^ (1 << slot)
            self._load[members] = self._load[rest] + problem.loads[slot]
            inside = sum(sent for other, sent in problem.traffic[slot].items() if rest >> other & 1)
            total = sum(problem.traffic[slot].values())
            self._leaving[members] = self._leaving[rest] + total - 2 * inside

    def on_host(self, positions: Sequence[int], wanted: int | None) -> Fronts:
        """Return the ways to place each set on the workers of one host, or one set alone."""
        fronts: Fronts = {0: [(0.0, 0.0, ())]}
        slots = [min(self._problem.workers[each].slots, self._count) for each in positions]
        for number, most_slots in enumerate(slots):
            fronts = self.extended(
                fronts,
                self._on_worker(most_slots),
                1,
                is_like_earlier=set(slots[: number + 1]) == {most_slots},
                wanted=wanted if number == len(slots) - 1 else None,
            )
        return fronts

    def with_way_out(self, inside: Fronts) -> Fronts:
        """Add what bytes that leave the host cost more than those that leave a worker."""
        costs = self._problem.byte_costs
        dearer = (costs.between_hosts_s - costs.between_workers_s) / 2
        return {
            members: [
                (compute, network + dearer * self._leaving[members], parts)
                for compute, network, parts in front
            ]
            for members, front in inside.items()
        }

    def _on_worker(self, most_slots: int) -> Fronts:
        """Return the sets that one worker can take in a placement of interest."""
        cost = self._problem.byte_costs.between_workers_s
        return {
            members: [(self._load[members], cost / 2 * self._leaving[members], (members,))]
            for members in range(1, 1 << self._count)
            if members.bit_count() <= most_slots
            # what leaves this worker arrives at others, where it counts as much again
            and self._load[members] + cost * self._leaving[members] < self._below
        }

    def extended(
        self,
        fronts: Fronts,
        parts: Fronts,
        width: int,
        *,
        is_like_earlier: bool,
        wanted: int | None,
    ) -> Fronts:
        """Add one worker, or one host of `width` workers, to those that sets are placed on.

        Sets on workers that are alike come in falling order of their lowest slot, so that every
        placement is met once. With `wanted` only the ways to place this set are found.
        """
        empty = (0,) * width
        extended: Fronts = {}
        for members, front in fronts.items():
            if wanted is None or members == wanted:
                extended[members] = [(*entry[:2], entry[2] + empty) for entry in front]
        for members, front in fronts.items():
            lowest = members & -members
            chosen = parts if wanted is None else (wanted ^ members,)
            for part in chosen:
                if part & members or part not in parts:
                    continue
                if is_like_earlier and members and part & -part > lowest:
                    continue
                target = extended.setdefault(members | part, [])
                for compute, network, placed in front:
                    for part_compute, part_network, part_placed in parts[part]:
                        most = max(compute, part_compute)
                        total = network + part_network
                        if most + total < self._below:
                            _keep_if_unbeaten(target, (most, total, placed + part_placed))
        return {members: front for members, front in extended.items() if front}


def _keep_if_unbeaten(front: list[Entry], entry: Entry) -> None:
    """Add a pair to those that none beats in both numbers."""
    compute, network, _ = entry
    for other in front:
        if other[0] <= compute and other[1] <= network:
            return
    front[:] = [other for other in front if other[0] < compute or other[1] < network]
    front.append(entry)
