"""Reading the values of configuration keys: numbers, switches, durations, sizes, maps.

Each function takes what was set, text or a Python value, and raises ValueError with the words
"expected …" if it is something else; `Configuration.get` adds the key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.time import Duration, Time, milliseconds_of

__all__ = [
    "boolean",
    "duration_ms",
    "floating",
    "integer",
    "memory_bytes",
    "number_or_auto",
    "text",
    "text_list",
    "text_map",
    "text_of",
]

_AMOUNT = re.compile(r"\s*([0-9]+)\s*([a-zµ]*)\s*", re.IGNORECASE)
_ISO_DURATION = re.compile(
    r"P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)

_NANOS_OF_UNIT = {
    86_400_000_000_000: ("d", "day", "days"),
    3_600_000_000_000: ("h", "hour", "hours"),
    60_000_000_000: ("min", "m", "minute", "minutes"),
    1_000_000_000: ("s", "sec", "secs", "second", "seconds"),
    1_000_000: ("", "ms", "milli", "millis", "millisecond", "milliseconds"),
    1_000: ("µs", "micro", "micros", "microsecond", "microseconds"),
    1: ("ns", "nano", "nanos", "nanosecond", "nanoseconds"),
}
_BYTES_OF_UNIT = {
    1: ("", "b", "bytes"),
    1 << 10: ("k", "kb", "kibibytes"),
    1 << 20: ("m", "mb", "mebibytes"),
    1 << 30: ("g", "gb", "gibibytes"),
    1 << 40: ("t", "tb", "tebibytes"),
}


def _expected(what: str) -> ValueError:
    return ValueError(f"expected {what}")


def text(value: Any) -> str:
    """Return a value as text."""
    return text_of(value)


def integer(value: Any) -> int:
    """Return a whole number."""
    if is_whole_number(value):
        return value
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+", value):
        return int(value)
    raise _expected("a whole number")


def number_or_auto(value: Any) -> int | str:
    """Return a whole number from 1, or "auto"; text of it in any case."""
    if isinstance(value, str) and value.strip().lower() == "auto":
        return "auto"
    try:
        number = integer(value)
    except ValueError:
        number = 0
    if number < 1:
        raise _expected("auto or a whole number from 1")
    return number


def floating(value: Any) -> float:
    """Return a number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    raise _expected("a number")


def boolean(value: Any) -> bool:
    """Return a switch; text is true or false in any case."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _expected("true or false")


def duration_ms(value: Any) -> int:
    """Return a span of time in ms; text like `10 s`, `5 min`, `200` (ms) or `PT10S`."""
    if isinstance(value, (Time, Duration, timedelta)):
        return milliseconds_of(value, "a duration")
    if is_whole_number(value):
        return value
    expected = "a duration such as 10 s, 5 min or 200 ms"
    if not isinstance(value, str):
        raise _expected(expected)
    iso = _ISO_DURATION.fullmatch(value.strip())
    if iso and any(iso.groups()):
        days, hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        return round(((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000)
    return _scaled(value, _NANOS_OF_UNIT, expected) // 1_000_000


def memory_bytes(value: Any) -> int:
    """Return a size in bytes; text like `64 mb`, `1g` or `1024` (bytes)."""
    if is_whole_number(value):
        return value
    expected = "a size such as 64 mb, 512 kb or 1 gb"
    if not isinstance(value, str):
        raise _expected(expected)
    return _scaled(value, _BYTES_OF_UNIT, expected)


def _scaled(value: str, units: Mapping[int, tuple[str, ...]], expected: str) -> int:
    amount = _AMOUNT.fullmatch(value)
    if amount is not None:
        unit = amount[2].lower()
        for factor, names in units.items():
            if unit in names:
                return int(amount[1]) * factor
    raise _expected(expected)


def text_map(value: Any) -> dict[str, str]:
    """Return a map of texts; text like `key:value,other:value`, quoted with ' where needed."""
    if isinstance(value, Mapping):
        return {text_of(key): text_of(each) for key, each in value.items()}
    if not isinstance(value, str):
        raise _expected("a map such as key:value,other:value")
    body = value.strip()
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1]
    pairs = {}
    for entry in _unquoted_split(body, ","):
        parts = _unquoted_split(entry, ":", most=1)
        if len(parts) != 2:
            raise _expected("a map such as key:value,other:value")
        pairs[_unquoted(parts[0])] = _unquoted(parts[1])
    return pairs


def text_list(body: str, separator: str) -> list[str]:
    """Return the parts of a text, without the quotes around them."""
    return [_unquoted(part) for part in _unquoted_split(body, separator)]


def _unquoted_split(body: str, separator: str, most: int = -1) -> list[str]:
    """Split at separators that are outside of '…'; empty text has no parts."""
    parts: list[str] = []
    start, is_quoted = 0, False
    for index, sign in enumerate(body):
        if sign == "'":
            is_quoted = not is_quoted
        elif sign == separator and not is_quoted and len(parts) != most:
            parts.append(body[start:index])
            start = index + 1
    rest = body[start:]
    return [*parts, rest] if parts or rest.strip() else []


def _unquoted(part: str) -> str:
    part = part.strip()
    if len(part) >= 2 and part[0] == part[-1] and part[0] in "'\"":
        return part[1:-1].replace("''", "'")
    return part


def _quoted(part: str) -> str:
    if any(sign in part for sign in ",:'{}") or part != part.strip():
        return "'" + part.replace("'", "''") + "'"
    return part


def text_of(value: Any) -> str:
    """Return a value as Flink writes it: true, 1.0E10, key:value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, (bytes, bytearray)):
        from base64 import b64encode

        return "!!binary |-\n  " + b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        pairs = ((text_of(key), text_of(each)) for key, each in value.items())
        return ",".join(f"{_quoted(key)}:{_quoted(each)}" for key, each in pairs)
    return str(value)


def _float_text(value: float) -> str:
    """Return a number as Java prints it."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        from decimal import Decimal

        shown = format(Decimal(repr(value)), "f")
        return shown if "." in shown else shown + ".0"
    digits, exponent = f"{value:.17e}".split("e")
    digits = next(
        shown
        for places in range(1, 18)
        if float((shown := f"{value:.{places}e}".split("e")[0]) + "e" + exponent) == value
        or places == 17
    )
    return f"{digits}E{int(exponent)}"
