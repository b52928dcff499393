"""Jobs on worker processes of this machine: rows, output, errors, ends, and nothing left behind."""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from flinkette.client.local import LocalJob
from flinkette.client.settings import plan_options
from flinkette.common import Configuration, Types, WatermarkStrategy
from flinkette.contracts.errors import (
    InvalidPipelineError,
    JobCancelledError,
    UserFunctionError,
    WorkerLostError,
)
from flinkette.datastream import (
    MapFunction,
    OutputTag,
    ProcessFunction,
    RuntimeContext,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.datastream.submission import graph_to_submit
from flinkette.plan.job_graph import build_job_graph

pytestmark = pytest.mark.usefixtures("fork_server_of_the_module", "no_leaks")


def environment(
    workers: int = 2, parallelism: int = 2, transport: str = "ring"
) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    configuration = Configuration()
    configuration.set_integer("flinkette.execution.workers", workers)
    configuration.set_string("flinkette.exchange.transport", transport)
    env.configure(configuration)
    env.set_parallelism(parallelism)
    return env


def sequence(env: StreamExecutionEnvironment, last: int) -> Any:
    source = NumberSequenceSource(1, last)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")


def job_of(env: StreamExecutionEnvironment, workers: int = 2) -> LocalJob:
    graph = graph_to_submit(env._stream_graph)
    job_graph = build_job_graph(graph, plan_options(env._configuration))
    return LocalJob(job_graph, env._configuration, "test", workers)


def run(job: LocalJob) -> None:
    while job.step():
        pass


either_transport = pytest.mark.parametrize("transport", ["ring", "zmq"])


@either_transport
@pytest.mark.parametrize(("workers", "parallelism"), [(2, 2), (2, 5), (3, 2), (4, 4)])
def test_rows_are_those_of_one_process(workers: int, parallelism: int, transport: str) -> None:
    results = []
    for number in (1, workers):
        env = environment(number, parallelism, transport)
        numbers = sequence(env, 5000).map(lambda each: (each % 17, each))
        sums = numbers.key_by(lambda row: row[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
        results.append(sorted(sums.map(lambda row: row[0]).execute_and_collect()))
    assert results[0] == results[1]
    assert len(results[0]) == 5000


IMPORTS_PYFLINK = """
from pyflink.datastream import StreamExecutionEnvironment

def make_row(value):
    from pyflink.common import Row
    return Row(value)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
env.from_collection([1, 2]).rebalance().map(make_row).print()
env.execute()
"""


SEES_ITS_COMMAND_LINE = """
import sys
from flinkette.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
env.from_collection([0]).rebalance().map(lambda value: " ".join(sys.argv[1:])).print()
env.execute()
"""


def test_functions_see_the_programs_command_line(run_python: Any, tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text(SEES_ITS_COMMAND_LINE)
    command = "from flinkette.cli.main import main; main()"
    printed = run_python("-c", command, "run", "--workers", "2", str(job), "-x", "12").stdout
    assert printed.split("\n")[0] in ("1> -x 12", "2> -x 12")


def test_functions_import_pyflink_on_workers_too(run_python: Any, tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text(IMPORTS_PYFLINK)
    command = "from flinkette.cli.main import main; main()"
    printed = run_python("-c", command, "run", "--workers", "2", str(job)).stdout
    assert sorted(printed.split("\n")[:2]) == ["1> <Row(1)>", "2> <Row(2)>"]


LOADED_LIBRARIES = """
import sys, threading
import numpy, pyarrow
from flinkette.cluster.worker_pool import fork_server
from flinkette.datastream import StreamExecutionEnvironment

server = fork_server({libraries})
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
names = ["numpy", "pyarrow", "makes_a_thread"]
found = env.from_collection(names).rebalance().map(lambda name: (name, name in sys.modules))
print(sorted(found.execute_and_collect()))
"""
MAKES_A_THREAD = (
    "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
)


@pytest.mark.parametrize(
    ("libraries", "found"), [("", True), ("['numpy', 'makes_a_thread', 'absent']", False)]
)
def test_costly_libraries_are_imported_once_if_they_make_no_thread(
    run_python: Any, tmp_path: Path, libraries: str, found: bool
) -> None:
    (tmp_path / "makes_a_thread.py").write_text(MAKES_A_THREAD)
    printed = run_python("-c", LOADED_LIBRARIES.format(libraries=libraries)).stdout
    assert printed == f"[('makes_a_thread', False), ('numpy', {found}), ('pyarrow', {found})]\n"


IMPORTED_BY_WORKERS = """
import subprocess
import sys

from flinkette.common import Configuration, Time, Types, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows

class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value

def engine_modules(*_):
    import sys
    return sorted(name for name in sys.modules if name.startswith("flinkette."))

configuration = Configuration()
configuration.set_integer("flinkette.execution.workers", 2)
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(2)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
rows = env.from_collection([1, 2], Types.LONG()).assign_timestamps_and_watermarks(strategy)
keyed = rows.key_by(lambda row: row).map(lambda row: row).key_by(lambda row: row)
fired = keyed.window(TumblingEventTimeWindows.of(Time.seconds(1))).reduce(lambda a, b: a)
with fired.map(engine_modules).execute_and_collect() as found:
    imported = set().union(*found)

program = "import sys; from importlib import import_module as load; from flinkette.cluster import "
program += "fork_server; [load(each) for each in fork_server.PRELOADED]; print(*sys.modules)"
known = subprocess.check_output([sys.executable, "-c", program], text=True).split()
print(sorted(imported - set(known)))
"""


def test_workers_of_a_usual_job_need_not_import_anything(run_python: Any) -> None:
    assert run_python("-c", IMPORTED_BY_WORKERS).stdout == "[]\n"


def process_id(_: Any) -> int:
    return os.getpid()


def test_subtasks_run_in_processes_of_their_own() -> None:
    env = environment(2, 2)
    found = set(
        env.from_collection(list(range(100))).rebalance().map(process_id).execute_and_collect()
    )
    assert len(found) == 2
    assert os.getpid() not in found


@either_transport
def test_every_exchange_reaches_the_subtasks_it_should(transport: str) -> None:
    for ship in ("rebalance", "rescale", "shuffle", "broadcast", "forward"):
        env = environment(2, 3, transport)
        tags = sequence(env, 300).map(lambda each: each)
        shipped = getattr(tags, ship)().map(lambda each: each)
        expected = sorted([*range(1, 301)] * (3 if ship == "broadcast" else 1))
        assert sorted(shipped.execute_and_collect()) == expected, ship


class Halves(ProcessFunction):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> Any:
        if value % 2:
            yield OutputTag("odd", Types.LONG()), value
        else:
            yield value


@either_transport
def test_side_outputs_and_unions_cross_processes(transport: str) -> None:
    env = environment(2, 2, transport)
    halves = sequence(env, 100).rebalance().process(Halves())
    odd = halves.get_side_output(OutputTag("odd", Types.LONG()))
    joined = halves.rebalance().union(odd.rebalance().map(lambda each: -each))
    expected = sorted(-each if each % 2 else each for each in range(1, 101))
    assert sorted(joined.execute_and_collect()) == expected


def test_closures_travel() -> None:
    factor = 7
    table = {"a": [1, 2]}

    class Scale(MapFunction):
        def __init__(self) -> None:
            self.opened = 0

        def open(self, runtime_context: RuntimeContext) -> None:
            self.opened += 1

        def map(self, value: int) -> Any:
            return value * factor, table["a"], self.opened

    env = environment()
    rows = sorted(env.from_collection([1, 2, 3]).rebalance().map(Scale()).execute_and_collect())
    assert rows == [(7, [1, 2], 1), (14, [1, 2], 1), (21, [1, 2], 1)]


@either_transport
def test_arrow_tables_travel_beside_the_program(transport: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"k": [each % 5 for each in range(10_000)], "v": range(10_000)})
    env = environment(transport=transport)
    rows = list(env.from_arrow(table).key_by("k").map(lambda row: row["v"]).execute_and_collect())
    assert sorted(rows) == list(range(10_000))


def test_a_batch_job_keeps_more_rows_than_its_rings_hold() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    count = 100_000
    table = pyarrow.table({"k": [each % 7 for each in range(count)], "v": range(count)})
    env = environment()
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    env.configure(Configuration().set_string("taskmanager.memory.network.max", "1mb"))
    last = env.from_arrow(table).key_by("k").reduce(lambda a, b: b).map(lambda row: row["v"])
    assert sorted(last.execute_and_collect()) == list(range(count - 7, count))


def test_what_users_print_comes_with_the_subtasks_name(capsys: pytest.CaptureFixture[str]) -> None:
    def loud(value: int) -> int:
        print("one\ntwo", value)
        print("half", end=" ")
        print("line")
        return value

    env = environment()
    env.from_collection([5]).rebalance().map(loud).name("Loud").print()
    env.execute()
    out = capsys.readouterr().out.splitlines()
    name = "[Loud -> Sink: Print to Std. Out (1/2)] "
    assert out == [f"{name}one", f"{name}two 5", f"{name}half line", "1> 5"]


def test_logging_of_user_code_reaches_the_client(capsys: pytest.CaptureFixture[str]) -> None:
    def warn(value: int) -> int:
        logging.getLogger("mine").warning("look at %d", value)
        return value

    env = environment()
    list(env.from_collection([5]).rebalance().map(warn).name("Warn").execute_and_collect())
    lines = [line for line in capsys.readouterr().err.splitlines() if "look at 5" in line]
    assert len(lines) == 1
    assert lines[0].startswith("[Warn")


def fail_at_three(value: int) -> int:
    if value == 3:
        raise ValueError("three is too much")
    return value


def test_an_error_names_operator_subtask_and_the_users_line() -> None:
    env = environment()
    env.from_collection([1, 2, 3, 4]).rebalance().map(fail_at_three).name("Check").print()
    with pytest.raises(
        UserFunctionError, match=r"'Check' .*subtask 1/2: ValueError: three is"
    ) as caught:
        env.execute()
    cause = caught.value.__cause__
    assert isinstance(cause, ValueError)
    assert "fail_at_three" in str(cause.__cause__)
    assert Path(__file__).name in str(cause.__cause__)
    assert (caught.value.operator, caught.value.value_text, caught.value.subtask) == (
        "Check",
        "3",
        0,
    )


class NeedsTwo(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def test_an_exception_that_cannot_be_pickled_keeps_its_words() -> None:
    def odd(value: int) -> int:
        raise NeedsTwo("salt", "pepper")

    env = environment()
    env.from_collection([1]).rebalance().map(odd).print()
    with pytest.raises(UserFunctionError, match="NeedsTwo: salt and pepper"):
        env.execute()


def test_what_cannot_be_sent_is_refused_before_anything_starts() -> None:
    lock = threading.Lock()
    env = environment()
    env.from_collection([1]).map(lambda each: (lock, each)).name("Locked").print()
    with pytest.raises(
        InvalidPipelineError, match=r"'Locked' .*cannot be sent to worker .*open\(\)"
    ):
        env.execute()


def endless(env: StreamExecutionEnvironment) -> Any:
    return sequence(env, 2**60).key_by(lambda each: each % 10).map(lambda each: each)


@either_transport
# not SIGSEGV: sanitizers take that for themselves
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT])
def test_a_worker_that_is_gone_fails_the_job_and_ends_the_others(
    number: signal.Signals, transport: str
) -> None:
    env = environment(transport=transport)
    endless(env).rebalance().filter(lambda each: False).print()
    job = job_of(env)
    while job.counts().rows_in == 0:
        assert job.step()
    victim = job.processes[1]
    os.kill(victim, number)
    with pytest.raises(WorkerLostError, match=f"worker 1 .process {victim}.*{number.name}"):
        run(job)
    assert job.status.name == "FAILED"


def test_a_job_without_room_for_its_rings_says_what_to_do(run_python: Any) -> None:
    # a limit of file sizes holds for shared memory, too
    message, left, again = run_python("-c", NO_SHARED_MEMORY).stdout.splitlines()
    start = r"SharedMemoryError: channel 1 of \d between workers: no shared memory of \d+ bytes: "
    assert re.match(start, message)
    assert "lower the parallelism or taskmanager.memory.network.max" in message
    assert (left, again) == ("0 0", "[1, 2, 3]")


NO_SHARED_MEMORY = """
import gc, os, resource
from flinkette.contracts.errors import SharedMemoryError
from flinkette.datastream import StreamExecutionEnvironment

def run():
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
    rows = env.from_collection([1, 2, 3]).rebalance().map(lambda each: each)
    return sorted(rows.execute_and_collect())

def held():
    gc.collect()
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    return len(os.listdir("/proc/self/fd")), len(children)

run()
before = held()
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
try:
    run()
except SharedMemoryError as error:
    print(f"{type(error).__name__}: {error}")
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
print(*(now - then for now, then in zip(held(), before)))
print(run())
"""


def take_your_time(value: int) -> int:
    time.sleep(0.0005)
    return value


def resident_bytes(job: LocalJob) -> int:
    pages = [Path(f"/proc/{each}/statm").read_text().split()[1] for each in job.processes.values()]
    return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")


@either_transport
def test_a_source_much_faster_than_its_sink_waits_for_it(transport: str) -> None:
    env = environment(transport=transport)
    sequence(env, 2**60).rebalance().map(take_your_time).filter(lambda each: False).print()
    job = job_of(env)
    while job.counts().rows_in == 0:
        assert job.step()
    before, until_s = resident_bytes(job), time.monotonic() + 2
    while time.monotonic() < until_s:
        assert job.step()
    # both channels between the workers, and a batch at each end of all four
    assert job.counts().rows_in < 2 * (1 << 20) // 8 + 8 * 16_384 + 50_000
    assert resident_bytes(job) - before < 48 << 20
    job.close()


def test_a_job_can_be_stopped_and_keeps_what_was_read() -> None:
    env = environment()
    endless(env).print()
    job = job_of(env)
    while job.counts().rows_in == 0:
        assert job.step()
    job.stop()
    run(job)
    assert job.status.name == "FINISHED"


def test_a_job_in_the_background_can_be_cancelled() -> None:
    env = environment()
    endless(env).filter(lambda each: False).print()
    client = env.execute_async()
    client.cancel().result()
    with pytest.raises(JobCancelledError):
        client.get_job_execution_result().result()


def test_a_job_that_is_closed_early_ends_its_workers() -> None:
    env = environment()
    with endless(env).execute_and_collect() as rows:
        assert next(rows) >= 1


CLIENT = """
import os, signal, sys
from flinkette.common import Configuration, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.datastream.submission import graph_to_submit

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
source = NumberSequenceSource(1, 2**60)
numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")
numbers.key_by(lambda each: each % 10).filter(lambda each: False).print()
from flinkette.client.start import make_job
configuration = Configuration()
configuration.set_integer("flinkette.execution.workers", 2)
job = make_job(graph_to_submit(env._stream_graph), configuration, "test")
while job.counts().rows_in == 0:
    job.step()
from pathlib import Path
children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
print(*job.processes.values(), *children, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_workers_do_not_outlive_a_client_that_was_killed(run_python: Any) -> None:
    done = run_python("-c", CLIENT, check=False)
    processes = [int(each) for each in done.stdout.split()]
    assert len(processes) == 3, done.stderr
    waiting = threading.Event()
    for _ in range(500):
        if not any(map(is_running, processes)):
            return
        waiting.wait(0.01)
    pytest.fail(f"still there after the client: {[each for each in processes if is_running(each)]}")
