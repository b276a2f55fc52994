"""Action items as people meet them: opened from an incident, taken, moved, done; and two who act at the same time."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sites import Served, expect, served

HOSTILE = "<script>document.title = 'owned'</script> {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it."""
    folder = tmp_path_factory.mktemp("actions") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


def chip(page: Page) -> str:
    return page.locator(".head .chip").inner_text().strip()


def history(page: Page) -> list[str]:
    return [one.replace("\n", " ") for one in page.locator(".timeline > li > div").all_inner_texts()]


def opened(page: Page, title: str, **fields: str) -> str:
    """Opens an item by the form on the list, and gives the path of its page."""
    page.get_by_label("What is to be done?").fill(title)
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Open the action item").click()
    return page.url


def test_an_item_goes_from_an_incident_to_its_end(
    own: Served, browser: Browser, context: BrowserContext
) -> None:
    page = own.as_role("member", "learning").visit(context, "/incidents/1?lang=en")
    todo = page.locator("section", has=page.get_by_role("heading", name="What is to be done about it"))
    todo.get_by_role("link", name="Open an action item").click()
    expect(page.get_by_label("What it came from")).to_have_value("incident:1")
    expect(page.locator("#open-team")).to_have_value("learning")
    opened(page, HOSTILE, Due="2199-06-30")
    assert (page.locator("h1").inner_text(), chip(page)) == (HOSTILE, "to be done")
    path = page.url
    page.get_by_role("button", name="I see to it").click()
    page.get_by_text("Move the day", exact=True).click()
    page.get_by_label("Until which day?").fill("2199-07-31")
    page.locator("#due-text").fill("the new player comes first")
    page.get_by_role("button", name="Move it").click()
    page.get_by_text("Somebody else supports the owner").click()
    page.get_by_label("Who supports the owner?").fill("kinoshita")
    page.locator("form", has=page.locator("#support-person")).get_by_role("button").click()
    page.get_by_text("It is done", exact=True).click()
    page.get_by_label("What came of it?").fill("No 401s any more")
    page.get_by_role("button", name="Done", exact=True).click()
    assert chip(page) == "done"
    assert history(page) == [
        "a member said that it is done. No 401s any more",
        "a member said that kinoshita supports the owner.",
        "a member moved the day on which it is due from Sun, 30 Jun 2199 to Wed, 31 Jul 2199. "
        "the new player comes first",
        "a member said that a member sees to it.",
        "a member opened it.",
    ]
    page.get_by_role("link", name="incident 1").click()
    expect(todo).to_contain_text(HOSTILE)
    expect(todo.locator("li", has_text=HOSTILE)).to_contain_text("done")
    assert "owned" not in page.title()
    with browser.new_context(locale="ja") as another:
        seen = own.as_role("viewer").visit(another, path.removeprefix(own.address) + "?lang=ja")
        assert chip(seen) == "完了"
        expect(seen.locator(".timeline")).to_contain_text("kinoshita さんを支援者にしました")
        expect(seen.locator("aside")).to_contain_text("あなたは閲覧のみです")
        assert seen.locator("main form").count() == 0
        refused = seen.request.post(path + "/note", form={"text": "x"})
        assert refused.status == 403
        assert seen.faults == []  # type: ignore[attr-defined]
    page.goto(f"{own.address}/actions?state=done")
    expect(page.get_by_role("table")).to_contain_text(HOSTILE)
    assert page.faults == []  # type: ignore[attr-defined]


def test_of_two_who_act_at_the_same_time_one_is_told(own: Served, context: BrowserContext) -> None:
    first = own.visit(context, "/actions?lang=en&open=1")
    path = opened(first, "Split the batch of progress jobs")
    second = own.as_role("admin").visit(context, path.removeprefix(own.address) + "?lang=en")
    second.get_by_text("It will not be done", exact=True).click()
    second.get_by_label("Why not? (it is kept)").fill("the batch goes away")
    first.get_by_role("button", name="I see to it").click()
    second.get_by_role("button", name="Drop the item").click()
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("Nothing of yours was recorded.")
    expect(alert).to_contain_text("sees to it.")
    assert chip(second) == "to be done"
    expect(second.get_by_label("Why not? (it is kept)")).to_have_value("the batch goes away")
    second.get_by_role("button", name="Drop the item").click()
    assert chip(second) == "dropped"


def test_another_team_offers_its_help_and_may_not_decide(own: Served, context: BrowserContext) -> None:
    page = own.as_role("member", "growth").visit(context, "/actions/1?lang=en")
    expect(page.locator("aside")).to_contain_text("It belongs to another team.")
    assert page.get_by_text("It is done", exact=True).count() == 0
    page.get_by_role("button", name="I help with it").click()
    assert history(page)[0] == "a member said that a member supports the owner."
    for act, form in (
        ("done", {"text": "x"}),
        ("support", {"person": "somebody"}),
        ("hand", {"team": "growth"}),
    ):
        assert page.request.post(f"{own.address}/actions/1/{act}", form=form).status == 403, act
    refused = page.request.post(f"{own.address}/actions", form={"title": "x", "team": "learning"})
    assert refused.status == 403


def test_what_is_wrong_with_a_new_one_is_said_beside_it(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, "/actions?lang=en&open=1")
    opened(page, " x " * 3, **{"What it came from": "dream:7"})
    expect(page.locator("#fault-from")).to_contain_text("`dream` is nothing that an action item comes from")
    expect(page.get_by_label("What is to be done?")).to_have_value(" x " * 3)
    for path, status in {
        "/actions?team=nobody": 404,
        "/actions?from=dream": 422,
        "/actions/999": 404,
        "/roadmap?team=nobody": 404,
        "/roadmap?by=week": 422,
    }.items():
        assert page.request.get(own.address + path).status == status, path
    answer = page.request.post(f"{own.address}/actions/1/due", form={"day": "2199-02-30"})
    assert (answer.status, "is not a day" in answer.text()) == (422, True)


def test_the_home_of_a_team_leads_to_its_items_and_its_roadmap(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, "/?lang=en&team=learning")
    page.locator("a.count", has_text="overdue").click()
    assert page.url.endswith("/actions?team=learning")
    expect(page.get_by_role("table")).to_contain_text("Retry the player's token")
    page.get_by_role("link", name="Roadmap").click()
    expect(page.get_by_role("heading", name="Learning")).to_be_visible()
    tile = page.locator(".tile", has=page.get_by_role("heading", name="overdue"))
    expect(tile).to_contain_text("Retry the player's token")
    page.goto(page.url + "&lang=ja")
    expect(page.get_by_role("heading", level=1)).to_have_text("チーム別ロードマップ")
    page.get_by_role("link", name="月ごと").click()
    assert "by=month" in page.url
    assert page.faults == []  # type: ignore[attr-defined]
