"""Build of the native core: every .pyx compiled alone, all linked with csrc/ into one shared object.

One shared object (`flinkette/_native/_core`) holds every extension module, so counters, memory
budgets and instruction-set dispatch exist once; `flinkette/_native/__init__.py` loads the modules
from it by name. FLK_BUILD=release|debug|asan chooses the directives and flags below.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

NATIVE = Path("flinkette/_native")
CSRC = Path("csrc")
BUILD_KINDS = ("release", "debug", "asan")
BUILD_KIND = os.environ.get("FLK_BUILD", "release")

COMMON_DIRECTIVES = {
    "language_level": "3",
    "binding": True,
    "cdivision": True,
    "wraparound": False,
    "embedsignature": False,
    "legacy_implicit_noexcept": False,
}
DIRECTIVES = {
    "release": {**COMMON_DIRECTIVES, "boundscheck": False, "initializedcheck": False},
    "debug": {**COMMON_DIRECTIVES, "boundscheck": True, "initializedcheck": True},
    "asan": {**COMMON_DIRECTIVES, "boundscheck": True, "initializedcheck": True},
}
COMMON_FLAGS = ["-std=c++17", "-fvisibility=hidden", "-fvisibility-inlines-hidden"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
COMPILE_FLAGS = {
    "release": [*COMMON_FLAGS, "-O2", "-g0", "-DNDEBUG"],
    "debug": [*COMMON_FLAGS, "-O0", "-g", "-UNDEBUG", "-DFLK_DEBUG=1"],
    "asan": [*COMMON_FLAGS, "-O1", "-g", "-fno-omit-frame-pointer", "-UNDEBUG", "-DFLK_DEBUG=1", *SANITIZE],
}
LINK_FLAGS = {"release": [], "debug": [], "asan": SANITIZE}
# Cython's own output trips warnings that our sources must not have.
KERNEL_WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wcast-align", "-Werror"]
CYTHON_WARNINGS = ["-Wno-unused-function", "-Wno-unused-but-set-variable", "-Wno-maybe-uninitialized"]


def pyx_sources() -> list[Path]:
    return sorted(NATIVE.glob("*.pyx"))


def kernel_sources() -> list[Path]:
    return sorted((CSRC / "flk").glob("*.cc"))


def is_stale(target: Path, inputs: list[Path]) -> bool:
    if not target.exists():
        return True
    built_at = target.stat().st_mtime
    return any(not path.exists() or path.stat().st_mtime > built_at for path in inputs)


class BuildCore(build_ext):
    """Compile what changed, in parallel, then link once."""

    def build_extension(self, ext: Extension) -> None:
        if BUILD_KIND not in BUILD_KINDS:
            raise SystemExit(f"FLK_BUILD={BUILD_KIND!r} is not one of {', '.join(BUILD_KINDS)}")
        temp = Path(self.build_temp) / BUILD_KIND
        temp.mkdir(parents=True, exist_ok=True)
        jobs = max(1, self.parallel if isinstance(self.parallel, int) else os.cpu_count() or 1)
        with ThreadPoolExecutor(jobs) as pool:
            kernels = [pool.submit(self.compile_cpp, path, temp, KERNEL_WARNINGS) for path in kernel_sources()]
            modules = [pool.submit(self.compile_pyx, path, temp) for path in pyx_sources()]
            objects = [str(job.result()) for job in (*modules, *kernels)]
        target = self.get_ext_fullpath(ext.name)
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        if is_stale(Path(target), [Path(path) for path in objects]):
            self.compiler.link_shared_object(
                objects, target, extra_postargs=LINK_FLAGS[BUILD_KIND], target_lang="c++"
            )

    def compile_pyx(self, pyx: Path, temp: Path) -> Path:
        cpp = temp / f"{pyx.stem}.cpp"
        inputs = [pyx, *NATIVE.glob("*.pxd")]
        if is_stale(cpp, inputs):
            self.run_cython(pyx, cpp)
        return self.compile_cpp(cpp, temp, CYTHON_WARNINGS)

    def run_cython(self, pyx: Path, cpp: Path) -> None:
        directives = [f"-X{name}={value}" for name, value in DIRECTIVES[BUILD_KIND].items()]
        module = ".".join(("flinkette", "_native", pyx.stem))
        command = [sys.executable, "-m", "cython", "--cplus", "-Wextra", *directives]
        command += ["--module-name", module, str(pyx), "-o", str(cpp)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        report = done.stdout + done.stderr
        if done.returncode or "warning:" in report or "performance hint" in report:
            cpp.unlink(missing_ok=True)
            raise SystemExit(f"cython {pyx}:\n{report}")

    def compile_cpp(self, source: Path, temp: Path, warnings: list[str]) -> Path:
        target = temp / f"{source.stem}.{source.suffix[1:]}.o"
        depfile = target.with_suffix(".d")
        inputs = [source, *read_depfile(depfile)]
        if is_stale(target, inputs):
            command = [*shlex.split(os.environ.get("CXX", "") or self.compiler_cxx()), "-c", str(source), "-o", str(target)]
            command += ["-MMD", "-MF", str(depfile), "-fPIC", "-pthread", "-Icsrc", f"-I{sysconfig.get_path('include')}"]
            command += [*COMPILE_FLAGS[BUILD_KIND], *warnings, *shlex.split(os.environ.get("CXXFLAGS", ""))]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")
        return target

    def compiler_cxx(self) -> str:
        return sysconfig.get_config_var("CXX") or ("clang++" if platform.system() == "Darwin" else "g++")


def read_depfile(depfile: Path) -> list[Path]:
    if not depfile.exists():
        return []
    text = depfile.read_text().replace("\\\n", " ")
    return [Path(name) for name in re.split(r"\s+", text.split(":", 1)[1].strip()) if name]


setup(
    ext_modules=[Extension("flinkette._native._core", sources=[], language="c++")],
    cmdclass={"build_ext": BuildCore},
)
