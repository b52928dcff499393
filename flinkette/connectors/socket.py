"""SocketTextSource: text records from a TCP server."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette.connectors.split_queue import SplitQueue
from flinkette.contracts.errors import InvalidPipelineError, SourceError
from flinkette.contracts.source import Fetched, Source, SourceSplit, SplitReader

if TYPE_CHECKING:
    from flinkette.contracts.source import ReaderContext, SplitEnumerator
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["SocketTextReader", "SocketTextSource", "SocketTextSplit"]

RECEIVE_BYTES = 1 << 16
CONNECT_POLL_MS = 10
IN_PROGRESS = (errno.EINPROGRESS, errno.EALREADY, errno.EWOULDBLOCK, errno.EINTR)


@dataclass(frozen=True)
class SocketTextSplit(SourceSplit):
    """The connection; a socket has no position to go back to."""

    position: None = None


class SocketTextSource(Source):
    r"""Text from a TCP server, cut at a delimiter, on one subtask.

    Parameters
    ----------
    host
        Name or address of the server.
    port
        Its port, 1 to 65535.
    delimiter
        Ends a record; a ``\r`` before a ``\n`` is left out too.
    max_retries
        How often to connect again after the connection failed or ended; -1: for ever. With 0 the
        source ends when the server closes the connection.
    retry_delay_ms
        Wall-clock time between two attempts.
    charset
        Encoding; bytes that do not fit become U+FFFD.

    Notes
    -----
    Rows that were received and not finished are lost with the job: a socket cannot be read again.
    """

    is_bounded = False
    is_parallel = False

    def __init__(
        self,
        host: str,
        port: int,
        delimiter: str = "\n",
        max_retries: int = 0,
        *,
        retry_delay_ms: int = 500,
        charset: str = "UTF-8",
    ) -> None:
        if not 1 <= port <= 65535:
            raise InvalidPipelineError(f"SocketTextSource: port {port} is not in 1 to 65535")
        if not delimiter:
            raise InvalidPipelineError("SocketTextSource: the delimiter is empty; give '\\n'")
        self.host = host
        self.port = port
        self.delimiter = delimiter
        self.max_retries = max_retries
        self.retry_delay_ms = retry_delay_ms
        self.charset = charset

    def produced_type(self) -> TypeInformation:
        """Return STRING."""
        from flinkette.contracts.typeinfo import Types

        return Types.STRING()

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """Make one split, the connection."""
        return SplitQueue([SocketTextSplit(f"{self.host}:{self.port}")])

    def create_reader(self, context: ReaderContext) -> SocketTextReader:
        """Make the reader; it connects at the first poll."""
        return SocketTextReader(self, context)


class SocketTextReader(SplitReader):
    """Receives without blocking."""

    def __init__(self, source: SocketTextSource, context: ReaderContext) -> None:
        self._source = source
        self._now_ms = context.now_ms
        self._split: SocketTextSplit | None = None
        self._socket: socket.socket | None = None
        self._is_connected = False
        self._left = b""
        self._lines: list[str] = []
        self._retries = 0
        self._due_ms: int | None = None
        self._delimiter = source.delimiter.encode(source.charset)

    def add_split(self, split: SourceSplit) -> None:
        """Take the connection."""
        assert isinstance(split, SocketTextSplit)
        self._split = split

    def poll(self, max_rows: int) -> Fetched | None:
        """Return records that arrived."""
        split = self._split
        if split is None:
            return None
        is_end = False
        if not self._lines:
            if self._due_ms is not None and self._now_ms() < self._due_ms:
                return None
            self._due_ms = None
            if not self._connect():
                return None
            is_end = self._receive()
        rows, self._lines = self._lines[:max_rows], self._lines[max_rows:]
        if is_end and not self._lines:
            self._split = None
        elif not rows:
            return None
        return Fetched(
            split.split_id,
            Batch.from_objects(rows) if rows else None,
            None,
            is_split_end=self._split is None,
        )

    def _connect(self) -> bool:
        if self._is_connected:
            return True
        where = (self._source.host, self._source.port)
        try:
            if self._socket is None:
                family, kind, protocol, _, address = socket.getaddrinfo(
                    *where, type=socket.SOCK_STREAM
                )[0]
                self._socket = socket.socket(family, kind, protocol)
                self._socket.setblocking(False)
                status = self._socket.connect_ex(address)
            else:
                status = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if status == 0 and not _is_writable(self._socket):
                    status = errno.EINPROGRESS
        except OSError as error:
            return self._fail(error)
        if status in IN_PROGRESS:
            self._due_ms = self._now_ms() + CONNECT_POLL_MS
            return False
        if status not in (0, errno.EISCONN):
            return self._fail(OSError(status, errno.errorcode.get(status, str(status))))
        self._is_connected = True
        return True

    def _receive(self) -> bool:
        assert self._socket is not None
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            self._fail(error)
            return False
        if data:
            self._retries = 0
            parts = (self._left + data).split(self._delimiter)
            self._left = parts.pop()
            self._lines = self._texts(parts)
            return False
        if self._left:
            self._lines, self._left = self._texts([self._left]), b""
        if self._may_retry():
            self._schedule_retry()
            return False
        return True

    def _texts(self, parts: list[bytes]) -> list[str]:
        # One decode for all: the delimiter cannot be in a part.
        delimiter = self._source.delimiter
        text = self._delimiter.join(parts).decode(self._source.charset, "replace")
        if delimiter == "\n" and "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        return text.split(delimiter) if parts else []

    def _may_retry(self) -> bool:
        return self._source.max_retries < 0 or self._retries < self._source.max_retries

    def _schedule_retry(self) -> None:
        self._retries += 1
        self._disconnect()
        self._due_ms = self._now_ms() + self._source.retry_delay_ms

    def _fail(self, error: OSError) -> bool:
        if not self._may_retry():
            raise SourceError(
                f"socket {self._source.host}:{self._source.port}: {error.strerror or error}; start "
                "the server first, or give max_retries"
            ) from error
        self._schedule_retry()
        return False

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._is_connected = None, False

    def wait_fd(self) -> int | None:
        """Return the connection's descriptor."""
        return self._socket.fileno() if self._socket is not None and self._is_connected else None

    def next_poll_ms(self) -> int | None:
        """Return when to look at a connection that is being made, or to connect again."""
        return self._due_ms

    def close(self) -> None:
        """Close the connection."""
        self._disconnect()


def _is_writable(connection: socket.socket) -> bool:
    import select

    poller = select.poll()
    poller.register(connection, select.POLLOUT)
    return bool(poller.poll(0))
