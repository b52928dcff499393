"""Which folder below the base path a row goes to."""

from __future__ import annotations

import datetime
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from flinkette.contracts.errors import InvalidPipelineError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BasePathBucketAssigner", "BucketAssigner", "DateTimeBucketAssigner"]

DEFAULT_FORMAT = "yyyy-MM-dd--HH"

FIELD_OF_LETTERS: dict[str, Callable[[datetime.datetime], str]] = {
    "yyyy": lambda moment: f"{moment.year:04}",
    "uuuu": lambda moment: f"{moment.year:04}",
    "yy": lambda moment: f"{moment.year % 100:02}",
    "MM": lambda moment: f"{moment.month:02}",
    "M": lambda moment: str(moment.month),
    "dd": lambda moment: f"{moment.day:02}",
    "d": lambda moment: str(moment.day),
    "DDD": lambda moment: f"{moment.timetuple().tm_yday:03}",
    "HH": lambda moment: f"{moment.hour:02}",
    "H": lambda moment: str(moment.hour),
    "mm": lambda moment: f"{moment.minute:02}",
    "ss": lambda moment: f"{moment.second:02}",
    "SSS": lambda moment: f"{moment.microsecond // 1000:03}",
}


class BucketAssigner(ABC):
    """Names the bucket of rows: a folder below the base path."""

    @abstractmethod
    def bucket_at(self, now_ms: int) -> str:
        """Return the bucket of rows that are written now; "" is the base path itself."""

    @staticmethod
    def base_path_bucket_assigner() -> BucketAssigner:
        """Write every row into the base path."""
        return BasePathBucketAssigner()

    @staticmethod
    def date_time_bucket_assigner(
        format_str: str = DEFAULT_FORMAT, timezone_id: str | None = None
    ) -> BucketAssigner:
        """Write rows into a folder named by the wall clock.

        Parameters
        ----------
        format_str
            Letters of Java's DateTimeFormatter: y u M d D H m s S, and text in single quotes.
        timezone_id
            A name such as ``Europe/Berlin`` or ``GMT+02:00``; None: the machine's zone.

        Raises
        ------
        InvalidPipelineError
            If the format has other letters, or the zone is not known.
        """
        return DateTimeBucketAssigner(format_str, timezone_id)


class BasePathBucketAssigner(BucketAssigner):
    """One bucket, the base path."""

    def bucket_at(self, now_ms: int) -> str:
        """Return the empty name."""
        return ""


class DateTimeBucketAssigner(BucketAssigner):
    """A bucket per hour, or whatever the format tells apart."""

    def __init__(self, format_str: str = DEFAULT_FORMAT, timezone_id: str | None = None) -> None:
        self.format_str = format_str
        self.timezone_id = timezone_id
        self._parts = _parse(format_str)
        self._zone = None if timezone_id is None else _zone(timezone_id)

    def bucket_at(self, now_ms: int) -> str:
        """Return the wall clock in the format."""
        moment = datetime.datetime.fromtimestamp(now_ms // 1000, self._zone)
        moment = moment.replace(microsecond=now_ms % 1000 * 1000)
        return "".join(
            FIELD_OF_LETTERS[text](moment) if is_field else text for text, is_field in self._parts
        )


def _parse(format_str: str) -> list[tuple[str, bool]]:
    parts: list[tuple[str, bool]] = []
    for match in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'", format_str):
        text = match[0]
        if match[1] is not None:
            parts.append((match[1].replace("''", "'") or "'", False))
        elif match[2] is None:
            parts.append((text, False))
        elif text in FIELD_OF_LETTERS:
            parts.append((text, True))
        else:
            raise InvalidPipelineError(
                f"bucket format {format_str!r}: {text!r} is not known; use "
                f"{' '.join(FIELD_OF_LETTERS)}, and single quotes around other letters"
            )
    return parts


def _zone(timezone_id: str) -> datetime.tzinfo:
    offset = re.fullmatch(r"(?:GMT|UTC)?([+-])(\d\d?):?(\d\d)?", timezone_id)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return datetime.timezone(datetime.timedelta(minutes=int(f"{offset[1]}{minutes}")))
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(timezone_id)
    except (KeyError, ValueError, OSError):
        raise InvalidPipelineError(
            f"time zone {timezone_id!r} is not known; use a name such as 'Europe/Berlin' or "
            "'GMT+02:00'"
        ) from None
