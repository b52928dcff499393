"""Where workers of one host listen for those of other hosts."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette.contracts.errors import ConfigurationError

if TYPE_CHECKING:
    from flinkette.cluster.addresses import Address

__all__ = ["WorkerNetwork"]

LOOPBACK = "127.0.0.1"
_HOST, _BIND_HOST = "taskmanager.host", "taskmanager.bind-host"


@dataclass(frozen=True)
class WorkerNetwork:
    """What a host knows of itself.

    Attributes
    ----------
    job_manager : Address
        The way to it tells which of its addresses others know.
    host : str, optional
        `taskmanager.host`: the name or address that others are told instead.
    bind_host : str, optional
        `taskmanager.bind-host`: what to bind to, if not that.
    """

    job_manager: Address
    host: str | None = None
    bind_host: str | None = None

    def check(self) -> None:
        """See whether the names that were given have addresses, before the first job asks.

        Raises
        ------
        ConfigurationError
            If one has none.
        """
        for name, key in ((self.host, _HOST), (self.bind_host, _BIND_HOST)):
            if name is not None:
                _resolve(name, key)

    def endpoint(self, *, is_encrypted: bool) -> str:
        """Return what ZeroMQ binds to; without keys only this machine is let in.

        Raises
        ------
        ConfigurationError
            If a name has no address.
        """
        if not is_encrypted:
            return f"tcp://{LOOPBACK}:*"
        if self.bind_host is not None:
            return f"tcp://{_bracketed(_resolve(self.bind_host, _BIND_HOST)[1])}:*"
        if self.host is not None:
            return f"tcp://{_bracketed(_resolve(self.host, _HOST)[1])}:*"
        return f"tcp://{_bracketed(self._own_address())}:*"

    def told(self, bound: str) -> str:
        """Return the address that workers elsewhere connect to for one that was bound."""
        if bound.startswith(f"tcp://{LOOPBACK}:") or (self.host or self.bind_host) is None:
            return bound
        port = bound.rpartition(":")[2]
        return f"tcp://{_bracketed(self.host or self._own_address())}:{port}"

    def _own_address(self) -> str:
        """Return the address of this machine on its way to the JobManager. Nothing is sent."""
        if self.job_manager.path:
            return LOOPBACK
        where = _resolve(self.job_manager.host, "jobmanager.rpc.address")
        with socket.socket(where[0], socket.SOCK_DGRAM) as way:
            way.connect((where[1], self.job_manager.port or 1))
            return str(way.getsockname()[0])


def _resolve(name: str, key: str) -> tuple[socket.AddressFamily, str]:
    try:
        family, _, _, _, where = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ConfigurationError(f"{key} is {name!r}, which has no address: {error}") from error
    return family, str(where[0])


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
