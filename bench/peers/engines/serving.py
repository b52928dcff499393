"""The side of an engine: make the job's rows, answer the driver's commands, line by line.

Runs in any Python from 3.8 on, beside whatever the engine needs, and imports nothing of flinkette.

The job: row i has key ``i * 2654435761 mod K``, event time ``i / 10`` ms and value 1; sums by key
in windows of 10 s. Words are the same keys as text; sliding windows begin every second. Lines are a
text file with ten of these words a line: they are to be split and counted, no windows.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

FACTOR = 2654435761
START_MS = 1_700_000_000_000
ROWS_PER_MS = 10
WINDOW_MS = 10_000
SLIDE_MS = 1_000
WORD_DIGITS = 6
WORDS_PER_LINE = 10
JOBS = ("tumbling", "sliding", "words", "lines")


def slide_ms(job):
    """Return how far apart the windows of a job begin."""
    return SLIDE_MS if job == "sliding" else WINDOW_MS


def word(number):
    """Return the word of a key: seven letters."""
    return f"w{number:06d}"


def key_number(key):
    """Return the number of a key, be it the number or its word."""
    return int(key[1:]) if isinstance(key, str) else int(key)


def numpy_columns(job, rows, keys):
    """Return the columns key, time and value as numpy arrays; words as their numbers."""
    import numpy

    row = numpy.arange(rows, dtype=numpy.int64)
    return row * FACTOR % keys, START_MS + row // ROWS_PER_MS, numpy.ones(rows, numpy.int64)


def arrow_table(job, rows, keys):
    """Return the rows as an Arrow table: key, time, value."""
    import pyarrow

    key, times, value = (pyarrow.array(column) for column in numpy_columns(job, rows, keys))
    if job == "words":
        key = pyarrow.array([word(number) for number in range(keys)]).take(key)
    return pyarrow.table({"key": key, "time": times, "value": value})


def python_rows(job, rows, keys):
    """Return the rows as a list of tuples (key, time, value)."""
    made = [(row * FACTOR % keys, START_MS + row // ROWS_PER_MS, 1) for row in range(rows)]
    if job == "words":
        return [(word(key), when, value) for key, when, value in made]
    return made


def text_file(folder, rows, keys):
    """Write the words of some rows as lines, unless that was done; return the file."""
    path = Path(folder) / f"{rows}.txt"
    if not path.exists():
        words = [word(number) for number in range(keys)]
        with path.open("w", encoding="utf-8") as file:
            for first in range(0, rows, WORDS_PER_LINE):
                line = range(first, min(first + WORDS_PER_LINE, rows))
                file.write(" ".join(words[row * FACTOR % keys] for row in line) + "\n")
    return path


def digest(results):
    """Return number, total and checksum of results (key, window start in ms, sum)."""
    count = total = mixed = 0
    for key, start_ms, value in results:
        count += 1
        total += value
        seconds = (start_ms - START_MS) // 1000 + 600
        mixed += value * ((key_number(key) * 31 + seconds * 7) % 1_000_003)
    return {"results": count, "total": int(total), "checksum": int(mixed)}


def child_pids(pid):
    """Return the processes below a process."""
    found = []
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            below = [int(child) for child in (thread / "children").read_text().split()]
        except OSError:
            continue
        for child in below:
            found += [child, *child_pids(child)]
    return found


def cpu_s():
    """Return the CPU seconds of this process, the ended children and those that still run."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for pid in child_pids(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def serve(engine):
    """Answer commands on standard input until it ends.

    `engine(request)` gives an object with `versions` and `tuning`, `check(rows)`, which returns the
    results as tuples, and `run(rows)`, which discards them and returns their number or None.
    """
    request = json.loads(sys.argv[1])
    # What an engine prints must not stand among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**fields):
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    prepared = engine(request)
    answer(versions=prepared.versions, tuning=prepared.tuning)
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "check":
            answer(**digest(prepared.check(command["rows"])))
        else:
            cpu_before, before = cpu_s(), time.perf_counter()
            results = prepared.run(command["rows"])
            wall = time.perf_counter() - before
            answer(wall_s=wall, cpu_s=cpu_s() - cpu_before, results=results)
