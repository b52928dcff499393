from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from flinkette.connectors.socket import SocketTextReader, SocketTextSource
from flinkette.contracts.errors import InvalidPipelineError, SourceError
from flinkette.contracts.source import ReaderContext

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE_S = 5


class Server:
    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(DEADLINE_S)
        self.port: int = self.listener.getsockname()[1]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.listener.close()


class Reading:
    """A reader that polls until something arrives, on a clock that only retries move."""

    def __init__(self, source: SocketTextSource) -> None:
        self.now_ms = 0
        self.reader: SocketTextReader = source.create_reader(
            ReaderContext(0, 1, lambda: self.now_ms)
        )
        split = source.create_enumerator(1).next_split(0)
        assert split is not None
        self.reader.add_split(split)

    def rows(self, count: int, *, max_rows: int = 100) -> list[str]:
        rows: list[str] = []
        deadline = time.monotonic() + DEADLINE_S
        while len(rows) < count and time.monotonic() < deadline:
            fetched = self.reader.poll(max_rows)
            self.now_ms = max(self.now_ms, self.reader.next_poll_ms() or 0)
            if fetched is not None and fetched.batch is not None:
                rows += fetched.batch.objects()
        return rows

    def wait_for_end(self) -> list[str]:
        rows: list[str] = []
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            fetched = self.reader.poll(2)
            self.now_ms = max(self.now_ms, self.reader.next_poll_ms() or 0)
            if fetched is not None:
                rows += [] if fetched.batch is None else fetched.batch.objects()
                if fetched.is_split_end:
                    return rows
        raise AssertionError("the source did not end")


def connect(server: Server, reading: Reading) -> socket.socket:
    assert reading.reader.poll(1) is None
    connection, _ = server.listener.accept()
    return connection


def test_records_come_as_they_arrive_and_the_last_one_with_the_end(server: Server) -> None:
    reading = Reading(SocketTextSource("127.0.0.1", server.port))
    connection = connect(server, reading)
    assert reading.reader.poll(10) is None
    connection.sendall("h\u00e4llo\r\n\nwo".encode())
    assert reading.rows(2) == ["h\u00e4llo", ""]
    assert reading.reader.wait_fd() is not None
    connection.sendall(b"rld\n1\n2\n3")
    connection.close()
    assert reading.wait_for_end() == ["world", "1", "2", "3"]
    assert reading.reader.poll(10) is None
    reading.reader.close()


def test_no_more_rows_at_once_than_asked_for(server: Server) -> None:
    reading = Reading(SocketTextSource("127.0.0.1", server.port, delimiter="||"))
    connection = connect(server, reading)
    connection.sendall(b"a||b\r\n||c||")
    assert reading.rows(1, max_rows=1) == ["a"]
    assert reading.rows(2, max_rows=1) == ["b\r\n", "c"]
    connection.close()
    assert reading.wait_for_end() == []
    reading.reader.close()


def test_a_closed_connection_is_made_again_as_often_as_allowed(server: Server) -> None:
    reading = Reading(SocketTextSource("127.0.0.1", server.port, max_retries=1))
    connect(server, reading).close()
    while reading.reader.next_poll_ms() is None or reading.now_ms < 500:
        assert reading.reader.poll(1) is None
        reading.now_ms = max(reading.now_ms, reading.reader.next_poll_ms() or 0)
    connection = connect(server, reading)
    connection.sendall(b"again\n")
    assert reading.rows(1) == ["again"]
    connection.close()
    reading.reader.close()


def test_a_server_that_is_not_there_is_named(server: Server) -> None:
    server.listener.close()
    reading = Reading(SocketTextSource("127.0.0.1", server.port))
    with pytest.raises(SourceError, match=f"127.0.0.1:{server.port}.*start the server"):
        reading.rows(1)
    reading.reader.close()


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_an_impossible_port_is_refused(port: int) -> None:
    with pytest.raises(InvalidPipelineError, match="port"):
        SocketTextSource("localhost", port)
