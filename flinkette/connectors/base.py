"""Names that connectors share: delivery guarantees, and PyFlink's preprocessing hooks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import Any

__all__ = ["DeliveryGuarantee", "StreamTransformer", "SupportsPreprocessing"]


class DeliveryGuarantee(Enum):
    """How often a row can arrive at its target when a job fails and goes on."""

    EXACTLY_ONCE = 0
    """Once."""
    AT_LEAST_ONCE = 1
    """Once or more often; never lost."""
    NONE = 2
    """Rows can be lost or repeated."""


class StreamTransformer(ABC):
    """Changes a stream before it goes to a sink."""

    @abstractmethod
    def apply(self, ds: Any) -> Any:
        """Return the stream that goes to the sink."""


class SupportsPreprocessing(ABC):
    """A sink that wants its stream changed before."""

    @abstractmethod
    def get_transformer(self) -> StreamTransformer | None:
        """Return the change, or None."""
