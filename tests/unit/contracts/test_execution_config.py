"""Execution settings and restart strategies. Defaults recorded from PyFlink 2.3."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flinkette.contracts import options
from flinkette.contracts.config import Configuration
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.execution_config import ExecutionConfig
from flinkette.contracts.restart_strategy import RestartStrategies


def test_defaults_are_flinks() -> None:
    config = ExecutionConfig()
    assert config.get_max_parallelism() == -1
    assert config.get_auto_watermark_interval() == 200
    assert config.get_latency_tracking_interval() == 0
    assert config.get_task_cancellation_interval() == 30_000
    assert config.get_task_cancellation_timeout() == 180_000
    assert config.is_closure_cleaner_enabled()
    assert config.has_auto_generated_uids_enabled()
    assert not config.is_object_reuse_enabled()
    assert not config.is_use_snapshot_compression()
    assert config.get_global_job_parameters() == {}


def test_what_is_set_is_set_in_the_configuration_it_views() -> None:
    configuration = Configuration()
    config = ExecutionConfig(configuration)
    config.set_parallelism(3).set_auto_watermark_interval(50).enable_object_reuse()
    assert configuration.get(options.PARALLELISM) == 3
    assert configuration.get(options.AUTO_WATERMARK_INTERVAL) == 50
    assert configuration.get(options.OBJECT_REUSE) is True
    assert ExecutionConfig(configuration) == config


def test_parallelism_can_be_left_to_the_environment_again() -> None:
    config = ExecutionConfig().set_parallelism(3)
    assert config.set_parallelism(ExecutionConfig.PARALLELISM_UNKNOWN).get_parallelism() == 3
    assert config.set_parallelism(ExecutionConfig.PARALLELISM_DEFAULT).get_parallelism() == -1


@pytest.mark.parametrize("value", [0, -3, 32769])
def test_a_parallelism_out_of_range_is_refused_with_the_value(value: int) -> None:
    with pytest.raises(InvalidPipelineError, match=rf"from 1 to 32768 or -1.*got {value}"):
        ExecutionConfig().set_parallelism(value)
    with pytest.raises(InvalidPipelineError, match=rf"max_parallelism must be.*got {value}"):
        ExecutionConfig().set_max_parallelism(value)


def test_an_interval_must_be_a_number_of_ms_that_is_not_negative() -> None:
    with pytest.raises(InvalidPipelineError, match=r"auto-watermark-interval.*got -5 ms"):
        ExecutionConfig().set_auto_watermark_interval(-5)
    with pytest.raises(InvalidTypeError, match=r"takes a number of ms, got '5'"):
        ExecutionConfig().set_auto_watermark_interval("5")  # type: ignore[arg-type]


def test_global_job_parameters_become_text() -> None:
    config = ExecutionConfig().set_global_job_parameters({"a": 1, "b,c": "d:e"})
    assert config.get_global_job_parameters() == {"a": "1", "b,c": "d:e"}


def test_settings_of_the_jvm_are_kept_and_read_back() -> None:
    config = ExecutionConfig().enable_force_kryo().disable_generic_types().enable_force_avro()
    assert config.is_force_kryo_enabled()
    assert config.has_generic_types_disabled()
    assert config.is_force_avro_enabled()
    assert not config.disable_closure_cleaner().is_closure_cleaner_enabled()
    assert config.get_registered_kryo_types() == []


@pytest.mark.parametrize(
    "strategy",
    [
        RestartStrategies.no_restart(),
        RestartStrategies.fixed_delay_restart(3, 1000),
        RestartStrategies.failure_rate_restart(3, 60_000, 2000),
        RestartStrategies.fall_back_restart(),
    ],
)
def test_a_restart_strategy_goes_through_the_configuration_unchanged(strategy) -> None:
    config = ExecutionConfig().set_restart_strategy(strategy)
    assert config.get_restart_strategy() == strategy
    assert strategy.get_description() in repr(strategy)


def test_a_restart_strategy_tells_its_pauses_as_timedeltas() -> None:
    fixed = RestartStrategies.fixed_delay_restart(3, 1500)
    assert fixed.get_restart_attempts() == 3
    assert fixed.get_delay_between_attempts_interval() == timedelta(seconds=1.5)
    rate = RestartStrategies.failure_rate_restart(2, 60_000, 10)
    assert rate.get_max_failure_rate() == 2
    assert rate.get_failure_interval() == timedelta(minutes=1)


def test_a_negative_pause_or_count_is_refused() -> None:
    with pytest.raises(InvalidPipelineError, match=r"must not be negative, got -1"):
        RestartStrategies.fixed_delay_restart(-1, 1000)
    with pytest.raises(InvalidPipelineError, match=r"delay between restarts.*got -1000"):
        RestartStrategies.fixed_delay_restart(1, -1000)
