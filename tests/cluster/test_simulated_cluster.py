"""Random lives of a cluster: whatever joins, leaves, hangs or is lost, no slot is given twice and
every job ends. To repeat a failure: FLK_SIMULATOR_SEED=<seed> pytest <this file>."""

from __future__ import annotations

import os
import random

import pytest

from cluster.simulated_cluster import HEARTBEAT_TIMEOUT_MS, SLOT_TIMEOUT_MS, SimulatedCluster

SEEDS = 300
SEEDS_PER_TEST = 25
TROUBLE_MS = 60_000
END_MS = TROUBLE_MS + 4 * SLOT_TIMEOUT_MS + 300_000
SETTLING_MS = 8 * HEARTBEAT_TIMEOUT_MS


def live(seed: int) -> SimulatedCluster:
    """Run one cluster from its seed to its quiet end."""
    plan = random.Random(f"plan {seed}")
    cluster = SimulatedCluster(seed)
    time = cluster.time
    for _ in range(plan.randint(0, 4)):
        slots = plan.randint(1, 4)
        time.at(plan.randint(0, 2_000), lambda slots=slots: cluster.join(slots))
    for _ in range(plan.randint(1, 12)):
        priority, group = plan.randint(0, 2), plan.choice("rg")
        time.at(
            plan.randint(0, TROUBLE_MS),
            lambda priority=priority, group=group: cluster.submit(priority, group),
        )
    for _ in range(plan.randint(0, 8)):
        time.at(plan.randint(0, TROUBLE_MS), plan.choice(TROUBLES)(cluster, plan))
    time.at(TROUBLE_MS + 1, lambda: make_whole(cluster))
    quiet_ms = None  # since when nothing is left to do
    while time.now_ms < END_MS and (quiet_ms is None or time.now_ms < quiet_ms + SETTLING_MS):
        if not time.step():
            break
        cluster.check()
        is_quiet = time.now_ms > TROUBLE_MS and cluster.is_quiet()
        quiet_ms = (quiet_ms or time.now_ms) if is_quiet else None
    cluster.check_quiet()
    return cluster


def make_whole(cluster: SimulatedCluster) -> None:
    cluster.loss = 0.0
    for host in cluster.hosts.values():
        host.up.is_cut = host.down.is_cut = False


def one_host(cluster: SimulatedCluster, plan: random.Random):
    living = cluster.living()
    return plan.choice(living) if living else None


def a_node_joins(cluster, plan):
    slots = plan.randint(1, 4)
    return lambda: cluster.join(slots)


def a_node_is_lost(cluster, plan):
    def act():
        if host := one_host(cluster, plan):
            host.die()

    return act


def a_node_leaves(cluster, plan):
    from flinkette.cluster.task_manager_events import LeaveRequested

    def act():
        if host := one_host(cluster, plan):
            host.tell(LeaveRequested(cluster.time.now_ms, "stopped by its user"))

    return act


def a_node_hangs(cluster, plan):
    pause_ms = plan.choice([200, 3_000, 20_000])

    def act():
        if host := one_host(cluster, plan):
            host.stop_for(pause_ms)

    return act


def a_cable_is_pulled(cluster, plan):
    is_up, is_down = plan.choice([(True, True), (True, False), (False, True)])
    pause_ms = plan.choice([200, 3_000, 20_000])

    def act():
        host = one_host(cluster, plan)
        if host is None:
            return
        host.up.is_cut, host.down.is_cut = is_up, is_down

        def mend():
            host.up.is_cut = host.down.is_cut = False

        cluster.time.after(pause_ms, mend)

    return act


def messages_are_lost(cluster, plan):
    pause_ms, share = plan.choice([500, 10_000]), plan.choice([0.02, 0.3])

    def act():
        cluster.loss = share
        cluster.time.after(pause_ms, lambda: setattr(cluster, "loss", 0.0))

    return act


def a_job_is_cancelled(cluster, plan):
    from flinkette.cluster.dispatcher_events import CancelRequested

    def act():
        if cluster.submitted:
            job_id = plan.choice(cluster.submitted)
            cluster.tell_dispatcher(CancelRequested(cluster.time.now_ms, job_id))

    return act


def the_job_manager_is_replaced(cluster, plan):
    return cluster.begin_job_manager


TROUBLES = [
    a_node_joins,
    a_node_joins,
    a_node_is_lost,
    a_node_leaves,
    a_node_hangs,
    a_cable_is_pulled,
    messages_are_lost,
    a_job_is_cancelled,
    a_job_is_cancelled,
    the_job_manager_is_replaced,
]


def seeds() -> list[range]:
    chosen = os.environ.get("FLK_SIMULATOR_SEED")
    if chosen:
        return [range(int(chosen), int(chosen) + 1)]
    return [range(first, first + SEEDS_PER_TEST) for first in range(0, SEEDS, SEEDS_PER_TEST)]


@pytest.mark.parametrize("numbers", seeds(), ids=lambda numbers: f"{numbers[0]}-{numbers[-1]}")
def test_every_job_ends_and_no_slot_is_given_twice(numbers: range) -> None:
    for seed in numbers:
        try:
            live(seed)
        except AssertionError as error:
            pytest.fail(f"FLK_SIMULATOR_SEED={seed}: {error}", pytrace=True)


def test_a_seed_gives_the_same_life_again() -> None:
    first, second = live(7), live(7)
    assert first.dispatcher == second.dispatcher
    assert first.resources == second.resources
