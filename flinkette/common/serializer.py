"""Windows to bytes and back."""

from __future__ import annotations

from flinkette.contracts.serializer import TypeSerializer, VoidNamespaceSerializer

__all__ = ["TypeSerializer", "VoidNamespaceSerializer"]
