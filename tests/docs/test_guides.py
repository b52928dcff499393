"""The programs in the guides and the README run, and print what the text after them says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def blocks():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield pytest.param(found[1], found[2], id=f"{page.name}:{line}")


def printer(line: str) -> str:
    return line.partition("> ")[0] if "> " in line else ""


def by_printer(text: str) -> list[str]:
    """Order between two prints is not promised; order within each is kept."""
    return sorted(text.splitlines(), key=printer)


@pytest.mark.parametrize(("program", "printed"), list(blocks()))
def test_a_program_of_the_guides_prints_what_the_guide_says(program, printed, run_python) -> None:
    done = run_python("-c", program, PYTHONUTF8="1")
    assert done.stderr == ""
    if printed is not None:
        assert by_printer(done.stdout) == by_printer(printed)


def test_every_link_of_the_documents_leads_to_a_file() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []


def test_the_architecture_names_only_files_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    today = text.partition("\n## Not there yet")[0]
    homes = (ROOT, ROOT / "flinkette", ROOT / "csrc")
    names = sorted(set(re.findall(r"`((?:[\w.]+/)+[\w.]*)`", today)))
    assert [name for name in names if not any((home / name).exists() for home in homes)] == []


def test_the_architecture_stays_within_250_lines() -> None:
    lines = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 250


def test_the_two_bash_blocks_that_set_a_machine_up_come_first() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```bash\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert found[:2] == [
        "pip install . && flinkette run examples/flight_delays.py\n",
        "pip install '.[test]' && pytest\n",
    ]
