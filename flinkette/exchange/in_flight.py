"""How much may be on its way in a channel: what its receiver takes in a second (contract 24)."""

from __future__ import annotations

__all__ = ["InFlight"]

LEAST_BYTES = 2 << 10
HORIZON_NS = 1_000_000_000
SAMPLE_NS = 500_000_000
GROWTH = 4


class InFlight:
    """The window of one channel, by the rate at which its receiver drains it. Pure: it is told.

    The rate is measured while the channel is full, for only then it is the receiver's. The window
    is the whole channel until that was full for half a second without a break: a worker that is
    busy elsewhere for a moment is not slow. It grows again as soon as half of it is drained
    faster, fourfold at most.

    Parameters
    ----------
    max_bytes
        Room of the channel.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.window_bytes = max_bytes
        """Bytes that may be on their way."""
        self._is_measuring = False
        self._since_ns = 0
        self._returned_bytes = 0

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame: a quarter of the window, so that it is given back in steps."""
        return self.window_bytes // 4

    def on_full(self, now_ns: int, returned_bytes: int) -> bool:
        """Take note that there is no room; `returned_bytes` were given back so far, ever.

        Returns whether the window has changed.
        """
        if not self._is_measuring:
            self._begin(now_ns, returned_bytes)
            return False
        drained = returned_bytes - self._returned_bytes
        elapsed_ns = now_ns - self._since_ns
        before = self.window_bytes
        wanted = drained * HORIZON_NS // max(1, elapsed_ns)
        is_faster = wanted > before and drained * 2 >= before
        if drained == 0 or (elapsed_ns < SAMPLE_NS and not is_faster):
            return False
        most = min(self._max_bytes, before * GROWTH)
        self.window_bytes = max(min(LEAST_BYTES, self._max_bytes), min(wanted, most))
        self._begin(now_ns, returned_bytes)
        return self.window_bytes != before

    def on_room(self) -> None:
        """Take note that everything found room: what is drained now says nothing of the rate."""
        self._is_measuring = False

    def _begin(self, now_ns: int, returned_bytes: int) -> None:
        self._is_measuring = True
        self._since_ns = now_ns
        self._returned_bytes = returned_bytes
