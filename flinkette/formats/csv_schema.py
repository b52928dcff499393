"""CsvSchema: the columns of a CSV file and how they are written, under PyFlink's names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError, UnsupportedFeatureError
from flinkette.formats.row_types import TypeSpec, type_spec_of

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["CsvColumn", "CsvSchema", "CsvSchemaBuilder"]


@dataclass(frozen=True)
class CsvColumn:
    """A column: name, type, and for arrays what stands between elements (None: schema's own)."""

    name: str
    spec: TypeSpec
    is_array: bool = False
    separator: str | None = None


@dataclass(frozen=True)
class CsvSchema:
    """Columns in order, and the characters that delimit them. Make one with `builder`.

    Examples
    --------
    >>> len(CsvSchema.builder().add_string_column("name").set_column_separator("|").build())
    1
    """

    columns: tuple[CsvColumn, ...] = ()
    column_separator: str = ","
    quote_char: str | None = '"'
    escape_char: str | None = None
    line_separator: str = "\n"
    null_value: str | None = None
    array_separator: str = ";"
    is_header_used: bool = False
    is_header_strict: bool = False
    is_first_row_skipped: bool = False
    allows_comments: bool = False

    @staticmethod
    def builder() -> CsvSchemaBuilder:
        """Start a schema."""
        return CsvSchemaBuilder()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def type_spec(self) -> TypeSpec:
        """Return the type specification of the rows."""
        return ("row", self.names, tuple(column.spec for column in self.columns))

    def size(self) -> int:
        """Return the number of columns."""
        return len(self.columns)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.columns)


def _single_char(what: str, char: str) -> str:
    if len(char) != 1:
        raise InvalidPipelineError(f"CSV {what} must be a single char, got {char!r}")
    return char


@dataclass
class CsvSchemaBuilder:
    """Builds a `CsvSchema`; every method returns the builder."""

    _schema: CsvSchema = field(default_factory=CsvSchema)

    def build(self) -> CsvSchema:
        """Return the schema."""
        return self._schema

    def _with(self, **settings: Any) -> CsvSchemaBuilder:
        self._schema = replace(self._schema, **settings)
        return self

    def _add(self, column: CsvColumn) -> CsvSchemaBuilder:
        if column.name in self._schema.names:
            raise InvalidPipelineError(f"CSV column {column.name!r} is there already; rename one")
        return self._with(columns=(*self._schema.columns, column))

    def add_array_column(
        self, name: str, separator: str = ";", element_type: Any = None
    ) -> CsvSchemaBuilder:
        """Add a column of arrays of simple values (str if not given), divided by `separator`."""
        element = ("string",) if element_type is None else type_spec_of(element_type)
        return self._add(CsvColumn(name, ("array", element), is_array=True, separator=separator))

    def add_boolean_column(self, name: str) -> CsvSchemaBuilder:
        """Add a column of true and false."""
        return self._add(CsvColumn(name, ("boolean",)))

    def add_number_column(
        self, name: str, number_type: TypeInformation | Any = None
    ) -> CsvSchemaBuilder:
        """Add a column of numbers, 64-bit integers if no type is given."""
        spec = ("long",) if number_type is None else type_spec_of(number_type)
        return self._add(CsvColumn(name, spec))

    def add_string_column(self, name: str) -> CsvSchemaBuilder:
        """Add a column of text."""
        return self._add(CsvColumn(name, ("string",)))

    def add_columns_from(self, schema: CsvSchema) -> CsvSchemaBuilder:
        """Add all columns of another schema."""
        for column in schema.columns:
            self._add(column)
        return self

    def clear_columns(self) -> CsvSchemaBuilder:
        """Remove the columns."""
        return self._with(columns=())

    def set_allow_comments(self, allow: bool = True) -> CsvSchemaBuilder:  # noqa: FBT001, FBT002
        """Leave out lines that begin with ``#``."""
        return self._with(allows_comments=allow)

    def set_any_property_name(self, name: str) -> CsvSchemaBuilder:
        """Refuse: rows have the schema's columns and no others."""
        raise UnsupportedFeatureError(
            f"CsvSchema.set_any_property_name({name!r}): columns beyond the schema are malformed "
            "input here; add them to the schema"
        )

    def disable_array_element_separator(self) -> CsvSchemaBuilder:
        """Make arrays of one element each where a column names no separator of its own."""
        return self.set_array_element_separator("")

    def remove_array_element_separator(self, index: int) -> CsvSchemaBuilder:
        """Make arrays of one element each in the column at `index`."""
        columns = list(self._schema.columns)
        columns[index] = replace(columns[index], separator="")
        return self._with(columns=tuple(columns))

    def set_array_element_separator(self, separator: str) -> CsvSchemaBuilder:
        """Set what stands between elements of an array."""
        columns = tuple(
            replace(column, separator=separator) if column.is_array else column
            for column in self._schema.columns
        )
        return self._with(array_separator=separator, columns=columns)

    def set_column_separator(self, char: str) -> CsvSchemaBuilder:
        """Set the character between columns."""
        return self._with(column_separator=_single_char("column separator", char))

    def disable_escape_char(self) -> CsvSchemaBuilder:
        """Escape nothing."""
        return self._with(escape_char=None)

    def set_escape_char(self, char: str) -> CsvSchemaBuilder:
        """Set the character that takes the meaning from the next one."""
        return self._with(escape_char=_single_char("escape char", char))

    def set_line_separator(self, separator: str) -> CsvSchemaBuilder:
        """Set what is written after a row; reading knows all line ends."""
        return self._with(line_separator=separator)

    def set_null_value(self, null_value: str) -> CsvSchemaBuilder:
        """Set the text that stands for None."""
        return self._with(null_value=null_value)

    def disable_quote_char(self) -> CsvSchemaBuilder:
        """Quote nothing."""
        return self._with(quote_char=None)

    def set_quote_char(self, char: str) -> CsvSchemaBuilder:
        """Set the character around values that hold separators or line ends."""
        return self._with(quote_char=_single_char("quote char", char))

    def set_skip_first_data_row(self, skip: bool = True) -> CsvSchemaBuilder:  # noqa: FBT001, FBT002
        """Leave out the first row (after the header, if one is used)."""
        return self._with(is_first_row_skipped=skip)

    def set_strict_headers(self, strict: bool = True) -> CsvSchemaBuilder:  # noqa: FBT001, FBT002
        """Refuse files whose header does not have the columns' names in order."""
        return self._with(is_header_strict=strict)

    def set_use_header(self, use: bool = True) -> CsvSchemaBuilder:  # noqa: FBT001, FBT002
        """Leave out the first row, and write one."""
        return self._with(is_header_used=use)

    def size(self) -> int:
        """Return the number of columns so far."""
        return len(self._schema)

    def __len__(self) -> int:
        """Return the number of columns so far."""
        return len(self._schema)
