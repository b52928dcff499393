"""`Configuration`: reading and writing by type. Values recorded from PyFlink 2.3."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.contracts import option_values, options
from flinkette.contracts.config import (
    ConfigOptions,
    Configuration,
    UnknownOptionWarning,
    warn_unknown_keys,
)
from flinkette.contracts.errors import ConfigurationError, InvalidTypeError


@pytest.fixture
def full() -> Configuration:
    return (
        Configuration()
        .set_string("text", "1")
        .set_integer("number", 5)
        .set_boolean("switch", True)
        .set_float("small", 1.5)
        .set_float("large", 1e10)
        .set_bytearray("bytes", bytearray(b"abc"))
    )


def test_every_value_reads_as_text_like_flinks(full: Configuration) -> None:
    assert full.to_dict() == {
        "text": "1",
        "number": "5",
        "switch": "true",
        "small": "1.5",
        "large": "1.0E10",
        "bytes": "!!binary |-\n  YWJj",
    }
    assert full.get_string("large", "") == "1.0E10"


def test_values_read_as_the_type_asked_for(full: Configuration) -> None:
    assert full.get_integer("text", 7) == 1
    assert full.get_float("text", 0.5) == 1.0
    assert full.get_boolean("switch", False) is True
    assert full.set_string("loud", "TRUE").get_boolean("loud", False) is True
    assert full.get_bytearray("bytes", bytearray()) == bytearray(b"abc")
    assert full.set_integer("large", 2**40).get_integer("large", 0) == 2**40


def test_a_key_that_is_not_set_reads_as_the_default() -> None:
    empty = Configuration()
    assert empty.get_string("a", "d") == "d"
    assert empty.get_string("a", None) is None
    assert empty.get_integer("a", 3) == 3
    assert empty.get_bytearray("a", bytearray(b"z")) == bytearray(b"z")


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda c: c.get_boolean("text", False), "text is set to '1', expected true or false"),
        (lambda c: c.get_integer("odd", 0), "odd is set to ' 5 ', expected a whole number"),
        (lambda c: c.get_float("word", 0.0), "word is set to 'abc', expected a number"),
        (lambda c: c.get_bytearray("text", bytearray()), "text is set to 1, expected bytes"),
    ],
)
def test_a_value_that_does_not_fit_names_its_key(full: Configuration, read, words: str) -> None:
    full.set_string("odd", " 5 ").set_string("word", "abc")
    with pytest.raises(ConfigurationError, match=words):
        read(full)


@pytest.mark.parametrize(
    "write",
    [
        lambda c: c.set_string("k", None),
        lambda c: c.set_string("k", 5),
        lambda c: c.set_string(None, "v"),
        lambda c: c.set_string("", "v"),
        lambda c: c.set_integer("k", 1.5),
        lambda c: c.set_boolean("k", "yes"),
        lambda c: c.set_float("k", "x"),
    ],
)
def test_a_value_of_another_type_is_refused_when_it_is_set(write) -> None:
    with pytest.raises(InvalidTypeError):
        write(Configuration())


def test_copies_are_equal_and_independent(full: Configuration) -> None:
    for other in (Configuration(full), copy.deepcopy(full)):
        assert other == full
        assert hash(other) == hash(full)
        other.set_string("text", "2")
        assert other != full


def test_configurations_can_be_joined_under_a_prefix() -> None:
    joined = Configuration.from_dict({"a": "1"})
    joined.add_all(Configuration.from_dict({"q": 1, "s": True}), "pre.")
    assert joined.key_set() == {"a", "pre.q", "pre.s"}
    target: dict[str, object] = {}
    joined.add_all_to_dict(target)
    assert target == {"a": "1", "pre.q": 1, "pre.s": True}


def test_a_removed_key_is_gone(full: Configuration) -> None:
    assert full.remove_config("text") is True
    assert full.remove_config("text") is False
    assert not full.contains_key("text")


def test_secrets_are_not_shown() -> None:
    configuration = Configuration.from_dict({"a": "2", "my.password": "x", "s3.secret-key": "y"})
    assert str(configuration) == "{a=2, my.password=******, s3.secret-key=******}"
    with pytest.raises(ConfigurationError) as caught:
        configuration.get_integer("my.password", 0)
    assert "x" not in str(caught.value).replace("expected", "")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a;b;c", ["a", "b", "c"]),
        ("[a, b, c]", ["a", "b", "c"]),
        ("[a, 'b, c']", ["a", "b, c"]),
        ("a, b", ["a, b"]),
        ("[]", []),
        ("", []),
        (None, []),
    ],
)
def test_lists_are_read_in_both_spellings(text: str | None, parts: list[str]) -> None:
    assert Configuration.parse_list_value(text) == parts


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("10 s", 10_000),
        ("10s", 10_000),
        ("10", 10),
        ("5 min", 300_000),
        ("5m", 300_000),
        ("1 h", 3_600_000),
        ("2 d", 172_800_000),
        ("2days", 172_800_000),
        ("10 S", 10_000),
        (" 7 ms ", 7),
        ("5 micros", 0),
        ("1500 µs", 1),
        ("PT10S", 10_000),
        ("P1D", 86_400_000),
        ("PT1H30M", 5_400_000),
    ],
)
def test_durations_are_read_as_flink_does(text: str, ms: int) -> None:
    assert option_values.duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "3 us", "1.5 s", "-1 s", "1 week", "1 min 5 s", "P", None])
def test_what_flink_does_not_take_as_duration_is_refused(text: str | None) -> None:
    with pytest.raises(ValueError, match=r"expected a duration such as 10 s"):
        option_values.duration_ms(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64 mb", 64 << 20),
        ("64m", 64 << 20),
        ("64 MB", 64 << 20),
        ("64", 64),
        ("10 bytes", 10),
        ("7b", 7),
        ("1 kb", 1 << 10),
        ("1g", 1 << 30),
        ("2 gibibytes", 2 << 30),
        ("1 tb", 1 << 40),
    ],
)
def test_sizes_are_read_as_flink_does(text: str, size: int) -> None:
    assert option_values.memory_bytes(text) == size


@pytest.mark.parametrize("text", ["", "1.5 mb", "-1", "5 x"])
def test_what_flink_does_not_take_as_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a size such as 64 mb"):
        option_values.memory_bytes(text)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_a_map_written_as_text_reads_back(pairs: dict[str, str]) -> None:
    assert option_values.text_map(option_values.text_of(pairs)) == pairs


@given(st.floats(allow_nan=False))
def test_a_float_written_as_text_reads_back(value: float) -> None:
    text = option_values.text_of(value)
    assert float(text.replace("Infinity", "inf")) == value
    assert "." in text or "Inf" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e7, "1.0E7"),
        (9999999.0, "9999999.0"),
        (0.001, "0.001"),
        (1e-4, "1.0E-4"),
        (123456789.125, "1.23456789125E8"),
        (-0.0, "-0.0"),
        (3.0, "3.0"),
    ],
)
def test_floats_are_written_as_java_does(value: float, text: str) -> None:
    assert option_values.text_of(value) == text


def test_options_of_your_own_have_key_type_and_default() -> None:
    limit = ConfigOptions.key("my.limit").int_type().default_value(10)
    name = ConfigOptions.key("my.name").string_type().no_default_value()
    configuration = Configuration()
    assert configuration.get(limit) == 10
    assert configuration.get(name) is None
    configuration.set_string("my.limit", "12").set(name, "n")
    assert configuration.get(limit) == 12
    assert configuration.get(name) == "n"
    with pytest.raises(InvalidTypeError, match=r"non-empty str, got 3"):
        ConfigOptions.key(3)  # type: ignore[arg-type]


def test_known_options_have_flinks_defaults() -> None:
    empty = Configuration()
    assert empty.get(options.PARALLELISM) is None
    assert empty.get(options.MAX_PARALLELISM) == -1
    assert empty.get(options.AUTO_WATERMARK_INTERVAL) == 200
    assert empty.get(options.BUFFER_TIMEOUT) == 100
    assert empty.get(options.RUNTIME_MODE) == "STREAMING"
    assert empty.get(options.OPERATOR_CHAINING) is True
    assert empty.get(options.OBJECT_REUSE) is False
    assert empty.get(options.BATCH_ROWS) == 16_384
    assert empty.get(options.WORKERS) == "auto"


def test_every_default_is_a_value_its_option_takes() -> None:
    for option in options.KNOWN_OPTIONS.values():
        if option.default is not None:
            assert option.read(option.default) == option.default, option.key


def test_an_old_key_is_still_read_and_the_new_one_wins() -> None:
    configuration = Configuration.from_dict({"execution.buffer-timeout": "5 ms"})
    assert configuration.get(options.BUFFER_TIMEOUT) == 5
    configuration.set_string("execution.buffer-timeout.interval", "7 ms")
    assert configuration.get(options.BUFFER_TIMEOUT) == 7


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("parallelism.default", "0", "parallelism.default is set to '0', expected at least 1"),
        ("execution.runtime-mode", "fast", "expected one of STREAMING, BATCH, AUTOMATIC"),
        ("pipeline.auto-watermark-interval", "soon", "expected a duration such as 10 s"),
        ("flinkette.batch.rows", 0, "expected at least 1 rows"),
    ],
)
def test_an_option_out_of_range_names_key_value_and_range(key: str, value, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Configuration.from_dict({key: value}).get(options.KNOWN_OPTIONS[key])


def test_a_choice_is_read_in_any_case() -> None:
    configuration = Configuration.from_dict({"execution.runtime-mode": "batch"})
    assert configuration.get(options.RUNTIME_MODE) == "BATCH"


def test_an_unknown_key_is_warned_about_with_the_nearest_known_one() -> None:
    configuration = Configuration.from_dict({"paralelism.default": "2"})
    with pytest.warns(UnknownOptionWarning, match=r"'paralelism.default' has no effect; did you"):
        warn_unknown_keys(configuration)
    with pytest.warns(UnknownOptionWarning, match=r"no known key is like it"):
        warn_unknown_keys(Configuration.from_dict({"zzz": 1}))


def test_known_keys_old_keys_and_settings_of_flinks_cluster_raise_no_warning() -> None:
    keys = [
        "parallelism.default",
        "execution.buffer-timeout",
        "execution.checkpointing.interval",
        "restart-strategy.fixed-delay.attempts",
        "taskmanager.numberOfTaskSlots",
        "python.fn-execution.bundle.size",
        "table.exec.mini-batch.enabled",
        "state.backend.rocksdb.memory.managed",
        "kubernetes.cluster-id",
    ]
    warn_unknown_keys(Configuration.from_dict(dict.fromkeys(keys, "1")))
