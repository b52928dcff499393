"""`python -m flinkette` is the `flinkette` command."""

from __future__ import annotations

from flinkette.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main(prog_name="flinkette")
