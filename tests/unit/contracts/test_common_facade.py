"""`flinkette.common` has PyFlink's names where PyFlink has them."""

from __future__ import annotations

import importlib

import pytest

import flinkette.common

PLACES = {
    "completable_future": ["CompletableFuture"],
    "config_options": ["ConfigOption", "ConfigOptions"],
    "configuration": ["Configuration"],
    "constants": ["MAX_LONG_VALUE", "MIN_LONG_VALUE"],
    "execution_config": ["ExecutionConfig"],
    "execution_mode": ["ExecutionMode"],
    "input_dependency_constraint": ["InputDependencyConstraint"],
    "job_client": ["JobClient"],
    "job_execution_result": ["JobExecutionResult"],
    "job_id": ["JobID"],
    "job_status": ["JobStatus"],
    "restart_strategy": ["RestartStrategies", "RestartStrategyConfiguration"],
    "serialization": ["ByteArraySchema", "Encoder", "SerializationSchema", "SimpleStringSchema"],
    "serializer": ["TypeSerializer"],
    "time": ["Duration", "Instant", "Time"],
    "typeinfo": ["RowTypeInfo", "TypeInformation", "Types"],
    "types": ["Row", "RowKind"],
    "watermark_strategy": ["TimestampAssigner", "WatermarkStrategy"],
}


@pytest.mark.parametrize(("module", "names"), PLACES.items())
def test_a_module_of_common_has_its_names(module: str, names: list[str]) -> None:
    imported = importlib.import_module(f"flinkette.common.{module}")
    for name in names:
        assert name in imported.__all__
        if name in flinkette.common.__all__:
            assert getattr(imported, name) is getattr(flinkette.common, name)


def test_common_exports_pyflinks_27_names_and_one_of_1x() -> None:
    assert len(flinkette.common.__all__) == 28
    for name in flinkette.common.__all__:
        assert hasattr(flinkette.common, name)


def test_the_limits_are_those_of_64_bits() -> None:
    constants = importlib.import_module("flinkette.common.constants")
    assert constants.MAX_LONG_VALUE == 2**63 - 1
    assert constants.MIN_LONG_VALUE == -(2**63)
