"""Build of the native core: each .pyx compiled alone, all linked with csrc/ into one shared object.

One shared object (`flinkette/_native/_core`) holds every extension module, so counters, memory
budgets and instruction-set dispatch exist once; `flinkette/_native/__init__.py` loads the modules
from it by name.

Environment:
    FLK_BUILD       release (default), debug, or asan: the directives and flags below.
    FLK_WERROR      1: compiler warnings stop a release build too. They always stop debug and asan
                    builds; a user's newer compiler must not stop an installation.
    CXX, CPPFLAGS, CXXFLAGS (or CFLAGS), LDFLAGS, ARCHFLAGS    as everywhere.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import Cython
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

NATIVE = Path("flinkette/_native")
CSRC = Path("csrc")
MACOS = sys.platform == "darwin"

COMMON_DIRECTIVES: dict[str, object] = {
    "language_level": "3",
    "binding": True,
    "cdivision": True,
    "wraparound": False,
    "embedsignature": False,
    "legacy_implicit_noexcept": False,
}
UNCHECKED: dict[str, object] = {"boundscheck": False, "initializedcheck": False}
CHECKED: dict[str, object] = {"boundscheck": True, "initializedcheck": True}
DIRECTIVES = {
    "release": {**COMMON_DIRECTIVES, **UNCHECKED},
    "debug": {**COMMON_DIRECTIVES, **CHECKED},
    "asan": {**COMMON_DIRECTIVES, **CHECKED},
}
COMMON_FLAGS = ["-std=c++17", "-fPIC", "-pthread"]
COMMON_FLAGS += ["-fvisibility=hidden", "-fvisibility-inlines-hidden"]
CHECK_FLAGS = ["-g", "-UNDEBUG", "-DFLK_DEBUG=1"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
COMPILE_FLAGS = {
    "release": [*COMMON_FLAGS, "-O2", "-g0", "-DNDEBUG"],
    "debug": [*COMMON_FLAGS, "-O0", *CHECK_FLAGS],
    "asan": [*COMMON_FLAGS, "-O1", "-fno-omit-frame-pointer", *CHECK_FLAGS, *SANITIZE],
}
LINK_FLAGS = {
    "release": ["-pthread", "-Wl,-x" if MACOS else "-Wl,-s"],
    "debug": ["-pthread"],
    "asan": ["-pthread", *SANITIZE],
}
KERNEL_FLAGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wcast-align"]
# Integers of Cython code wrap, as Python's own flags have it; and its output trips warnings that
# our sources must not have.
CYTHON_FLAGS = ["-fwrapv", "-Wall", "-Wno-unknown-warning-option", "-Wno-unused-function"]
CYTHON_FLAGS += ["-Wno-unused-but-set-variable", "-Wno-maybe-uninitialized"]


def build_kind() -> str:
    kind = os.environ.get("FLK_BUILD") or "release"
    if kind not in COMPILE_FLAGS:
        raise SystemExit(f"FLK_BUILD={kind!r} is not one of {', '.join(COMPILE_FLAGS)}")
    return kind


def find_cxx() -> str:
    """Return CXX, else the compiler Python was built with, else the first one on PATH."""
    named = [os.environ.get("CXX") or "", sysconfig.get_config_var("CXX") or ""]
    for command in (*named, "c++", "g++", "clang++"):
        words = shlex.split(command)
        if words and shutil.which(words[0]):
            return command
    raise SystemExit(
        "no C++17 compiler found (CXX, c++, g++, clang++); on Debian: apt-get install g++"
    )


def user_flags() -> list[str]:
    names = ("CPPFLAGS", "CXXFLAGS" if "CXXFLAGS" in os.environ else "CFLAGS")
    flags = [flag for name in names for flag in shlex.split(os.environ.get(name, ""))]
    if MACOS:  # the linker command of a universal Python asks for every architecture it names
        python_flags = str(sysconfig.get_config_var("CFLAGS") or "")
        archs = os.environ.get("ARCHFLAGS") or " ".join(re.findall(r"-arch\s+\S+", python_flags))
        flags += shlex.split(archs)
    return flags


def is_stale(target: Path, inputs: list[Path], command: list[str]) -> bool:
    """Say whether `target` is missing, older than an input, or made by another command."""
    recorded = target.with_name(f"{target.name}.cmd")
    if not target.exists() or not recorded.exists() or recorded.read_text() != "\n".join(command):
        return True
    built_at = target.stat().st_mtime_ns
    return any(not path.exists() or path.stat().st_mtime_ns > built_at for path in inputs)


def record(target: Path, command: list[str]) -> None:
    target.with_name(f"{target.name}.cmd").write_text("\n".join(command))


def read_depfile(depfile: Path) -> list[Path]:
    """Return the inputs inside the source tree; others do not change under a build."""
    if not depfile.exists():
        return []
    _, _, names = depfile.read_text().replace("\\\n", " ").partition(":")
    root = Path.cwd()
    paths = [Path(name) for name in shlex.split(names)]
    return [path for path in paths if (root / path).resolve().is_relative_to(root)]


class BuildCore(build_ext):
    """Compile what changed, in parallel, then link once."""

    def run(self) -> None:
        if sys.platform == "win32":
            raise SystemExit("flinkette builds on Linux and macOS; on Windows use WSL")
        os.environ["CXX"] = find_cxx()  # distutils links with the compiler we compile with
        super().run()

    def build_extension(self, ext: Extension) -> None:
        kind = build_kind()
        temp = Path(self.build_temp) / kind
        temp.mkdir(parents=True, exist_ok=True)
        modules = sorted(NATIVE.glob("*.pyx"), key=file_size, reverse=True)
        kernels = sorted((CSRC / "flk").glob("*.cc"), key=file_size, reverse=True)
        with ThreadPoolExecutor(self.jobs()) as pool:
            jobs = [pool.submit(compile_pyx, path, temp, kind) for path in modules]
            jobs += [pool.submit(compile_cpp, path, temp, kind, KERNEL_FLAGS) for path in kernels]
        failures = [str(error) for job in jobs if (error := job.exception())]
        if failures:
            raise SystemExit("\n".join(failures))
        objects = [str(job.result()) for job in jobs]
        core = temp / Path(self.get_ext_filename(ext.name)).name
        key = [os.environ["CXX"], os.environ.get("LDFLAGS", ""), *LINK_FLAGS[kind], *objects]
        if is_stale(core, [Path(path) for path in objects], key):
            self.compiler.link_shared_object(
                objects, str(core), extra_postargs=LINK_FLAGS[kind], target_lang="c++"
            )
            record(core, key)
        # Linked beside its objects and copied, so that one build kind never stands for another.
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(core, target)
        shutil.copymode(core, target)

    def jobs(self) -> int:
        if isinstance(self.parallel, int) and self.parallel > 0:
            return self.parallel
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


def file_size(path: Path) -> int:
    return path.stat().st_size


def compile_pyx(pyx: Path, temp: Path, kind: str) -> Path:
    cpp = temp / f"{pyx.stem}.cpp"
    command = ["--cplus", "-Wextra", "--depfile", "--module-name"]
    command += [".".join((*NATIVE.parts, pyx.stem))]
    command += [f"-X{name}={value}" for name, value in DIRECTIVES[kind].items()]
    command += [str(pyx), "-o", str(cpp)]
    key = [f"cython {Cython.__version__}", *command]
    # Its .pxd is named beside the depfile: one that has just appeared is in no depfile yet.
    own = [path for path in (pyx, pyx.with_suffix(".pxd")) if path.exists()]
    if is_stale(cpp, [*own, *read_depfile(Path(f"{cpp}.dep"))], key):
        run_cython(pyx, cpp, command)
        record(cpp, key)
    return compile_cpp(cpp, temp, kind, CYTHON_FLAGS)


def run_cython(pyx: Path, cpp: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cython", *command], capture_output=True, text=True, check=False
    )
    report = done.stdout + done.stderr
    if done.returncode or "warning:" in report or "performance hint" in report:
        cpp.unlink(missing_ok=True)
        raise SystemExit(f"cython {pyx}:\n{report}")


def compile_cpp(source: Path, temp: Path, kind: str, flags: list[str]) -> Path:
    target = temp / f"{source.stem}.{source.suffix[1:]}.o"
    depfile = target.with_suffix(".d")
    command = [*shlex.split(os.environ["CXX"]), "-c", str(source), "-o", str(target)]
    command += ["-MMD", "-MF", str(depfile), f"-I{CSRC}", f"-I{sysconfig.get_path('include')}"]
    command += [*flags, *COMPILE_FLAGS[kind]]
    if kind != "release" or os.environ.get("FLK_WERROR") == "1":
        command += ["-Werror"]
    if kind == "asan":  # instrumented code hides initialisations from gcc
        command += ["-Wno-unknown-warning-option", "-Wno-maybe-uninitialized"]
    command += user_flags()
    if is_stale(target, [source, *read_depfile(depfile)], command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        report = f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
        if done.returncode:
            raise SystemExit(report)
        if done.stderr:
            print(report, file=sys.stderr)
        record(target, command)
    return target


setup(
    ext_modules=[Extension("flinkette._native._core", sources=[], language="c++")],
    cmdclass={"build_ext": BuildCore},
)
