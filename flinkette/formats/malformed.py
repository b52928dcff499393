"""What becomes of input that cannot be read as the format says: fail, skip or side output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from flinkette.contracts.errors import ConfigurationError, MalformedInputError

__all__ = ["MAX_TEXT_CHARS", "MalformedPolicy", "MalformedRow", "malformed_error"]

MAX_TEXT_CHARS = 200


class MalformedPolicy(Enum):
    """What a reader does with a record it cannot read."""

    FAIL = "fail"
    """Stop the job with a MalformedInputError."""
    SKIP = "skip"
    """Count the record and go on."""
    SIDE_OUTPUT = "side-output"
    """Hand the record on as a `MalformedRow` and go on."""

    @classmethod
    def of(cls, value: MalformedPolicy | str) -> MalformedPolicy:
        """Return the policy named `value`.

        Raises
        ------
        ConfigurationError
            If there is no such policy.
        """
        try:
            return cls(value)
        except ValueError:
            names = ", ".join(repr(policy.value) for policy in cls)
            raise ConfigurationError(
                f"on_malformed={value!r} is not a policy; use one of {names}"
            ) from None


@dataclass(frozen=True)
class MalformedRow:
    """A record that could not be read.

    Parameters
    ----------
    file
        Path of the file.
    line
        Number of the record's first line in the file, from 1.
    text
        The record, cut to 200 characters.
    error
        Why it could not be read.
    """

    file: str
    line: int
    text: str
    error: str

    @classmethod
    def of(cls, file: str, line: int, record: bytes | str, error: Any) -> MalformedRow:
        """Make one from the record as it stands in the file."""
        if isinstance(record, bytes):
            record = record[: 4 * MAX_TEXT_CHARS].decode("utf-8", "backslashreplace")
        record = record.rstrip("\r\n")
        if len(record) > MAX_TEXT_CHARS:
            record = record[: MAX_TEXT_CHARS - 1] + "…"
        return cls(file, line, record, str(error))


def malformed_error(row: MalformedRow, expected: str) -> MalformedInputError:
    """Make the error that stops a job at a malformed record.

    Parameters
    ----------
    row
        The record.
    expected
        What the format expects, as a noun phrase.

    Returns
    -------
    MalformedInputError
        With `file` and `line` set.
    """
    return MalformedInputError(
        f"{row.file}:{row.line}: not {expected}: {row.error}; the text is {row.text!r}. Correct "
        'the file, or read with on_malformed="skip" or on_malformed="side-output"',
        file=row.file,
        line=row.line,
    )
