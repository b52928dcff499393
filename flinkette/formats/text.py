"""The text of rows on a terminal or in a text file: what Flink's print writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette._native.text import RowText, format_rows

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["RowText", "format_rows", "print_prefix", "row_text"]


def row_text(input_type: TypeInformation | None, *, java_rows: bool = False) -> RowText:
    """Return what turns the values of a stream into the text that Flink prints.

    Parameters
    ----------
    input_type
        The stream's type; None if none was declared.
    java_rows
        Write rows as Java's encoders write them to files.

    Returns
    -------
    RowText
        Call it with a value for its text, or `lines` with the values of a batch.

    Notes
    -----
    Undeclared values and the fields of rows print as Python's ``str`` has them. Other types print
    as in Java: ``true``, ``null``, ``1.0E10``, ``(hi,1)``, ``[a, b]``, ``{a=1}``.
    """
    return RowText(None if input_type is None else input_type.type_spec(), java_rows)


def print_prefix(identifier: str | None, subtask_index: int, parallelism: int) -> str:
    """Return what print writes before each row.

    Parameters
    ----------
    identifier
        The name given to print; None or empty for none.
    subtask_index
        Which subtask writes, from 0.
    parallelism
        How many subtasks write; the number of the subtask is left out if it is 1.

    Returns
    -------
    str
        ``""``, ``"id> "``, ``"3> "`` or ``"id:3> "``.
    """
    parts = [identifier] if identifier else []
    if parallelism > 1:
        parts.append(str(subtask_index + 1))
    return f"{':'.join(parts)}> " if parts else ""
