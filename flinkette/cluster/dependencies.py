"""What a program needs beside its code: files, packages, archives, ready for a host's workers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.contracts.errors import ConfigurationError

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration

__all__ = ["Dependencies"]


@dataclass
class Dependencies:
    """Folders of one job on one host.

    Attributes
    ----------
    import_path : list of str
        Where user code finds its modules, first to last.
    folder : str or None
        Working directory of user functions, with the unpacked archives; None: the program's own.
    """

    import_path: list[str]
    folder: str | None = None
    _made: Path | None = None

    @staticmethod
    def prepare(configuration: Configuration) -> Dependencies:
        """Install packages and unpack archives that a configuration names.

        Parameters
        ----------
        configuration : Configuration
            Read are `python.files`, `python.requirements` and `python.archives`, as PyFlink writes
            them.

        Raises
        ------
        ConfigurationError
            If a file is not there or a package cannot be installed; nothing is left behind.
        """
        files = _entries(configuration, "python.files")
        ready = Dependencies([_import_entry(each) for each in files])
        try:
            requirements = configuration.get_string("python.requirements", "")
            if requirements:
                ready.import_path.append(_install(requirements, ready._make_folder()))
            for archive in _entries(configuration, "python.archives"):
                ready.folder = str(ready._make_folder())
                _unpack(archive, Path(ready.folder))
        except BaseException:
            ready.remove()
            raise
        return ready

    def remove(self) -> None:
        """Delete what `prepare` made."""
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)

    def _make_folder(self) -> Path:
        if self._made is None:
            self._made = Path(tempfile.mkdtemp(prefix="flinkette-job-"))
        return self._made


def _entries(configuration: Configuration, key: str) -> list[str]:
    return [each for each in configuration.get_string(key, "").split(",") if each]


def _import_entry(name: str) -> str:
    path = Path(name).absolute()
    if not path.exists():
        raise ConfigurationError(f"python.files: {name!r} does not exist")
    return str(path.parent if path.suffix == ".py" else path)


def _install(setting: str, folder: Path) -> str:
    """Install packages into a folder of their own."""
    requirements, _, downloaded = setting.partition("#")
    if not Path(requirements).is_file():
        raise ConfigurationError(f"python.requirements: {requirements!r} is not a file")
    target = folder / "packages"
    offline = ["--no-index", "--find-links", downloaded] if downloaded else []
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--target", str(target), *offline, "--requirement", requirements),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(
            f"python.requirements: the packages of {requirements!r} cannot be installed:\n"
            f"{done.stderr.strip()[-2000:]}"
        )
    return str(target)


def _unpack(setting: str, folder: Path) -> None:
    archive, _, target = setting.partition("#")
    if not Path(archive).is_file():
        raise ConfigurationError(f"python.archives: {archive!r} is not a file")
    place = (folder / (target or Path(archive).name)).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise ConfigurationError(f"python.archives: {target!r} is outside the job's folder")
    options = {"filter": "data"} if ".tar" in archive or archive.endswith(".tgz") else {}
    try:
        shutil.unpack_archive(archive, place, **options)  # type: ignore[arg-type]
    except (OSError, ValueError, shutil.ReadError) as error:
        raise ConfigurationError(
            f"python.archives: {archive!r} cannot be unpacked: {error}"
        ) from error
