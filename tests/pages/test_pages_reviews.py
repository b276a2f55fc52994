"""A weekly review as people hold it: on a shared screen and on a phone, in both languages, and the week after."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sites import Served, expect, served

HOSTILE = "<script>document.title = 'owned'</script> {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it."""
    folder = tmp_path_factory.mktemp("reviews") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


@pytest.fixture(scope="module")
def monday(own: Served) -> date:
    """That of the week that goes on, where the demo is."""
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    return today - timedelta(days=today.weekday())


def review_of(monday: date, weeks: int) -> str:
    return f"/reviews/learning/{monday + timedelta(weeks=weeks)}"


WORDS = {  # what is pressed and read, in each language
    "en": {
        "begin": "Begin: 20 minutes",
        "on": re.compile("^Go on: "),
        "cause": "What was the cause?",
        "keep": "Keep it",
        "yes": "yes",
        "know": "How do we know?",
        "another": "Decide about another promise",
        "choice": "What do we do?",
        "why": "What exactly, and why?",
        "owner": "Who sees to it?",
        "due": "Until when?",
        "decide": "Decide it",
        "mended": "mend: somebody works on it; aya, by 2030-01-07.",
        "worry": "Raise a concern",
        "worries": "What worries you?",
        "raise": "Raise it",
        "close": "Close the review",
        "held": re.compile("held, [0-9]+ minute"),
        "carry": "Carry it over",
        "carried": "carried over",
        "done": "It is done",
    },
    "ja": {
        "begin": "始める(20分)",
        "on": re.compile("^次へ: "),
        "cause": "原因",
        "keep": "記録する",
        "yes": "はい",
        "know": "そう判断した根拠",
        "another": "ほかの目標について決める",
        "choice": "対応",
        "why": "具体的な内容と理由",
        "owner": "担当者",
        "due": "期日",
        "decide": "決定する",
        "mended": "改善する(担当者が取り組む)(担当: aya、期日: 2030-01-07)。",
        "worry": "懸念を挙げる",
        "worries": "気がかりなこと",
        "raise": "挙げる",
        "close": "レビューを終了する",
        "held": re.compile("実施済み"),
        "carry": "次週へ持ち越す",
        "carried": "持ち越し",
        "done": "完了した",
    },
}


@pytest.mark.parametrize(("language", "weeks"), [("en", -2), ("ja", -3)])
def test_a_team_walks_through_its_week(
    own: Served, context: BrowserContext, monday: date, language: str, weeks: int
) -> None:
    """The demo's loud incident was nine days ago, its quiet one before: whatever dropped, all steps are walked."""
    member, say = own.as_role("member", "learning"), WORDS[language]
    page = member.visit(context, f"{review_of(monday, weeks)}?lang={language}")
    page.get_by_role("button", name=say["begin"]).click()
    page.get_by_role("button", name=say["on"]).click()
    expect(page.locator("table tbody tr")).not_to_have_count(0)
    page.get_by_role("button", name=say["on"]).click()
    drops = page.get_by_label(say["cause"], exact=True).count()
    for n in range(drops):
        page.get_by_label(say["cause"], exact=True).nth(n).fill(f"cause {n} {HOSTILE}")
        page.get_by_role("button", name=say["keep"]).nth(n).click()
    page.goto(f"{own.address}{review_of(monday, weeks)}")
    page.get_by_role("button", name=say["on"]).click()
    for n in range(drops):
        expect(page.locator("main")).to_contain_text(f"cause {n} <script>")
        page.get_by_label(say["yes"], exact=True).nth(n).check()
        page.get_by_label(say["know"]).nth(n).fill("12 enquiries")
        page.get_by_role("button", name=say["keep"]).nth(n).click()
    page.goto(f"{own.address}{review_of(monday, weeks)}")
    page.get_by_role("button", name=say["on"]).click()
    _decide(page, say)
    decided = page.locator("section", has=page.locator("#step"))
    expect(decided).to_contain_text(say["mended"])
    page.get_by_text(say["worry"], exact=True).click()
    page.get_by_label(say["worries"]).fill("nobody watches the quizzes")
    page.get_by_role("button", name=say["raise"]).click()
    expect(decided).to_contain_text("nobody watches the quizzes")
    page.goto(f"{own.address}{review_of(monday, weeks)}")
    page.get_by_role("button", name=say["on"]).click()
    notes = page.locator("pre")
    expect(notes).to_contain_text(say["mended"])
    expect(notes).to_contain_text("retry the token")
    page.get_by_role("button", name=say["close"]).click()
    expect(page.locator(".chip").first).to_have_text(say["held"])
    page.goto(f"{own.address}{review_of(monday, weeks + 1)}?step=before")
    waits = page.locator("article", has_text=say["mended"])
    expect(waits.first).to_contain_text("retry the token")
    assert "owned" not in page.title()
    refused, *others = page.faults  # type: ignore[attr-defined]
    assert "422" in refused  # a decision without an owner
    assert others == []


def _decide(page: Page, say: dict[str, str]) -> None:
    page.get_by_text(say["another"], exact=True).click()
    form = page.locator("details", has_text=say["another"]).last
    form.get_by_label(say["choice"]).select_option("mend")
    form.get_by_label(say["why"]).fill("retry the token")
    form.get_by_label(say["due"]).fill("2030-01-07")
    form.get_by_role("button", name=say["decide"]).click()
    expect(page.get_by_role("alert")).to_be_visible()  # nobody sees to it
    form = page.locator("details", has_text=say["another"]).last
    expect(form.get_by_label(say["why"])).to_have_value("retry the token")
    form.get_by_label(say["owner"]).fill("aya")
    form.get_by_role("button", name=say["decide"]).click()


def test_next_week_begins_with_what_was_decided(own: Served, browser: Browser, monday: date) -> None:
    """On a phone, without scripts: what was carried over stays, what is done ends with its action item."""
    member = own.as_role("member", "learning")
    with browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800}) as context:
        page = member.visit(context, f"{review_of(monday, -6)}?lang=en")
        page.get_by_role("button", name="Begin: 20 minutes").click()
        page.goto(f"{own.address}{review_of(monday, -6)}?step=decide")
        page.get_by_text("Decide about another promise").click()
        form = page.locator("details", has_text="Decide about another promise").last
        form.get_by_label("What do we do?").select_option("mend")
        form.get_by_label("What exactly, and why?").fill("cache the list")
        form.get_by_label("Who sees to it?").fill("ken")
        form.get_by_role("button", name="Decide it").click()
        expect(page.get_by_text(re.compile("^action item [0-9]+$"))).to_be_visible()
        for weeks, name, said in ((-5, "Carry it over", "carried over"), (-4, "It is done", "it is done")):
            page.goto(f"{own.address}{review_of(monday, weeks)}")
            page.get_by_role("button", name="Begin: 20 minutes").click()
            point = page.locator("article", has_text="cache the list")
            point.get_by_label("In a sentence").fill("half of it")
            point.get_by_role("button", name=name).click()
            expect(point.locator(".tag")).to_have_text(said)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.goto(f"{own.address}{review_of(monday, -3)}?step=before")
        expect(page.locator("article", has_text="cache the list")).to_have_count(0)
        page.goto(f"{own.address}{review_of(monday, -4)}?step=before")
        expect(page.locator("article", has_text="cache the list")).to_contain_text(
            "Its action item is done: half of it"
        )


def test_who_only_looks_says_nothing(own: Served, context: BrowserContext, monday: date) -> None:
    viewer, stranger = own.as_role("viewer"), own.as_role("member", "growth")
    page = viewer.visit(context, f"{review_of(monday, -1)}?lang=en")
    expect(page.get_by_text("You may look.")).to_be_visible()
    expect(page.locator("main form")).to_have_count(0)
    for who in (viewer, stranger):
        sent = {"text": "mine", "leader": "mine", "led_by": "team"}
        for act in ("begin", "step", "note", "decide", "change", "withdraw", "concern", "follow", "hold"):
            refused = httpx2.post(
                f"{own.address}{review_of(monday, -1)}/{act}",
                headers={**who.headers, "Origin": own.address},
                data=sent,
            )
            assert refused.status_code == 403, act
    found = httpx2.get(f"{own.address}{review_of(monday, -1)}?lang=en", headers=own.headers)
    assert "not begun" in found.text


def test_reviews_are_reached_from_the_first_page(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, "/?lang=en")
    page.get_by_role("link", name="weekly reviews to hold").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Weekly reviews")
    expect(page.get_by_role("heading", name="All journeys")).to_be_visible()
    page.get_by_role("link", name=re.compile("Next: the week from")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Review of the week from")


PLACES = {
    "/reviews": (200, "目標がまだありません"),
    "/reviews?team=nobody": (404, "nobody"),
    "/reviews/nobody/2026-06-01": (404, "nobody"),
    "/reviews/all/2026-06-02": (404, "2026-06-01"),
    "/reviews/all/soon": (404, "soon"),
    "/reviews/all/2279-12-29": (404, "まだ始まっていません"),
    "/reviews/all/2026-06-01": (200, "6月1日"),
}


@pytest.mark.parametrize(("path", "expected"), PLACES.items(), ids=PLACES)
def test_an_empty_workspace_says_what_will_be_here(
    empty: Served, path: str, expected: tuple[int, str]
) -> None:
    address = f"{empty.address}{path}{'&' if '?' in path else '?'}lang=ja"
    found = httpx2.get(address, headers={**empty.headers, "Accept": "text/html"})
    assert found.status_code == expected[0]
    assert expected[1] in found.text
