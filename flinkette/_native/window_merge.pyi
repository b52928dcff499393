"""Windows of a key that become one: sessions, and what a user's merging assigner joins."""

from flinkette._native.live_windows import LiveWindows
from flinkette._native.window_assign import WindowAssignment
from flinkette._native.window_spec import WindowSpec

class WindowMerging:
    """Finds the window that takes a row, merging others; used by the window kernel alone."""

    def __init__(
        self, spec: WindowSpec, live: LiveWindows, assignment: WindowAssignment
    ) -> None: ...
