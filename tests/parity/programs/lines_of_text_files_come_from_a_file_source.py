# order: any
import tempfile
from pathlib import Path

from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat

folder = Path(tempfile.mkdtemp())
Path(folder, "inner").mkdir()
for name, content in [
    ("a.txt", "one\ntwo\n\nünï ☃\r\nlast without newline"),
    ("b.txt", "three\n"),
    ("empty.txt", ""),
    (".hidden", "hidden\n"),
    ("_underscore", "underscore\n"),
    ("inner/c.txt", "four\n"),
]:
    Path(folder, name).write_bytes(content.encode("utf-8"))

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = (
    FileSource.for_record_stream_format(StreamFormat.text_line_format(), str(folder))
    .process_static_file_set()
    .build()
)
lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")
lines.print()
lines.map(lambda line: (line, len(line))).print()
env.execute()
