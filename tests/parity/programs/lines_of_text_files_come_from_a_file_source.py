# order: any
import os
import tempfile

from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSource, StreamFormat

folder = tempfile.mkdtemp()
os.mkdir(os.path.join(folder, "inner"))
for name, content in [
    ("a.txt", "one\ntwo\n\nünï ☃\r\nlast without newline"),
    ("b.txt", "three\n"),
    ("empty.txt", ""),
    (".hidden", "hidden\n"),
    ("_underscore", "underscore\n"),
    (os.path.join("inner", "c.txt"), "four\n"),
]:
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
        file.write(content)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = (
    FileSource.for_record_stream_format(StreamFormat.text_line_format(), folder)
    .process_static_file_set()
    .build()
)
lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")
lines.print()
lines.map(lambda line: (line, len(line))).print()
env.execute()
