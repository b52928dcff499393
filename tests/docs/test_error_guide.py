"""The message quoted in the guide to errors is the one its program ends with."""

from __future__ import annotations

import html
import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "errors.md"


def test_the_message_quoted_is_the_whole_message_of_the_first_program(run_python, tmp_path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    program = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]
    lines = re.search(r"(?:^> .*\n)+", text, re.MULTILINE)[0].splitlines()
    quoted = html.unescape(" ".join(line.removeprefix("> ") for line in lines))
    assert program.count("except UserFunctionError as error:\n") == 1
    uncaught = program.replace("as error:\n", "as error:\n    raise\n")
    (tmp_path / "job.py").write_text(uncaught)
    done = run_python(str(tmp_path / "job.py"), check=False)
    last = done.stderr.splitlines()[-1]
    assert last.replace(f"{tmp_path}/", "") == (
        f"flinkette.contracts.errors.UserFunctionError: {quoted}"
    )
