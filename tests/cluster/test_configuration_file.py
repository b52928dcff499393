"""config.yaml: Flink's file, nested or flat, overridden by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from flinkette.cli.cluster_commands import settings_of
from flinkette.cli.configuration_file import load_configuration
from flinkette.contracts import cluster_options as options
from flinkette.contracts.errors import ConfigurationError

NESTED = """
jobmanager:
  rpc:
    address: jm.example
    port: 7000
taskmanager.numberOfTaskSlots: 4
heartbeat:
  interval: 2 s
pipeline:
  jars: [a.jar, b.jar]
env: null
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FLINKETTE_CONF_DIR", raising=False)
    monkeypatch.delenv("FLINK_CONF_DIR", raising=False)


def test_nested_and_flat_keys_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text(NESTED)
    for variable in ("FLINK_CONF_DIR", "FLINKETTE_CONF_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
        configuration = load_configuration()
        assert configuration.get(options.JOB_MANAGER_ADDRESS) == "jm.example"
        assert configuration.get(options.JOB_MANAGER_PORT) == 7000
        assert configuration.get(options.SLOTS) == 4
        assert configuration.get(options.HEARTBEAT_INTERVAL) == 2000
        assert configuration.get_string("pipeline.jars", "") == "a.jar;b.jar"


def test_the_command_line_wins(tmp_path: Path) -> None:
    (tmp_path / ".flinkette").mkdir()
    (tmp_path / ".flinkette" / "config.yaml").write_text(NESTED)
    configuration = load_configuration(settings_of(("heartbeat.interval=5 s",), "other:1"))
    assert configuration.get(options.HEARTBEAT_INTERVAL) == 5000
    assert configuration.get(options.JOB_MANAGER_ADDRESS) == "other"
    assert configuration.get(options.JOB_MANAGER_PORT) == 1


def test_without_a_file_there_are_defaults() -> None:
    configuration = load_configuration()
    assert configuration.get(options.JOB_MANAGER_PORT) == 6123
    assert configuration.get(options.HEARTBEAT_TIMEOUT) == 50_000


@pytest.mark.parametrize("text", ["a: [", "- one\n- two", "just words"])
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / ".flinkette").mkdir()
    (tmp_path / ".flinkette" / "config.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"config\.yaml (cannot be read|is not a list)"):
        load_configuration()


def test_a_folder_that_was_named_must_have_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLINKETTE_CONF_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"which has no config\.yaml"):
        load_configuration()


def test_an_empty_file_has_no_keys(tmp_path: Path) -> None:
    (tmp_path / ".flinkette").mkdir()
    (tmp_path / ".flinkette" / "config.yaml").write_text("# nothing\n")
    assert load_configuration().get(options.SLOTS) == 1
