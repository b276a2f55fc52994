"""From an incident to its published post-mortem, in both languages, by a member; and who reads it when."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext
from sites import Served, expect, served

from tabiji import definitions, store

HOSTILE = "<script>document.title = 'owned'</script> {{ 7 * 7 }} [x](javascript:alert(1))"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it."""
    folder = tmp_path_factory.mktemp("postmortems") / "demo"
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
    """Those of the demo's two incidents."""
    with store.open(definitions.load(demo_folder, {}).store) as opened:
        loud, quiet = (one.number or 0 for one in opened.incidents("watch-course"))
    return loud, quiet


ENGLISH = {
    "Summary": "The pool of the video server was full for half an hour. " + HOSTILE,
    "What users met": "The player stayed black.",
    "What happened besides": "23:59 the pool was enlarged\nNobody had looked at it for a year",
    "How it came about": "A new version kept connections open.",
    "What we change": "An alert on the pool.",
}
JAPANESE = {
    "要約": "動画サーバーの接続プールが枯渇した。",
    "ユーザーへの影響": "再生画面が黒いままになった。",
    "なぜ起きたか": "新しい版が接続を閉じなかった。",
    "これから変えること": "接続プールのアラートを追加する。",
}


def test_from_an_incident_to_its_published_postmortem(
    own: Served, member: Served, context: BrowserContext, browser: Browser, numbers: tuple[int, int]
) -> None:
    number = numbers[0]
    viewer = own.as_role("viewer")
    path = f"{own.address}/postmortems/{number}"
    page = member.visit(context, f"/incidents/{number}?lang=en")
    page.get_by_text("What kind of cause it had").click()
    page.get_by_label("Kind of cause").select_option("capacity")
    form = page.locator("form", has=page.get_by_label("Kind of cause"))
    form.get_by_role("button", name="Say so").click()
    expect(page.get_by_text("Kind of cause: too little capacity")).to_be_visible()
    page.get_by_role("button", name="I am in charge").click()
    page.get_by_role("button", name="Begin the post-mortem").click()
    expect(page).to_have_url(re.compile(rf"/postmortems/{number}\?edit=1"))
    hidden = httpx2.get(path + "?lang=en", headers=viewer.headers).text
    assert "Nothing is published yet" in hidden
    assert httpx2.get(f"{path}.md", headers=viewer.headers).status_code == 404
    for name, text in ENGLISH.items():
        page.get_by_label(name, exact=True).fill(text)
    expect(page.get_by_label("Kind of cause")).to_have_value("capacity")  # as it was said of the incident
    page.get_by_label("Kind of cause").select_option("deployment")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Nothing is kept yet")).to_be_visible()
    expect(page.locator(".timeline").first).to_contain_text("the pool was enlarged")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("heading", name="How it came about")).to_be_visible()
    expect(page.locator("main")).to_contain_text(HOSTILE)
    expect(page.locator(".head")).to_contain_text("was in charge")
    page.get_by_label("What is to be done?").fill("Alert on the pool")
    page.get_by_label("Who sees to it?").fill("aya")
    page.get_by_label("Until when?").fill("2020-01-31")
    page.get_by_role("button", name="Open it").click()
    item = page.locator("li", has=page.get_by_role("link", name="Alert on the pool"))
    expect(item).to_contain_text("overdue")
    expect(item).to_contain_text("owner: aya")
    page.get_by_role("button", name="Hand it in for review").click()
    expect(page.get_by_text("in review", exact=True)).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1, published")).to_be_visible()
    assert "owned" not in page.title()
    assert page.faults == []  # type: ignore[attr-defined]
    with browser.new_context() as another:
        theirs = viewer.visit(another, "/postmortems?lang=en&q=video+SERVER")
        theirs.locator("table").get_by_role("link").first.click()
        expect(theirs.locator("main")).to_contain_text("A new version kept connections open.")
        expect(theirs.locator("main")).to_contain_text("How many users were hit is not known")
        expect(theirs.locator(".timeline").first).to_contain_text("Users began to suffer.")
        expect(theirs.locator("main button")).to_have_count(0)
        expect(theirs.get_by_role("link", name="Alert on the pool")).to_be_visible()
        theirs.goto(f"{own.address}/postmortems?lang=en&q=elephant")
        expect(theirs.get_by_text("No post-mortem in this selection")).to_be_visible()
    exported = httpx2.get(f"{path}.md?lang=en", headers=viewer.headers)
    assert exported.headers["content-type"].startswith("text/markdown")
    assert "## How it came about\n\nA new version kept connections open." in exported.text
    assert "<script>" not in exported.text


def test_the_same_in_japanese(member: Served, context: BrowserContext, numbers: tuple[int, int]) -> None:
    number = numbers[1]
    page = member.visit(context, f"/incidents/{number}?lang=ja")
    page.get_by_role("button", name="ポストモーテムを書き始める").click()
    for name, text in JAPANESE.items():
        page.get_by_label(name, exact=True).fill(text)
    page.get_by_label("原因の種類").select_option("capacity")
    page.get_by_role("button", name="記録する").click()
    page.get_by_label("何をしますか?").fill("プールのアラートを追加する")
    page.get_by_label("担当者").fill("健")
    page.get_by_role("button", name="作成する").click()
    item = page.locator("li", has=page.get_by_role("link", name="プールのアラートを追加する"))
    expect(item).to_contain_text("担当: 健")
    page.get_by_role("button", name="公開する").click()
    expect(page.get_by_text("第 1 版、公開")).to_be_visible()
    page.goto(f"{member.address}/postmortems?lang=ja&q=接続プール&cause=capacity")
    expect(page.locator("table tbody tr")).to_have_count(1)
    expect(page.locator("table tbody tr")).to_contain_text("接続プールが枯渇した")
    expect(page.locator("table tbody tr")).to_contain_text("公開済み")
    assert page.faults == []  # type: ignore[attr-defined]


def test_two_who_write_at_once_lose_nothing_unseen(
    own: Served, member: Served, browser: Browser, context: BrowserContext, numbers: tuple[int, int]
) -> None:
    httpx2.post(
        f"{own.address}/postmortems/{numbers[1]}/draft", headers={**own.headers, "Origin": own.address}
    )
    mine = member.visit(context, f"/postmortems/{numbers[1]}?edit=1&lang=en")
    with browser.new_context() as another:
        theirs = own.visit(another, f"/postmortems/{numbers[1]}?edit=1&lang=en")
        theirs.get_by_role("textbox", name="What went well").fill("theirs")
        theirs.get_by_role("button", name="Keep it").click()
        expect(theirs.get_by_text("theirs", exact=True)).to_be_visible()
    mine.get_by_role("textbox", name="What went well").fill("mine")
    mine.get_by_role("button", name="Keep it").click()
    expect(mine.get_by_role("alert")).to_contain_text("Meanwhile somebody else was here.")
    expect(mine.get_by_role("textbox", name="What went well")).to_have_value("mine")
    mine.get_by_role("button", name="Keep it").click()  # right even so
    expect(mine.get_by_text("mine", exact=True)).to_be_visible()


TRENDS: dict[str, tuple[str, str, str]] = {
    "en": (
        "Before and after this date",
        "Show",
        "Whether incidents are over sooner since then can't be told from so few: 1 before, 1 after.",
    ),
    "ja": (
        "この日の前後を比べる",
        "表示",
        "復旧が早くなったかどうかは、件数が少なく判断できません(前 1 件、後 1 件)。",
    ),
}


@pytest.mark.parametrize("language", TRENDS)
def test_whether_it_gets_faster_is_told_as_far_as_it_can_be(
    own: Served, context: BrowserContext, browser: Browser, numbers: tuple[int, int], language: str
) -> None:
    label, button, told = TRENDS[language]
    with store.open(definitions.load(own.folder, {}).store) as opened:
        later = max(one.started_minute for one in opened.incidents("watch-course"))
    day = datetime.fromtimestamp(later * 60, UTC).astimezone(ZoneInfo("Asia/Tokyo")).date().isoformat()
    page = own.visit(context, f"/incidents?lang={language}")
    page.locator("a[href='/incidents/trends']").click()
    expect(page.locator("figure.chart svg, figure.chart canvas").first).to_be_visible()
    page.get_by_label(label).fill(day)
    page.get_by_role("button", name=button, exact=True).first.click()
    expect(page.get_by_text(told)).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]
    with browser.new_context(viewport={"width": 390, "height": 844}) as narrow:
        theirs = own.as_role("viewer").visit(narrow, f"/incidents/trends?lang={language}&at={day}")
        expect(theirs.get_by_text(told)).to_be_visible()
        assert theirs.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_date_without_a_before_or_an_after_is_explained(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, "/incidents/trends?lang=en&at=1999-01-01")
    expect(page.get_by_role("alert")).to_contain_text("nothing is before or after 1999-01-01 00:00")
    expect(page.get_by_role("heading", name="What the budgets were lost to")).to_be_visible()
    for path in ("/charts/trends.csv", "/api/v1/incidents/trend"):
        asked = "before_after" if "api" in path else "at"
        wrong = httpx2.get(f"{own.address}{path}?{asked}=1999-01-01", headers=own.headers)
        assert wrong.status_code in (400, 422)
        assert "nothing is before or after" in wrong.text
    rows = httpx2.get(f"{own.address}/charts/trends.csv?lang=en", headers=own.headers).text.splitlines()
    assert rows[0].startswith("\ufeffFrom (Asia/Tokyo),To (Asia/Tokyo),Incidents,")
    told = httpx2.get(f"{own.address}/api/v1/incidents/trend", headers=own.headers).json()
    assert told["whole"]["incidents"] == 2
    assert httpx2.get(f"{own.address}/incidents/trends?at=x", headers=own.headers).status_code == 422
