"""`ConfigOption`: a configuration key with its type, default and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts import option_values
from flinkette.contracts.errors import InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ConfigOption", "ConfigOptions"]

T = TypeVar("T")


@dataclass(frozen=True)
class ConfigOption(Generic[T]):
    """A configuration key.

    Attributes
    ----------
    key : str
        The key, nested nouns with dots.
    default : object
        The value of a configuration that does not have the key.
    parse : callable
        Reads what was set; raises ValueError "expected …".
    unit : str
        Unit of the value as the engine sees it: `ms`, `bytes`, `rows`, or empty.
    doc : str
        What the key does.
    old_keys : tuple of str
        Earlier names that are still read.
    least : int or None
        Smallest allowed value of a number.
    choices : tuple of str
        Allowed texts, in any case; empty for all.
    """

    key: str
    default: T
    parse: Callable[[Any], Any] = option_values.text
    unit: str = ""
    doc: str = ""
    old_keys: tuple[str, ...] = ()
    least: int | None = None
    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> T:
        """Return a set value as the option's type.

        Raises
        ------
        ValueError
            With the words "expected …" if the value does not fit.
        """
        parsed = self.parse(value)
        if self.choices:
            for choice in self.choices:
                if choice.lower() == str(parsed).lower():
                    parsed = choice
                    break
            else:
                raise ValueError(f"expected one of {', '.join(self.choices)}")
        if self.least is not None and parsed < self.least:
            unit = f" {self.unit}" if self.unit else ""
            raise ValueError(f"expected at least {self.least}{unit}")
        return parsed  # type: ignore[no-any-return]


class ConfigOptions:
    """Starts the definition of a `ConfigOption` of your own.

    Examples
    --------
    >>> ConfigOptions.key("my.limit").int_type().default_value(10).default
    10
    """

    class OptionBuilder:
        """Chooses the type of an option.

        Parameters
        ----------
        key : str
            The key.
        """

        def __init__(self, key: str) -> None:
            self._key = key

        def boolean_type(self) -> ConfigOptions.TypedConfigOptionBuilder[bool]:
            """Choose a switch."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, option_values.boolean)

        def int_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """Choose a whole number."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, option_values.integer)

        def long_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """Choose a whole number."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, option_values.integer)

        def float_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """Choose a number."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, option_values.floating)

        def double_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """Choose a number."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, option_values.floating)

        def string_type(self) -> ConfigOptions.TypedConfigOptionBuilder[str]:
            """Choose text."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, option_values.text)

    class TypedConfigOptionBuilder(Generic[T]):
        """Chooses the default of an option.

        Parameters
        ----------
        key : str
            The key.
        parse : callable
            Reads what was set.
        """

        def __init__(self, key: str, parse: Callable[[Any], T]) -> None:
            self._key = key
            self._parse = parse

        def default_value(self, value: T) -> ConfigOption[T]:
            """Return the option with a default."""
            return ConfigOption(self._key, value, self._parse)

        def no_default_value(self) -> ConfigOption[T | None]:
            """Return the option whose default is None."""
            return ConfigOption(self._key, None, self._parse)

    @staticmethod
    def key(key: str) -> ConfigOptions.OptionBuilder:
        """Start an option with its key."""
        if not key or not isinstance(key, str):
            raise InvalidTypeError(f"a configuration key must be a non-empty str, got {key!r}")
        return ConfigOptions.OptionBuilder(key)
