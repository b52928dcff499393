"""Control messages: what is told arrives once, in order; nonsense and strangers do not get in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from flinkette.cluster import rpc
from flinkette.cluster.addresses import Address, parse_address
from flinkette.cluster.keys import DEFAULT_NAME, JOB_MANAGER, load_keys, make_keys
from flinkette.cluster.rpc import Codec, Header
from flinkette.cluster.rpc_client import Client
from flinkette.cluster.rpc_server import Server
from flinkette.contracts.errors import ClusterError, ClusterTimeoutError, ConfigurationError

pytestmark = pytest.mark.usefixtures("no_leaks")

ANYWHERE = parse_address("localhost:0")
PATIENCE_S = 20.0


class Question(msgspec.Struct, tag="question", frozen=True):
    number: int
    ballast: bytes = b""


class Answer(msgspec.Struct, tag="answer", frozen=True):
    number: int


@contextmanager
def serving(server: Server, refusing: str = "") -> Iterator[None]:
    """Answer every question in a thread of its own."""
    is_over = threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            for question in server.receive(0.02):
                if refusing:
                    server.refuse(question, refusing)
                else:
                    server.tell(question.peer, Answer(-question.message.number))
                    server.answer(question, Answer(question.message.number))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def exchange(server: Server, client: Client, count: int = 3) -> list[int]:
    with serving(server):
        return [client.ask(Question(n), PATIENCE_S).number for n in range(count)]


def take(endpoint: Server | Client, count: int) -> list[rpc.Received]:
    received: list[rpc.Received] = []
    for _ in range(200):
        received += endpoint.receive(0.1)
        if len(received) >= count:
            break
    return received


@pytest.mark.parametrize("kind", ["tcp", "ipc"])
def test_questions_are_answered_and_what_is_told_arrives_too(kind: str, tmp_path: Path) -> None:
    address = ANYWHERE if kind == "tcp" else Address(path=str(tmp_path / "control"))
    with (
        closing(Server(address, Question)) as server,
        closing(Client(server.address, Answer)) as client,
    ):
        assert exchange(server, client) == [0, 1, 2]
        told = take(client, 3)
        assert [each.message.number for each in told] == [0, -1, -2]
        assert all(each.is_in_order for each in told)


def test_a_unix_socket_is_its_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with closing(Server(Address(path=str(path)), Question)):
        assert path.stat().st_mode & 0o077 == 0


def test_messages_of_one_client_keep_their_order() -> None:
    with (
        closing(Server(ANYWHERE, Question)) as server,
        closing(Client(server.address, Answer)) as client,
    ):
        for number in range(500):
            assert client.tell(Question(number))
        received = take(server, 500)
    assert [each.message.number for each in received] == list(range(500))
    assert all(each.is_in_order for each in received)


def test_a_missing_message_is_seen() -> None:
    with (
        closing(Server(ANYWHERE, Question)) as server,
        closing(Client(server.address, Answer)) as client,
    ):
        client.tell(Question(1))
        client._peer.next_out += 1
        client.tell(Question(2))
        first, second = take(server, 2)
    assert first.is_in_order
    assert not second.is_in_order


def test_a_refused_question_raises_with_the_servers_words() -> None:
    with (
        closing(Server(ANYWHERE, Question)) as server,
        closing(Client(server.address, Answer)) as client,
        serving(server, "no such job"),
        pytest.raises(ClusterError, match="no such job"),
    ):
        client.ask(Question(1), PATIENCE_S)


def test_a_server_that_does_not_answer_in_time_is_named() -> None:
    with (
        closing(Server(ANYWHERE, Question)) as server,
        closing(Client(server.address, Answer)) as client,
    ):
        client.tell(Question(0))
        take(server, 1)
        with pytest.raises(ClusterTimeoutError, match=r"localhost:\d+ did not answer within"):
            client.ask(Question(1), 0.2)


def test_an_answer_that_comes_too_late_is_not_sent() -> None:
    with (
        closing(Server(ANYWHERE, Question)) as server,
        closing(Client(server.address, Answer)) as client,
    ):
        with pytest.raises(ClusterTimeoutError):
            client.ask(Question(1), 0.05)
        (question,) = take(server, 1)
        assert not server.answer(replace(question, answer_by_s=0.0), Answer(1))


def test_nobody_there_is_said_with_what_to_look_at() -> None:
    with closing(Server(ANYWHERE, Question)) as server:
        address = server.address
    with (
        closing(Client(address, Answer)) as client,
        pytest.raises(ClusterTimeoutError, match=r"nobody answers at .* JobManager runs"),
    ):
        client.ask(Question(1), 0.2)


def test_a_port_in_use_is_said() -> None:
    with (
        closing(Server(ANYWHERE, Question)) as server,
        pytest.raises(ClusterError, match=r"cannot listen on localhost:\d+: the port is in"),
    ):
        Server(server.address, Question)


def test_a_message_that_is_too_large_is_not_sent() -> None:
    with (
        closing(Server(ANYWHERE, Question)) as server,
        closing(Client(server.address, Answer, max_bytes=1000)) as client,
        pytest.raises(ClusterError, match="has at most 1000"),
    ):
        client.tell(Question(1, bytes(2000)))


def test_a_message_that_is_too_large_does_not_get_in() -> None:
    with (
        closing(Server(ANYWHERE, Question, max_bytes=1000)) as server,
        closing(Client(server.address, Answer)) as client,
    ):
        exchange(server, client, 1)
        client.tell(Question(1, bytes(5000)))
        for _ in range(100):
            client.receive(0.05)
            if client.losses:
                break
        assert client.losses == 1
        assert server.receive(0) == []
        # the next connection works, and it shows that something is missing
        client.tell(Question(2))
        (received,) = take(server, 1)
        assert (received.message.number, received.is_in_order) == (2, False)


def test_another_protocol_version_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Server(ANYWHERE, Question)) as server:
        with closing(Client(server.address, Answer)) as client:
            client._codec._prefix = b"FLK\x09"
            with (
                serving(server),
                pytest.raises(ClusterError, match="protocol version 9, this one 1; install"),
            ):
                client.ask(Question(1), PATIENCE_S)
        assert server.rejected == 1


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_any_bytes_are_read_or_refused(frames: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"no message|protocol version|Input|data|Expected"):
        Codec(Question, 1000).read(frames)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_behind_a_good_prefix_are_read_or_refused(header: bytes, body: bytes) -> None:
    codec = Codec(Question, 1000)
    try:
        read, message = codec.read([b"FLK\x01", header, body])
    except ValueError:
        return
    assert isinstance(read, Header)
    assert isinstance(message, (Question, str))


def test_nonsense_from_a_socket_does_not_disturb_the_others() -> None:
    with closing(Server(ANYWHERE, Question)) as server:
        context = zmq.Context()
        stranger = context.socket(zmq.DEALER)
        stranger.connect(server.address.endpoint)
        for frames in (
            [b""],
            [b"\x00" * 100] * 3,
            [b"FLK\x01", b"\xff", b"\xff"],
            [b"FLK\x01"] * 2,
        ):
            stranger.send_multipart(frames)
        for _ in range(100):
            assert server.receive(0.05) == []
            if server.rejected == 4:
                break
        assert server.rejected == 4
        with closing(Client(server.address, Answer)) as client:
            assert exchange(server, client) == [0, 1, 2]
        stranger.close(linger=0)
        context.term()


def test_telling_a_connection_that_is_gone_says_so() -> None:
    with closing(Server(ANYWHERE, Question)) as server:
        with closing(Client(server.address, Answer)) as client:
            client.tell(Question(1))
            (received,) = take(server, 1)
            assert server.tell(received.peer, Answer(1))
        for _ in range(200):
            if not server.tell(received.peer, Answer(2)):
                break
            server.receive(0.02)
        assert not server.tell(received.peer, Answer(2))


def test_a_lost_connection_is_noticed() -> None:
    server = Server(ANYWHERE, Question)
    with closing(Client(server.address, Answer)) as client:
        exchange(server, client, 1)
        assert client.losses == 0
        server.close()
        for _ in range(200):
            client.receive(0.05)
            if client.losses:
                break
        assert client.losses == 1


class TestKeys:
    """A server with keys."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        make_keys(tmp_path / "keys")
        return tmp_path / "keys"

    def test_a_server_that_others_can_reach_does_not_start_without_keys(self) -> None:
        with pytest.raises(ConfigurationError, match=r"0\.0\.0\.0:0 can be reached from other"):
            Server(parse_address("0.0.0.0:0"), Question)

    def test_it_starts_with_keys(self, folder: Path) -> None:
        keys = load_keys(folder, JOB_MANAGER)
        with closing(Server(parse_address("0.0.0.0:0"), Question, keys)) as server:
            assert server.address.port > 0

    def test_a_node_on_the_list_gets_in(self, folder: Path) -> None:
        with (
            closing(Server(ANYWHERE, Question, load_keys(folder, JOB_MANAGER))) as server,
            closing(Client(server.address, Answer, load_keys(folder))) as client,
        ):
            assert exchange(server, client) == [0, 1, 2]

    def test_a_node_that_is_not_on_the_list_does_not(self, folder: Path) -> None:
        make_keys(folder, "stranger")
        (folder / "allowed" / "stranger.key").unlink()
        with closing(Server(ANYWHERE, Question, load_keys(folder, JOB_MANAGER))) as server:
            with (
                closing(Client(server.address, Answer, load_keys(folder, "stranger"))) as client,
                pytest.raises(ClusterTimeoutError, match="does not know the key of this"),
            ):
                client.ask(Question(1), 1.0)
            assert server.receive(0) == []

    def test_a_node_without_keys_does_not(self, folder: Path) -> None:
        with closing(Server(ANYWHERE, Question, load_keys(folder, JOB_MANAGER))) as server:
            with (
                closing(Client(server.address, Answer)) as client,
                pytest.raises(ClusterTimeoutError, match="it wants keys; set flinkette"),
            ):
                client.ask(Question(1), 1.0)
            assert server.receive(0) == []

    def test_a_node_with_keys_does_not_talk_to_a_server_without(self, folder: Path) -> None:
        with (
            closing(Server(ANYWHERE, Question)) as server,
            closing(Client(server.address, Answer, load_keys(folder))) as client,
            pytest.raises(ClusterTimeoutError, match=r"do not fit|nobody answers"),
        ):
            client.ask(Question(1), 1.0)

    def test_a_node_does_not_talk_to_a_server_with_other_keys(
        self, folder: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        make_keys(other)
        with closing(Server(ANYWHERE, Question, load_keys(other, JOB_MANAGER))) as server:
            with (
                closing(Client(server.address, Answer, load_keys(folder))) as client,
                pytest.raises(ClusterTimeoutError),
            ):
                client.ask(Question(1), 0.5)
            assert server.receive(0) == []

    def test_secrets_are_readable_by_their_owner_alone(self, folder: Path) -> None:
        secrets = sorted(folder.rglob("*.key_secret"))
        assert [file.name for file in secrets] == ["jobmanager.key_secret", "node.key_secret"]
        assert all(file.stat().st_mode & 0o777 == 0o600 for file in secrets)
        assert folder.stat().st_mode & 0o777 == 0o700

    def test_a_secret_that_others_can_read_is_refused(self, folder: Path) -> None:
        (folder / "node.key_secret").chmod(0o644)
        with pytest.raises(ConfigurationError, match="can be read by others; run: chmod 600"):
            load_keys(folder)

    def test_secrets_do_not_show_in_text(self, folder: Path) -> None:
        keys = load_keys(folder)
        assert keys.own.secret.decode() not in repr(keys)

    def test_a_second_node_gets_a_key_of_its_own(self, folder: Path) -> None:
        made = make_keys(folder, "rack-2")
        assert [file.relative_to(folder).as_posix() for file in made] == [
            "rack-2.key",
            "rack-2.key_secret",
            "allowed/rack-2.key",
        ]
        assert load_keys(folder, "rack-2").job_manager == load_keys(folder).job_manager

    def test_a_key_is_not_overwritten(self, folder: Path) -> None:
        with pytest.raises(ConfigurationError, match=f"has a key called '{DEFAULT_NAME}'"):
            make_keys(folder)

    @pytest.mark.parametrize("name", ["", "../x", "a b", JOB_MANAGER])
    def test_a_key_has_a_plain_name(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ConfigurationError, match="cannot be called"):
            make_keys(tmp_path, name)

    def test_files_that_are_no_keys_are_named(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"missing' .*|not a folder; make keys with"):
            load_keys(tmp_path / "missing")
        (folder / "node.key_secret").write_text("nonsense")
        with pytest.raises(ConfigurationError, match=r"node.key_secret is not a key file"):
            load_keys(folder)
        (folder / "node.key_secret").write_text('curve\n    public-key = "abc"\n')
        with pytest.raises(ConfigurationError, match="is damaged"):
            load_keys(folder)


@pytest.mark.parametrize(
    ("text", "shown", "endpoint", "is_local"),
    [
        ("localhost:1", "localhost:1", "tcp://127.0.0.1:1", True),
        ("somewhere", "somewhere:6123", "tcp://somewhere:6123", False),
        ("127.0.0.9:7", "127.0.0.9:7", "tcp://127.0.0.9:7", True),
        ("0.0.0.0:7", "0.0.0.0:7", "tcp://0.0.0.0:7", False),
        ("[::1]:7", "[::1]:7", "tcp://[::1]:7", True),
        ("::1", "[::1]:6123", "tcp://[::1]:6123", True),
        ("tcp://a.b:8", "a.b:8", "tcp://a.b:8", False),
        ("ipc:///run/x", "ipc:///run/x", "ipc:///run/x", True),
    ],
)
def test_addresses(text: str, shown: str, endpoint: str, is_local: bool) -> None:
    address = parse_address(text)
    assert (str(address), address.endpoint, address.is_local) == (shown, endpoint, is_local)


@pytest.mark.parametrize("text", ["", ":1", "a:b", "a:99999", "a b:1", "ipc://x", "[::1", "a/b:1"])
def test_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address"):
        parse_address(text)
