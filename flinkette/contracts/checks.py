"""What several contracts ask about their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["is_whole_number"]


def is_whole_number(value: Any) -> TypeIs[int]:
    """Tell whether a value is an int; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool)
