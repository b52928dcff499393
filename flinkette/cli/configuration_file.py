"""`config.yaml` with Flink's keys, nested or flat, and what overrides it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flinkette.contracts.config import Configuration
from flinkette.contracts.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["load_configuration"]

FILE = "config.yaml"


def load_configuration(overriding: Mapping[str, str] | None = None) -> Configuration:
    """Read the configuration of this machine.

    The file lies in the folder that FLINKETTE_CONF_DIR or FLINK_CONF_DIR names, else in
    ~/.flinkette; without a file every key has its default.

    Parameters
    ----------
    overriding : mapping, optional
        Keys from the command line, which win.

    Returns
    -------
    Configuration
        All keys, flat.

    Raises
    ------
    ConfigurationError
        If the file is no YAML of keys and values; names file and line.
    """
    values: dict[str, Any] = {}
    file = _file()
    if file is not None:
        values.update(_read(file))
    values.update(overriding or {})
    return Configuration.from_dict(values)


def _file() -> Path | None:
    for name in ("FLINKETTE_CONF_DIR", "FLINK_CONF_DIR"):
        folder = os.environ.get(name)
        if folder:
            file = Path(folder) / FILE
            if file.exists():
                return file
            if name == "FLINKETTE_CONF_DIR":
                raise ConfigurationError(f"{name} is {folder!r}, which has no {FILE}")
    file = Path.home() / ".flinkette" / FILE
    return file if file.exists() else None


def _read(file: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file} is not a list of `key: value` lines")
    return dict(_flat("", content))


def _flat(prefix: str, values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _flat(f"{key}.", value)
        elif isinstance(value, list):
            yield key, ";".join(str(each) for each in value)
        elif value is not None:
            yield key, value
