class Timers:
    """Timers in time order, each at most once; of equal times the first added comes first.

    A timer is identified by its time, key id and namespace. Engine code uses `flk::TimerHeap`
    through `c_timer_heap` and `timers.add_timer`; this class is its face for tests and tools.
    """

    def __init__(self) -> None: ...
    def add(self, time_ms: int, key_id: int, namespace_id: int = 0, generation: int = 0) -> bool:
        """Register a timer; False if it is registered already."""

    def remove(self, time_ms: int, key_id: int, namespace_id: int = 0) -> bool:
        """Forget a timer; False if there is none."""

    def next_time_ms(self) -> int | None:
        """Time of the earliest timer, or None."""

    def pop(self) -> tuple[int, int, int, int]:
        """Remove the earliest timer and return (time_ms, key_id, namespace_id, generation)."""

    def __len__(self) -> int: ...
