"""The mission as people meet it: where they start, written in versions, and what serves each of its lines."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sites import Served, expect, served

HOSTILE = "<script>document.title = 'owned'</script> {{ 7 * 7 }}"
FIRST = "Learners can always watch what they paid for"
SECOND = "Teams own what they build"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it: two versions of the mission, and an action item."""
    folder = tmp_path_factory.mktemp("mission") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


def line(page: Page, text: str) -> str:
    """What stands at a line."""
    return page.locator(".mission-line", has_text=text).inner_text()


def test_it_is_written_served_and_changed(own: Served, browser: Browser, context: BrowserContext) -> None:
    page = own.as_role("member", "learning").visit(context, "/?lang=en")
    expect(page.locator(".here-for")).to_contain_text(FIRST)
    page.locator(".here-for").get_by_role("link", name="What we are here for").click()
    assert "no action item serves it" in line(page, FIRST)
    expect(page.get_by_role("heading", name="open action item names no line")).to_be_visible()

    # an item says which line it serves, and the line says which item serves it
    page.goto(f"{own.address}/actions/1")
    page.get_by_text("Which line of the mission it serves").click()
    page.locator("#serve-line").select_option("m1")
    page.locator("form", has=page.locator("#serve-line")).get_by_role("button").click()
    expect(
        page.get_by_text("It serves “Learners can always watch what they paid for” (m1, line 1)")
    ).to_be_visible()
    page.get_by_role("link", name=FIRST).click()
    assert "1 open action item" in line(page, FIRST)
    assert "no action item serves it" in line(page, SECOND)

    # the next version: the served line reworded and lower, a hostile new one, agreed with somebody
    page.get_by_role("link", name="Write the next version").click()
    expect(page.get_by_label("Mission", exact=True)).to_have_value(f"[m1] {FIRST}\n[m2] {SECOND}")
    page.get_by_label("Mission", exact=True).fill(f"[m2] {SECOND}\n[m1] Learners can watch\n{HOSTILE}")
    page.get_by_label("What SRE expects of teams").fill("[T1] Reviews are held")
    page.get_by_label("Agreed with whom?").fill("Tanaka, head of engineering")
    page.get_by_label("Why is it another now?").fill("the new school year")
    page.get_by_role("button", name="Keep this version").click()
    expect(page.locator(".field .fault")).to_have_text(
        "line 1: `T1` can't be the id of a line; write small letters, digits and `-`"
    )
    page.get_by_label("What SRE expects of teams").fill("Reviews are held")
    page.get_by_role("button", name="Keep this version").click()
    expect(page.locator(".head")).to_contain_text("Version 3, written by a member")
    expect(page.locator(".head")).to_contain_text("agreed with Tanaka, head of engineering.")
    assert "1 open action item" in line(page, "Learners can watch")
    expect(page.locator(".mission-text").nth(2)).to_have_text(HOSTILE)
    assert "owned" not in page.title()
    page.get_by_role("link", name="What changed Version 3").click()
    expect(page.locator("del")).to_have_text(FIRST)
    expect(page.locator("ins")).to_have_text(["Learners can watch", HOSTILE, "Reviews are held"])

    # removed: what served it still says what it was for
    page.goto(f"{own.address}/mission/edit")
    page.get_by_label("Mission", exact=True).fill(f"[m2] {SECOND}")
    page.get_by_role("button", name="Keep this version").click()
    expect(page.locator("section", has_text="These serve a line that was removed")).to_contain_text(
        "“Learners can watch”, removed by version 4"
    )
    with browser.new_context(locale="ja") as another:
        seen = own.as_role("viewer").visit(another, "/actions/1?lang=ja")
        expect(seen.get_by_text("「Learners can watch」(m1、第4版で削除)")).to_be_visible()
        seen.goto(f"{own.address}/help?lang=ja")
        expect(seen.locator("section", has_text="私たちのミッション")).to_contain_text(SECOND)
        expect(seen.locator("section", has_text="私たちのミッション")).to_contain_text(
            "SRE がチームに期待すること"
        )
        seen.goto(f"{own.address}/mission?version=1")
        expect(seen.locator("main")).to_contain_text("これは以前の版です。")
        assert seen.get_by_role("link", name="次の版を書く").count() == 0
        assert seen.faults == []  # type: ignore[attr-defined]
        refused = seen.request.post(f"{own.address}/mission", form={"mission": "x"})
        assert refused.status == 403
        assert seen.request.get(f"{own.address}/mission/edit").status == 403
    faults = [one for one in page.faults if "status of 422" not in one]  # type: ignore[attr-defined]
    assert faults == []


def test_of_two_who_write_one_is_told(own: Served, context: BrowserContext) -> None:
    first = own.visit(context, "/mission/edit?lang=en")
    second = own.as_role("member", "learning").visit(context, "/mission/edit?lang=en")
    first.get_by_label("Vision").fill("Far")
    first.get_by_role("button", name="Keep this version").click()
    second.get_by_label("Vision").fill("Near")
    second.get_by_role("button", name="Keep this version").click()
    expect(second.get_by_role("alert")).to_contain_text("Nothing of yours was recorded.")
    expect(second.get_by_role("alert").locator("ins")).to_have_text("Far")
    expect(second.get_by_label("Vision")).to_have_value("Near")
    second.get_by_role("button", name="Keep this version").click()
    expect(second.locator("section", has_text="Vision").first).to_contain_text("Near")


def test_what_there_is_not_is_said(own: Served, empty: Served, context: BrowserContext) -> None:
    page = empty.visit(context, "/mission?lang=en")
    page.get_by_role("link", name="Write it down").click()
    page.get_by_role("button", name="Keep this version").click()
    expect(page.get_by_role("alert")).to_have_text("the mission has no line; write at least one")
    assert page.request.get(f"{empty.address}/mission/difference").status == 404
    for path, status in {
        "/mission?version=99": 404,
        "/mission?version=x": 422,
        "/mission/difference?before=0": 404,
    }.items():
        assert page.request.get(own.address + path, headers=own.headers).status == status, path
