"""Counts the words of "Alice's Adventures in Wonderland".

Each line becomes words, each word goes to where its count is kept, and each count goes on: after
the first "alice" comes ("alice", 1), after the second ("alice", 2). The program keeps the last
count of each word and prints the most frequent ones.

Run it with ``python examples/word_count.py``, or with another text: ``word_count.py my.txt``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.common import Types
from flinkette.datastream import StreamExecutionEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterator

ALICE = Path(__file__).resolve().parent / "data" / "alice.txt"
NUM_SHOWN = 20
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def words_of(line: str) -> Iterator[tuple[str, int]]:
    """Yield (word, 1) for each word of a line."""
    for word in WORD.findall(line.lower()):
        yield word, 1


def main() -> None:
    """Count, then print a bar for each of the most frequent words."""
    text = sys.argv[1] if len(sys.argv) > 1 else str(ALICE)
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    counts = (
        env.read_text_file(text)
        .flat_map(words_of, output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
        .key_by(lambda word: word[0], key_type=Types.STRING())
        .sum(1)
    )
    with counts.execute_and_collect("word count") as rows:
        last_counts = dict(rows)  # a later count of a word takes the place of an earlier one

    total = sum(last_counts.values())
    print(f"{total:,} words, {len(last_counts):,} different ones; the most frequent:")
    frequent = sorted(last_counts.items(), key=lambda item: (-item[1], item[0]))[:NUM_SHOWN]
    for word, count in frequent:
        bar = "#" * round(50 * count / frequent[0][1])
        print(f"{word:>10} {count:6,} {bar}")


if __name__ == "__main__":
    main()
