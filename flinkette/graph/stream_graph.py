"""The StreamGraph: the transformations of one program in the order they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flinkette.graph.transformations import Edge, Transformation

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.graph.operators import OperatorDescription
    from flinkette.graph.transformations import CallSite

__all__ = ["StreamGraph"]


@dataclass
class StreamGraph:
    """Append-only until `clear`; node ids count from 1 in the order of the program."""

    nodes: list[Transformation] = field(default_factory=list)
    next_id: int = 1

    def add(
        self,
        operator: OperatorDescription,
        *,
        name: str,
        inputs: tuple[Edge, ...],
        call_site: CallSite,
        output_type: TypeInformation | None = None,
        **settings: Any,
    ) -> Transformation:
        """Append one transformation and return it."""
        node = Transformation(
            self.next_id, name, operator, inputs, call_site, output_type, **settings
        )
        self.next_id += 1
        self.nodes.append(node)
        return node

    def clear(self) -> None:
        """Forget the nodes after a job was submitted; ids go on counting."""
        self.nodes = []
