"""`OutputTag`: the name of a side output."""

from __future__ import annotations

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.typeinfo import RowTypeInfo, TypeInformation, Types

__all__ = ["OutputTag"]


class OutputTag:
    """Names a side output; a function emits to it by yielding `(tag, value)`.

    Two tags with the same id are the same side output.

    Parameters
    ----------
    tag_id : str
        Name, unique within the operator.
    type_info : TypeInformation or list of TypeInformation, optional
        Type of the values; a list means a Row of these types, none means any Python object.

    Attributes
    ----------
    tag_id : str
        As the parameter.
    type_info : TypeInformation
        The type, `Types.PICKLED_BYTE_ARRAY()` if none was given.

    Examples
    --------
    >>> late = OutputTag("late", Types.STRING())
    """

    __slots__ = ("tag_id", "type_info")

    def __init__(
        self, tag_id: str, type_info: TypeInformation | list[TypeInformation] | None = None
    ) -> None:
        if not tag_id:
            raise InvalidPipelineError(
                f"OutputTag needs a name, got {tag_id!r}; give a non-empty string"
            )
        if not isinstance(tag_id, str):
            raise InvalidTypeError(f"the name of an OutputTag must be a str, got {tag_id!r}")
        self.tag_id = tag_id
        if type_info is None:
            self.type_info: TypeInformation = Types.PICKLED_BYTE_ARRAY()
        elif isinstance(type_info, list):
            self.type_info = RowTypeInfo(type_info)
        elif isinstance(type_info, TypeInformation):
            self.type_info = type_info
        else:
            raise InvalidTypeError(
                f"OutputTag {tag_id!r}: type_info must be None, a list of types or a "
                f"TypeInformation, got {type_info!r}"
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OutputTag) and self.tag_id == other.tag_id

    def __hash__(self) -> int:
        return hash(("OutputTag", self.tag_id))

    def __repr__(self) -> str:
        return f"OutputTag({self.tag_id!r}, {self.type_info!r})"
