"""What was measured on: the machine, its load meanwhile, versions, the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

__all__ = ["Load", "commit", "cpu_name", "is_disturbed", "machine_load", "version"]

MAX_STOLEN = 0.02
MAX_OTHERS = 0.25


@dataclass(frozen=True)
class Load:
    """CPU time of the whole machine in seconds, and this process tree's share of it."""

    total_s: float
    busy_s: float
    stolen_s: float
    own_s: float

    def since(self, before: Load) -> Load:
        """Return what was used since."""
        return Load(
            self.total_s - before.total_s,
            self.busy_s - before.busy_s,
            self.stolen_s - before.stolen_s,
            self.own_s - before.own_s,
        )

    @property
    def stolen(self) -> float:
        """Share of the time that the host gave to others."""
        return self.stolen_s / self.total_s if self.total_s else 0.0

    @property
    def others(self) -> float:
        """Share of the machine that other processes used."""
        return max(0.0, self.busy_s - self.own_s) / self.total_s if self.total_s else 0.0

    def shares(self, children_s: float = 0.0) -> dict[str, float]:
        """Return both shares; `children_s` is CPU time of processes of ours that still run."""
        with_children = Load(self.total_s, self.busy_s, self.stolen_s, self.own_s + children_s)
        return {"others": with_children.others, "stolen": self.stolen}


def machine_load() -> Load:
    """Read the counters; all zero where there is no /proc."""
    times = os.times()
    own_s = times.user + times.system + times.children_user + times.children_system
    stat = Path("/proc/stat")
    if not stat.exists():
        return Load(0.0, 0.0, 0.0, own_s)
    with stat.open(encoding="ascii") as lines:
        ticks = [int(field) for field in lines.readline().split()[1:9]]
    per_s = os.sysconf("SC_CLK_TCK")
    idle, stolen = ticks[3] + ticks[4], ticks[7]
    total = sum(ticks)
    return Load(total / per_s, (total - idle - stolen) / per_s, stolen / per_s, own_s)


def is_disturbed(shares: dict[str, float]) -> bool:
    """Say whether others used so much of the machine that nothing should be judged."""
    return shares["others"] > MAX_OTHERS or shares["stolen"] > MAX_STOLEN


def cpu_name() -> str:
    """Name the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def version(name: str) -> str:
    """Return the version of what is installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(source tree)" if name == "flinkette" else "(not installed)"


def commit() -> str:
    """Name the commit that is measured; a tree with changes says so."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
