"""SlotSharingGroup and MemorySize: what the slots of a group of operators need."""

from __future__ import annotations

from typing import Any

from flinkette.datastream.checks import described, invalid_argument, require_instance, wrong_type

__all__ = ["MemorySize", "SlotSharingGroup"]

_KIBI = 1024
_MEBI = 1024**2


class MemorySize:
    """A number of bytes.

    Parameters
    ----------
    j_memory_size : object
        Ignored; there is no JVM.
    bytes_size : int
        Bytes, at least 0.

    Examples
    --------
    >>> str(MemorySize.of_mebi_bytes(3))
    '3 mb'
    """

    def __init__(self, j_memory_size: object = None, bytes_size: int | None = None) -> None:
        if isinstance(bytes_size, bool) or not isinstance(bytes_size, int):
            raise wrong_type(f"MemorySize(bytes_size=...) needs an int, got {bytes_size!r}")
        if bytes_size < 0:
            raise invalid_argument(f"MemorySize: bytes must be 0 or more, got {bytes_size}")
        self._bytes = bytes_size

    @staticmethod
    def of_mebi_bytes(mebi_bytes: int) -> MemorySize:
        """Return a size in units of 1,048,576 bytes.

        Parameters
        ----------
        mebi_bytes : int
            How many of them.

        Returns
        -------
        MemorySize
            The size.
        """
        return MemorySize(bytes_size=mebi_bytes * _MEBI)

    def get_bytes(self) -> int:
        """Return the bytes.

        Returns
        -------
        int
            Bytes.
        """
        return self._bytes

    def get_kibi_bytes(self) -> int:
        """Return whole units of 1024 bytes.

        Returns
        -------
        int
            KiB, rounded down.
        """
        return self._bytes // _KIBI

    def get_mebi_bytes(self) -> int:
        """Return whole units of 1024 KiB.

        Returns
        -------
        int
            MiB, rounded down.
        """
        return self._bytes // _MEBI

    def get_gibi_bytes(self) -> int:
        """Return whole units of 1024 MiB.

        Returns
        -------
        int
            GiB, rounded down.
        """
        return self._bytes // _KIBI**3

    def get_tebi_bytes(self) -> int:
        """Return whole units of 1024 GiB.

        Returns
        -------
        int
            TiB, rounded down.
        """
        return self._bytes // _KIBI**4

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemorySize) and self._bytes == other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __str__(self) -> str:
        size, units = self._bytes, ["bytes", "kb", "mb", "gb", "tb"]
        while size and size % _KIBI == 0 and len(units) > 1:
            size //= _KIBI
            units.pop(0)
        return f"{size} {units[0]}"


class SlotSharingGroup:
    """A named group of operators that share slots, and what each slot needs.

    Made by `builder`.

    Parameters
    ----------
    name : str
        Its name.
    resources : dict
        What a slot needs; empty if it does not matter.

    Examples
    --------
    >>> builder = SlotSharingGroup.builder("heavy").set_cpu_cores(2.0)
    >>> group = builder.set_task_heap_memory_mb(512).build()
    >>> group.get_name(), group.get_cpu_cores()
    ('heavy', 2.0)
    """

    def __init__(self, name: str, resources: dict[str, Any]) -> None:
        self._name = name
        self._resources = resources

    def get_name(self) -> str:
        """Return the name.

        Returns
        -------
        str
            As given to `builder`.
        """
        return self._name

    def get_managed_memory(self) -> MemorySize | None:
        """Return the memory for state.

        Returns
        -------
        MemorySize or None
            None if it does not matter.
        """
        return self._resources.get("managed_memory")

    def get_task_heap_memory(self) -> MemorySize | None:
        """Return the memory for Python objects.

        Returns
        -------
        MemorySize or None
            None if it does not matter.
        """
        return self._resources.get("task_heap_memory")

    def get_task_off_heap_memory(self) -> MemorySize | None:
        """Return the memory for everything else.

        Returns
        -------
        MemorySize or None
            None if it does not matter.
        """
        return self._resources.get("task_off_heap_memory")

    def get_cpu_cores(self) -> float | None:
        """Return the share of processor cores.

        Returns
        -------
        float or None
            None if it does not matter.
        """
        return self._resources.get("cpu_cores")

    def get_external_resources(self) -> dict[str, float]:
        """Return amounts of other resources by name.

        Returns
        -------
        dict
            A copy; empty if there are none.
        """
        return dict(self._resources.get("external_resources", {}))

    @staticmethod
    def builder(name: str) -> SlotSharingGroup.Builder:
        """Start a group.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        SlotSharingGroup.Builder
            Call `build` on it.
        """
        require_instance("SlotSharingGroup.builder", name, str)
        return SlotSharingGroup.Builder(name)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SlotSharingGroup)
            and self._name == other._name
            and self._resources == other._resources
        )

    def __hash__(self) -> int:
        return hash(self._name)

    class Builder:
        """Collects what a slot of the group needs.

        Parameters
        ----------
        name : str
            Name of the group.
        """

        def __init__(self, name: str) -> None:
            self._name = name
            self._resources: dict[str, Any] = {}

        def set_cpu_cores(self, cpu_cores: float) -> SlotSharingGroup.Builder:
            """Set the share of processor cores, above 0."""
            self._resources["cpu_cores"] = _positive("set_cpu_cores", cpu_cores)
            return self

        def set_task_heap_memory(self, task_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Set the memory for Python objects."""
            return self._with_memory("task_heap_memory", task_heap_memory)

        def set_task_heap_memory_mb(self, task_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            """Set the memory for Python objects in MiB."""
            return self.set_task_heap_memory(MemorySize.of_mebi_bytes(task_heap_memory_mb))

        def set_task_off_heap_memory(
            self, task_off_heap_memory: MemorySize
        ) -> SlotSharingGroup.Builder:
            """Set the memory for everything else."""
            return self._with_memory("task_off_heap_memory", task_off_heap_memory)

        def set_task_off_heap_memory_mb(
            self, task_off_heap_memory_mb: int
        ) -> SlotSharingGroup.Builder:
            """Set the memory for everything else in MiB."""
            return self.set_task_off_heap_memory(MemorySize.of_mebi_bytes(task_off_heap_memory_mb))

        def set_managed_memory(self, managed_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Set the memory for state."""
            return self._with_memory("managed_memory", managed_memory)

        def set_managed_memory_mb(self, managed_memory_mb: int) -> SlotSharingGroup.Builder:
            """Set the memory for state in MiB."""
            return self.set_managed_memory(MemorySize.of_mebi_bytes(managed_memory_mb))

        def set_external_resource(self, name: str, value: float) -> SlotSharingGroup.Builder:
            """Set the amount of another resource, above 0."""
            amounts = self._resources.setdefault("external_resources", {})
            amounts[name] = _positive("set_external_resource", value)
            return self

        def build(self) -> SlotSharingGroup:
            """Return the group; with cores or memory given, both must be."""
            has_cores = "cpu_cores" in self._resources
            if bool(self._resources) and not (has_cores and "task_heap_memory" in self._resources):
                raise invalid_argument(
                    f"slot sharing group {self._name!r}: set cpu cores and task heap memory, or "
                    "no resources at all"
                )
            return SlotSharingGroup(self._name, dict(self._resources))

        def _with_memory(self, name: str, size: MemorySize) -> SlotSharingGroup.Builder:
            require_instance(f"set_{name}", size, MemorySize)
            self._resources[name] = size
            return self


def _positive(method: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong_type(f"{method}() needs a number, got {described(value)}")
    if not value > 0:
        raise invalid_argument(f"{method}() needs a number above 0, got {value}")
    return float(value)
