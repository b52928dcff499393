"""Windows, window assigners and triggers: every name of `flinkette.contracts.window`."""

from __future__ import annotations

from flinkette.contracts import window
from flinkette.contracts.window import *  # noqa: F403 - the list of names stands there alone

__all__ = window.__all__
