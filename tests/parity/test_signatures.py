"""Our public names and parameters are PyFlink's, as `record_signatures.py` recorded them.

Every difference is listed in exclusions.toml with its reason; an entry that excuses nothing any
more fails, so that the list only shrinks.
"""

from __future__ import annotations

import importlib
import json
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from parity.record_signatures import class_entry, parameters

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

HERE = Path(__file__).parent


@cache
def recorded():
    return json.loads((HERE / "signatures.json").read_text())


@cache
def exclusions():
    entries = tomllib.loads((HERE / "exclusions.toml").read_text())["exclude"]
    return [(name, entry["reason"]) for entry in entries for name in entry["names"]]


def ours(name):
    """Return our object for a name such as pyflink.datastream.DataStream, None without one."""
    module, _, attribute = name.replace("pyflink", "flinkette", 1).rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError:
        return None


def missing_names():
    for module, names in recorded()["modules"].items():
        for name in names:
            if ours(f"{module}.{name}") is None:
                yield f"{module}.{name}"


def difference(name, theirs, our_parameters):
    """Say how our parameters differ; ours may have defaults where theirs have none, and more."""
    if theirs is None or our_parameters is None:
        return None
    pairs = list(zip(theirs, our_parameters, strict=False))
    is_special = name.startswith("__") and name != "__init__"  # called by position only
    for place, (their_one, our_one) in enumerate(pairs):
        is_self = place == 0 and their_one[0] == our_one[0] == "self"
        is_same = their_one[:2] == our_one[:2] and (their_one[2] in ("", our_one[2]))
        if not (is_same or is_self or is_special):
            return f"PyFlink has {their_one}, we have {our_one}"
    if len(theirs) > len(our_parameters):
        return f"PyFlink has {theirs[len(our_parameters) :]} beside"
    extra = our_parameters[len(theirs) :]
    needed = [each for each, kind, default in extra if not default and not kind.startswith("VAR_")]
    return f"we need {needed} beside" if needed else None


def differing_members():
    for name, entry in recorded()["classes"].items():
        cls = ours(name)
        if not isinstance(cls, type):
            continue
        members = class_entry(cls)["members"]
        for member, theirs in entry["members"].items():
            if member not in members and hasattr(cls, member):
                continue  # inherited from a library class such as Enum
            found = members.get(member)
            if found is None:
                yield f"{name}.{member}", "missing"
            elif text := member_difference(member, theirs, found):
                yield f"{name}.{member}", text


def member_difference(name, theirs, found):
    if theirs["kind"] != found["kind"] and "parameters" in theirs:
        return f"PyFlink has a {theirs['kind']}, we have a {found['kind']}"
    return difference(name, theirs.get("parameters"), found.get("parameters"))


def differing_functions():
    for name, theirs in recorded()["functions"].items():
        function = ours(name)
        if function is not None and (
            text := difference(function.__name__, theirs, parameters(function))
        ):
            yield name, text


@cache
def differences():
    found = dict.fromkeys(missing_names(), "missing")
    found.update(differing_members())
    found.update(differing_functions())
    return found


def is_excused(name):
    return any(fnmatchcase(name, pattern) for pattern, _ in exclusions())


def test_every_name_and_parameter_of_pyflink_is_there_or_excused():
    unexcused = {name: text for name, text in differences().items() if not is_excused(name)}
    assert not unexcused, "\n".join(f"{name}: {text}" for name, text in unexcused.items())


def test_every_excuse_is_still_needed():
    idle = [
        pattern
        for pattern, _ in exclusions()
        if not any(fnmatchcase(name, pattern) for name in differences())
    ]
    assert not idle, f"take these out of exclusions.toml: {idle}"


def test_every_excuse_has_a_reason():
    assert all(len(reason) > 10 for _, reason in exclusions())


def test_pyflinks_all_lists_are_ours_as_far_as_the_names_exist():
    for module in ("pyflink.common", "pyflink.datastream"):
        our_all = importlib.import_module(module.replace("pyflink", "flinkette", 1)).__all__
        expected = {name for name in recorded()["modules"][module] if ours(f"{module}.{name}")}
        assert expected <= set(our_all)
