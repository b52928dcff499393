"""Jobs whose workers run on several task managers: the same rows, and ends that say why."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cluster.programs import COLLECTING, ENDLESS, KEYED, rows
from cluster.running_cluster import RunningCluster, eventually, running_cluster

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_leaks"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    with running_cluster(tmp_path_factory.mktemp("hosts"), 2, 2) as cluster:
        yield cluster


def status(cluster: RunningCluster) -> str:
    return cluster("cluster", "status")


def test_a_keyed_job_over_two_task_managers_makes_the_rows_of_one_process(
    two_hosts: RunningCluster,
) -> None:
    job = two_hosts.job(KEYED)
    embedded = rows(two_hosts.call("run", "--workers", "1", "-p", "4", job, "3000").stdout)
    assert len(embedded) == 3000
    assert rows(two_hosts.run("-p", "4", job, "3000")) == embedded
    assert two_hosts.states()[-1] == "FINISHED"
    assert "4 slots, 4 free" in status(two_hosts)


def test_a_task_manager_that_is_lost_ends_the_job_on_the_others_too(
    two_hosts: RunningCluster,
) -> None:
    before = two_hosts.states()
    where = f"localhost:{two_hosts.port}"
    victim = two_hosts.begin("taskmanager", "--slots", "2", "-m", where)
    client = two_hosts.begin_run("-p", "6", two_hosts.job(ENDLESS))
    try:
        eventually(
            lambda: re.search(r"endless  RUNNING .* [1-9]\d* rows in", status(two_hosts)),
            "it runs",
        )
        assert "6 slots, 0 free" in status(two_hosts)
        victim.kill()
        _out, err = client.communicate(timeout=40)
        assert client.returncode == 1
        lost = re.search(r"task manager (\S+) on \S+: the connection was lost", err)
        assert lost, err
        assert two_hosts.states() == [*before, "FAILED"]
        assert "FAILED  6 slots  " in status(two_hosts)
        assert f"task manager {lost[1]} on" in status(two_hosts)
        eventually(
            lambda: "4 slots, 4 free" in status(two_hosts),
            "the workers of the others are gone",
        )
    finally:
        victim.kill()
        victim.communicate()
        client.kill()
        client.communicate()


def test_execute_and_collect_brings_rows_of_all_task_managers_to_the_client(
    two_hosts: RunningCluster,
) -> None:
    before = two_hosts.states()
    text = two_hosts.run("-p", "4", two_hosts.job(COLLECTING))
    assert "sum 200010000\n" in text
    assert "rows 500\n" in text
    assert "none []\n" in text
    assert "first 3\n" in text
    # the client closed the last one, which had no end
    two_hosts.wait_for_states(*before, "FINISHED", "FINISHED", "FINISHED", "CANCELED")
    refused = two_hosts.run("-d", two_hosts.job(COLLECTING), code=1)
    assert "a detached job does not wait for" in refused
