"""Clusters of real processes, by the command line."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.running_cluster import (
    PATIENCE_S,
    RunningCluster,
    eventually,
    free_port,
    lives,
    running_cluster,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_leaks"), pytest.mark.timeout(180)]

PAIRS = """
import sys
from pyflink.datastream import StreamExecutionEnvironment

class Tag:
    def __init__(self, value):
        self.value = value

UNLUCKY = int(sys.argv[1])

def tag(value):
    if value == UNLUCKY:
        raise ValueError("unlucky")
    return value % 3, Tag(value)

env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_collection(list(range(9)))
numbers.map(tag).key_by(lambda row: row[0]).map(lambda row: row[1].value).print()
env.execute("pairs")
"""
SLOW = """
import time
from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment

def wait(value):
    time.sleep(0.05)
    return value

# what was read before a stop is still worked on: little
configuration = Configuration().set_integer("flinkette.batch.rows", 4)
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.from_collection(list(range(100_000))).map(wait).key_by(lambda row: row % 4).print()
env.execute("slow")
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster"), 2, 2) as cluster:
        yield cluster


def rows(text: str) -> list[int]:
    return sorted(int(line.partition("> ")[2]) for line in text.splitlines() if "> " in line[:4])


def test_an_attached_job_prints_its_rows_at_the_client(shared: RunningCluster) -> None:
    text = shared.run("-p", "2", shared.job(PAIRS), "-1")
    assert re.search(r"^Job has been submitted with JobID [0-9a-f]{32}$", text, re.MULTILINE)
    assert rows(text) == list(range(9))
    assert shared.states()[-1] == "FINISHED"


def test_a_job_that_fails_shows_the_users_error(shared: RunningCluster) -> None:
    text = shared.run("-p", "2", shared.job(PAIRS), "4", code=1)
    assert "ValueError: unlucky" in text
    assert "job.py:13" in text
    assert shared.states()[-1] == "FAILED"


def test_a_detached_job_runs_alone_and_more_jobs_than_slots_take_turns(
    shared: RunningCluster,
) -> None:
    before = shared.states()
    for _ in range(4):
        text = shared.run("-d", "-p", "2", shared.job(PAIRS), "-1")
        assert rows(text) == []
    shared.wait_for_states(*before, *["FINISHED"] * 4)
    assert "4 free" in shared("cluster", "status")


def test_a_waiting_job_says_what_it_waits_for_and_can_be_cancelled(shared: RunningCluster) -> None:
    text = shared.run("-d", "-p", "5", shared.job(PAIRS), "-1")
    (job_id,) = re.findall(r"JobID (\w+)", text)
    waiting = "[waiting for 5 slots, 4 free; the cluster has 4 slots: start more task managers]"
    assert f"{job_id} : pairs (CREATED) {waiting}" in shared("list")
    assert "pairs (CREATED)" not in shared("list", "-r")
    assert shared("cancel", job_id) == f"Cancelling job {job_id}.\nCancelled job {job_id}.\n"
    assert "is CANCELED already" in shared("cancel", job_id, code=1)
    assert "there is no job 0123" in shared("cancel", "0123", code=1)


def test_a_running_job_is_cancelled_or_stopped(shared: RunningCluster) -> None:
    for command, end in (("cancel", "CANCELED"), ("stop", "FINISHED")):
        text = shared.run("-d", "-p", "2", shared.job(SLOW))
        (job_id,) = re.findall(r"JobID (\w+)", text)
        eventually(lambda job_id=job_id: f"{job_id} : slow (RUNNING)" in shared("list"), "it runs")
        shared(command, job_id)
        assert shared.states()[-1] == end
    assert "4 free" in shared("cluster", "status")


AWAITING = """
import asyncio
from pyflink.common import Time
from pyflink.datastream import AsyncDataStream, AsyncFunction, StreamExecutionEnvironment

class Answer(AsyncFunction):
    async def async_invoke(self, value):
        await asyncio.sleep(0.001 * (value % 3))
        return [value]

env = StreamExecutionEnvironment.get_execution_environment()
answers = AsyncDataStream.unordered_wait(
    env.from_collection(list(range(50))), Answer(), Time.seconds(600))
answers.key_by(lambda row: row % 4).print()
env.execute("awaiting")
"""


def test_asynchronous_functions_are_awaited_on_a_cluster(shared: RunningCluster) -> None:
    text = shared.run("-p", "2", shared.job(AWAITING, "awaiting.py"))
    assert rows(text) == list(range(50))


ASKING = """
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext import job_figures

env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection(list(range(50))).key_by(lambda row: row % 3).reduce(max).print()
client = env.execute_async("asking")
while client.get_job_status().result().name == "CREATED":
    pass
job_figures(client)
client.get_job_execution_result().result()
figures = job_figures(client)
print([(each.rows_in, each.rows_out) for vertex in figures.vertices for each in vertex.operators])
"""


def test_a_program_may_ask_what_its_operators_do_on_a_cluster(shared: RunningCluster) -> None:
    text = shared.run("-p", "2", shared.job(ASKING, "asking.py"))
    assert "[(50, 50), (50, 50), (50, 50), (50, 50)]" in text


ADDING = """
from flinkette.datastream import MapFunction, StreamExecutionEnvironment
from flinkette.ext.accumulators import Accumulator


class Distinct(Accumulator):
    def __init__(self):
        self.values = set()

    def add(self, value):
        self.values.add(value)

    def get_local_value(self):
        return len(self.values)

    def reset_local(self):
        self.values.clear()

    def merge(self, other):
        self.values |= other.values


class AddsUp(MapFunction):
    def open(self, runtime_context):
        self.sum = runtime_context.get_long_counter("sum")
        self.distinct = Distinct()
        runtime_context.add_accumulator("distinct", self.distinct)
        self.factor = int(runtime_context.get_job_parameter("factor", "1"))

    def map(self, value):
        self.sum.add(value * self.factor)
        self.distinct.add(value % 7)
        return value


env = StreamExecutionEnvironment.get_execution_environment()
env.get_config().set_global_job_parameters({"factor": "2"})
env.from_collection(list(range(50))).rebalance().map(AddsUp()).print()
print(env.execute("adding").get_all_accumulator_results())
"""


def test_accumulators_and_job_parameters_travel_to_and_from_a_cluster(
    shared: RunningCluster,
) -> None:
    text = shared.run("-p", "2", shared.job(ADDING, "adding.py"))
    assert "{'sum': 2450, 'distinct': 7}" in text


def test_what_operators_do_is_shown_while_a_job_runs_and_afterwards(
    shared: RunningCluster,
) -> None:
    text = shared.run("-d", "-p", "2", shared.job(SLOW))
    (job_id,) = re.findall(r"JobID (\w+)", text)
    rates = r"^Map -> _stream_key_by_map_operator +2 +[1-9]\d* +[1-9]\d* +\d+ % +\d+ %"
    eventually(
        lambda: re.search(rates, shared("top", "--once", job_id[:12]), re.MULTILINE), "rates"
    )
    assert f"slow  {job_id}  RUNNING" in shared("top", "--once")
    shared("stop", job_id)
    shown = shared.call("info", *shared.where(("info",)), job_id).stdout
    assert f"slow  {job_id}  FINISHED" in shown
    names = ("Source: Collection Source", r"Map -> _stream\w+", "Sink: Print to Std. Out")
    rows = [re.findall(rf"^{name} +([\d,]+) ", shown, re.MULTILINE) for name in names]
    assert rows[0] == rows[1] == rows[2] != []
    assert re.search(r"^Sink: .* \(2/2\) +1 ", shown, re.MULTILINE)
    assert re.search(r"C [\d.]+ and W [\d.]+ cores estimated, C [\d.]+ and W", shown)
    assert job_id not in shared("top", "--once")
    assert "there is no job ffff0; see: flinkette list -a" in shared("top", "ffff0", code=1)


def test_top_on_a_terminal_goes_on_until_ctrl_c(shared: RunningCluster) -> None:
    command = ["top", "--interval", "0.1", *shared.where(("top",))]
    ours, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "flinkette", *command],
        cwd=shared.folder,  # `-m` looks there first, and not in sources that are not built
        env={**shared.environment, "TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    try:
        shown = b""
        # the first picture, and two that take its place: lines are erased before
        while shown.count(b"\x1b[2K") < 2:
            if select.select([ours], [], [], 0.5)[0]:
                shown += os.read(ours, 65536)
            elif process.poll() is not None:
                pytest.fail(f"ended with code {process.returncode}: {shown.decode()}")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        assert b"Traceback" not in shown + os.read(ours, 65536)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(terminal)


def test_a_job_whose_client_is_killed_is_cancelled(shared: RunningCluster) -> None:
    before = shared.states()
    client = shared.begin_run("-p", "2", shared.job(SLOW))
    shared.wait_for_states(*before, "RUNNING")
    client.kill()
    client.communicate()
    shared.wait_for_states(*before, "CANCELED")


def test_two_jobs_run_side_by_side(shared: RunningCluster) -> None:
    before = shared.states()
    clients = [shared.begin_run("-p", "2", shared.job(SLOW)) for _ in range(2)]
    shared.wait_for_states(*before, "RUNNING", "RUNNING")
    assert "0 free; 2 of" in shared("cluster", "status")
    for client in clients:
        client.send_signal(signal.SIGINT)  # ends the sources, commits what was read
        out, _ = client.communicate(timeout=40)
        assert rows(out)
    shared.wait_for_states(*before, "FINISHED", "FINISHED")


def test_a_second_cluster_on_the_same_port_does_not_start(shared: RunningCluster) -> None:
    text = shared("cluster", "start", code=1)
    assert f"runs at localhost:{shared.port}; stop it with" in text
    assert "the port is in use" in shared("jobmanager", code=1)


def test_a_lost_task_manager_fails_its_job_by_name(tmp_path: Path) -> None:
    with running_cluster(tmp_path, 2, 2) as cluster:
        client = cluster.begin_run("-p", "2", cluster.job(SLOW))
        cluster.wait_for_states("RUNNING")
        (busy,) = re.findall(r"process (\d+)  2 slots, 0 free", cluster("cluster", "status"))
        os.kill(int(busy), signal.SIGKILL)
        _out, err = client.communicate(timeout=40)
        assert client.returncode == 1
        assert re.search(r"task manager \S+ on \S+: the connection was lost", err)
        assert "1 task managers, 2 slots, 2 free" in cluster("cluster", "status")
        assert rows(cluster.run("-p", "2", cluster.job(PAIRS), "-1")) == list(range(9))


def test_a_job_passes_over_a_task_manager_that_does_not_answer(tmp_path: Path) -> None:
    with running_cluster(tmp_path, 2, 1, "-Dheartbeat.timeout=10 s") as cluster:
        stopped = [number for name, number in cluster.processes().items() if name != "JobManager"]
        first, _ = stopped
        os.kill(first, signal.SIGSTOP)
        try:
            cluster.run("-p", "1", cluster.job(PAIRS), "-1")
        finally:
            os.kill(first, signal.SIGCONT)
        # it is asked again, or registers again if it was away for too long
        eventually(lambda: "2 task managers, 2 slots, 2 free" in cluster("cluster", "status"), "")


def test_a_node_joins_while_a_job_waits_for_it_and_leaves_again(tmp_path: Path) -> None:
    with running_cluster(tmp_path, 1, 1) as cluster:
        cluster.run("-d", "-p", "2", cluster.job(PAIRS), "-1")
        cluster.wait_for_states("CREATED")
        joined = cluster.begin("taskmanager", "--slots", "2", "-m", f"localhost:{cluster.port}")
        cluster.wait_for_states("FINISHED")
        joined.terminate()
        out, err = joined.communicate(timeout=40)
        assert joined.returncode == 0, err
        assert "offers 2 slots to the JobManager" in out
        assert "stopped by a signal" in err
        eventually(lambda: "1 task managers" in cluster("cluster", "status"), "it is gone")


def test_task_managers_go_on_with_another_job_manager(tmp_path: Path) -> None:
    with running_cluster(tmp_path, 1, 2) as cluster:
        client = cluster.begin_run("-p", "2", cluster.job(SLOW))
        cluster.wait_for_states("RUNNING")
        processes = cluster.processes()
        os.kill(processes.pop("JobManager"), signal.SIGKILL)
        _out, err = client.communicate(timeout=40)
        assert client.returncode == 1
        assert "the connection to the JobManager" in err
        port = f"-Djobmanager.rpc.port={cluster.port}"
        second = cluster.begin("jobmanager", port)
        try:
            eventually(
                lambda: "1 task managers, 2 slots, 2 free" in cluster("cluster", "status"),
                "the task manager has registered again",
            )
            assert rows(cluster.run("-p", "2", cluster.job(PAIRS), "-1")) == list(range(9))
            cluster("cluster", "stop")
            assert not any(map(lives, processes.values()))
        finally:
            second.kill()
            second.communicate()


def test_a_cluster_with_keys_takes_only_who_has_one(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    maker = RunningCluster(tmp_path, 0)
    assert (
        f"Wrote {keys}/node.key_secret"
        in maker.call("cluster", "keygen", "--directory", str(keys)).stdout
    )
    settings = ("-Djobmanager.bind-host=0.0.0.0", f"-Dflinkette.security.keys={keys}")
    with running_cluster(tmp_path, 1, 2, *settings) as cluster:
        assert rows(cluster.run("-p", "2", cluster.job(PAIRS), "-1")) == list(range(9))
        stranger = RunningCluster(tmp_path, cluster.port)
        assert "it wants keys; set flinkette.security.keys" in stranger("list", code=1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["-Djobmanager.bind-host=0.0.0.0"], "and flinkette.security.keys is not set"),
        (["-Dflinkette.security.keys=/no/keys"], "make keys with: flinkette cluster keygen"),
        (["-Dheartbeat.interval=often"], "heartbeat.interval"),
        (["-Dnonsense"], "'nonsense' is not KEY=VALUE"),
        (["-Djobmanager.rpc.address=a b"], "'a b' is no address"),
    ],
)
def test_a_job_manager_that_cannot_start_says_why(
    tmp_path: Path, settings: list[str], words: str
) -> None:
    done = RunningCluster(tmp_path, 0).call("jobmanager", *settings)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_task_manager_without_job_manager_gives_up_with_advice(tmp_path: Path) -> None:
    cluster = RunningCluster(tmp_path, free_port())
    done = cluster.call(
        "taskmanager", *cluster.where(("taskmanager",)), "-Dtaskmanager.registration.timeout=300 ms"
    )
    assert done.returncode == 1
    assert (
        "the JobManager did not answer for 0.3 s (taskmanager.registration.timeout)" in done.stderr
    )


def test_the_plan_of_a_job_is_shown_without_running_it(tmp_path: Path) -> None:
    cluster = RunningCluster(tmp_path, 0)
    done = cluster.call("info", "-p", "3", cluster.job(PAIRS), "-1")
    assert done.returncode == 0
    first, *plan, _last = done.stdout.splitlines()
    assert "Execution Plan" in first
    assert '      "parallelism": 3,' in plan
    assert rows(done.stdout) == []
