"""What all connectors are: sources and sinks."""

from __future__ import annotations

from flinkette.connectors.base import DeliveryGuarantee, StreamTransformer, SupportsPreprocessing
from flinkette.contracts.sink import Sink
from flinkette.contracts.source import Source

__all__ = ["DeliveryGuarantee", "Sink", "Source", "StreamTransformer", "SupportsPreprocessing"]
