"""What each team practises, as people read it: stages down to their evidence, an engagement begun and ended."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext
from sites import Served, expect, served

HOSTILE = "<script>document.title = 'owned'</script> {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it."""
    folder = tmp_path_factory.mktemp("practice") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


WORDS = {  # what is pressed and read, in each language
    "en": {
        "nav": "Practice",
        "team": "Learning",
        "heading": "What Learning practises",
        "practice": "observability coverage",
        "unseen": "seen by no objective",
        "begin": "Begin an engagement",
        "leads": "SRE leads",
        "why": "Why is SRE better placed? (it is kept)",
        "button": "Begin it",
        "made": "SRE leads: SLOs kept, until the team has reached stage 3 (without SRE)",
        "again": "SRE is engaged in that already; end that first",
        "end": "End it",
        "reason": "Why? (it is kept)",
        "over": "End this engagement",
        "ended": re.compile("ended it, .*alone now"),
    },
    "ja": {
        "nav": "プラクティス",
        "team": "学習チーム",
        "heading": "学習チームのプラクティス",
        "practice": "オブザーバビリティのカバー率",
        "unseen": "どの目標の対象でもない",
        "begin": "関与を始める",
        "leads": "SRE が主導",
        "why": "SRE が担うほうがよい理由(記録に残ります)",
        "button": "開始する",
        "made": "SRE が主導:SLO の達成(チームが段階 3「SRE なしで実施」に達するまで)",
        "again": "SRE がすでに関与しています。先にその関与を終了してください",
        "end": "終了する",
        "reason": "理由(記録に残ります)",
        "over": "この関与を終了する",
        "ended": re.compile("終了.*alone now"),
    },
}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_from_all_teams_to_the_evidence_and_an_engagement(
    own: Served, context: BrowserContext, language: str
) -> None:
    said = WORDS[language]
    page = own.visit(context, f"/?lang={language}")
    page.get_by_role("navigation").get_by_role("link", name=said["nav"], exact=True).click()
    page.get_by_role("link", name=said["team"], exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(said["heading"])
    page.get_by_role("link", name=said["practice"], exact=True).click()
    evidence = page.locator("section", has=page.locator("#coverage"))
    expect(evidence.locator("li").first).to_contain_text(said["unseen"])

    engaged = page.locator("section", has=page.locator("#engagements"))
    for words in (HOSTILE, "once more"):  # the second time it is under way
        engaged.locator("summary", has_text=said["begin"]).click()
        engaged.get_by_label(said["leads"], exact=True).check()
        engaged.get_by_label(said["why"]).fill(words)
        engaged.get_by_role("button", name=said["button"]).click()
        expect(engaged).to_contain_text(said["made"])
    expect(engaged.get_by_role("alert")).to_have_text(re.compile(re.escape(said["again"])))
    expect(engaged.get_by_label(said["why"])).to_have_value("once more")
    expect(engaged).to_contain_text(HOSTILE)
    assert "owned" not in page.title()

    engaged.locator("summary", has_text=said["end"]).first.click()
    engaged.get_by_label(said["reason"]).first.fill("alone now")
    engaged.get_by_role("button", name=said["over"]).first.click()
    expect(engaged).to_contain_text(said["ended"])
    expect(engaged.get_by_role("button", name=said["over"])).to_have_count(0)
    page.goto(f"{own.address}/audit?lang=en")
    expect(page.locator("main")).to_contain_text("ended an engagement of SRE")
    assert [one for one in page.faults if "422" not in one] == []  # type: ignore[attr-defined]


def test_whoever_looks_may_not_engage_and_every_link_of_the_evidence_leads_somewhere(
    own: Served, browser: Browser
) -> None:
    with browser.new_context() as another:
        page = own.as_role("viewer").visit(another, "/practice/learning?lang=en")
        expect(page.locator("#engagements + p + p").or_(page.locator("main"))).to_contain_text(
            "You may look."
        )
        assert page.get_by_role("button", name="Begin it").count() == 0
        links = {str(one.get_attribute("href")) for one in page.locator("main a[href^='/']").all()}
    for path in links:
        answer = httpx2.get(own.address + path, headers=own.headers, follow_redirects=True)
        assert answer.status_code == 200, path


def test_as_it_stood_on_another_day(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, "/practice/learning?lang=en")
    page.get_by_label("As it stood on").fill("now-40d")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".note").first).to_contain_text("This is how it stood")
    expect(page.locator("table").first).to_contain_text("nothing was due")
    for path in ("/practice/nobody", "/practice/learning?at=yesterdayish"):
        assert httpx2.get(own.address + path, headers=own.headers).status_code in (404, 422)


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(own: Served, browser: Browser, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}) as another:
        for path in ("/practice?lang=ja", "/practice/learning?lang=en"):
            page = own.visit(another, path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.faults == []  # type: ignore[attr-defined]
