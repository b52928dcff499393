"""What happens after a failure."""

from __future__ import annotations

from flinkette.contracts.restart_strategy import RestartStrategies, RestartStrategyConfiguration

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]
