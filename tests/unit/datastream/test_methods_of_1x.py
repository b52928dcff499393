"""Names that PyFlink 1.x scripts use: the settings of today under them."""

import warnings

import pytest

from flinkette.common import ExecutionMode, RestartStrategies, Types
from flinkette.contracts.errors import InvalidTypeError
from flinkette.datastream import (
    CheckpointConfig,
    ExternalizedCheckpointCleanup,
    ExternalizedCheckpointRetention,
    TimeCharacteristic,
)


@pytest.mark.parametrize(
    ("time", "interval_ms"),
    [
        (TimeCharacteristic.ProcessingTime, 0),
        (TimeCharacteristic.IngestionTime, 200),
        (TimeCharacteristic.EventTime, 200),
    ],
)
def test_the_time_of_a_program_sets_the_watermark_interval(env, time, interval_ms):
    assert env.get_stream_time_characteristic() is TimeCharacteristic.EventTime
    env.set_stream_time_characteristic(time)
    assert env.get_stream_time_characteristic() is time
    assert env.get_config().get_auto_watermark_interval() == interval_ms
    with pytest.raises(InvalidTypeError, match="set_stream_time_characteristic"):
        env.set_stream_time_characteristic("event")


def test_a_script_of_1x_runs_without_a_word(env, capsys):
    env.set_stream_time_characteristic(TimeCharacteristic.EventTime)
    env.set_restart_strategy(RestartStrategies.fixed_delay_restart(3, 500))
    env.register_type("org.example.Row")
    env.register_type_with_kryo_serializer("org.example.Row", "org.example.RowSerializer")
    env.add_default_kryo_serializer("org.example.Row", "org.example.RowSerializer")
    env.get_config().set_execution_mode(ExecutionMode.BATCH)
    assert env.get_config().get_execution_mode() is ExecutionMode.BATCH
    with pytest.raises(InvalidTypeError, match="set_runtime_mode"):
        env.get_config().set_execution_mode("BATCH")
    env.set_parallelism(1).from_collection([1, 2], Types.INT()).map(str, Types.STRING()).print()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env.execute("of 1.x")
    assert capsys.readouterr().out == "1\n2\n"


def test_a_restart_strategy_of_the_environment_is_that_of_its_config(env):
    strategy = RestartStrategies.failure_rate_restart(3, 60_000, 500)
    env.set_restart_strategy(strategy)
    assert env.get_restart_strategy() == strategy == env.get_config().get_restart_strategy()
    with pytest.raises(InvalidTypeError, match="set_restart_strategy"):
        env.set_restart_strategy("fixed-delay")


def test_classes_for_kryo_are_named_by_text(env):
    with pytest.raises(InvalidTypeError, match="register_type"):
        env.register_type(int)


def test_checkpoints_have_their_former_names(env):
    config = env.get_checkpoint_config()
    assert isinstance(config, CheckpointConfig)
    assert ExternalizedCheckpointCleanup is ExternalizedCheckpointRetention
    kept = ExternalizedCheckpointCleanup.RETAIN_ON_CANCELLATION
    config.enable_externalized_checkpoints(kept).set_checkpoint_storage_dir("file:///c")
    assert config.get_externalized_checkpoint_retention() is kept
    assert config.get_externalized_checkpoint_cleanup() is kept
    assert env._configuration.to_dict()["execution.checkpointing.dir"] == "file:///c"
