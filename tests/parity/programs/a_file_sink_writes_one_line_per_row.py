# order: exact
# parallelism: as written
import os
import tempfile
from pathlib import Path

from pyflink.common import Encoder, Row, Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    OutputFileConfig,
    RollingPolicy,
)


def contents(folder):
    for directory, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            part = Path(directory, name)
            shape = name.split("-")[0] + part.suffix
            print(Path(directory).relative_to(folder), shape, part.read_text().splitlines())


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

for title, values, type_info in [
    ("strings", ["one", "two", ""], Types.STRING()),
    ("ints", [1, 2], Types.INT()),
    ("rows", [Row("a", 1.5), Row(None, 2.0)], Types.ROW([Types.STRING(), Types.DOUBLE()])),
    ("tuples", [("a", 1)], Types.TUPLE([Types.STRING(), Types.INT()])),
]:
    print(title)
    folder = tempfile.mkdtemp()
    sink = (
        FileSink.for_row_format(folder, Encoder.simple_string_encoder("utf-8"))
        .with_output_file_config(
            OutputFileConfig.builder().with_part_prefix("rows").with_part_suffix(".txt").build()
        )
        .with_rolling_policy(RollingPolicy.default_rolling_policy())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .build()
    )
    env.from_collection(values, type_info=type_info).sink_to(sink)
    env.execute()
    contents(folder)
