from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flinkette.connectors.print import PrintSink

if TYPE_CHECKING:
    from conftest import SinkRunner


@pytest.mark.parametrize(
    ("identifier", "parallelism", "expected"),
    [
        (None, 1, "a\nb\nc\n"),
        (None, 2, "1> a\n1> b\n2> c\n"),
        ("id", 1, "id> a\nid> b\nid> c\n"),
        ("id", 2, "id:1> a\nid:1> b\nid:2> c\n"),
    ],
)
def test_the_prefix_names_identifier_and_subtask(
    sink_runner: SinkRunner,
    capsys: pytest.CaptureFixture[str],
    identifier: str | None,
    parallelism: int,
    expected: str,
) -> None:
    sink_runner.write(PrintSink(identifier), [["a", "b"], ["c"]], parallelism=parallelism)
    assert capsys.readouterr().out == expected


def test_an_undeclared_row_prints_as_python_does(
    sink_runner: SinkRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    sink_runner.write(PrintSink(), [[("Germany", 123), None, [1.0]]])
    assert capsys.readouterr().out == "('Germany', 123)\nNone\n[1.0]\n"


def test_rows_can_go_to_standard_error(
    sink_runner: SinkRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    sink_runner.write(PrintSink(to_stderr=True), [["x"]])
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "x\n")


def test_the_stream_is_looked_up_when_rows_are_written(
    sink_runner: SinkRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    import contextlib
    import io

    from flinkette._native.batch import Batch

    (writer,) = sink_runner.open(PrintSink())
    redirected = io.StringIO()
    with contextlib.redirect_stdout(redirected):
        writer.write(Batch.from_objects(["inside"]))
    writer.write(Batch.from_objects(["outside"]))
    assert redirected.getvalue() == "inside\n"
    assert capsys.readouterr().out == "outside\n"
