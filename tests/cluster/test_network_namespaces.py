"""Two machines, as far as the network goes: each task manager in a network namespace of its own.

Between them is a cable (a veth pair), so that nothing but TCP connects them; keys are needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cluster.programs import KEYED, rows
from cluster.running_cluster import RunningCluster, eventually

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_leaks"), pytest.mark.timeout(180)]

ADDRESSES = ("10.213.74.1", "10.213.74.2")
PORT = 6123
JOIN = """
ip link add {left} type veth peer name {right}
ip link set {left} netns {left}
ip link set {right} netns {right}
ip -n {left} address add {left_address}/30 dev {left}
ip -n {right} address add {right_address}/30 dev {right}
ip -n {left} link set {left} up
ip -n {right} link set {right} up
ip -n {left} link set lo up
ip -n {right} link set lo up
"""


def ip(command: str) -> None:
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    refusals = ("not permitted", "denied", "not supported", "Unknown device type")
    if any(word in done.stderr for word in refusals):
        pytest.skip(f"needs root and network namespaces: {command}: {done.stderr.strip()}")
    assert done.returncode == 0, f"{command}: {done.stderr}"


@pytest.fixture(scope="module")
def namespaces() -> Iterator[tuple[str, str]]:
    if shutil.which("ip") is None:
        pytest.skip("needs iproute2")
    names = (f"flk{os.getpid()}a", f"flk{os.getpid()}b")
    with ExitStack() as undo:
        for name in names:
            ip(f"ip netns add {name}")
            undo.callback(subprocess.run, ["ip", "netns", "delete", name], check=True)
        commands = JOIN.format(
            left=names[0], right=names[1], left_address=ADDRESSES[0], right_address=ADDRESSES[1]
        )
        for command in commands.strip().splitlines():
            ip(command)
        yield names


@pytest.fixture(scope="module")
def two_machines(
    namespaces: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningCluster]:
    folder = tmp_path_factory.mktemp("machines")
    keys = folder / "keys"
    RunningCluster(folder, 0).call("cluster", "keygen", "--directory", str(keys))
    settings = [f"-Dflinkette.security.keys={keys}"]
    here, there = (
        RunningCluster(folder, PORT, settings, ADDRESSES[0], ["ip", "netns", "exec", name])
        for name in namespaces
    )
    started = [here.begin("jobmanager", *here.where(("jobmanager",)))]
    try:
        for machine in (here, there):
            slots = ("taskmanager", "--slots", "2")
            started.append(machine.begin(*slots, *machine.where(slots)))
        eventually(lambda: len(connected(here)) == 2, "both task managers are there")
        yield here
    finally:
        here.call("cluster", "stop", *here.where(("cluster",)))
        for process in started:
            process.terminate()
            process.communicate(timeout=40)


def connected(cluster: RunningCluster) -> list[str]:
    done = cluster.call("cluster", "status", *cluster.where(("cluster",)))
    return [line for line in done.stdout.splitlines() if " 2 slots, " in line and "heard" in line]


def test_a_job_over_two_machines_makes_the_rows_of_one_process(
    two_machines: RunningCluster,
) -> None:
    job = two_machines.job(KEYED)
    embedded = rows(two_machines.call("run", "--workers", "1", "-p", "4", job, "3000").stdout)
    assert len(embedded) == 3000
    assert rows(two_machines.run("-p", "4", job, "3000")) == embedded
    assert "4 slots, 4 free" in two_machines("cluster", "status")
