"""The table of `docs/faults.md` names every fault once, and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = re.findall(r"^\| (T\d+) \|(.*)\|$", (ROOT / "docs" / "faults.md").read_text("utf-8"), re.MULTILINE)


def test_every_fault_has_a_row() -> None:
    assert [name for name, _ in TABLE] == [f"T{number}" for number in range(1, 29)]


def test_every_row_says_how_and_names_tests_that_exist() -> None:
    wrong = {
        name: row
        for name, row in TABLE
        if not all(cell.strip() for cell in row.split("|"))
        or not re.findall(r"`(tests/[\w/]+\.py)`", row)
        or not all((ROOT / path).is_file() for path in re.findall(r"`(tests/[\w/]+\.py)`", row))
    }
    assert wrong == {}


def test_every_module_of_these_tests_is_in_the_table() -> None:
    text = " ".join(row for _, row in TABLE)
    modules = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
    assert {name for name in modules if f"tests/faults/{name}" not in text} == set()
