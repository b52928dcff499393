"""Programs written for PyFlink print on flinkette what they printed on PyFlink (contract 37)."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.recording import HERE, normalise, program_paths, read_header, read_recording

RUN = "from flinkette.cli.main import main; main()"
PROGRAMS = program_paths()
DIFFERENCES = HERE.parents[1] / "docs" / "guide" / "differences.md"


def titled(program: Path) -> str:
    return program.stem


@pytest.mark.parametrize("batch_rows", [1, 8192])
@pytest.mark.parametrize("program", PROGRAMS, ids=titled)
def test_a_program_prints_what_pyflink_printed(program, batch_rows, run_python, request) -> None:
    header = read_header(program)
    if header.difference:
        reason = f"known difference: {header.difference}"
        request.applymarker(pytest.mark.xfail(reason=reason, strict=False))
    setting = f"flinkette.batch.rows={batch_rows}"
    arguments = ["-c", RUN, "run", "-D", setting, str(program)]
    done = run_python(*arguments, TZ="UTC", PYTHONUTF8="1")
    assert normalise(done.stdout, header) == read_recording(program), done.stderr


def test_every_program_is_recorded_and_every_recording_has_its_program() -> None:
    recorded = {path.stem for path in (HERE / "recorded").glob("*.txt")}
    assert recorded == {program.stem for program in PROGRAMS}
    assert len(recorded) >= 32


def test_every_known_difference_is_explained_in_the_guide() -> None:
    titles = {
        line.lstrip("#").strip()
        for line in DIFFERENCES.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }
    named = {read_header(program).difference for program in PROGRAMS} - {None}
    assert named <= titles
