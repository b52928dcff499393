"""`flinkette run`, the import hook behind it, its reverse, and the portability check."""

import sys
import textwrap

import pytest

from flinkette.cli.portability import find_extensions
from flinkette.cli.pyflink_hook import serve_pyflink

WORD_COUNT = """
    import sys
    from pyflink.common import Types
    from pyflink.datastream import StreamExecutionEnvironment

    env = StreamExecutionEnvironment.get_execution_environment()
    words = env.from_collection(sys.argv[1:])
    words.map(lambda w: (w, 1), Types.TUPLE([Types.STRING(), Types.INT()])) \\
        .key_by(lambda pair: pair[0]).sum(1).print()
    env.execute()
"""


@pytest.fixture
def job(tmp_path):
    def write(text, name="job.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


@pytest.fixture
def flinkette(run_python):
    def run(*arguments, check=True):
        return run_python(
            "-c", "from flinkette.cli.main import main; main()", *arguments, check=check
        )

    return run


@pytest.fixture
def hook():
    finder = serve_pyflink()
    yield finder
    finder.uninstall()


# The hook


def test_a_pyflink_module_is_the_flinkette_module_itself(hook):
    import pyflink.datastream.window

    import flinkette.datastream.window

    assert pyflink.datastream.window is flinkette.datastream.window
    assert flinkette.datastream.window.__spec__.name == "flinkette.datastream.window"


def test_a_class_is_the_same_under_both_names(hook):
    from pyflink.datastream.data_stream import DataStream as theirs

    from flinkette.datastream import DataStream as ours

    assert ours is theirs


def test_a_module_that_is_not_there_names_itself(hook):
    with pytest.raises(ModuleNotFoundError, match=r"pyflink\.nothing is not there yet") as missing:
        import pyflink.nothing  # noqa: F401
    assert missing.value.name == "pyflink.nothing"


def test_a_module_of_the_jvm_says_why_it_is_not_there(hook):
    with pytest.raises(ModuleNotFoundError, match="flinkette has none"):
        import pyflink.java_gateway  # noqa: F401


def test_nothing_is_served_after_the_hook_is_taken_out():
    finder = serve_pyflink()
    import pyflink.common  # noqa: F401

    finder.uninstall()
    assert not [name for name in sys.modules if name.startswith("pyflink")]
    assert "flinkette.common" in sys.modules


# The command


def test_run_serves_pyflink_and_passes_arguments(flinkette, job):
    done = flinkette("run", "-p", "1", job(WORD_COUNT), "to", "be", "to")
    assert done.stdout.splitlines() == ["(to,1)", "(be,1)", "(to,2)"]


def test_run_takes_parallelism_and_configuration_keys(flinkette, job):
    text = """
        from flinkette.datastream import StreamExecutionEnvironment
        env = StreamExecutionEnvironment.get_execution_environment()
        print(env.get_parallelism(), env.get_max_parallelism())
    """
    done = flinkette("run", "-p", "3", "-D", "pipeline.max-parallelism=9", job(text))
    assert done.stdout == "3 9\n"


def test_run_leaves_the_jobs_own_options_to_the_job(flinkette, job):
    done = flinkette("run", job("import sys; print(sys.argv[1:])"), "-p", "5", "--help")
    assert done.stdout == "['-p', '5', '--help']\n"


def test_the_job_is_main_and_finds_modules_beside_it(flinkette, job):
    job("value = 41", "beside.py")
    text = """
        import sys, beside
        class Thing: pass
        assert sys.modules["__main__"].Thing is Thing and Thing.__module__ == "__main__"
        assert __file__ == sys.argv[0]
        if __name__ == "__main__":
            print(beside.value + 1)
    """
    assert flinkette("run", job(text)).stdout == "42\n"


def test_a_failing_function_shows_the_users_lines_and_no_others(flinkette, job):
    text = """
        from pyflink.datastream import StreamExecutionEnvironment

        def inverse(x):
            return 1 / x  # fails

        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_collection([1, 0]).map(inverse).print()
        env.execute()
    """
    path = job(text)
    done = flinkette("run", path, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert f'File "{path}", line 5, in inverse' in done.stderr
    assert f'File "{path}", line 9, in <module>' in done.stderr
    assert "'Map'" in done.stderr
    assert "flinkette/datastream" not in done.stderr
    assert "flinkette/cli" not in done.stderr
    assert ".pyx" not in done.stderr


def test_a_refused_program_names_the_line(flinkette, job):
    text = """
        from pyflink.datastream import StreamExecutionEnvironment
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(0)
    """
    path = job(text)
    done = flinkette("run", path, check=False)
    assert done.returncode == 1
    assert f"got 0 (at {path}:4)" in done.stderr


@pytest.mark.parametrize(
    ("text", "code"),
    [("import sys; sys.exit(7)", 7), ("import sys; sys.exit()", 0), ("1 +", 1)],
)
def test_the_exit_code_is_the_programs(flinkette, job, text, code):
    assert flinkette("run", job(text), check=False).returncode == code


def test_a_setting_without_a_value_is_a_usage_error(flinkette, job):
    done = flinkette("run", "-D", "nonsense", job("pass"), check=False)
    assert done.returncode == 2
    assert "'nonsense' is not KEY=VALUE" in done.stderr


def test_importing_the_api_loads_no_third_party_package(run_python):
    code = """
import sys
import flinkette.datastream as d, flinkette.common, flinkette.ext, flinkette.cli.pyflink_hook
import flinkette.datastream.window, flinkette.datastream.functions, flinkette.datastream.state
for name in d.__all__:
    getattr(d, name)
env = d.StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1]).map(str).key_by(len).reduce(max).execute_and_collect(limit=1)
heavy = {"numpy", "pyarrow", "zmq", "rich", "click", "msgspec", "pandas", "polars", "psutil"}
print(sorted(heavy & set(sys.modules)))
"""
    assert run_python("-c", code).stdout == "[]\n"


# The reverse


def test_on_flink_serves_flinkette_from_an_installed_pyflink(run_python, job, tmp_path):
    package = tmp_path / "pyflink" / "common"
    package.mkdir(parents=True)
    (tmp_path / "pyflink" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("Types = 'PyFlink types'\n")
    path = job("from flinkette.common import Types; print(Types)")
    done = run_python("-m", "flinkette.on_flink", path)
    assert done.stdout == "PyFlink types\n"


def test_on_flink_refuses_what_pyflink_lacks(run_python, job, tmp_path):
    (tmp_path / "pyflink").mkdir()
    (tmp_path / "pyflink" / "__init__.py").write_text("")
    path = job("import flinkette.ext")
    done = run_python("-m", "flinkette.on_flink", path, check=False)
    assert done.returncode == 1
    assert "flinkette.ext is flinkette's own" in done.stderr


def test_on_flink_without_pyflink_says_what_to_install(run_python, job):
    done = run_python("-m", "flinkette.on_flink", job("pass"), check=False)
    assert done.returncode == 1
    assert "pip install apache-flink" in done.stderr


# Portability


def test_lint_lists_each_use_of_flinkettes_own_names(flinkette, job):
    text = """
        from flinkette.ext.aggregations import Sum
        from flinkette.datastream import StreamExecutionEnvironment
        from flinkette import ext
        env.from_arrow(table).key_by("field").map_batches(f)
        strategy.with_timestamp_assigner("ts")
        windows.aggregate(Sum("v"), with_key=True)
        configuration.set_integer("flinkette.batch.rows", 1)
        stream.execute_and_collect("job").to_pandas()
        with stream.execute_and_collect() as rows:
            rows.to_arrow()
            frame.to_pandas()
        table.to_pandas()
        first.join(second).where(f).equal_to(g).window(assigner).apply(h)
        first.co_group(second)
        keyed.interval_join(other)
        runtime_context.add_accumulator("rows", rows)
    """
    path = job(text)
    done = flinkette("lint", "--portable", path, check=False)
    assert done.returncode == 1
    lines = [line.removeprefix(f"{path}:").partition(":")[0] for line in done.stdout.splitlines()]
    assert lines == ["2", "4", "5", "5", "5", "6", "7", "8", "9", "11", "14", "15", "16", "17"]


def test_lint_finds_nothing_in_a_portable_program():
    text = """
from flinkette.common import Types
from flinkette.datastream.window import TumblingEventTimeWindows
stream.key_by(lambda row: row[0]).window(TumblingEventTimeWindows.of(size)).aggregate(f, g)
configuration.set_string("parallelism.default", "1")
print(", ".join(names))
"""
    assert find_extensions(text, "job.py") == []


def test_lint_finds_functions_that_must_be_awaited():
    text = """
async def ask(row): ...
stream.map(ask).filter(keep).flat_map(lambda row: ask)
stream.flat_map(ask)
"""
    findings = find_extensions(text, "job.py")
    assert [finding.line for finding in findings] == [3, 4]
    assert "use AsyncDataStream" in findings[0].text
