"""Files, packages and jars a program asks for."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.datastream.checks import invalid_argument, require_instance

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration

__all__ = ["DependencyMethods"]


class DependencyMethods:
    """What user functions need beside themselves; kept as keys of the Configuration."""

    _configuration: Configuration

    def add_python_file(self, file_path: str) -> None:
        """Make a Python file, package folder or zip file importable by user functions.

        Parameters
        ----------
        file_path : str
            Its path.

        Raises
        ------
        InvalidPipelineError
            If it does not exist.
        """
        require_instance("add_python_file", file_path, str)
        path = Path(file_path).resolve()
        if not path.exists():
            raise invalid_argument(f"add_python_file(): {file_path!r} does not exist")
        self._append_to("python.files", str(path))
        is_module = path.is_file() and path.suffix == ".py"
        entry = str(path.parent if is_module else path)
        if entry not in sys.path:
            sys.path.append(entry)

    def set_python_requirements(
        self, requirements_file_path: str, requirements_cache_dir: str | None = None
    ) -> None:
        """Name the packages that workers install before they start.

        Parameters
        ----------
        requirements_file_path : str
            A requirements file.
        requirements_cache_dir : str, optional
            Folder of downloaded packages.

        Notes
        -----
        A job inside the calling process uses the packages that are installed there.
        """
        require_instance("set_python_requirements", requirements_file_path, str)
        parts = [requirements_file_path, requirements_cache_dir or ""]
        self._configuration.set_string("python.requirements", "#".join(filter(None, parts)))

    def add_python_archive(self, archive_path: str, target_dir: str | None = None) -> None:
        """Name an archive that workers unpack beside user functions.

        Parameters
        ----------
        archive_path : str
            A zip or tar file.
        target_dir : str, optional
            Folder it is unpacked to; its own name if not given.

        Notes
        -----
        A job inside the calling process does not unpack it: it reads files from where they are.
        """
        require_instance("add_python_archive", archive_path, str)
        entry = f"{archive_path}#{target_dir}" if target_dir else archive_path
        self._append_to("python.archives", entry)

    def set_python_executable(self, python_exec: str) -> None:
        """Choose the Python interpreter of workers.

        Parameters
        ----------
        python_exec : str
            Its path.

        Notes
        -----
        A job inside the calling process runs in that process's interpreter.
        """
        require_instance("set_python_executable", python_exec, str)
        self._configuration.set_string("python.executable", python_exec)

    def add_jars(self, *jars_path: str) -> None:
        """Accept jars and ignore them: there is no JVM, and connectors are part of flinkette.

        Parameters
        ----------
        *jars_path : str
            Not used.
        """
        _warn_ignored("add_jars", jars_path)

    def add_classpaths(self, *classpaths: str) -> None:
        """Accept class paths and ignore them: there is no JVM.

        Parameters
        ----------
        *classpaths : str
            Not used.
        """
        _warn_ignored("add_classpaths", classpaths)

    def register_cached_file(self, file_path: str, name: str, executable: bool = False) -> None:
        """Name a file that workers get a local copy of.

        Parameters
        ----------
        file_path : str
            Its path.
        name : str
            Under which functions ask for it.
        executable : bool
            Whether it is a program.
        """
        require_instance("register_cached_file", file_path, str)
        require_instance("register_cached_file", name, str)
        entry = f"name:{name},path:{file_path},executable:{str(executable).lower()}"
        self._append_to("pipeline.cached-files", entry, separator=";")

    def _append_to(self, key: str, entry: str, *, separator: str = ",") -> None:
        """Add an entry to a list in the configuration."""
        before = self._configuration.get_string(key, "")
        self._configuration.set_string(key, f"{before}{separator}{entry}" if before else entry)


def _warn_ignored(method: str, values: tuple[str, ...]) -> None:
    if values:
        warnings.warn(
            f"{method}() is ignored: flinkette has no JVM and brings its connectors with it",
            stacklevel=3,
        )
