"""How much is on its way follows how fast it is taken: a model of both ends of a channel."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flinkette.exchange.in_flight import HORIZON_NS, LEAST_BYTES, SAMPLE_NS, InFlight

MAX = 1 << 20
MS = 1_000_000


class Channel:
    """A sender that always has more, and a receiver that takes `bytes_per_s`, frame by frame."""

    def __init__(self) -> None:
        self.rule = InFlight(MAX)
        self.now_ns = 0
        self.sent = 0
        self.returned = 0
        self._progress = 0

    def run(self, duration_ns: int, bytes_per_s: int, *, step_ns: int = MS) -> None:
        end_ns = self.now_ns + duration_ns
        while self.now_ns < end_ns:
            self.now_ns += step_ns
            self._progress += bytes_per_s * step_ns // HORIZON_NS
            self._take()
            self._send()

    def _take(self) -> None:
        self._progress = min(self._progress, self.sent - self.returned)
        frame = self.rule.frame_bytes
        while self._progress >= frame > 0:
            self.returned += frame
            self._progress -= frame

    def _send(self) -> None:
        while True:
            size = self.rule.frame_bytes
            on_the_way = self.sent - self.returned
            if on_the_way and on_the_way + size > self.rule.window_bytes:
                if not self.rule.on_full(self.now_ns, self.returned):
                    return
                continue
            self.sent += size


@given(st.integers(20_000, 600_000))
def test_a_receiver_has_about_a_second_of_its_work_on_its_way(bytes_per_s: int) -> None:
    channel = Channel()
    # until the rate is known the channel fills up, and that has to be drained
    channel.run((3_000 + MAX * 1_500 // bytes_per_s) * MS, bytes_per_s, step_ns=5 * MS)
    assert channel.sent - channel.returned <= 2.5 * bytes_per_s
    before = channel.returned
    channel.run(5_000 * MS, bytes_per_s, step_ns=5 * MS)
    assert channel.sent - channel.returned <= 2.5 * bytes_per_s
    assert channel.returned - before >= 4 * bytes_per_s, "it has worked nearly all the time"


def test_a_receiver_that_pauses_for_a_moment_keeps_the_whole_channel() -> None:
    channel = Channel()
    for _ in range(10):
        channel.run(400 * MS, 0)
        channel.run(20 * MS, 2**32)
    assert channel.rule.window_bytes == MAX


def test_a_receiver_that_becomes_slow_gets_less_and_one_that_recovers_gets_more() -> None:
    channel = Channel()
    channel.run(20 * MS, 2**32)
    channel.run(60_000 * MS, 40_000, step_ns=5 * MS)
    assert channel.rule.window_bytes < 80_000
    channel.run(1_000 * MS, 2**32)
    assert channel.rule.window_bytes == MAX


@given(st.lists(st.tuples(st.integers(0, 2 * SAMPLE_NS), st.integers(0, MAX), st.booleans())))
def test_the_window_stays_within_its_bounds_whatever_is_measured(
    steps: list[tuple[int, int, bool]],
) -> None:
    rule = InFlight(MAX)
    assert rule.window_bytes == MAX
    now_ns = returned = 0
    for elapsed_ns, drained, has_room in steps:
        before = rule.window_bytes
        if has_room:
            rule.on_room()
        now_ns += elapsed_ns
        returned += drained
        assert rule.on_full(now_ns, returned) == (rule.window_bytes != before)
        assert LEAST_BYTES <= rule.window_bytes <= min(MAX, 4 * before)


def test_what_is_drained_while_there_is_room_says_nothing() -> None:
    rule = InFlight(MAX)
    assert not rule.on_full(0, 0)
    rule.on_room()
    assert not rule.on_full(10 * HORIZON_NS, 20_000)
    assert rule.window_bytes == MAX
    assert not rule.on_full(10 * HORIZON_NS + SAMPLE_NS - 1, 30_000)
    assert rule.on_full(11 * HORIZON_NS, 36_000)
    assert rule.window_bytes == 16_000
