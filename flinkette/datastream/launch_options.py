"""Settings that come from outside the program: the command line's `-p`, `--workers` and `-D`.

Kept once per process, as defaults of every environment made after they are set; what a program sets
itself wins.
"""

from __future__ import annotations

__all__ = ["launch_options", "set_launch_options"]

_options: dict[str, str] = {}


def launch_options() -> dict[str, str]:
    """Return a copy of the settings by key.

    Returns
    -------
    dict
        Empty if the program was not started by ``flinkette run``.
    """
    return dict(_options)


def set_launch_options(options: dict[str, str]) -> None:
    """Replace the settings.

    Parameters
    ----------
    options : dict
        Values as text by configuration key.
    """
    _options.clear()
    _options.update(options)
