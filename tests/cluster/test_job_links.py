"""Which workers are joined how, where they listen, and whom they let in."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator

import pytest

from flinkette.cluster.addresses import Address
from flinkette.cluster.identifiers import AllocationId, SlotAddress, TaskManagerId
from flinkette.cluster.job_deployment import JobHost, hosts_of
from flinkette.cluster.job_links import join_workers
from flinkette.cluster.messages import LinkKeys
from flinkette.cluster.peer_links import PeerLinks
from flinkette.cluster.worker_network import WorkerNetwork
from flinkette.contracts.errors import ConfigurationError
from flinkette.exchange.zmq_link import ZmqLink
from flinkette.plan.execution_graph import Channel, SubtaskId

zmq = pytest.importorskip("zmq")

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


class Workers:
    """Workers 0 and 1 of an attempt, in one process."""

    def __init__(self) -> None:
        (self.left, self.right) = (pair() for _ in range(2))
        self.links = [PeerLinks(), PeerLinks()]
        keys = LinkKeys(*self.left, {1: self.right[0]})
        (self.address,) = self.links[0].listen([1], "tcp://127.0.0.1:*", b"job", 2, keys)

    def connect(self, own: tuple[bytes, bytes], server: bytes | None) -> None:
        keys = None if server is None else LinkKeys(*own, {0: server})
        self.links[1].connect({0: self.address}, b"job", 2, keys)

    def reach(self, is_there) -> bool:
        """Pump both ends until something is there, or for a moment if it never is."""
        ends = [self.links[0][1], self.links[1][0]]
        deadline_s = time.monotonic() + 20
        while time.monotonic() < deadline_s:
            if is_there(*ends):
                return True
            for end in ends:
                end.pump()
            fds = [fd for end in ends if not end.is_lost for fd in end.descriptors]
            select.select(fds, [], [], 0.02)
        return False

    def close(self) -> None:
        for links, peer in zip(self.links, (1, 0), strict=True):
            if peer in links:
                links[peer].close(linger_ms=0)
            # what ends with its process otherwise
            if links._guard is not None:
                links._guard.stop()
            if links._context is not None:
                links._context.term()


def pair() -> tuple[bytes, bytes]:
    public, secret = zmq.curve_keypair()
    return public, secret


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def both_established(left: ZmqLink, right: ZmqLink) -> bool:
    return left.is_established and right.is_established


def test_the_worker_whose_key_is_known_is_let_in(workers: Workers) -> None:
    workers.connect(workers.right, workers.left[0])
    assert workers.reach(both_established)


@pytest.mark.parametrize("stranger", ["another key", "no key", "the wrong server"])
def test_nobody_else_is_let_in(workers: Workers, stranger: str) -> None:
    own = workers.right if stranger == "the wrong server" else pair()
    server = {"no key": None, "the wrong server": pair()[0]}.get(stranger, workers.left[0])
    workers.connect(own, server)
    assert workers.reach(lambda left, right: right.is_lost)
    assert not workers.links[0][1].is_established
    assert "taskmanager.host" in workers.links[1][0].loss
