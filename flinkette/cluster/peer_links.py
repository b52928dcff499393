"""The ZeroMQ connections of one worker: one for each other worker it has channels with."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flinkette.exchange.zmq_link import CurveKeys, ZmqLink, open_link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flinkette.cluster.messages import LinkKeys

__all__ = ["PeerLinks"]


class PeerLinks:
    """Of two workers the one with the lower number binds, the other connects; then both pump.

    With keys each socket that binds lets in the one worker it is for, and a thread of ZeroMQ's
    authenticator answers for it: a handshake must not wait for user code.

    Belongs to the slot's thread. ZeroMQ is loaded, and gets its thread, with the first link. Links
    end with their process, which ends when everybody has got what was sent, or wants it no more.
    """

    def __init__(self) -> None:
        self._context: Any = None
        self._links: dict[int, ZmqLink] = {}
        self._guard: Any = None

    def __getitem__(self, peer: int) -> ZmqLink:
        return self._links[peer]

    def __contains__(self, peer: int) -> bool:
        return peer in self._links

    def listen(
        self,
        peers: Sequence[int],
        endpoint: str,
        token: bytes,
        attempt: int,
        keys: LinkKeys | None = None,
    ) -> list[str]:
        """Bind for each of these workers; return the addresses, in their order."""
        for peer in peers:
            curve = None
            if keys is not None:
                curve = CurveKeys(keys.public, keys.secret, keys.public, self._admit(peer, keys))
            self._open(peer, endpoint, token, attempt, curve, is_server=True)
        return [self._links[peer].address for peer in peers]

    def connect(
        self,
        addresses: Mapping[int, str],
        token: bytes,
        attempt: int,
        keys: LinkKeys | None = None,
    ) -> None:
        """Connect to workers that listen."""
        for peer, address in addresses.items():
            curve = None
            if keys is not None:
                curve = CurveKeys(keys.public, keys.secret, keys.peers[peer])
            self._open(peer, address, token, attempt, curve, is_server=False)

    @property
    def descriptors(self) -> list[int]:
        """What park waits for, after `pump` had nothing left."""
        return [each for link in self._links.values() for each in link.descriptors]

    def _open(
        self,
        peer: int,
        address: str,
        token: bytes,
        attempt: int,
        keys: CurveKeys | None,
        *,
        is_server: bool,
    ) -> None:
        self._links[peer] = open_link(
            address,
            context=self._zmq_context(),
            attempt=attempt,
            token=token,
            is_server=is_server,
            keys=keys,
        )

    def _zmq_context(self) -> Any:
        if self._context is None:
            self._context = import_module("zmq").Context()
        return self._context

    def _admit(self, peer: int, keys: LinkKeys) -> str:
        """Let one worker in where a socket has the domain that is returned."""
        if self._guard is None:
            self._guard = import_module("zmq.auth.thread").ThreadAuthenticator(self._zmq_context())
            self._guard.start()
        domain = f"worker {peer}"
        self._guard.configure_curve_callback(domain, _OneKey(keys.peers[peer]))
        return domain


class _OneKey:
    """Tells the authenticator whether a key is the right one."""

    def __init__(self, public: bytes) -> None:
        self._public = public

    def callback(self, domain: str, key: bytes) -> bool:
        return key == self._public
