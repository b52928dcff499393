"""Drives enumerators, readers and writers as the engine does, without the engine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from flinkette._native.batch import Batch
from flinkette.contracts.sink import Sink, SinkContext
from flinkette.contracts.source import Fetched, ReaderContext, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_IDLE_POLLS = 10_000


@dataclass
class ReadResult:
    """What a run of a source gave."""

    rows: list[Any] = field(default_factory=list)
    rows_of_reader: list[list[Any]] = field(default_factory=list)
    fetched: list[Fetched] = field(default_factory=list)
    rejected: list[Any] = field(default_factory=list)


def boxed(batch: Batch | None) -> list[Any]:
    return [] if batch is None else list(batch.objects())


class SourceRunner:
    """Reads a bounded source to its end with readers in turn, on a clock set by hand."""

    def __init__(self) -> None:
        self.now_ms = 0

    def read(self, source: Source, *, parallelism: int = 1, max_rows: int = 8192) -> ReadResult:
        readers_count = parallelism if source.is_parallel else 1
        enumerator = source.create_enumerator(readers_count)
        return self.drain(source, enumerator, readers_count, max_rows)

    def drain(self, source: Source, enumerator: Any, parallelism: int, max_rows: int) -> ReadResult:
        result = ReadResult(rows_of_reader=[[] for _ in range(parallelism)])
        readers = [
            source.create_reader(ReaderContext(index, parallelism, lambda: self.now_ms))
            for index in range(parallelism)
        ]
        held: list[set[str]] = [set() for _ in readers]
        ended: set[str] = set()
        idle = 0
        try:
            while idle < MAX_IDLE_POLLS:
                progressed = False
                for index, reader in enumerate(readers):
                    while len(held[index]) < reader.max_splits:
                        split = enumerator.next_split(index)
                        if split is None:
                            break
                        assert split.split_id not in ended
                        held[index].add(split.split_id)
                        reader.add_split(split)
                    fetched = reader.poll(max_rows)
                    if fetched is None:
                        continue
                    progressed = True
                    self.check(fetched, held[index], max_rows)
                    result.fetched.append(fetched)
                    result.rows += boxed(fetched.batch)
                    result.rows_of_reader[index] += boxed(fetched.batch)
                    result.rejected += fetched.rejected or []
                    if fetched.is_split_end:
                        held[index].discard(fetched.split_id)
                        ended.add(fetched.split_id)
                if not any(held) and enumerator.is_exhausted():
                    return result
                idle = 0 if progressed else idle + 1
                if not progressed:
                    due = [due_ms for reader in readers if (due_ms := reader.next_poll_ms())]
                    self.now_ms = max(self.now_ms, min(due, default=0))
            raise AssertionError("the source stopped delivering")
        finally:
            for reader in readers:
                reader.close()

    def check(self, fetched: Fetched, held: set[str], max_rows: int) -> None:
        assert fetched.split_id in held
        assert fetched.batch is None or 0 < fetched.batch.num_rows <= max_rows

    def read_with_restart(
        self, source: Source, *, after_polls: int, max_rows: int, parallelism: int = 1
    ) -> list[Any]:
        """Read, throw the reader away after some polls, go on from the positions, alone."""
        enumerator = source.create_enumerator(parallelism)
        rows: list[Any] = []
        split = enumerator.next_split(0)
        reader = source.create_reader(ReaderContext(0, 1, lambda: self.now_ms))
        polls = 0
        while split is not None:
            reader.add_split(split)
            while True:
                fetched = reader.poll(max_rows)
                if fetched is None:
                    self.now_ms = max(self.now_ms, reader.next_poll_ms() or 0)
                    continue
                rows += boxed(fetched.batch)
                if fetched.is_split_end:
                    break
                polls += 1
                if polls == after_polls:
                    reader.close()
                    enumerator.add_splits_back([replace(split, position=fetched.position)])
                    enumerator = source.restore_enumerator(1, enumerator.snapshot())
                    reader = source.create_reader(ReaderContext(0, 1, lambda: self.now_ms))
                    split = enumerator.next_split(0)
                    assert split is not None
                    reader.add_split(split)
            split = enumerator.next_split(0)
        reader.close()
        return rows


class SinkRunner:
    """Writes batches round robin to the writers of a sink."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.writers: list[Any] = []

    def open(self, sink: Sink, *, parallelism: int = 1, input_type: Any = None) -> list[Any]:
        self.writers = [
            sink.create_writer(SinkContext(index, parallelism, input_type, lambda: self.now_ms))
            for index in range(parallelism)
        ]
        return self.writers

    def write(
        self,
        sink: Sink,
        batches: Sequence[Batch | list[Any]],
        *,
        parallelism: int = 1,
        input_type: Any = None,
    ) -> list[Any]:
        writers = self.open(sink, parallelism=parallelism, input_type=input_type)
        try:
            for index, rows in enumerate(batches):
                batch = Batch.from_objects(rows) if isinstance(rows, list) else rows
                writer = writers[index % parallelism]
                assert writer.is_ready()
                writer.write(batch)
            for writer in writers:
                writer.finish()
        except BaseException:
            for writer in writers:
                writer.abort()
            raise
        return writers


@pytest.fixture
def source_runner() -> SourceRunner:
    return SourceRunner()


@pytest.fixture
def sink_runner() -> SinkRunner:
    return SinkRunner()
