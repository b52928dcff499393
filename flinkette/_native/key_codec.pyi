def encode_key(key: object) -> bytes:
    """Canonical bytes of a key, as docs/spec/keys.md says.

    Two keys are the same key exactly if these bytes are equal; `__eq__` and `__hash__` are never
    called. None, bool, int, float, str, bytes, Decimal, date, time, datetime, timedelta and tuples,
    lists and Rows of these are encoded by value. Anything else, subclasses included, is encoded as
    its pickle, with one warning per type.

    Raises
    ------
    TypeError
        If the key cannot be encoded; the class set by `register_error_class` if there is one.
    """

def hash_encoded_key(encoding: bytes) -> int:
    """The 64-bit hash, as a signed int, of an encoding that `encode_key` made."""

def register_error_class(cls: type[Exception]) -> None:
    """Set what is raised for a key that cannot be encoded."""
