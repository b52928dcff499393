"""Nothing that runs on other processes may leave something behind."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def leaves_nothing(request: pytest.FixtureRequest) -> None:
    """Check every test of this folder for leaks, but for those of machines, which hold nothing."""
    if not request.path.stem.endswith("_machine"):
        request.getfixturevalue("no_leaks")
