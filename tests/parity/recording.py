"""What a parity program's output is compared by: its header, and the order its lines are put in.

A program opens with comment lines `# word: value`:

    # order: exact             the lines come out in one order, everywhere
    # order: any               only the multiset of lines counts
    # order: per-key <regex>   lines whose first group (or whole match) is equal keep their order
    # strip: subtask           the `N> ` that print puts before a line is not compared
    # parallelism: as written  another one would change the lines, not just their order
    # differs: <title>         flinkette prints something else; docs/guide/differences.md says why
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HERE", "Header", "normalise", "program_paths", "read_header", "read_recording"]

HERE = Path(__file__).resolve().parent
_HEADER_LINE = re.compile(r"# (order|strip|parallelism|differs): (.*)")
_SUBTASK = re.compile(r"^((?:[^>]*:)?)\d+> ")


@dataclass(frozen=True)
class Header:
    """How the output of one program is compared."""

    order: str
    key: re.Pattern[str] | None
    strips_subtask: bool
    has_fixed_parallelism: bool
    difference: str | None


def program_paths() -> list[Path]:
    """Return the programs in the order of their names."""
    return sorted((HERE / "programs").glob("*.py"))


def read_header(program: Path) -> Header:
    """Read the comment lines at the top of a program."""
    found: dict[str, str] = {}
    for line in program.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if match := _HEADER_LINE.fullmatch(line):
            found[match[1]] = match[2]
    order, _, pattern = found["order"].partition(" ")
    if order not in ("exact", "any", "per-key") or bool(pattern) != (order == "per-key"):
        raise ValueError(f"{program}: order must be exact, any or per-key <regex>")
    key = re.compile(pattern) if pattern else None
    return Header(
        order,
        key,
        strips_subtask=found.get("strip") == "subtask",
        has_fixed_parallelism=found.get("parallelism") == "as written",
        difference=found.get("differs"),
    )


def normalise(output: str, header: Header) -> list[str]:
    """Return the lines of an output so that equal outputs are equal lists."""
    lines = output.splitlines()
    if header.strips_subtask:
        lines = [_SUBTASK.sub(r"\1", line) for line in lines]
    if header.key is not None:
        return sorted(lines, key=lambda line: _key_of(line, header.key))
    return sorted(lines) if header.order == "any" else lines


def _key_of(line: str, pattern: re.Pattern[str] | None) -> str:
    match = pattern.search(line) if pattern else None
    if match is None:
        raise ValueError(f"no key in the line {line!r}")
    return match[1] if match.groups() else match[0]


def read_recording(program: Path) -> list[str]:
    """Return the normalised lines real PyFlink printed, without the comment that dates them."""
    recording = HERE / "recorded" / f"{program.stem}.txt"
    first, *lines = recording.read_text(encoding="utf-8").splitlines()
    if not first.startswith("# pyflink "):
        raise ValueError(f"{recording}: the first line must say which PyFlink it comes from")
    return lines
