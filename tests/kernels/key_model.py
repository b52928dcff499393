"""What docs/spec/keys.md says, as short as it can be said."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

MASK, SEED = 2**64 - 1, 0x8F3907F7AA6B1C5D
F1, F2, F3 = 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB
EPOCH, MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)


def sized(tag: int, body: bytes) -> bytes:
    return struct.pack("<BI", tag, len(body)) + body


def big_int(key: int) -> bytes:
    size = next(n for n in range(9, 1000) if -(256**n) // 2 <= key < 256**n // 2)
    return sized(4, key.to_bytes(size, "little", signed=True))


def with_offset(tag: int, local_us: int, offset: timedelta | None) -> bytes:
    plain = struct.pack("<Bq", tag, local_us)
    return (
        plain if offset is None else struct.pack("<Bqq", tag + 1, local_us, offset // MICROSECOND)
    )


def members(tag: int, key: Any) -> bytes:
    return struct.pack("<BI", tag, len(key)) + b"".join(map(model_encode, key))


def clock_us(key: time) -> int:
    return ((key.hour * 60 + key.minute) * 60 + key.second) * 1_000_000 + key.microsecond


ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda key: b"\x01",
    bool: lambda key: bytes([2, key]),
    int: lambda key: struct.pack("<Bq", 3, key) if -(2**63) <= key < 2**63 else big_int(key),
    float: lambda key: struct.pack("<Bd", 5, key if key == key else float("nan")),
    str: lambda key: sized(6, key.encode("utf-8", "surrogatepass")),
    bytes: lambda key: sized(7, key),
    Decimal: lambda key: sized(8, str(key).upper().encode()),
    date: lambda key: struct.pack("<Bi", 9, (key - EPOCH.date()).days),
    time: lambda key: with_offset(10, clock_us(key), key.utcoffset()),
    datetime: lambda key: with_offset(
        12, (key.replace(tzinfo=None) - EPOCH) // MICROSECOND, key.utcoffset()
    ),
    timedelta: lambda key: struct.pack("<BiII", 14, key.days, key.seconds, key.microseconds),
    tuple: lambda key: members(16, key),
    list: lambda key: members(17, key),
}


def model_encode(key: Any) -> bytes:
    return ENCODERS[type(key)](key)


def fold(left: int, right: int) -> int:
    return (left * right & MASK) ^ (left * right >> 64)


def model_hash(encoding: bytes) -> int:
    tag, body = encoding[0], encoding[5 if encoding[0] in (6, 7) else 1 :]
    if tag == 3:
        word = int.from_bytes(body, "little") + SEED & MASK
        word = (word ^ word >> 32) * F1 & MASK
        word = (word ^ word >> 29) * F2 & MASK
        return word ^ word >> 32
    size, state = len(body), SEED ^ tag * F3 & MASK
    left = right = 0
    if size > 16:
        words = struct.unpack(f"<{(size - 1) // 16 * 2}Q", body[: (size - 1) // 16 * 16])
        for low, high in zip(words[::2], words[1::2], strict=True):
            state = fold(low ^ F1, high ^ state)
    if size >= 4:
        width = 8 if size >= 8 else 4
        tail = body[-16:] if size > 16 else body
        left, right = (int.from_bytes(part, "little") for part in (tail[:width], tail[-width:]))
    elif size:
        left = body[0] << 16 | body[size // 2] << 8 | body[-1]
    return fold(fold(left ^ F1, right ^ state) ^ F2, size ^ F3)
