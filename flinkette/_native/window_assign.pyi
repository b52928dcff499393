"""Which windows a row belongs to."""

from flinkette._native.state import KeyContext
from flinkette._native.window_spec import WindowSpec

class WindowAssignment:
    """Assigns rows to windows; used by the window operator's kernel alone. Slot thread only."""

    def __init__(self, spec: WindowSpec, keys: KeyContext) -> None: ...
