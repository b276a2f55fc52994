"""The table of what the talks tell: every row is there, and each page that it names is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Route

from tabiji import definitions, store
from tabiji.web.application import ROUTES
from tabiji.web.context import Context

TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (Path(__file__).parents[1] / "docs" / "talks.md").read_text("utf-8").splitlines()
    if re.match(r"\| [EBGIM]\d", line)
]
ROWS = (
    *("E2", "E3", "E4", "E7", "E8"),
    *(f"B{number}" for number in range(1, 8)),
    *(f"G{number}" for number in range(4, 13)),
    *("I1", "I2", "I6", "I7", "I8"),
    *(f"M{number}" for number in range(1, 6)),
)


def test_every_row_is_there_with_page_command_and_test() -> None:
    assert [row[0].split()[0] for row in TABLE] == list(ROWS)
    assert [row for row in TABLE if len(row) != 4 or not all("`" in cell for cell in row[1:])] == []


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> list[re.Pattern[str]]:
    """The addresses that are answered; any text stands for what a route leaves open."""
    folder = tmp_path_factory.mktemp("talks")
    (folder / "tabiji.yaml").write_text("sources: {}\n")
    site = definitions.load(folder, {})
    with store.open(site.store) as kept:
        made = [route for room in ROUTES for route in room(Context(kept, lambda: site)).routes]
    return [route.path_regex for route in made if isinstance(route, Route) and "GET" in (route.methods or ())]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row[0].split()[0]))
def test_its_pages_are_served(row: list[str], served: list[re.Pattern[str]]) -> None:
    pages = re.findall(r"`(/[^`]*)`", row[1])
    assert pages
    assert [
        page for page in pages if not any(one.match(page.replace("{", "").replace("}", "")) for one in served)
    ] == []
