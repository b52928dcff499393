"""What the fields of generated rows hold: sequences, and random values that repeat from a seed.

A random value is a function of seed, field and row index alone, so it does not depend on
parallelism, batch size or restarts. Values are drawn in blocks of `BLOCK_ROWS` rows by a counter
based generator: block b of a field always starts at the same counter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy
    import numpy.typing
    import pyarrow

__all__ = [
    "FieldSpec",
    "RandomBool",
    "RandomChoice",
    "RandomFloat",
    "RandomInt",
    "RandomString",
    "SequenceField",
]

BLOCK_ROWS = 1024
NULL_LANE = 1 << 32
LETTERS = "0123456789abcdef"


class FieldSpec(ABC):
    """What one field of the generated rows holds."""

    num_rows: int | None = None
    """Rows after which the field has no more values; None: it never ends."""

    @abstractmethod
    def column(self, start: int, stop: int, seed: int, lane: int) -> pyarrow.Array:
        """Return the values of the rows `start` to `stop` - 1.

        Parameters
        ----------
        start, stop
            Row indexes.
        seed
            Seed of the source.
        lane
            Number of the field.
        """


@dataclass(frozen=True)
class SequenceField(FieldSpec):
    """Whole numbers one after the other.

    Parameters
    ----------
    start
        First number.
    end
        Last number; the source ends with it. None: no end.
    """

    start: int = 0
    end: int | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise InvalidPipelineError(
                f"SequenceField: end {self.end} is below start {self.start}; both are inclusive"
            )

    @property
    def num_rows(self) -> int | None:  # type: ignore[override]
        """Length of the sequence."""
        return None if self.end is None else self.end - self.start + 1

    def column(self, start: int, stop: int, seed: int, lane: int) -> pyarrow.Array:
        """Return the numbers of the rows."""
        import numpy
        import pyarrow

        return pyarrow.array(numpy.arange(self.start + start, self.start + stop, dtype="int64"))


class _RandomField(FieldSpec):
    """Base of random fields: draws blocks, puts in nulls."""

    null_rate: float

    def _check_null_rate(self) -> None:
        if not 0 <= self.null_rate <= 1:
            raise InvalidPipelineError(
                f"{type(self).__name__}: null_rate {self.null_rate} is not in 0 to 1"
            )

    @abstractmethod
    def _draw(self, random: numpy.random.Generator) -> Any:
        """Draw the values of a block."""

    def _blocks(
        self, start: int, stop: int, key: tuple[int, int], draw: Callable[[Any], Any]
    ) -> Any:
        import numpy

        first, last = start // BLOCK_ROWS, (stop - 1) // BLOCK_ROWS
        drawn = numpy.concatenate(
            [
                draw(numpy.random.Generator(numpy.random.Philox(counter=[0, 0, 0, block], key=key)))
                for block in range(first, last + 1)
            ]
        )
        return drawn[start - first * BLOCK_ROWS : stop - first * BLOCK_ROWS]

    def column(self, start: int, stop: int, seed: int, lane: int) -> pyarrow.Array:
        """Return the values of the rows."""
        import pyarrow

        key = (seed % (1 << 64), lane)
        values = self._blocks(start, stop, key, self._draw)
        if self.null_rate == 0:
            return self._array(values, None)
        null_key = (key[0], lane + NULL_LANE)
        mask = self._blocks(start, stop, null_key, lambda random: random.random(BLOCK_ROWS))
        return self._array(values, pyarrow.array(mask < self.null_rate))

    def _array(self, values: Any, is_null: Any) -> pyarrow.Array:
        import pyarrow
        from pyarrow import compute

        array = pyarrow.array(values)
        return array if is_null is None else compute.if_else(is_null, None, array)


@dataclass(frozen=True)
class RandomInt(_RandomField):
    """Whole numbers from `min` to `max`, both inclusive, None with probability `null_rate`."""

    min: int = 0
    max: int = 2**31 - 1
    null_rate: float = 0.0

    def __post_init__(self) -> None:
        self._check_null_rate()
        if self.min > self.max:
            raise InvalidPipelineError(f"RandomInt: min {self.min} is above max {self.max}")

    def _draw(self, random: numpy.random.Generator) -> Any:
        return random.integers(self.min, self.max, BLOCK_ROWS, dtype="int64", endpoint=True)


@dataclass(frozen=True)
class RandomFloat(_RandomField):
    """Numbers from `min` to below `max`, None with probability `null_rate`."""

    min: float = 0.0
    max: float = 1.0
    null_rate: float = 0.0

    def __post_init__(self) -> None:
        self._check_null_rate()
        if not self.min <= self.max:
            raise InvalidPipelineError(f"RandomFloat: min {self.min} is above max {self.max}")

    def _draw(self, random: numpy.random.Generator) -> Any:
        return random.uniform(self.min, self.max, BLOCK_ROWS)


@dataclass(frozen=True)
class RandomBool(_RandomField):
    """True with probability `true_rate`, None with probability `null_rate`."""

    true_rate: float = 0.5
    null_rate: float = 0.0

    def __post_init__(self) -> None:
        self._check_null_rate()

    def _draw(self, random: numpy.random.Generator) -> Any:
        return random.random(BLOCK_ROWS) < self.true_rate


@dataclass(frozen=True)
class RandomString(_RandomField):
    """Strings of `length` hexadecimal digits, None with probability `null_rate`."""

    length: int = 100
    null_rate: float = 0.0

    def __post_init__(self) -> None:
        self._check_null_rate()
        if self.length < 1:
            raise InvalidPipelineError(f"RandomString: length {self.length} is below 1")

    def _draw(self, random: numpy.random.Generator) -> Any:
        import numpy

        letters = numpy.frombuffer(LETTERS.encode("utf-32-le"), dtype="<u4")
        drawn = letters[random.integers(0, len(LETTERS), (BLOCK_ROWS, self.length))]
        return numpy.ascontiguousarray(drawn).view(f"<U{self.length}").reshape(BLOCK_ROWS)


@dataclass(frozen=True)
class RandomChoice(_RandomField):
    """One of `values`, each as likely, None with probability `null_rate`."""

    values: Sequence[Any] = ()
    null_rate: float = 0.0

    def __post_init__(self) -> None:
        self._check_null_rate()
        if not self.values:
            raise InvalidPipelineError("RandomChoice: there are no values to choose from")

    def _draw(self, random: numpy.random.Generator) -> Any:
        return random.integers(0, len(self.values), BLOCK_ROWS, dtype="int64")

    def _array(self, values: Any, is_null: Any) -> pyarrow.Array:
        import pyarrow

        return pyarrow.array(list(self.values)).take(super()._array(values, is_null))
