"""key_by of a named field: the key column of a columnar batch is one of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.column import Column
from flinkette._native.fields import field_keys
from flinkette.graph.operators import KeyByDescription
from flinkette.runtime.operators.rows import RowsOperator

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.graph.operators import OperatorDescription
    from flinkette.runtime.operator import OperatorInfo

__all__ = ["KeyByFieldOperator", "is_key_by_field"]

INTEGERS = ("int8", "int16", "int32", "int64")
UNCHANGED: dict[str, tuple[str, ...]] = {
    "byte": INTEGERS[:1],
    "short": INTEGERS[:2],
    "int": INTEGERS[:3],
    "long": INTEGERS,
    "double": ("float64",),
    "string": ("utf8", "large_utf8", "utf8_view"),
    "boolean": ("bool",),
}
"""Columns whose values a declared key type leaves as they are."""


def is_key_by_field(operator: OperatorDescription) -> bool:
    """Tell whether a row function only names the field that is the key."""
    return isinstance(operator, KeyByDescription) and isinstance(operator.selector, (str, int))


class KeyByFieldOperator(RowsOperator):
    """Puts a column beside the rows as their keys; rows that are no columns go one by one.

    So do rows whose key must be converted, and those without the field: they get their error.
    """

    def __init__(self, info: OperatorInfo) -> None:
        super().__init__([info])
        description: Any = info.node.operator
        self._field: str | int = description.selector
        self._columns_to_keep = _columns_to_keep(description.key_type)

    def start_batch(self, batch: Batch) -> Batch | None:
        keys = field_keys(batch, self._field)
        if keys is None or not (self._columns_to_keep is None or self._is_to_keep(keys)):
            super().start_batch(batch)
            return None
        self.is_busy = False
        return batch.with_keys(keys)

    def _is_to_keep(self, keys: Column | list[Any]) -> bool:
        assert self._columns_to_keep is not None
        return isinstance(keys, Column) and keys.type_name in self._columns_to_keep


def _columns_to_keep(key_type: TypeInformation | None) -> tuple[str, ...] | None:
    """Name the column types that need no conversion to a key type; None: all."""
    spec = None if key_type is None else key_type.type_spec()
    return None if spec is None or spec == ("pickled",) else UNCHANGED.get(str(spec[0]), ())
