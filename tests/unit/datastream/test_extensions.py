"""What PyFlink lacks: row error policies, batch functions, tables in memory."""

import importlib

import pytest

from flinkette.common import Row
from flinkette.connectors.base import StreamTransformer, SupportsPreprocessing
from flinkette.contracts.errors import (
    InvalidPipelineError,
)
from flinkette.datastream import (
    MemorySize,
    OutputTag,
    SlotSharingGroup,
)
from flinkette.ext import RowError, on_row_error
from flinkette.ext.sinks import BlackholeSink
from unit.datastream.programs import node_of


def test_a_row_error_policy_belongs_to_the_operator(pairs):
    bad = OutputTag("bad")
    mapped = on_row_error(pairs.map(str), "side-output", bad)
    assert node_of(mapped).row_error.action == "side-output"
    assert node_of(mapped).row_error.tag is bad
    assert RowError(1, "boom", "Map").error == "boom"


@pytest.mark.parametrize(
    ("action", "tag"), [("stop", None), ("skip", OutputTag("t")), ("side-output", None)]
)
def test_a_row_error_policy_must_make_sense(pairs, action, tag):
    with pytest.raises(InvalidPipelineError, match="on_row_error"):
        on_row_error(pairs.map(str), action, tag)


def form_cases():
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    def plain(batch): ...
    def arrow(batch: pa.RecordBatch): ...
    def table(batch: pa.Table): ...
    def pandas(batch: pd.DataFrame): ...
    def polars(batch: "pl.DataFrame"): ...
    def numpy(batch: dict[str, "np.ndarray"]): ...  # noqa: F821
    def text(batch: "pa.RecordBatch"): ...

    return [
        (plain, "arrow"), (arrow, "arrow"), (table, "table"), (pandas, "pandas"),
        (polars, "polars"), (numpy, "numpy"), (text, "arrow"),
    ]  # fmt: skip


@pytest.mark.parametrize(("function", "form"), form_cases())
def test_map_batches_takes_the_form_from_the_annotation(pairs, function, form):
    assert node_of(pairs.map_batches(function)).operator.form == form


def test_map_batches_refuses_an_annotation_that_is_no_form(pairs):
    def wrong(batch: int): ...

    with pytest.raises(InvalidPipelineError, match=r"annotate pyarrow\.RecordBatch"):
        pairs.map_batches(wrong)


def test_a_slot_sharing_group_names_its_resources():
    group = (
        SlotSharingGroup.builder("g")
        .set_cpu_cores(1.5)
        .set_task_heap_memory_mb(100)
        .set_external_resource("gpu", 1)
        .build()
    )
    assert group.get_task_heap_memory() == MemorySize.of_mebi_bytes(100)
    assert group.get_external_resources() == {"gpu": 1.0}
    assert group.get_managed_memory() is None
    with pytest.raises(InvalidPipelineError, match="cpu cores and task heap memory"):
        SlotSharingGroup.builder("g").set_cpu_cores(1.0).build()


@pytest.mark.parametrize("package", ["sinks", "sources", "aggregations"])
def test_every_name_of_ext_can_be_had(package):
    module = importlib.import_module(f"flinkette.ext.{package}")
    assert all(getattr(module, name) for name in module.__all__)


def test_the_old_flat_connector_names_can_be_had():
    connectors = importlib.import_module("flinkette.datastream.connectors")
    assert all(getattr(connectors, name) for name in connectors.__all__)


@pytest.mark.parametrize("kind", ["table", "polars", "reader", "pandas"])
def test_columns_in_memory_become_a_stream_of_named_rows(env, kind):
    import polars
    import pyarrow

    table = pyarrow.table({"k": ["a", "b"], "v": [1, 2]})
    data = {
        "table": table,
        "polars": polars.DataFrame(table),
        "reader": table.to_reader(),
        "pandas": table.to_pandas(),
    }[kind]
    rows = env.set_parallelism(1).from_arrow(data).execute_and_collect()
    with rows:
        assert list(rows) == [Row(k="a", v=1), Row(k="b", v=2)]


def test_a_sink_may_change_its_stream_before(pairs):
    class OnlyKeys(StreamTransformer):
        def apply(self, ds):
            return ds.map(lambda pair: pair[0])

    class Prepared(BlackholeSink, SupportsPreprocessing):
        def get_transformer(self):
            return OnlyKeys()

    node = pairs.sink_to(Prepared())._node
    assert node.inputs[0].source.name == "Map"
