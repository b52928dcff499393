"""Rows that a kernel has made and not yet handed on."""

class RowOutput:
    """Rows made and not yet handed on."""

    def __init__(self, has_keys: bool = False) -> None: ...
