"""StreamExecutionEnvironment: where a program gets its streams and is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from flinkette.contracts.config import Configuration
from flinkette.contracts.errors import UnsupportedFeatureError
from flinkette.contracts.source import Source
from flinkette.contracts.watermark_strategy import WatermarkStrategy
from flinkette.datastream.call_site import find_call_site
from flinkette.datastream.checks import (
    described,
    require_instance,
    require_output_type,
    wrong_type,
)
from flinkette.datastream.configured_environment import ConfiguredEnvironment
from flinkette.datastream.data_stream import DataStream
from flinkette.datastream.submission import graph_to_submit
from flinkette.graph.operators import SourceDescription
from flinkette.graph.stream_graph import StreamGraph
from flinkette.graph.transformations import Edge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.connectors.collect import CollectBuffer
    from flinkette.contracts.job import JobClient, JobExecutionResult
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.datastream.closeable_iterator import CloseableIterator

__all__ = ["StreamExecutionEnvironment"]

DEFAULT_JOB_NAME = "Flink Streaming Job"


class StreamExecutionEnvironment(ConfiguredEnvironment):
    """The context a program is written against: sources, settings, `execute`.

    Not thread safe: one thread builds a program. Several environments in a process do not know of
    each other.

    Parameters
    ----------
    configuration : Configuration
        Programs call `get_execution_environment` instead of the constructor.

    Examples
    --------
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> numbers = env.set_parallelism(1).from_collection([1, 2, 3])
    >>> sink = numbers.map(lambda x: x + 1).print()
    >>> result = env.execute("increment")  # doctest: +SKIP
    2
    3
    4
    """

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self._stream_graph = StreamGraph()

    @staticmethod
    def get_execution_environment(
        configuration: Configuration | None = None,
    ) -> StreamExecutionEnvironment:
        """Make an environment.

        Parameters
        ----------
        configuration : Configuration, optional
            Settings to start from, copied; they win over those of the command line.

        Returns
        -------
        StreamExecutionEnvironment
            A new one at each call.

        Raises
        ------
        InvalidTypeError
            If `configuration` is not a Configuration.
        InvalidPipelineError
            If its parallelism is out of range.
        """
        from flinkette.datastream.launch_options import launch_options

        own = Configuration()
        for key, value in launch_options().items():
            own.set_string(key, value)
        if configuration is not None:
            require_instance("get_execution_environment", configuration, Configuration)
            own.add_all(configuration)
        env = StreamExecutionEnvironment(own)
        if own.contains_key("parallelism.default"):
            env.set_parallelism(own.get_integer("parallelism.default", -1))
        return env

    # Sources --------------------------------------------------------------------------------

    def from_collection(
        self, collection: Iterable[Any], type_info: TypeInformation | None = None
    ) -> DataStream:
        """Make a stream of the values of a list.

        Parameters
        ----------
        collection : iterable
            A list, tuple, iterator or any other finite iterable; read once, now.
        type_info : TypeInformation, optional
            Converts and checks each value; plain Python objects if not given.

        Returns
        -------
        DataStream
            The values in order, from one subtask.

        Raises
        ------
        InvalidTypeError
            If `collection` cannot be iterated.
        """
        from flinkette.connectors.collection import CollectionSource

        if not hasattr(collection, "__iter__"):
            raise wrong_type(
                f"from_collection() needs a list of values, got {described(collection)}"
            )
        require_output_type("from_collection", type_info)
        source = CollectionSource(collection, type_info)
        return self._add_source(source, None, "Collection Source", type_info)

    def from_source(
        self,
        source: Any,
        watermark_strategy: WatermarkStrategy,
        source_name: str,
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """Make a stream of the rows of a connector.

        Parameters
        ----------
        source : Source
            For example `NumberSequenceSource` or ``FileSource...build()``.
        watermark_strategy : WatermarkStrategy
            Event time and watermarks, found per split; ``WatermarkStrategy.no_watermarks()`` for
            none.
        source_name : str
            Name of the operator.
        type_info : TypeInformation, optional
            Type of the rows; the source's own if not given.

        Returns
        -------
        DataStream
            The rows.

        Raises
        ------
        InvalidTypeError
            If an argument has the wrong class.
        """
        require_instance("from_source", source, Source, hint="builders need .build() at their end")
        require_instance("from_source", watermark_strategy, WatermarkStrategy)
        require_instance("from_source", source_name, str)
        require_output_type("from_source", type_info)
        return self._add_source(source, watermark_strategy, source_name, type_info)

    def add_source(
        self,
        source_func: Any,
        source_name: str = "Custom Source",
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        """Make a stream of the rows of a connector, without event time.

        Parameters
        ----------
        source_func : Source
            As `from_source` takes it.
        source_name : str
            Name of the operator.
        type_info : TypeInformation, optional
            Type of the rows; the source's own if not given.

        Returns
        -------
        DataStream
            The rows.

        Raises
        ------
        InvalidTypeError
            If `source_func` is not a source.
        """
        require_instance("add_source", source_func, Source)
        require_instance("add_source", source_name, str)
        require_output_type("add_source", type_info)
        return self._add_source(source_func, None, source_name, type_info)

    def read_text_file(self, file_path: str, charset_name: str = "UTF-8") -> DataStream:
        """Make a stream of the lines of text files.

        Parameters
        ----------
        file_path : str
            A file, folder or pattern.
        charset_name : str
            Encoding of the files.

        Returns
        -------
        DataStream
            The lines without their ends, as str.
        """
        from flinkette.connectors.text import TextSource

        require_instance("read_text_file", file_path, str)
        source = TextSource(file_path, charset_name)
        return self._add_source(source, None, "Text File Source", None)

    def from_arrow(self, data: Any, type_info: TypeInformation | None = None) -> DataStream:
        """Make a stream of the rows of columns in memory (flinkette only).

        Parameters
        ----------
        data : object
            A pyarrow Table, RecordBatch or RecordBatchReader, a polars or pandas DataFrame, or
            anything else with the Arrow PyCapsule interface. The columns are not copied; chunks
            much smaller than a batch are joined.
        type_info : TypeInformation, optional
            Type of the rows; columns of another type are converted. As the columns are if not
            given; a column that no declared type fits exactly has the pickled type.

        Returns
        -------
        DataStream
            One Row per row, with the columns' names; from one subtask, in order.

        Raises
        ------
        InvalidTypeError
            If `data` is none of these.
        """
        from flinkette.connectors.arrow import ArrowSource

        require_output_type("from_arrow", type_info)
        source = ArrowSource(data, type_info)
        return self._add_source(source, None, "Arrow Source", type_info)

    def create_input(self, input_format: Any, type_info: TypeInformation | None = None) -> NoReturn:
        """Refuse: input formats are Java objects.

        Parameters
        ----------
        input_format : InputFormat
            Not used.
        type_info : TypeInformation, optional
            Not used.

        Raises
        ------
        UnsupportedFeatureError
            Always.
        """
        raise UnsupportedFeatureError(
            "create_input() takes Java input formats and flinkette has no JVM; use from_source "
            f"with a FileSource (at {find_call_site()})"
        )

    def _add_source(
        self,
        source: Source,
        watermark_strategy: WatermarkStrategy | None,
        name: str,
        type_info: TypeInformation | None,
    ) -> DataStream:
        """Append a source and return the stream of its rows."""
        output_type = source.produced_type() if type_info is None else type_info
        node = self._stream_graph.add(
            SourceDescription(source, watermark_strategy),
            name=f"Source: {name}",
            inputs=(),
            call_site=find_call_site(),
            output_type=output_type,
            is_non_parallel=not source.is_parallel,
        )
        return DataStream(self, (Edge(node),), node, output_type)

    # Running --------------------------------------------------------------------------------

    def execute(self, job_name: str | None = None) -> JobExecutionResult:
        """Run the program and wait for its end.

        Parameters
        ----------
        job_name : str, optional
            Shown in logs and metrics.

        Returns
        -------
        JobExecutionResult
            Id and run time of the job.

        Raises
        ------
        InvalidPipelineError
            If the program cannot run: nothing to execute, duplicate uids, impossible parallelisms.
        UserFunctionError
            If a user function raised; its exception is `__cause__`.
        FlinketteError
            If the job failed for another reason.

        Notes
        -----
        The environment is empty afterwards, so that another job can be built with it. Ctrl-C ends
        the sources and finishes with what was read.
        """
        from flinkette.client.start import execute

        return execute(*self._submission(job_name))

    def execute_async(self, job_name: str | None = DEFAULT_JOB_NAME) -> JobClient:
        """Run the program in the background.

        Parameters
        ----------
        job_name : str, optional
            Shown in logs and metrics.

        Returns
        -------
        JobClient
            Status, cancel, result.

        Raises
        ------
        InvalidPipelineError
            If the program cannot run.
        """
        from flinkette.client.start import start

        return start(*self._submission(job_name))

    def get_execution_plan(self) -> str:
        """Return the program as JSON; it stays to be executed.

        Returns
        -------
        str
            Nodes with id, type, contents, parallelism and predecessors, as Flink's plan visualiser
            reads them.

        Raises
        ------
        InvalidPipelineError
            If there is nothing to execute.
        """
        from flinkette.datastream.execution_plan import execution_plan

        return execution_plan(graph_to_submit(self._stream_graph), self.get_parallelism())

    def close(self) -> None:
        """Release what the environment holds; here nothing outlives `execute`."""

    def _start_collecting(
        self, buffer: CollectBuffer, job_name: str | None, row_type: TypeInformation | None
    ) -> CloseableIterator:
        """Start the program as a job that is advanced by reading `buffer`."""
        from flinkette.client.start import make_job
        from flinkette.datastream.closeable_iterator import CloseableIterator

        return CloseableIterator(make_job(*self._submission(job_name)), buffer, row_type)

    def _submission(self, job_name: str | None) -> tuple[StreamGraph, Configuration, str]:
        """Take the program out of the environment: graph, a copy of the settings, job name."""
        if job_name is not None:
            require_instance("execute", job_name, str)
        try:
            stream_graph = graph_to_submit(self._stream_graph)
        finally:
            self._stream_graph.clear()
        configuration = Configuration(self._configuration)
        if self._has_local_default() and not configuration.contains_key("parallelism.default"):
            configuration.set_integer("parallelism.default", self.get_parallelism())
        name = job_name or configuration.get_string("pipeline.name", DEFAULT_JOB_NAME)
        return stream_graph, configuration, name or DEFAULT_JOB_NAME
