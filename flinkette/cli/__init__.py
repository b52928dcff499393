"""Tier 3. Owns the command line; may import everything below it.

`main` has the commands, `job_file` runs a program, `pyflink_hook` serves `pyflink.*` from
`flinkette.*`, `portability` finds what does not run on Flink. Invariant: a command is thin; what it
does can be done from Python too.
"""

from __future__ import annotations

__all__: list[str] = []
