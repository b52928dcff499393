"""Record the plans that real PyFlink makes of `plan_programs`, into recorded/plans.json.

    python tests/parity/record_plans.py      with an interpreter that has apache-flink, and Java 17

PyFlink's own merging of operators is off: it makes names such as `Map, Filter`.
"""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from plan_programs import PROGRAMS
from plan_shapes import api_of, shape_of_plan
from pyflink import version
from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment


def vertices(env: StreamExecutionEnvironment) -> list[dict[str, object]]:
    """Return the chains, with parallelism and slot sharing group."""
    job_graph = env._generate_stream_graph(False).getJobGraph()
    return [
        {
            "name": vertex.getName(),
            "parallelism": vertex.getParallelism(),
            "slot_sharing_group": vertex.getSlotSharingGroup().getSlotSharingGroupName(),
        }
        for vertex in job_graph.getVerticesSortedTopologicallyFromSources()
    ]


def main() -> None:
    """Record every program."""
    api = api_of("pyflink")
    recorded: dict[str, object] = {}
    for name, build in PROGRAMS.items():
        configuration = Configuration()
        configuration.set_string("python.operator-chaining.enabled", "false")
        env = StreamExecutionEnvironment.get_execution_environment(configuration)
        env.set_parallelism(2)
        build(env, api)
        recorded[name] = {
            "plan": shape_of_plan(env.get_execution_plan()),
            "vertices": vertices(env),
        }
        # the next program is of an environment without transformations
        env._generate_stream_graph(True)
    today = datetime.datetime.now(tz=datetime.timezone.utc).date()
    origin = f"pyflink {version.__version__} on python {sys.version.split()[0]}, recorded {today}"
    target = Path(__file__).resolve().parent / "recorded" / "plans.json"
    lines = [f"{json.dumps(key)}: {json.dumps(each)}" for key, each in recorded.items()]
    head = f'"origin": {json.dumps(origin)}'
    target.write_text("{\n" + ",\n".join([head, *lines]) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
