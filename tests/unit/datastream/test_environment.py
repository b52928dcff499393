"""The environment: settings, defaults, where they come from."""

import pytest

from flinkette.common import Configuration, Duration, WatermarkStrategy
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
)
from flinkette.datastream import (
    CheckpointingMode,
    ExternalizedCheckpointRetention,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from flinkette.datastream.connectors.number_seq import NumberSequenceSource
from flinkette.datastream.launch_options import launch_options, set_launch_options


def test_settings_of_the_environment_are_configuration_keys(env):
    env.set_parallelism(3).set_max_parallelism(12).set_buffer_timeout(5)
    env.disable_operator_chaining().set_runtime_mode(RuntimeExecutionMode.BATCH)
    env.set_default_savepoint_directory("file:///s").enable_changelog_state_backend(True)
    assert (env.get_parallelism(), env.get_max_parallelism()) == (3, 12)
    assert env.get_buffer_timeout() == 5
    assert not env.is_chaining_enabled()
    assert env.get_default_savepoint_directory() == "file:///s"
    assert env.is_changelog_state_backend_enabled() is True
    settings = env._configuration.to_dict()
    assert settings["parallelism.default"] == "3"
    assert settings["execution.runtime-mode"] == "BATCH"


def test_an_environment_starts_with_pyflinks_defaults(env):
    assert env.get_parallelism() == env.get_default_local_parallelism() >= 1
    assert env.get_max_parallelism() == -1
    assert env.get_buffer_timeout() == 100
    assert env.is_chaining_enabled()
    assert env.is_chaining_of_operators_with_different_max_parallelism_enabled()
    assert env.get_checkpoint_interval() == -1
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE
    assert env.is_changelog_state_backend_enabled() is None
    assert env.get_default_savepoint_directory() is None
    assert not env.is_unaligned_checkpoints_enabled()


def test_no_buffer_timeout_means_minus_one(env):
    assert env.set_buffer_timeout(-1).get_buffer_timeout() == -1


def test_checkpoint_settings_are_a_view_of_the_environment(env):
    env.enable_checkpointing(500)
    config = env.get_checkpoint_config()
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    assert config.get_checkpoint_timeout() == 600_000
    assert config.get_max_concurrent_checkpoints() == 1
    assert config.is_fail_on_checkpointing_errors()
    config.set_min_pause_between_checkpoints(20).set_tolerable_checkpoint_failure_number(2)
    config.set_aligned_checkpoint_timeout(Duration.of_seconds(1)).enable_unaligned_checkpoints()
    config.set_externalized_checkpoint_retention(
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION
    )
    config.set_checkpointing_mode(CheckpointingMode.AT_LEAST_ONCE)
    again = env.get_checkpoint_config()
    assert again.get_min_pause_between_checkpoints() == 20
    assert not again.is_fail_on_checkpointing_errors()
    assert again.get_aligned_checkpoint_timeout() == Duration.of_seconds(1)
    assert again.is_externalized_checkpoints_enabled()
    assert env.is_unaligned_checkpoints_enabled()
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda e: e.set_parallelism(0), InvalidPipelineError),
        (lambda e: e.set_parallelism(True), InvalidTypeError),
        (lambda e: e.set_max_parallelism(32769), InvalidPipelineError),
        (lambda e: e.set_buffer_timeout(-2), InvalidPipelineError),
        (lambda e: e.set_runtime_mode("BATCH"), InvalidTypeError),
        (lambda e: e.enable_checkpointing(0), InvalidPipelineError),
        (lambda e: e.from_collection(5), InvalidTypeError),
        (lambda e: e.from_collection([1], int), InvalidTypeError),
        (
            lambda e: e.from_source([1], WatermarkStrategy.no_watermarks(), "numbers"),
            InvalidTypeError,
        ),
        (lambda e: e.from_source(NumberSequenceSource(1, 2), None, "numbers"), InvalidTypeError),
        (lambda e: e.configure({"a": "b"}), InvalidTypeError),
        (lambda e: e.add_python_file("/no/such/file.py"), InvalidPipelineError),
    ],
)
def test_the_environment_refuses_wrong_values_at_the_call(env, build, error):
    with pytest.raises(error):
        build(env)


def test_a_configuration_gives_the_parallelism_and_is_copied():
    configuration = Configuration().set_integer("parallelism.default", 3)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    configuration.set_integer("parallelism.default", 5)
    assert env.get_parallelism() == 3


def test_a_configuration_with_parallelism_0_is_refused():
    configuration = Configuration().set_integer("parallelism.default", 0)
    with pytest.raises(InvalidPipelineError, match="got 0"):
        StreamExecutionEnvironment.get_execution_environment(configuration)


def test_the_command_line_gives_defaults_and_the_program_wins():
    before = launch_options()
    set_launch_options({"parallelism.default": "3", "pipeline.name": "outer"})
    try:
        assert StreamExecutionEnvironment.get_execution_environment().get_parallelism() == 3
        own = Configuration().set_integer("parallelism.default", 2)
        env = StreamExecutionEnvironment.get_execution_environment(own)
        assert env.get_parallelism() == 2
    finally:
        set_launch_options(before)


def test_jars_are_ignored_with_a_warning(env):
    with pytest.warns(UserWarning, match="no JVM"):
        env.add_jars("file:///kafka.jar")
