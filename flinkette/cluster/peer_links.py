"""The ZeroMQ connections of one worker: one for each other worker it has channels with."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flinkette.exchange.zmq_link import ZmqLink, open_link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PeerLinks"]


class PeerLinks:
    """Of two workers the one with the lower number binds, the other connects; then both pump.

    Belongs to the slot's thread. ZeroMQ is loaded, and gets its thread, with the first link. Links
    end with their process, which ends when everybody has got what was sent, or wants it no more.
    """

    def __init__(self) -> None:
        self._context: Any = None
        self._links: dict[int, ZmqLink] = {}

    def __getitem__(self, peer: int) -> ZmqLink:
        return self._links[peer]

    def __contains__(self, peer: int) -> bool:
        return peer in self._links

    def listen(self, peers: Sequence[int], endpoint: str, token: bytes, attempt: int) -> list[str]:
        """Bind for each of these workers; return the addresses, in their order."""
        for peer in peers:
            self._open(peer, endpoint, token, attempt, is_server=True)
        return [self._links[peer].address for peer in peers]

    def connect(self, addresses: Mapping[int, str], token: bytes, attempt: int) -> None:
        """Connect to workers that listen."""
        for peer, address in addresses.items():
            self._open(peer, address, token, attempt, is_server=False)

    @property
    def descriptors(self) -> list[int]:
        """What park waits for, after `pump` had nothing left."""
        return [each for link in self._links.values() for each in link.descriptors]

    def _open(
        self, peer: int, address: str, token: bytes, attempt: int, *, is_server: bool
    ) -> None:
        if self._context is None:
            self._context = import_module("zmq").Context()
        self._links[peer] = open_link(
            address, context=self._context, attempt=attempt, token=token, is_server=is_server
        )
