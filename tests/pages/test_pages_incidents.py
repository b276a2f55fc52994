"""Incidents as people meet them: reading one, acting on it, being told what somebody else did meanwhile."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sites import Served, expect, served

from tabiji import definitions, store

HOSTILE = (
    "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\"> {{ 7 * 7 }}"
)


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it."""
    folder = tmp_path_factory.mktemp("incidents") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


@pytest.fixture(scope="module")
def member(own: Served) -> Served:
    """Somebody of the team to which the journey belongs."""
    return own.as_role("member", "learning")


@pytest.fixture(scope="module")
def numbers(demo_folder: Path) -> tuple[int, int]:
    """Those of the demo's two incidents. Among few events, chance may have made another one beside them."""
    with store.open(definitions.load(demo_folder, {}).store) as opened:
        loud, quiet = (one.number for one in opened.incidents("watch-course"))
    return loud, quiet


def test_the_demos_incidents_are_read_in_both_languages(
    demo: Served, context: BrowserContext, numbers: tuple[int, int]
) -> None:
    page = demo.visit(context, "/incidents?lang=en")
    rows = page.locator("table tbody tr", has_text="Watch a course")
    expect(rows).to_have_count(2)
    name = f"#{numbers[0]} Watch a course"
    expect(rows.last).to_contain_text(re.compile(name + r"\s+\S.* attempts failed"))
    expect(rows.last).to_contain_text("by an alert")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Over: Watch a course works again;")
    expect(page.get_by_role("heading", name="Where the failures were")).to_be_visible()
    expect(page.locator("table", has_text="Step or operation")).to_contain_text("PlayVideo")
    expect(page.locator(".timeline").first).to_contain_text("Users began to suffer.")
    expect(page.locator(".timeline").first).to_contain_text("It worked again.")
    page.goto(page.url.partition("?")[0] + "?lang=ja")
    expect(page.get_by_role("heading", level=1)).to_contain_text("【復旧】「コースを視聴する」は復旧しました")
    expect(page.locator(".timeline").first).to_contain_text("お客さまへの影響が始まりました。")
    page.get_by_role("link", name=re.compile("^理由")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("のアラートの理由")
    expect(page.get_by_text("1時間で 2%(呼び出し)").first).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]


def test_a_member_opens_an_incident_and_sees_to_it(member: Served, context: BrowserContext) -> None:
    page = member.visit(context, "/incidents?lang=en")
    page.get_by_text("Open one by hand").click()
    expect(page.get_by_label("Which journey suffers?").locator("option")).to_have_count(
        3
    )  # those of the team
    page.get_by_label("Which journey suffers?").select_option("watch-course")
    page.get_by_label("a customer who asked").check()
    page.get_by_label("What is known?").fill(HOSTILE)
    page.get_by_role("button", name="Open the incident").click()
    number = page.url.rpartition("/")[2]
    timeline = page.locator("section", has=page.get_by_role("heading", name="What happened when"))
    expect(timeline).to_contain_text("a member opened it as of")
    expect(timeline).to_contain_text(HOSTILE)
    expect(page.get_by_text("Nobody has taken note yet.")).to_be_visible()
    page.get_by_role("button", name="Take note: I am on it").click()
    expect(timeline).to_contain_text("a member took note.")
    page.get_by_role("button", name="I am in charge").click()
    expect(page.get_by_text("a member is in charge", exact=True)).to_be_visible()
    page.get_by_text("Name somebody else").click()
    page.get_by_label("Who?").fill("木下 <b>PM</b>")
    page.get_by_label("Why? (it is kept)").first.fill("she decides")
    page.get_by_role("button", name="Say so").click()
    expect(timeline).to_contain_text("a member said that 木下 <b>PM</b> is in charge.")
    expect(page.locator("aside")).to_contain_text("a member helps")
    page.get_by_label("Note").fill("line one\nline two " + HOSTILE)
    page.get_by_role("button", name="Add the note").click()
    expect(timeline).to_contain_text("line two <script>")
    page.get_by_text("Close it", exact=True).click()
    page.get_by_role("button", name="Close the incident").click()
    expect(timeline).to_contain_text("a member closed it as of")
    page.get_by_text("Take the closing back", exact=True).click()
    page.get_by_role("button", name="Reopen the incident").click()
    expect(timeline).to_contain_text("a member took the closing back.")
    assert "owned" not in page.title()
    page.goto(f"{member.address}/incidents?lang=en")
    expect(page.locator("table tbody tr").first).to_contain_text(f"#{number} Watch a course")
    expect(page.locator("table tbody tr").first).to_contain_text("木下 <b>PM</b>")
    assert page.faults == []  # type: ignore[attr-defined]


def test_two_at_the_same_time_are_told_what_changed(
    own: Served, member: Served, browser: Browser, context: BrowserContext, numbers: tuple[int, int]
) -> None:
    loud, quiet = numbers
    mine = member.visit(context, f"/incidents/{quiet}?lang=en")
    with browser.new_context() as another:
        theirs = own.visit(another, f"/incidents/{quiet}?lang=en")
        _role(theirs, "I am in charge")
        expect(theirs.locator("aside")).to_contain_text("is in charge")
    mine.get_by_text("It is one with another incident").click()
    mine.get_by_label("Which one becomes part of this?").select_option(str(loud))
    form = mine.locator("form", has=mine.get_by_role("button", name="Merge them"))
    form.get_by_label("Why? (it is kept)").fill("the same cause")
    form.get_by_role("button").click()
    told = mine.get_by_role("alert")
    expect(told).to_contain_text("Meanwhile somebody else was here. Nothing of yours was recorded.")
    expect(told).to_contain_text("is in charge.")
    form = mine.locator("form", has=mine.get_by_role("button", name="Merge them"))
    expect(form.get_by_label("Why? (it is kept)")).to_have_value("the same cause")
    form.get_by_role("button").click()  # right even so
    expect(mine).to_have_url(re.compile(rf"/incidents/{quiet}$"))
    mine.goto(f"{member.address}/incidents/{loud}?lang=en")
    mine.get_by_role("link", name=f"incident {quiet}", exact=True).click()
    mine.get_by_text("It is two incidents").click()
    mine.get_by_role("button", name="Split it").click()
    expect(mine.get_by_role("alert")).to_contain_text("can only be split while it lasts")


def _role(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


ACTS = ("acknowledge", "own", "note", "cause", "detect", "close", "reopen", "merge", "split")


def test_who_only_looks_changes_nothing(
    own: Served, context: BrowserContext, numbers: tuple[int, int]
) -> None:
    quiet = numbers[1]
    viewer, stranger = own.as_role("viewer"), own.as_role("member", "growth")
    page = viewer.visit(context, f"/incidents/{quiet}?lang=en")
    expect(page.get_by_text("You may look.")).to_be_visible()
    expect(page.locator("main form[action]")).to_have_count(0)  # a chart that is drawn has a form without one
    before = httpx2.get(f"{own.address}/incidents/{quiet}?lang=en", headers=own.headers).text
    for who in (viewer, stranger):
        origin = {**who.headers, "Origin": own.address}
        for act in ACTS:
            sent = {
                "text": "mine",
                "role": "helper",
                "at": "now",
                "by": "human",
                "other": str(numbers[0]),
                "cause": "bug",
            }
            refused = httpx2.post(f"{own.address}/incidents/{quiet}/{act}", headers=origin, data=sent)
            assert refused.status_code == 403, act
        opened = {"journey": "watch-course", "text": "mine"}
        refused = httpx2.post(f"{own.address}/incidents", headers=origin, data=opened)
        assert refused.status_code == 403
    after = httpx2.get(f"{own.address}/incidents/{quiet}?lang=en", headers=own.headers).text
    assert _story(before) == _story(after)
    assert httpx2.get(f"{own.address}/outbox", headers=viewer.headers).status_code == 403
    assert httpx2.get(f"{own.address}/outbox", headers=stranger.headers).status_code == 200
    test = httpx2.post(
        f"{own.address}/outbox/retry",
        headers={**stranger.headers, "Origin": own.address},
        data={"key": "all"},
    )
    assert test.status_code == 403


def _story(html: str) -> list[str]:
    return re.findall(r"<span class=\"said\">[^<]*|name=\"seen\" value=\"[^\"]*", html)


def test_all_of_it_works_without_scripts(member: Served, browser: Browser, numbers: tuple[int, int]) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800}) as context:
        page = member.visit(context, f"/incidents/{numbers[1]}?lang=ja")
        page.get_by_label("メモ").fill("スクリプトなし")
        page.get_by_role("button", name="メモを追加").click()
        expect(page.get_by_text("スクリプトなし", exact=True)).to_be_visible()
        page.get_by_text("もっと早く気づいた人がいた").click()
        page.get_by_role("button", name="記録する").last.click()
        expect(page.get_by_text("問い合わせで検知。")).to_be_visible()
        for path in (
            "/alerts",
            "/alerts/why",
            "/incidents",
            "/outbox",
            "/alerts/why?objective=watch-course/plays&at=now-9d",
        ):
            page.goto(member.address + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()


PLACES = {  # where there is nothing, or nothing of that name
    "/incidents": (200, "インシデントはまだありません"),
    "/incidents?team=nobody&state=missed": (200, "インシデントはまだありません"),
    "/incidents/7": (404, "インシデント 7 はありません。"),
    "/incidents?journey=nothing": (404, "nothing"),
    "/alerts": (200, "アラートはまだありません"),
    "/alerts?from=bogus": (422, "bogus"),
    "/alerts/why": (200, "目標がまだありません"),
    "/alerts/why?objective=a/b": (404, "a/b"),
    "/outbox": (200, "通知先がまだありません"),
}


@pytest.mark.parametrize(("path", "expected"), PLACES.items(), ids=PLACES)
def test_an_empty_workspace_says_what_will_be_here(
    empty: Served, path: str, expected: tuple[int, str]
) -> None:
    address = f"{empty.address}{path}{'&' if '?' in path else '?'}lang=ja"
    found = httpx2.get(address, headers={**empty.headers, "Accept": "text/html"})
    assert found.status_code == expected[0]
    assert expected[1] in found.text
