"""Methods that PyFlink 1.x has and 2.x has not, over the settings of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.execution_config import ExecutionConfig
from flinkette.contracts.restart_strategy import RestartStrategyConfiguration
from flinkette.datastream.checks import require_instance
from flinkette.datastream.time_characteristic import TimeCharacteristic

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration

__all__ = ["EnvironmentMethodsOf1x"]

_TIME_KEY = "pipeline.time-characteristic"
_NAMES_OF_TIMES = {
    TimeCharacteristic.ProcessingTime: "processing-time",
    TimeCharacteristic.IngestionTime: "ingestion-time",
    TimeCharacteristic.EventTime: "event-time",
}


class EnvironmentMethodsOf1x:
    """What scripts written for PyFlink 1.x call on their environment."""

    _configuration: Configuration

    def set_stream_time_characteristic(self, characteristic: TimeCharacteristic) -> None:
        """Say which time the program runs on (PyFlink 1.x).

        Parameters
        ----------
        characteristic : TimeCharacteristic
            ProcessingTime sets the watermark interval to 0, the others to 200 ms, as in Flink 1.x.
        """
        require_instance("set_stream_time_characteristic", characteristic, TimeCharacteristic)
        self._configuration.set_string(_TIME_KEY, _NAMES_OF_TIMES[characteristic])
        is_clock = characteristic is TimeCharacteristic.ProcessingTime
        ExecutionConfig(self._configuration).set_auto_watermark_interval(0 if is_clock else 200)

    def get_stream_time_characteristic(self) -> TimeCharacteristic:
        """Return which time the program runs on (PyFlink 1.x).

        Returns
        -------
        TimeCharacteristic
            EventTime by default.
        """
        name = self._configuration.get_string(_TIME_KEY, "event-time")
        known = {text: time for time, text in _NAMES_OF_TIMES.items()}
        return known.get(name, TimeCharacteristic.EventTime)

    def set_restart_strategy(
        self, restart_strategy_configuration: RestartStrategyConfiguration
    ) -> None:
        """Choose what happens after a failure (PyFlink 1.x).

        Parameters
        ----------
        restart_strategy_configuration : RestartStrategyConfiguration
            What `RestartStrategies` makes.
        """
        require_instance(
            "set_restart_strategy", restart_strategy_configuration, RestartStrategyConfiguration
        )
        ExecutionConfig(self._configuration).set_restart_strategy(restart_strategy_configuration)

    def get_restart_strategy(self) -> RestartStrategyConfiguration:
        """Return what happens after a failure (PyFlink 1.x).

        Returns
        -------
        RestartStrategyConfiguration
            What was set.
        """
        return ExecutionConfig(self._configuration).get_restart_strategy()

    def register_type(self, type_class_name: str) -> None:
        """Do nothing: names a Java class for Flink's serialisers (PyFlink 1.x).

        Parameters
        ----------
        type_class_name : str
            The class.
        """
        require_instance("register_type", type_class_name, str)

    def register_type_with_kryo_serializer(
        self, type_class_name: str, serializer_class_name: str
    ) -> None:
        """Do nothing: names Java classes for Flink's serialisers (PyFlink 1.x).

        Parameters
        ----------
        type_class_name, serializer_class_name : str
            The classes.
        """
        for name in (type_class_name, serializer_class_name):
            require_instance("register_type_with_kryo_serializer", name, str)

    def add_default_kryo_serializer(self, type_class_name: str, serializer_class_name: str) -> None:
        """Do nothing: names Java classes for Flink's serialisers (PyFlink 1.x).

        Parameters
        ----------
        type_class_name, serializer_class_name : str
            The classes.
        """
        for name in (type_class_name, serializer_class_name):
            require_instance("add_default_kryo_serializer", name, str)
