"""The live windows of one subtask: slots, contents, window objects and timers."""

from flinkette._native.state import KeyContext
from flinkette._native.window_spec import WindowSpec

class LiveWindows:
    """Windows by slot; used by the window operator's kernel alone. Slot thread only."""

    def __init__(self, spec: WindowSpec, keys: KeyContext) -> None: ...
