"""Pages of many action items: as many as can be looked at, in the order that is asked for, and always the newest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tabiji import actions, definitions, missions, store
from tabiji.actions import Wanted, Word
from tabiji.acts import Act
from tabiji.missions import Line
from tabiji.runs import acting, stating
from tabiji.store import Store
from tabiji.web.application import application
from tabiji.web.context import Context

NOW = 1_780_000_000
SITE = "timezone: Asia/Tokyo\nteams: {a: {}, b: {}}\nsources: {web: {format: nginx}}\n"
JOURNEY = """\
journey: watch
team: a
steps: {all: {events: "kind = 'request'"}}
objectives: {available: {good: status < 500, target: 99%}}
"""


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "watch.yaml").write_text(JOURNEY)
    (tmp_path / "tabiji.yaml").write_text(SITE)
    with store.open(definitions.load(tmp_path, {}).store) as opened:
        yield opened


@pytest.fixture
def client(kept: Store, tmp_path: Path) -> TestClient:
    site = definitions.load(tmp_path, {})
    _, secret = kept.tokens.create("tests", ("admin",), NOW)
    headers = {"Authorization": f"Bearer {secret}", "Accept": "text/html"}
    context = Context(kept, lambda: site, lambda: NOW)
    return TestClient(application(context), headers=headers, base_url="http://127.0.0.1:8700")


def shown(client: TestClient, path: str) -> list[str]:
    """The titles of the items in the table of a page, in their order."""
    answer = client.get(path)
    assert answer.status_code == 200
    return re.findall(r'<th scope="row" class="wraps">\s*<a href="/actions/\d+">([^<]*)</a>', answer.text)


@pytest.mark.parametrize(
    ("count", "rows"), [(300, 300), (301, 300)], ids=["all there is room for", "one too many"]
)
def test_a_long_list_is_cut_and_says_so(client: TestClient, kept: Store, count: int, rows: int) -> None:
    kept.acts.add_all([actions.opening(Wanted(f"x{n}"), "Ito", NOW) for n in range(count)])
    assert len(shown(client, "/actions")) == rows
    text = client.get("/actions").text
    assert (f"{count} action items" in text, "Only the first 300 are shown." in text) == (True, count > 300)


def test_items_stand_in_the_order_of_the_mission(client: TestClient, kept: Store) -> None:
    stating.write(kept, [Line("m1", "mission", "one"), Line("m2", "mission", "two")], "Ito", NOW)
    for title, line in (("none", None), ("second", "m2"), ("first", "m1")):
        kept.acts.add(actions.opening(Wanted(title, line=line), "Ito", NOW))
    assert shown(client, "/actions") == ["none", "second", "first"]
    assert shown(client, "/actions?order=mission") == ["first", "second", "none"]
    assert shown(client, "/actions?line=m2") == ["second"]


def test_the_first_page_counts_what_is_open_whoever_says_it(client: TestClient, kept: Store) -> None:
    def count() -> str:
        (found,) = re.findall(r'href="/actions"><b>(\d+)</b>', client.get("/").text)
        return str(found)

    assert count() == "0"
    number = kept.acts.add(actions.opening(Wanted("x"), "Ito", NOW)).number
    assert count() == "1"
    kept.acts.add(actions.done(acting.find(kept, number), Word("Ito", NOW, "well")))
    assert count() == "0"


def test_the_newest_act_of_a_kind_is_known_by_its_number(store_url: str) -> None:
    with store.open(store_url) as opened:
        assert opened.acts.newest(actions.KIND) == 0
        first = opened.acts.add(Act(actions.KIND, "", "opened", NOW, "Ito"))
        second = opened.acts.add(Act(missions.KIND, "mission", "written", NOW, "Ito"))
        assert opened.acts.newest(actions.KIND) == first.number
        assert opened.acts.newest(actions.KIND, missions.KIND) == second.number
