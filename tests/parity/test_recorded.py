"""Programs written for PyFlink print on flinkette what they printed on PyFlink (contract 37)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parity.recording import HERE, normalise, program_paths, read_header, read_recording

RUN = "from flinkette.cli.main import main; main()"
PROGRAMS = program_paths()
RUNS_ON = {
    "in_process": ("--workers", "1"),
    "two_workers_ring": ("--workers", "2"),
    "two_workers_zmq": ("--workers", "2", "-D", "flinkette.exchange.transport=zmq"),
}
DIFFERENCES = HERE.parents[1] / "docs" / "guide" / "differences.md"


def titled(program: Path) -> str:
    return program.stem


def replay(program: Path, batch_rows: int, run_python, *options: str) -> str:
    setting = f"flinkette.batch.rows={batch_rows}"
    arguments = ("run", "-D", setting, *options, str(program))
    done = run_python("-c", RUN, *arguments, TZ="UTC", PYTHONUTF8="1")
    return done.stdout


@pytest.mark.parametrize("batch_rows", [1, 8192])
@pytest.mark.parametrize("program", PROGRAMS, ids=titled)
def test_a_program_prints_what_pyflink_printed(program, batch_rows, run_python, request) -> None:
    header = read_header(program)
    if header.difference:
        reason = f"known difference: {header.difference}"
        request.applymarker(pytest.mark.xfail(reason=reason))
    printed = normalise(replay(program, batch_rows, run_python), header)
    assert printed == read_recording(program)


@pytest.mark.parametrize("runs_on", RUNS_ON)
@pytest.mark.parametrize(
    "program",
    [program for program in PROGRAMS if not read_header(program).has_fixed_parallelism],
    ids=titled,
)
def test_more_subtasks_print_the_same_lines_in_some_order(
    program, runs_on, run_python, tmp_path
) -> None:
    header = replace(read_header(program), order="any", key=None, strips_subtask=True)
    written = program.read_text(encoding="utf-8")
    parallel = tmp_path / program.name
    parallel.write_text(written.replace("env.set_parallelism(1)", "env.set_parallelism(3)"))
    printed = normalise(replay(parallel, 7, run_python, *RUNS_ON[runs_on]), header)
    assert printed == normalise("\n".join(read_recording(program)), header)


def test_every_program_is_recorded_and_every_recording_has_its_program() -> None:
    recorded = {path.stem for path in (HERE / "recorded").glob("*.txt")}
    assert recorded == {program.stem for program in PROGRAMS}
    assert len(recorded) >= 80


def test_every_known_difference_is_explained_in_the_guide() -> None:
    titles = {
        line.lstrip("#").strip()
        for line in DIFFERENCES.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }
    named = {read_header(program).difference for program in PROGRAMS} - {None}
    assert named <= titles
