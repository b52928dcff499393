"""Where the examples are, and how tests run them: as a user does, in a Python of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def examples() -> Path:
    """The folder of the examples."""
    return EXAMPLES


@pytest.fixture
def run_example(run_python):
    """Run an example; returns the lines it printed."""

    def run(name: str, *arguments: str) -> list[str]:
        return run_python(str(EXAMPLES / name), *arguments).stdout.splitlines()

    return run
