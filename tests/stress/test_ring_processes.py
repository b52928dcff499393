"""A ring between two Python processes, one of which is killed at a random moment.

csrc/tests/test_ring_processes.cc does the same without Python, far more often.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import flinkette
from flinkette._native.ring import create_ring
from flinkette._native.shared_memory import SharedMemory

pytestmark = pytest.mark.usefixtures("no_leaks")

# Each frame says its sequence in every eight bytes; a survivor ends with 0, a torn frame with 3.
PRODUCER = """
import os, random, struct, sys
from flinkette._native.ring import RingWriter
from flinkette._native.shared_memory import SharedMemory

writer = RingWriter(SharedMemory.map(int(sys.argv[1])))
sizes = random.Random(int(sys.argv[2]))
print("started", flush=True)
while True:
    count = sizes.choice([0, 1, 10, 100, writer.max_payload_bytes // 8])
    while not writer.wait_for_room(8 * count, 0.05):
        try:
            os.kill(writer.consumer_process or os.getpid(), 0)
        except ProcessLookupError:
            sys.exit(0)
    with writer.reserve(8 * count) as view:
        view[:] = struct.pack("<Q", writer.sequence) * count
    writer.publish(16, count)
"""
CONSUMER = """
import os, struct, sys
from flinkette._native.ring import RingReader
from flinkette._native.shared_memory import SharedMemory

reader = RingReader(SharedMemory.map(int(sys.argv[1])))
print("started", flush=True)
while True:
    if reader.wait(0.05):
        frame = reader.take()
        if frame.retain() != struct.pack("<Q", frame.sequence) * frame.argument:
            sys.exit(3)
        reader.release()
        continue
    try:
        os.kill(reader.producer_process or os.getpid(), 0)
    except ProcessLookupError:
        reader.declare_producer_dead()
    if reader.is_drained:
        sys.exit(0)
"""


def start(program: str, memory: SharedMemory, seed: int) -> subprocess.Popen[str]:
    package_root = str(Path(flinkette.__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(memory.descriptor), str(seed)],
        cwd=package_root,  # `-c` looks there first, and not in sources that are not built
        env={**os.environ, "PYTHONPATH": package_root},
        pass_fds=[memory.descriptor],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


@pytest.mark.parametrize("seed", range(4))
def test_the_survivor_of_two_processes_sees_whole_frames_and_the_death(seed: int) -> None:
    moments = random.Random(seed)
    memory = create_ring(64 << 10)
    with start(PRODUCER, memory, seed) as producer, start(CONSUMER, memory, seed) as consumer:
        try:
            time.sleep(moments.uniform(0.0, 0.2))
            victim, survivor = (producer, consumer) if seed % 2 else (consumer, producer)
            victim.kill()
            assert victim.wait(20) == -signal.SIGKILL
            assert survivor.wait(20) == 0
        finally:
            producer.kill()
            consumer.kill()
