"""Keys that let the processes of a cluster talk over a network: CURVE, one pair per node.

A folder holds `<name>.key` (public) and `<name>.key_secret` of the node it lies on, and `allowed/`
with the public key of everyone who may connect. `flinkette cluster keygen` makes it; copying the
folder to each machine is the simplest way to a cluster whose nodes share one pair.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from flinkette.contracts.errors import ConfigurationError

__all__ = ["ALLOWED", "DEFAULT_NAME", "JOB_MANAGER", "KeyPair", "Keys", "load_keys", "make_keys"]

JOB_MANAGER = "jobmanager"
DEFAULT_NAME = "node"
ALLOWED = "allowed"
_MAKE = "make keys with: flinkette cluster keygen"


@dataclass(frozen=True)
class KeyPair:
    """One node's keys, as ZeroMQ writes them (Z85)."""

    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"KeyPair(public={self.public!r}, secret=…)"


@dataclass(frozen=True)
class Keys:
    """What a process needs to talk.

    Attributes
    ----------
    own : KeyPair
        Of this process.
    job_manager : bytes
        Public key of the JobManager, by which the others know that it is the right one.
    allowed : Path
        Folder with the public keys of who may connect to it.
    """

    own: KeyPair
    job_manager: bytes
    allowed: Path


def make_keys(folder: Path, name: str = DEFAULT_NAME) -> list[Path]:
    """Make the JobManager's keys, if they are not there, and those of a node; return new files.

    Raises
    ------
    ConfigurationError
        If the node has keys, or the folder cannot be written.
    """
    from zmq.auth import create_certificates

    if not name.replace("-", "").replace("_", "").isalnum() or name == JOB_MANAGER:
        raise ConfigurationError(
            f"a key cannot be called {name!r}: letters, digits, - and _, and not {JOB_MANAGER!r}"
        )
    if (folder / f"{name}.key_secret").exists():
        raise ConfigurationError(
            f"{folder} has a key called {name!r}; give another name with --name, or remove "
            f"{name}.key, {name}.key_secret and {ALLOWED}/{name}.key to make a new one"
        )
    made: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / ALLOWED).mkdir(mode=0o700, exist_ok=True)
        for each in (JOB_MANAGER, name):
            if (folder / f"{each}.key_secret").exists():
                continue
            public, secret = (Path(path) for path in _private(create_certificates, folder, each))
            secret.chmod(0o600)
            made += [public, secret]
        copy = folder / ALLOWED / f"{name}.key"
        copy.write_bytes((folder / f"{name}.key").read_bytes())
    except OSError as error:
        raise ConfigurationError(f"keys cannot be written to {folder}: {error}") from error
    return [*made, copy]


def load_keys(folder: str | Path, name: str = DEFAULT_NAME) -> Keys:
    """Read the keys of a process.

    Raises
    ------
    ConfigurationError
        If a file is missing, damaged, or a secret that others can read.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ConfigurationError(
            f"flinkette.security.keys is {str(folder)!r}, which is not a folder; {_MAKE}"
        )
    own = path / f"{name}.key_secret"
    if own.exists() and stat.S_IMODE(own.stat().st_mode) & 0o077:
        raise ConfigurationError(f"{own} can be read by others; run: chmod 600 {own}")
    public, secret = _read(own)
    if secret is None:
        raise ConfigurationError(f"{own} holds no secret key; {_MAKE}")
    return Keys(KeyPair(public, secret), _read(path / f"{JOB_MANAGER}.key")[0], path / ALLOWED)


def _read(file: Path) -> tuple[bytes, bytes | None]:
    from zmq.auth import load_certificate

    try:
        public, secret = load_certificate(file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} is not a key file: {error}; {_MAKE}") from error
    if len(public) != 40 or (secret is not None and len(secret) != 40):
        raise ConfigurationError(f"{file} is damaged: a key has 40 characters; {_MAKE}")
    return public, secret


def _private(create: object, folder: Path, name: str) -> tuple[str, str]:
    """Write files that nobody else can read, not even for a moment."""
    before = os.umask(0o077)
    try:
        return create(folder, name)  # type: ignore[operator, no-any-return]
    finally:
        os.umask(before)
