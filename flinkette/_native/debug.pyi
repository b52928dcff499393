def live() -> dict[str, int]:
    """Number of living native objects by kind; the same before and after, or something leaks."""
