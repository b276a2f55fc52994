"""A weekly review as people hold it: on a shared screen and on a phone, in both languages, and the week after."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from sites import Served, expect, served

import meeting
from tabiji import reviews, store
from tabiji.reviews import Decided
from tabiji.runs import reviewing

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
def monday() -> date:
    """That of the week that goes on, where the demo is."""
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    return today - timedelta(days=today.weekday())


def review_of(monday: date, weeks: int) -> str:
    return f"/reviews/learning/{monday + timedelta(weeks=weeks)}"


WORDS = {  # what is pressed and read, in each language
    "en": {
        "begin": "Begin: 20 minutes",
        "led": "an SRE (site reliability engineer)",
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
        "led": "SRE(サイトリライアビリティエンジニア)",
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
    expect(page.locator("[aria-current=step]")).to_contain_text("2 ")
    expect(page.locator("table tbody tr")).not_to_have_count(0)
    page.get_by_role("button", name=say["on"]).click()
    expect(page.locator("[aria-current=step]")).to_contain_text("3 ")
    drops = page.get_by_label(say["cause"], exact=True).count()
    for n in range(drops):
        page.get_by_label(say["cause"], exact=True).nth(n).fill(f"cause {n} {HOSTILE}")
        page.get_by_role("button", name=say["keep"]).nth(n).click()
    page.goto(f"{own.address}{review_of(monday, weeks)}")
    page.get_by_role("button", name=say["on"]).click()
    expect(page.locator("[aria-current=step]")).to_contain_text("4 ")
    for n in range(drops):
        expect(page.locator("main")).to_contain_text(f"cause {n} <script>")
        page.get_by_label(say["yes"], exact=True).nth(n).check()
        page.get_by_label(say["know"]).nth(n).fill("12 enquiries")
        page.get_by_role("button", name=say["keep"]).nth(n).click()
    page.goto(f"{own.address}{review_of(monday, weeks)}")
    page.get_by_role("button", name=say["on"]).click()
    expect(page.locator("[aria-current=step]")).to_contain_text("5 ")
    _decide(page, say)
    decided = page.locator("section", has=page.locator("#step"))
    expect(decided).to_contain_text(say["mended"])
    page.get_by_text(say["worry"], exact=True).click()
    page.get_by_label(say["worries"]).fill("nobody watches the quizzes")
    page.get_by_role("button", name=say["raise"]).click()
    expect(decided).to_contain_text("nobody watches the quizzes")
    page.goto(f"{own.address}{review_of(monday, weeks)}")
    page.get_by_role("button", name=say["on"]).click()
    expect(page.locator("[aria-current=step]")).to_contain_text("6 ")
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


MEETING = {  # what is pressed and read in a whole meeting, in each language
    "en": {
        "decided": "mend: somebody works on it; ken, by 2026-06-08.",
        "said": "In a sentence",
        "done": "It is done",
        "ended": "it is done",
        "drop": "dropped: spent more than a quarter",
        "of": "602",
        "enquiries": "Enquiries",
        "mend": "mend: somebody works on it; mina, by 2030-01-07.",
        "loosen": "loosen the promise; aya, by 2030-01-08.",
        "agree": "agree to the promise; ken, by 2030-01-09.",
        "item": re.compile("^action item [0-9]+$"),
        "file": "The change that agrees to it",
    },
    "ja": {
        "decided": "改善する(担当者が取り組む)(担当: ken、期日: 2026-06-08)。",
        "said": "ひとことで",
        "done": "完了した",
        "ended": "完了",
        "drop": "低下: 1週間",
        "of": "602",
        "enquiries": "問い合わせ",
        "mend": "改善する(担当者が取り組む)(担当: mina、期日: 2030-01-07)。",
        "loosen": "(担当: aya、期日: 2030-01-08)。",
        "agree": "(担当: ken、期日: 2030-01-09)。",
        "item": re.compile("^アクションアイテム ?[0-9]+$"),
        "file": "合意する場合の変更",
    },
}


@pytest.fixture(scope="module")
def bad_week(tmp_path_factory: pytest.TempPathFactory, monday: date) -> Iterator[Served]:
    """The shop of `meeting.py`, whose last week was bad; of the week before, both teams hold a decision."""
    folder = tmp_path_factory.mktemp("meeting") / "site"
    site = meeting.write(folder)
    with store.open(site.store) as opened:
        meeting.fill(site, opened, monday - timedelta(weeks=1))
        for team, name in meeting.TEAMS.items():
            week = (monday - timedelta(weeks=2)).isoformat()
            word = reviews.Word("aya", meeting.start(monday - timedelta(weeks=1)) * 60)
            review = reviewing.find(site, opened, team, week)
            review = reviewing.begin(opened, review, "aya", "team", [], word)
            mend = Decided(f"{name}/works", "mend", "retry the token", "ken", date(2026, 6, 8))
            review = reviewing.decide(site, opened, review, mend, word)
            reviewing.hold(opened, review, word)
    with served(folder) as running:
        yield running


@pytest.mark.parametrize(("language", "team"), [("en", "money"), ("ja", "growth")])
def test_a_whole_meeting(bad_week: Served, browser: Browser, monday: date, language: str, team: str) -> None:
    """Begins with what was decided; drops, why, users, what-if beside the decisions; the next one begins with them.

    Whoever looks along on a phone goes on with the leader within moments, without a round of judging.
    """
    say, press, name = MEETING[language], WORDS[language], meeting.TEAMS[team]
    path = f"/reviews/{team}/{monday - timedelta(weeks=1)}"
    with (
        browser.new_context() as context,
        browser.new_context(viewport={"width": 390, "height": 800}) as other,
    ):
        leader, along = bad_week.as_role("member", team), bad_week.as_role("viewer")
        page = leader.visit(context, f"/journeys/{name}?lang={language}")
        page.locator(f"a[href='{path}']").click()
        page.get_by_label(press["led"]).check()
        page.get_by_role("button", name=press["begin"]).click()
        expect(page.get_by_role("timer")).to_contain_text(re.compile("(20:00|19:[0-9]{2})"))
        phone = along.visit(other, f"{path}?lang={language}")
        point = page.locator("article", has_text=say["decided"])
        expect(point).to_contain_text("retry the token")
        point.get_by_label(say["said"]).fill("no more 401s")
        point.get_by_role("button", name=say["done"]).click()
        expect(point.locator(".tag").first).to_contain_text(say["ended"])
        expect(phone.locator("main")).to_contain_text("no more 401s")  # it came by itself

        page.get_by_role("button", name=press["on"]).click()
        row = page.locator("table tbody tr", has_text=say["drop"])
        expect(row).to_have_count(1)
        expect(row).to_contain_text(say["of"])
        expect(row).to_contain_text(re.compile("2,?638 ?%"))  # of what a week may spend
        expect(phone.locator("table tbody tr", has_text=say["drop"])).to_have_count(1)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390

        page.get_by_role("button", name=press["on"]).click()
        expect(page.locator("main")).to_contain_text("602")
        expect(page.get_by_role("link", name=re.compile("(incident|インシデント) ?[0-9]+"))).to_be_visible()
        page.get_by_label(press["cause"], exact=True).fill("an expired token")
        page.get_by_role("button", name=press["keep"]).click()
        expect(page.locator("p.said")).to_have_text("an expired token")

        page.get_by_role("button", name=press["on"]).click()
        tile = page.locator(".tile", has_text=say["enquiries"])
        expect(tile.locator(".tile-value")).to_have_text("2")
        expect(page.locator("main")).to_contain_text(f"I can't {name}!")
        page.get_by_label(press["yes"], exact=True).check()
        page.get_by_label(press["know"]).fill("two enquiries, four cancellations")
        page.get_by_role("button", name=press["keep"]).click()

        page.get_by_role("button", name=press["on"]).click()
        dropped = page.locator("section", has=page.locator("#decide-1"))
        looser = dropped.locator("tr", has=page.get_by_role("link", name=re.compile("^98 ?%$")))
        expect(looser).to_contain_text(re.compile("1,?319 ?%"))
        _fill(dropped, press, "mend", "renew it in time", "mina", "2030-01-07")
        expect(page.locator("section", has=page.locator("#step"))).to_contain_text(say["mend"])
        looser.get_by_role("link").click()
        expect(page.locator("[name=target]")).to_have_value("98%")  # what-if, with it filled in
        page.go_back()
        _fill(dropped, press, "loosen", "98 % was enough for users", "aya", "2030-01-08")
        trial = page.locator("section", has=page.locator("#trial-1"))
        trial.get_by_text(say["file"], exact=True).click()
        expect(trial.locator("pre").first).to_contain_text("state: provisional")
        _fill(trial, press, "agree", "it held", "ken", "2030-01-09")
        decided = page.locator("section", has=page.locator("#step"))
        for one in ("mend", "loosen", "agree"):
            expect(decided).to_contain_text(say[one])
        expect(decided.get_by_role("link", name=say["item"])).to_have_count(3)

        page.get_by_role("button", name=press["on"]).click()
        expect(page.locator("pre")).to_contain_text("an expired token")
        page.get_by_role("button", name=press["close"]).click()
        expect(page.locator(".chip").first).to_have_text(press["held"])
        expect(phone.locator(".chip").first).to_have_text(press["held"])

        page.goto(f"{bad_week.address}/reviews?team={team}")
        page.locator(f"a.button[href='/reviews/{team}/{monday}']").click()
        for one in ("mend", "loosen", "agree"):
            expect(page.locator("article", has_text=say[one])).to_have_count(1)
        expect(page.locator("article", has_text="retry the token")).to_have_count(0)
        page.get_by_role("button", name=press["begin"]).click()
        point = page.locator("article", has_text="renew it in time")
        point.locator("a[href^='/actions/']").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("renew it in time")  # its action item
        assert page.faults == []  # type: ignore[attr-defined]
        assert phone.faults == []  # type: ignore[attr-defined]


def _fill(section: Locator, say: dict[str, Any], choice: str, why: str, owner: str, due: str) -> None:
    section.get_by_label(say["choice"]).select_option(choice)
    section.get_by_label(say["why"]).fill(why)
    section.get_by_label(say["owner"]).fill(owner)
    section.get_by_label(say["due"]).fill(due)
    section.get_by_role("button", name=say["decide"]).click()
    expect(section.page.locator("section", has=section.page.locator("#step"))).to_contain_text(why)


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
