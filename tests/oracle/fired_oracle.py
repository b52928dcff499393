"""Brute-force windows with triggers and evictors: every timer of every window is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle.oracle import MAX, MIN

if TYPE_CHECKING:
    from oracle.fired_jobs import FiredJob

__all__ = ["fired_windows"]


@dataclass
class Window:
    key: str
    start: int
    end: int
    rows: list[tuple[int, int]] = field(default_factory=list)
    """(event time, value), in the order they arrived."""
    timers: set[int] = field(default_factory=set)
    count: int = 0
    next_firing: int | None = None

    @property
    def last(self) -> int:
        return self.end - 1 if self.end != MAX else MAX


def fired_windows(job: FiredJob, watermarks: list[int]):
    """Return [(key, start, end, values)], [late value] as `job` says; watermarks[i] after row i."""
    results: list[tuple[Any, ...]] = []
    late: list[int] = []
    live: list[Window] = []
    now = MIN
    for row, watermark in zip([*job.rows, None], [*watermarks, MAX], strict=True):
        if row:
            key, ts, value = row
            taken = False
            for start, end in spans(job, ts):
                window = take(job, live, Window(key, start, end), now)
                if window is None:
                    continue
                taken = True
                window.rows.append((ts, value))
                obey(job, results, window, on_row(job, window, ts, value, now))
            if not taken and job.kind != "global" and ts + job.lateness <= now:
                late.append(value)
        if watermark == now:
            continue  # a timer for a time that has passed fires when the watermark moves next
        now = watermark
        while due := [(min(w.timers), i) for i, w in enumerate(live) if w.timers]:
            time, index = min(due)
            if time > watermark:
                break
            window = live[index]
            window.timers.discard(time)
            obey(job, results, window, on_time(job, window, time))
            if time == min(window.last + job.lateness, MAX):
                live.remove(window)
    return results, late


def spans(job: FiredJob, ts: int) -> list[tuple[int, int]]:
    if job.kind == "global":
        return [(0, MAX)]
    if job.is_session:
        return [(ts, ts + job.size)]
    slide = job.slide if job.kind == "sliding" else job.size
    return [(start, start + job.size) for start in range(ts - ts % slide, ts - job.size, -slide)]


def take(job: FiredJob, live: list[Window], new: Window, now: int) -> Window | None:
    """Find the live window for a row, or make it; None if it is gone."""
    met = [
        window
        for window in live
        if window.key == new.key
        and (
            (window.start <= new.end and new.start <= window.end)
            if job.is_session
            else (window.start == new.start)
        )
    ]
    if len(met) == 1 and met[0].start <= new.start and met[0].end >= new.end:
        return met[0]
    if not met and new.last != MAX and new.last + job.lateness <= now:
        return None
    met.sort(key=lambda window: window.start)
    whole = Window(
        new.key,
        min(window.start for window in [*met, new]),
        max(window.end for window in [*met, new]),
        [row for window in met for row in window.rows],
    )
    if whole.end != MAX:
        whole.timers.add(whole.last + job.lateness)
    for window in met:
        live.remove(window)
    if met and "count" in job.trigger:
        whole.count = sum(window.count for window in met)
    firings = [window.next_firing for window in met if window.next_firing is not None]
    if firings:
        whole.next_firing = min(firings)
        whole.timers.add(whole.next_firing)
    if met and "default" in job.trigger and whole.last > now:
        whole.timers.add(whole.last)
    live.append(whole)
    return whole


def on_row(job: FiredJob, window: Window, ts: int, value: int, now: int) -> str:
    if "count" in job.trigger:
        window.count += 1
        if window.count < job.of:
            return ""
        window.count = 0
        return "fire purge" if "purging" in job.trigger else "fire"
    if job.trigger == "own":
        return own_answer(value)
    if window.last <= now:
        return "fire purge" if "purging" in job.trigger else "fire"
    window.timers.add(window.last)
    if job.trigger == "continuous" and window.next_firing is None:
        plan(job, window, ts - ts % job.of)
    return ""


def own_answer(value: int) -> str:
    """Say what the trigger written in Python answers."""
    return {0: "purge", 1: "fire", 3: "fire purge"}.get(value % 5, "")


def on_time(job: FiredJob, window: Window, time: int) -> str:
    if "default" in job.trigger and time == window.last:
        return "fire purge" if "purging" in job.trigger else "fire"
    if job.trigger == "continuous" and time == window.last:
        return "fire"
    if job.trigger == "continuous" and time == window.next_firing:
        plan(job, window, time)
        return "fire"
    return ""


def plan(job: FiredJob, window: Window, time: int) -> None:
    window.next_firing = min(time + job.of, window.last)
    window.timers.add(window.next_firing)


def obey(job: FiredJob, results: list[tuple[Any, ...]], window: Window, answer: str) -> None:
    if "fire" in answer and window.rows:
        if not job.evicts_after:
            window.rows = evicted(job, window.rows)
        # a reduce of nothing gives nothing; the other functions are called with no row
        if window.rows or "reduce" not in job.function:
            values = tuple(value for _, value in window.rows)
            results.append((window.key, window.start, window.end, values))
        if job.evicts_after:
            window.rows = evicted(job, window.rows)
    if "purge" in answer:
        window.rows = []


def evicted(job: FiredJob, rows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if job.evictor == "count":
        return rows[max(0, len(rows) - job.keep) :]
    if job.evictor == "time" and rows:
        latest = max(ts for ts, _ in rows)
        return [row for row in rows if row[0] > latest - job.keep]
    if job.evictor == "delta" and rows:
        return [row for row in rows if abs(rows[-1][1] - row[1]) < job.keep]
    return rows
