"""From `python program.py` to its first line of output, against a Python that only prints.

`examples/word_count.py` prints when it has counted a whole book; the aim is 0.3 s.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "word_count.py"
PRINT = "print('hello', flush=True)"
IMPORT = "import flinkette.datastream\n" + PRINT
WORD_COUNT = """
from flinkette.common import Types
from flinkette.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
lines = env.from_collection(["to be or not to be", "that is the question"])
pair = Types.TUPLE([Types.STRING(), Types.INT()])
words = lines.flat_map(lambda line: [(word, 1) for word in line.split()], output_type=pair)
words.key_by(lambda word: word[0]).sum(1).print()
env.execute("word count")
"""
TWO_WORKERS = WORD_COUNT.replace("set_parallelism(1)", "set_parallelism(2)")


@pytest.mark.parametrize(
    ("program", "first_line"),
    [
        pytest.param(IMPORT, "hello\n", id="import"),
        pytest.param(WORD_COUNT, "(to,1)\n", id="word_count"),
        pytest.param(TWO_WORKERS, ("1> (", "2> ("), id="two_workers"),
        pytest.param(EXAMPLE, "26,689 words,", id="example_word_count"),
    ],
)
def test_start(
    time_beside: Any,
    start_python: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    program: str | Path,
    first_line: str | tuple[str, ...],
) -> None:
    started: list[subprocess.Popen[str]] = []

    def first_output(text: str | Path) -> str:
        path = text if isinstance(text, Path) else tmp_path / "program.py"
        if isinstance(text, str):
            path.write_text(text, encoding="utf-8")
        process = start_python(str(path))
        started.append(process)
        assert process.stdout is not None
        return process.stdout.readline()

    def finish() -> None:
        for process in started:
            process.communicate()
            assert process.returncode == 0
        started.clear()

    def run_bare() -> None:
        finish()  # what the program does after its first line must not slow the next one down
        assert first_output(PRINT) == "hello\n"
        finish()

    assert first_output(program).startswith(first_line)
    time_beside(lambda: first_output(program), run_bare, None)
    finish()
