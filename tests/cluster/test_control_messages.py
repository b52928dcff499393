"""Control messages keep their bytes, and become the machines' events by their field names."""

from __future__ import annotations

from dataclasses import fields

import msgspec
import pytest

from flinkette.cluster import control_messages as control
from flinkette.cluster.control_messages import ORDERS, REPORTS, as_event

# What is on the wire is read by other releases: a field is added with a default, never renamed.
GOLDEN = {
    "Registration": {
        "task_manager": "tm",
        "instance": 0,
        "session": 1,
        "slots": 2,
        "host": "h",
        "process": 0,
    },
    "HeartbeatReport": {
        "task_manager": "tm",
        "instance": 3,
        "version": 4,
        "allocations": [None, 5],
    },
    "SlotAllocated": {
        "task_manager": "tm",
        "instance": 3,
        "slot": 0,
        "allocation": 5,
        "version": 4,
    },
    "Goodbye": {"task_manager": "tm", "instance": 3, "reason": "r"},
    "CancelJob": {"job_id": "j"},
    "ListJobs": {},
    "FetchRows": {"job_id": "j"},
    "StopCluster": {},
}


@pytest.mark.parametrize("name", GOLDEN)
def test_messages_are_maps_with_their_names_as_tags(name: str) -> None:
    body = {"type": name, **GOLDEN[name]}
    message = msgspec.msgpack.decode(msgspec.msgpack.encode(body), type=control.ToJobManager)
    assert type(message).__name__ == name
    assert msgspec.to_builtins(message) == body


def test_a_field_that_an_older_release_does_not_send_has_its_default() -> None:
    body = {"type": "SubmitJob", "job_id": "j", "name": "n", "program": b""}
    message = msgspec.msgpack.decode(msgspec.msgpack.encode(body), type=control.ToJobManager)
    assert (message.priority, message.share_group, message.is_attached) == (0, "", False)


def test_a_field_that_a_newer_release_sends_is_passed_over() -> None:
    body = {"type": "CancelJob", "job_id": "j", "reason": "new"}
    message = msgspec.msgpack.decode(msgspec.msgpack.encode(body), type=control.ToJobManager)
    assert message == control.CancelJob(job_id="j")


@pytest.mark.parametrize("message", [*REPORTS, *ORDERS], ids=lambda kind: kind.__name__)
def test_every_message_has_the_fields_of_its_event(message: type) -> None:
    event = {**REPORTS, **ORDERS}[message]
    wanted = {each.name for each in fields(event)} - {"now_ms"}
    assert wanted <= set(message.__struct_fields__)


def test_an_event_takes_its_time_from_who_hears_it() -> None:
    event = as_event(ORDERS[control.Heartbeat], control.Heartbeat(instance=4), now_ms=99)
    assert (event.now_ms, event.instance) == (99, 4)
