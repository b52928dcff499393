"""`locality`: slots that talk much share a worker, or at least a host, within a bound on load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.plan.placement_greedy import longest_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flinkette.plan.placement_problem import Placement, PlacementProblem

__all__ = ["LOAD_SLACK", "LocalityStrategy", "closest"]

LOAD_SLACK = 0.1
"""How much fuller than greedy's the fullest worker may get, as a part of it."""

_MAX_ROUNDS = 50
# sums of floats in different orders differ by less than this part of them
_TOLERANCE = 1e-9


class LocalityStrategy:
    """Keep bytes inside workers and hosts; the fullest worker is at most a tenth above greedy's.

    Notes
    -----
    Two placements are improved, and the cheaper one is taken: greedy's, and one of clusters that
    are joined along the heaviest pairs first (G. Karypis and V. Kumar, A Fast and High Quality
    Multilevel Scheme for Partitioning Irregular Graphs, SIAM Journal on Scientific Computing 20
    (1998)). Improving means moving a slot, exchanging two slots, or exchanging what two workers
    run, as long as W(θ) falls and the cost does not rise (B. W. Kernighan and S. Lin, An Efficient
    Heuristic Procedure for Partitioning Graphs, Bell System Technical Journal 49 (1970), without
    their sequences of worsening steps). So neither W(θ) nor the cost is ever above greedy's.
    """

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot; O(n²) per round of improvements in n slots."""
        return problem.placed(closest(problem), "locality")


def closest(problem: PlacementProblem) -> list[int]:
    """Return the assignment of `LocalityStrategy`.

    Parameters
    ----------
    problem : PlacementProblem
        Slots, loads, bytes and workers.

    Returns
    -------
    list of int
        Position in `problem.workers` of each slot.
    """
    greedy = longest_first(problem)
    most_compute = problem.compute(greedy) * (1 + LOAD_SLACK)
    most_network = problem.network(greedy) * (1 + _TOLERANCE)
    best = greedy
    for start in (greedy, _clustered(problem, most_compute)):
        if start is None or problem.compute(start) > most_compute:
            continue
        arrangement = Arrangement(problem, start, most_compute)
        arrangement.improve()
        found = arrangement.assignment
        if problem.network(found) <= most_network and problem.cost(found) < problem.cost(best):
            best = found
    return best


class Arrangement:
    """An assignment that steps improve, with the sums that tell what a step would change."""

    def __init__(
        self, problem: PlacementProblem, assignment: Sequence[int], most_compute: float
    ) -> None:
        self._problem = problem
        self._most_compute = most_compute
        self._total = [sum(others.values()) for others in problem.traffic]
        self._take(assignment)

    def _take(self, assignment: Sequence[int]) -> None:
        problem = self._problem
        self.assignment = list(assignment)
        self._loads = [0.0] * len(problem.workers)
        self._members: list[set[int]] = [set() for _ in problem.workers]
        # bytes per second between each slot and all slots of each worker
        self._talk = [[0.0] * len(problem.workers) for _ in problem.slots]
        self._talk_on_host = [[0.0] * (max(problem.hosts) + 1) for _ in problem.slots]
        for slot, position in enumerate(self.assignment):
            self._loads[position] += problem.loads[slot]
            self._members[position].add(slot)
            for other, sent in problem.traffic[slot].items():
                self._talk[other][position] += sent
                self._talk_on_host[other][problem.hosts[position]] += sent

    def improve(self) -> None:
        """Take steps until none helps."""
        for _ in range(_MAX_ROUNDS):
            moved = [slot for slot in range(len(self.assignment)) if self._improve_slot(slot)]
            if not moved and not self._exchange_workers():
                return

    def _network_at(self, slot: int, position: int) -> float:
        """Return the cost of the slot's bytes if it were at a position."""
        costs = self._problem.byte_costs
        on_host = self._talk_on_host[slot][self._problem.hosts[position]]
        return costs.between_hosts_s * (self._total[slot] - on_host) + costs.between_workers_s * (
            on_host - self._talk[slot][position]
        )

    def _improve_slot(self, slot: int) -> bool:
        """Take the best step that brings the slot nearer to those it talks to."""
        here = self.assignment[slot]
        network_here = self._network_at(slot, here)
        best, best_gain = None, network_here * _TOLERANCE
        for position in range(len(self._members)):
            gain = network_here - self._network_at(slot, position)
            if position == here or gain <= 0:
                continue
            for partner, gained in self._steps(slot, here, position, gain):
                if gained > best_gain and self._is_allowed(slot, here, partner, position, gained):
                    best, best_gain = (position, partner), gained
        if best is None:
            return False
        position, partner = best
        self._put(slot, position)
        if partner is not None:
            self._put(partner, here)
        return True

    def _steps(
        self, slot: int, here: int, there: int, gain: float
    ) -> Iterator[tuple[int | None, float]]:
        """Yield the slots to exchange with, None for a move, and what W(θ) loses."""
        if len(self._members[there]) < self._problem.workers[there].slots:
            yield None, gain
        traffic = self._problem.traffic[slot]
        byte_cost = self._problem.byte_cost(here, there)
        for partner in self._members[there]:
            back = self._network_at(partner, there) - self._network_at(partner, here)
            # each was counted beside the other, but they stay as far apart as they were
            yield partner, gain + back - 2 * traffic.get(partner, 0.0) * byte_cost

    def _is_allowed(
        self, slot: int, here: int, partner: int | None, there: int, gain: float
    ) -> bool:
        loads = self._problem.loads
        shift = loads[slot] - (0.0 if partner is None else loads[partner])
        before = max(self._loads)
        changed = (self._loads[here] - shift, self._loads[there] + shift)
        others = (
            load for position, load in enumerate(self._loads) if position not in (here, there)
        )
        after = max(*changed, *others)
        return after <= self._most_compute and after - before <= gain

    def _put(self, slot: int, position: int) -> None:
        before = self.assignment[slot]
        self.assignment[slot] = position
        self._members[before].remove(slot)
        self._members[position].add(slot)
        self._loads[before] -= self._problem.loads[slot]
        self._loads[position] += self._problem.loads[slot]
        hosts = self._problem.hosts
        for other, sent in self._problem.traffic[slot].items():
            self._talk[other][before] -= sent
            self._talk[other][position] += sent
            self._talk_on_host[other][hosts[before]] -= sent
            self._talk_on_host[other][hosts[position]] += sent

    def _exchange_workers(self) -> bool:
        """Let two workers of different hosts exchange all they run, if bytes then travel less."""
        problem = self._problem
        network = problem.network(self.assignment)
        for left in range(len(self._members)):
            for right in range(left + 1, len(self._members)):
                if problem.hosts[left] == problem.hosts[right] or not self._fits(left, right):
                    continue
                renamed = {left: right, right: left}
                exchanged = [renamed.get(each, each) for each in self.assignment]
                if problem.network(exchanged) < network * (1 - _TOLERANCE):
                    self._take(exchanged)
                    return True
        return False

    def _fits(self, left: int, right: int) -> bool:
        workers = self._problem.workers
        return (
            len(self._members[left]) <= workers[right].slots
            and len(self._members[right]) <= workers[left].slots
        )


def _clustered(problem: PlacementProblem, most_compute: float) -> list[int] | None:
    """Join the slots that talk most into clusters that fit a worker, and place these greedily."""
    most_slots = min(offer.slots for offer in problem.workers)
    cluster_of = {slot: [slot] for slot in range(len(problem.slots))}
    load_of = dict(enumerate(problem.loads))
    pairs = sorted(
        (-sent, slot, other)
        for slot, others in enumerate(problem.traffic)
        for other, sent in others.items()
        if slot < other
    )
    for _, slot, other in pairs:
        left, right = cluster_of[slot], cluster_of[other]
        load = load_of[left[0]] + load_of[right[0]]
        if left is right or len(left) + len(right) > most_slots or load > most_compute:
            continue
        left += right
        load_of[left[0]] = load
        cluster_of.update((member, left) for member in right)
    clusters = {cluster[0]: cluster for cluster in cluster_of.values()}
    assignment = [-1] * len(problem.slots)
    room = [offer.slots for offer in problem.workers]
    loads = [0.0] * len(problem.workers)
    for first in sorted(clusters, key=lambda first: (-load_of[first], first)):
        fitting = [each for each, left in enumerate(room) if left >= len(clusters[first])]
        if not fitting:
            return None
        position = min(fitting, key=lambda position: (loads[position], position))
        for member in clusters[first]:
            assignment[member] = position
        room[position] -= len(clusters[first])
        loads[position] += load_of[first]
    return assignment
