"""Where a process of the cluster listens, and whether others can reach it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from flinkette.contracts.errors import ConfigurationError

__all__ = ["Address", "parse_address"]

DEFAULT_PORT = 6123


@dataclass(frozen=True)
class Address:
    """A TCP host and port, or the path of a Unix socket.

    Attributes
    ----------
    host : str
        Empty for a Unix socket.
    port : int
        0 to take any free one.
    path : str
        Of the Unix socket; empty for TCP.
    """

    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def is_local(self) -> bool:
        """Tell whether only processes of this machine can reach it."""
        if self.path or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def endpoint(self) -> str:
        """The address as ZeroMQ wants it."""
        if self.path:
            return f"ipc://{self.path}"
        # ZeroMQ binds to addresses and devices, and does not know this name of one
        host = "127.0.0.1" if self.host == "localhost" else self.host
        return f"tcp://[{host}]:{self.port}" if ":" in host else f"tcp://{host}:{self.port}"

    def __str__(self) -> str:
        if self.path:
            return f"ipc://{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, default_port: int = DEFAULT_PORT) -> Address:
    """Read ``host:port``, ``host``, ``[ipv6]:port`` or ``ipc:///path``.

    Raises
    ------
    ConfigurationError
        If it is none of these.
    """
    if text.startswith("ipc://"):
        path = text.removeprefix("ipc://")
        if not path.startswith("/") or len(path) > 100:
            raise ConfigurationError(
                f"{text!r} is no address: the path of a socket begins with / and has at most 100 "
                "characters"
            )
        return Address(path=path)
    host, port = _host_and_port(text.removeprefix("tcp://"))
    if not host or any(sign.isspace() or sign == "/" for sign in host):
        raise ConfigurationError(f"{text!r} is no address; write host:port")
    if not port:
        return Address(host, default_port)
    if not port.isdecimal() or not port.isascii() or int(port) > 65535:
        raise ConfigurationError(f"{text!r} is no address: the port is a number up to 65535")
    return Address(host, int(port))


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        return (host, rest.removeprefix(":")) if bracket else ("", "")
    if text.count(":") > 1:  # an IPv6 address without brackets
        return text, ""
    host, _, port = text.partition(":")
    return host, port
