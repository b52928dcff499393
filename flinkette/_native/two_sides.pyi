"""The rows of two inputs in one window, and the pairs they make."""

from collections.abc import Callable
from typing import Any

class TwoSides:
    """Rows of the first and of the second input, each in the order they came."""

class Pairs:
    """Calls a function with each row of one side and each of the other, as it is asked for more.

    Resumable after any pair and, with `is_flat`, after any result of a pair. An exception of the
    function belongs to its pair: the next call goes on behind it.
    """

    def __init__(self, sides: TwoSides, function: Callable[..., Any], is_flat: bool) -> None: ...
    def __iter__(self) -> Pairs: ...
    def __next__(self) -> Any: ...
