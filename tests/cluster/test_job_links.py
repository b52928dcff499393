"""Which workers are joined how, where they listen, and whom they let in."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.cluster.addresses import Address
from flinkette.cluster.identifiers import AllocationId, SlotAddress, TaskManagerId
from flinkette.cluster.job_deployment import JobHost, hosts_of
from flinkette.cluster.job_links import join_workers
from flinkette.cluster.worker_network import WorkerNetwork
from flinkette.contracts.errors import ConfigurationError
from flinkette.plan.execution_graph import Channel, SubtaskId

pytest.importorskip("zmq")

MANAGER = Address("127.0.0.1", 6123)


def all_to_all(parallelism: int) -> list[Channel]:
    subtasks = range(parallelism)
    return [
        Channel(0, SubtaskId(0, one), SubtaskId(1, other)) for one in subtasks for other in subtasks
    ]


def spread(parallelism: int) -> dict[SubtaskId, int]:
    return {SubtaskId(vertex, index): index for vertex in (0, 1) for index in range(parallelism)}


def test_workers_are_numbered_over_the_hosts_of_a_job() -> None:
    x, y = TaskManagerId("x"), TaskManagerId("y")
    slots = [
        SlotAddress(name, 3, slot, AllocationId(slot)) for name, slot in ((x, 0), (y, 0), (x, 1))
    ]
    assert hosts_of(slots) == (JobHost(x, 3, (0, 1)), JobHost(y, 3, (2,)))
    again = [SlotAddress(x, 3, 0, AllocationId(0)), SlotAddress(x, 4, 0, AllocationId(1))]
    assert [host.instance for host in hosts_of(again)] == [3, 4]


def test_channels_inside_a_host_are_rings_and_others_share_a_connection_of_two_workers() -> None:
    links = join_workers(all_to_all(3), spread(3), {0: 0, 1: 0, 2: 1})
    assert {(each.sender.index, each.receiver.index) for each in links.rings} == {(0, 1), (1, 0)}
    assert links.peers == {0: (2,), 1: (2,)}
    assert not links.keys
    listens = links.listens(attempt=4)
    assert (listens[0].peers, listens[0].attempt, listens[0].keys) == ([2], 4, None)
    assert listens[0].token == links.token != join_workers([], {}, {}).token


def test_each_worker_of_an_encrypted_connection_knows_the_keys_of_those_it_talks_to() -> None:
    links = join_workers(all_to_all(3), spread(3), {0: 0, 1: 0, 2: 1}, is_encrypted=True)
    keys = links.keys
    assert set(keys[0].peers) == set(keys[1].peers) == {2}
    assert keys[2].peers == {0: keys[0].public, 1: keys[1].public}
    assert keys[0].peers[2] == keys[2].public
    assert keys[0].secret.decode() not in repr(links)
    alone = join_workers(all_to_all(2), spread(2), {0: 0, 1: 0}, is_encrypted=True)
    assert (alone.peers, alone.keys) == ({}, {})


def test_without_keys_workers_listen_for_their_own_machine_only() -> None:
    network = WorkerNetwork(MANAGER, host="10.0.0.1", bind_host="0.0.0.0")
    assert network.endpoint(is_encrypted=False) == "tcp://127.0.0.1:*"
    assert network.told("tcp://127.0.0.1:4000") == "tcp://127.0.0.1:4000"


@pytest.mark.parametrize(
    ("network", "endpoint", "told"),
    [
        (WorkerNetwork(MANAGER), "tcp://127.0.0.1:*", "tcp://9.9.9.9:4000"),
        (WorkerNetwork(MANAGER, "10.0.0.1"), "tcp://10.0.0.1:*", "tcp://10.0.0.1:4000"),
        (WorkerNetwork(MANAGER, "rack", "0.0.0.0"), "tcp://0.0.0.0:*", "tcp://rack:4000"),
        (WorkerNetwork(MANAGER, None, "0.0.0.0"), "tcp://0.0.0.0:*", "tcp://127.0.0.1:4000"),
        (WorkerNetwork(MANAGER, "::1"), "tcp://[::1]:*", "tcp://[::1]:4000"),
        (WorkerNetwork(Address(path="/tmp/jm")), "tcp://127.0.0.1:*", "tcp://9.9.9.9:4000"),
    ],
)
def test_with_keys_workers_listen_where_the_host_is_known(
    network: WorkerNetwork, endpoint: str, told: str
) -> None:
    assert network.endpoint(is_encrypted=True) == endpoint
    assert network.told("tcp://9.9.9.9:4000") == told


def test_a_name_without_an_address_is_an_error_that_names_its_key() -> None:
    network = WorkerNetwork(MANAGER, "no such host")
    for ask in (network.check, lambda: network.endpoint(is_encrypted=True)):
        with pytest.raises(ConfigurationError, match=r"taskmanager\.host is 'no such host', which"):
            ask()


MEET = """
import os, select, sys, time
import zmq
from flinkette.cluster.messages import LinkKeys
from flinkette.cluster.peer_links import PeerLinks

def pair():
    return tuple(zmq.curve_keypair())

who = sys.argv[1]
left, right = pair(), pair()
links = [PeerLinks(), PeerLinks()]
(address,) = links[0].listen([1], "tcp://127.0.0.1:*", b"job", 2, LinkKeys(*left, {1: right[0]}))
own = pair() if who == "another key" else right
server = pair()[0] if who == "the wrong server" else left[0]
links[1].connect({0: address}, b"job", 2, None if who == "no key" else LinkKeys(*own, {0: server}))
ends = [links[0][1], links[1][0]]
deadline_s = time.monotonic() + 40
while time.monotonic() < deadline_s:
    if ends[1].is_lost or all(end.is_established for end in ends):
        break
    select.select([fd for end in ends for fd in end.descriptors], [], [], 0.02)
    for end in ends:
        end.pump()
print([end.is_established for end in ends], ends[1].is_lost, ends[1].loss, flush=True)
os._exit(0)  # as workers end: nobody waits for what a link could not send
"""


def meet(run_python: Any, who: str) -> str:
    """Let a worker listen for another, and tell how somebody fares who connects to it."""
    return run_python("-c", MEET, who).stdout


def test_the_worker_whose_key_is_known_is_let_in(run_python: Any) -> None:
    assert meet(run_python, "the right worker").startswith("[True, True] False")


@pytest.mark.parametrize("stranger", ["another key", "no key", "the wrong server"])
def test_nobody_else_is_let_in(run_python: Any, stranger: str) -> None:
    told = meet(run_python, stranger)
    assert told.startswith("[False, False] True")
    assert "taskmanager.host" in told
