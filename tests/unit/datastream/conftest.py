"""An environment and two streams of pairs, one of them keyed."""

import pytest

from flinkette.datastream import StreamExecutionEnvironment
from unit.datastream.programs import PAIR


@pytest.fixture
def env():
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture
def pairs(env):
    return env.from_collection([("a", 1), ("b", 2)], PAIR)


@pytest.fixture
def by_key(pairs):
    return pairs.key_by(lambda pair: pair[0])
