"""Definitions of configuration keys."""

from __future__ import annotations

from flinkette.contracts.config_option import ConfigOption, ConfigOptions

__all__ = ["ConfigOption", "ConfigOptions"]
