"""How the files of a FileSink are named."""

from __future__ import annotations

from dataclasses import dataclass

from flinkette.contracts.errors import InvalidPipelineError

__all__ = ["OutputFileConfig"]


@dataclass(frozen=True)
class OutputFileConfig:
    """Beginning and end of file names: ``<prefix>-<uuid>-<n><suffix>``.

    Parameters
    ----------
    part_prefix
        Beginning, ``part`` by default.
    part_suffix
        End, nothing by default; give the dot of an extension with it.
    """

    part_prefix: str = "part"
    part_suffix: str = ""

    def __post_init__(self) -> None:
        for text in (self.part_prefix, self.part_suffix):
            if "/" in text or "\0" in text:
                raise InvalidPipelineError(
                    f"OutputFileConfig: {text!r} cannot be part of a file name; use a bucket "
                    "assigner for folders"
                )

    @staticmethod
    def builder() -> OutputFileConfig.OutputFileConfigBuilder:
        """Start a configuration."""
        return OutputFileConfig.OutputFileConfigBuilder()

    def get_part_prefix(self) -> str:
        """Return the beginning of names."""
        return self.part_prefix

    def get_part_suffix(self) -> str:
        """Return the end of names."""
        return self.part_suffix

    class OutputFileConfigBuilder:
        """Builds an `OutputFileConfig`."""

        def __init__(self) -> None:
            self.part_prefix = "part"
            self.part_suffix = ""

        def with_part_prefix(self, prefix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """Set the beginning of names."""
            self.part_prefix = prefix
            return self

        def with_part_suffix(self, suffix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """Set the end of names."""
            self.part_suffix = suffix
            return self

        def build(self) -> OutputFileConfig:
            """Return the configuration."""
            return OutputFileConfig(self.part_prefix, self.part_suffix)
