"""`Configuration`: the settings of a program, by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts import option_values
from flinkette.contracts.config_option import ConfigOption, ConfigOptions
from flinkette.contracts.errors import ConfigurationError, InvalidTypeError
from flinkette.contracts.options import UnknownOptionWarning, warn_unknown_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

__all__ = [
    "ConfigOption",
    "ConfigOptions",
    "Configuration",
    "UnknownOptionWarning",
    "warn_unknown_keys",
]

T = TypeVar("T")

_SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "apikey",
    "api-key",
    "service-key",
    "account.key",
    "auth-params",
    "basic-auth",
    "jaas.config",
    "http-headers",
)


class Configuration:
    """The settings of a program: keys with texts, numbers or switches.

    Parameters
    ----------
    other : Configuration, optional
        One whose settings are copied.

    Examples
    --------
    >>> configuration = Configuration().set_string("pipeline.auto-watermark-interval", "50 ms")
    >>> configuration.set_integer("parallelism.default", 2).get_string("parallelism.default", "1")
    '2'
    """

    def __init__(self, other: Configuration | None = None) -> None:
        self._values: dict[str, Any] = {} if other is None else dict(other._values)

    @classmethod
    def from_dict(cls, map: Mapping[str, Any]) -> Configuration:
        """Make a configuration of a dict; numbers and switches are fine beside texts."""
        configuration = cls()
        for key, value in map.items():
            configuration._set(key, value)
        return configuration

    def get(self, option: ConfigOption[T]) -> T:
        """Return the value of an option, its default if it is not set.

        Raises
        ------
        ConfigurationError
            If what was set does not fit; names key, value and what was expected.
        """
        for key in (option.key, *option.old_keys):
            if key in self._values:
                return self._read(key, option.read)
        return option.default

    def set(self, option: ConfigOption[T], value: T) -> Configuration:
        """Set an option to a value of its type."""
        return self._set(option.key, value)

    def get_string(self, key: str, default_value: T) -> str | T:
        """Return a value as text, `default_value` if it is not set."""
        return self._read(key, option_values.text) if key in self._values else default_value

    def set_string(self, key: str, value: str) -> Configuration:
        """Set a key to text."""
        if not isinstance(value, str):
            raise InvalidTypeError(
                f"set_string({key!r}, …) takes a str, got {value!r}; use set_integer, set_boolean "
                "or set_float for other values"
            )
        return self._set(key, value)

    def get_integer(self, key: str, default_value: int) -> int:
        """Return a value as a whole number, `default_value` if it is not set.

        Raises
        ------
        ConfigurationError
            If it is none.
        """
        return self._get(key, default_value, option_values.integer)

    def set_integer(self, key: str, value: int) -> Configuration:
        """Set a key to a whole number."""
        return self._set(key, self._fitting("set_integer", key, value, option_values.integer))

    def get_boolean(self, key: str, default_value: bool) -> bool:
        """Return a value as a switch, `default_value` if it is not set.

        Raises
        ------
        ConfigurationError
            If it is neither true nor false.
        """
        return self._get(key, default_value, option_values.boolean)

    def set_boolean(self, key: str, value: bool) -> Configuration:
        """Set a key to True or False."""
        return self._set(key, self._fitting("set_boolean", key, value, option_values.boolean))

    def get_float(self, key: str, default_value: float) -> float:
        """Return a value as a number, `default_value` if it is not set.

        Raises
        ------
        ConfigurationError
            If it is none.
        """
        return self._get(key, default_value, option_values.floating)

    def set_float(self, key: str, value: float) -> Configuration:
        """Set a key to a number."""
        return self._set(key, self._fitting("set_float", key, value, option_values.floating))

    def get_bytearray(self, key: str, default_value: bytearray) -> bytearray:
        """Return a value as bytes, `default_value` if it is not set.

        Raises
        ------
        ConfigurationError
            If it is not bytes.
        """
        value = self._values.get(key, default_value)
        if not isinstance(value, (bytes, bytearray)):
            raise ConfigurationError(
                f"{key} is set to {self._shown(key)}, expected bytes; set it with set_bytearray"
            )
        return bytearray(value)

    def set_bytearray(self, key: str, value: bytearray) -> Configuration:
        """Set a key to bytes."""
        return self._set(key, bytes(value))

    def key_set(self) -> AbstractSet[str]:
        """Return the keys that are set."""
        return set(self._values)

    def contains_key(self, key: str) -> bool:
        """Tell whether a key is set."""
        return key in self._values

    def remove_config(self, key: str) -> bool:
        """Forget a key; False if it was not set."""
        return self._values.pop(key, _ABSENT) is not _ABSENT

    def add_all(self, other: Configuration, prefix: str | None = None) -> Configuration:
        """Copy every setting of another configuration, with `prefix` before each key."""
        for key, value in other._values.items():
            self._values[(prefix or "") + key] = value
        return self

    def add_all_to_dict(self, target_dict: dict[str, Any]) -> None:
        """Copy every setting into a dict, numbers and switches as such."""
        target_dict.update(self._values)

    def to_dict(self) -> dict[str, str]:
        """Return every setting as text."""
        return {key: option_values.text_of(value) for key, value in self._values.items()}

    @staticmethod
    def parse_list_value(value: str | None) -> list[str]:
        """Return the parts of a list in text: `a;b;c` or `[a, 'b, c']`; none for None."""
        if not value:
            return []
        body = value.strip()
        if body.startswith("[") and body.endswith("]"):
            return option_values.text_list(body[1:-1], ",")
        return option_values.text_list(body, ";")

    def __deepcopy__(self, memodict: object = None) -> Configuration:
        return Configuration(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self.to_dict().items()))

    def __str__(self) -> str:
        return "{" + ", ".join(f"{key}={self._shown(key)}" for key in self._values) + "}"

    def __repr__(self) -> str:
        return f"Configuration({self})"

    def _set(self, key: str, value: Any) -> Configuration:
        if not key or not isinstance(key, str):
            raise InvalidTypeError(f"a configuration key must be a non-empty str, got {key!r}")
        if value is None:
            raise InvalidTypeError(f"{key} cannot be set to None; use remove_config({key!r})")
        self._values[key] = value
        return self

    def _get(self, key: str, default: T, parse: Callable[[Any], T]) -> T:
        return self._read(key, parse) if key in self._values else default

    def _read(self, key: str, parse: Callable[[Any], T]) -> T:
        try:
            return parse(self._values[key])
        except ValueError as error:
            raise ConfigurationError(f"{key} is set to {self._shown(key)!r}, {error}") from None

    def _fitting(self, method: str, key: str, value: Any, parse: Callable[[Any], T]) -> T:
        try:
            return parse(value)
        except ValueError as error:
            raise InvalidTypeError(f"{method}({key!r}, {value!r}): {error}") from None

    def _shown(self, key: str) -> str:
        """Return a value as text for people: what looks like a secret stays one."""
        if any(word in key.lower() for word in _SECRET_WORDS):
            return "******"
        return option_values.text_of(self._values[key])


_ABSENT = object()
