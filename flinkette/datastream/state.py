"""Keyed state and its descriptors: every name of `flinkette.contracts.state`."""

from __future__ import annotations

from flinkette.contracts import state
from flinkette.contracts.state import *  # noqa: F403 - the list of names stands there alone

__all__ = state.__all__
