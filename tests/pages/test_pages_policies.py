"""Policies as people meet them: signed by product owner and team, acted on, changed, and signed anew."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sites import Served, expect, served

NAME = "learning-budget"
HOSTILE = "<script>document.title = 'owned'</script> {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it."""
    folder = tmp_path_factory.mktemp("policies") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


def sign(page: Page, part: str, button: str = "Sign these terms") -> None:
    page.get_by_label(part, exact=True).check()
    page.get_by_role("button", name=re.compile(button)).click()


def chip(page: Page) -> str:
    return page.locator(".head .chip").inner_text().strip()


def test_a_policy_is_signed_and_acted_on(own: Served, browser: Browser, context: BrowserContext) -> None:
    owner = own.visit(context, "/?lang=en")
    owner.get_by_role("link", name="policies wait for signatures").click()
    owner.get_by_role("link", name="When the learning team's error budget runs out").click()
    assert chip(owner) == "signed by nobody"
    expect(owner.locator("aside")).to_contain_text("It waits for the product owner, the team.")
    expect(owner.locator("aside")).to_contain_text("Its file says: agreed by Sato (product owner)")
    sign(owner, "as the product owner")
    assert chip(owner) == "waits for signatures"
    assert owner.get_by_role("button", name=re.compile("Sign these terms")).count() == 0

    with browser.new_context(locale="ja") as another:
        member = own.as_role("member", "learning").visit(another, f"/policies/{NAME}?lang=ja")
        expect(member.locator("aside")).to_contain_text("署名待ち:チーム。")
        sign(member, "チームを代表して", "この条文に署名する")
        assert chip(member) == "署名済み"
        expect(member.locator("aside")).to_contain_text(
            "現在の条文に、プロダクトオーナーとチームの両方が署名しています。"
        )
        # what was agreed is what happens: deployments are stopped, and the pages say by what
        expect(member.locator("#main")).to_contain_text("リスクのあるデプロイは停止中")
        member.goto(f"{own.address}/journeys/watch-course")
        expect(member.get_by_text("リスクのあるデプロイを止めています", exact=False).first).to_be_visible()
        member.get_by_role("link", name="学習チームのエラーバジェットが尽きたとき").click()
        assert member.url.partition("?")[0].endswith(f"/policies/{NAME}")
        assert member.faults == []  # type: ignore[attr-defined]

    owner.reload()
    assert chip(owner) == "signed"
    expect(owner.locator(".timeline")).to_contain_text("a member signed for the team.")
    expect(owner.locator("section", has_text="What it did so far").last).to_contain_text(
        "nothing of the budget is left"
    )
    owner.goto(f"{own.address}/journeys/watch-course/plays")
    owner.locator("dl.defined").get_by_role(
        "link", name="When the learning team's error budget runs out"
    ).click()
    assert owner.url.endswith(f"/policies/{NAME}")
    owner.goto(f"{own.address}/audit")
    expect(owner.locator("main")).to_contain_text("signed a policy")
    assert owner.faults == []  # type: ignore[attr-defined]


def test_changed_terms_ask_anew_and_nobody_signs_them_unread(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, f"/policies/{NAME}?lang=en")
    page.get_by_text("Take back what you said").click()
    page.get_by_label("Why? (it is kept)").fill("to read it again")
    page.get_by_role("button", name="Take it back").click()
    file = own.folder / "policies" / "learning.yaml"
    file.write_text(file.read_text("utf-8").replace("budget below 50%", "budget below 40%"), "utf-8")
    changed = page.context.new_page()

    def new_terms() -> bool:
        changed.goto(f"{own.address}/policies/{NAME}?lang=en")
        return "less than 40 %" in changed.locator("#main").inner_text()

    for _ in range(60):  # the server reads definitions again after a while
        if new_terms():
            break
        changed.wait_for_timeout(500)
    sign(page, "as the product owner")  # the page of before
    expect(page.get_by_role("alert")).to_contain_text("Nothing of yours was recorded.")
    expect(page.get_by_label("as the product owner")).to_be_checked()
    assert chip(page) == "changed since it was signed"
    difference = page.locator("section", has_text="What changed since a member signed")
    expect(difference.locator("del")).to_contain_text("budget below 50%")
    expect(difference.locator("ins")).to_contain_text("budget below 40%")
    page.get_by_role("button", name=re.compile("Sign these terms")).click()
    expect(page.locator("aside")).to_contain_text("It waits for the team.")


def test_a_change_is_asked_for_and_whoever_looks_may_not_sign(
    own: Served, browser: Browser, context: BrowserContext
) -> None:
    page = own.visit(context, f"/policies/{NAME}?lang=en")
    page.locator("summary", has_text="Ask for a change").click()
    page.get_by_label("What should be otherwise, and why?").fill(HOSTILE)
    page.get_by_role("button", name="Ask for it").click()
    expect(page.locator("aside")).to_contain_text(HOSTILE)
    expect(page.locator(".timeline")).to_contain_text(HOSTILE)
    assert "owned" not in page.title()
    page.goto(f"{own.address}/policies")
    expect(page.locator("main")).to_contain_text("1 person asks for a change.")
    with browser.new_context() as another:
        seen = own.as_role("viewer").visit(another, f"/policies/{NAME}?lang=en")
        expect(seen.locator("aside")).to_contain_text("You may look.")
        assert seen.locator("main form").count() == 0
        refused = seen.request.post(f"{own.address}/policies/{NAME}/sign", form={"part": "team"})
        assert refused.status == 403
        missing = seen.request.get(f"{own.address}/policies/nothing?lang=en")
        assert missing.status == 404
    answer = page.request.post(f"{own.address}/policies/{NAME}/sign", form={"part": "king"})
    assert (answer.status, "As whom do you sign?" in answer.text()) == (422, True)


def test_other_words_are_tried_on_the_past_in_both_languages(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"/policies/{NAME}?lang=en")
    page.get_by_role("link", name="What would it have done in the past?").click()
    table = page.get_by_role("table")
    expect(table.locator("tbody tr", has_text="No risky deployments").last).to_contain_text("in force for")
    before = table.locator("tbody tr").last.locator("td").nth(1).inner_text()
    page.get_by_label("Until").nth(2).fill("budget back at 60%")
    page.get_by_role("button", name="Show what it would have been").click()
    expect(page.locator(".code .added")).to_contain_text(["+++ ", 'until: "budget back at 60%"'])
    row = page.get_by_role("table").locator("tbody tr").last
    assert row.locator("td").nth(1).inner_text() == before
    assert row.locator("td").nth(2).inner_text() != before
    page.get_by_label("When").first.fill("budgt")
    page.get_by_role("button", name="Show what it would have been").click()
    expect(page.get_by_role("alert")).to_contain_text("`budgt` is not a condition")
    page.goto(page.url + "&lang=ja")
    expect(page.get_by_role("alert")).to_contain_text("この書き方では取り決めになりません")
    expect(page.get_by_role("table")).to_contain_text("リスクのあるデプロイを止めた時間")
    assert page.faults == []  # type: ignore[attr-defined]


def minutes_from_now(page: Page, minutes: int) -> str:
    """A time as a form has it, on the clock of the demo."""
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    return then.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%dT%H:%M")


def test_from_a_draft_to_an_exception_that_expires(
    own: Served, browser: Browser, context: BrowserContext
) -> None:
    """Drafted and compared, signed, acted on; the gate refuses; an exception opens it, and ends by itself."""
    # compared with the past, in English
    owner = own.visit(context, f"/policies/{NAME}/past?lang=en")
    owner.get_by_label("Until").nth(2).fill("budget back at 60%")
    owner.get_by_role("button", name="Show what it would have been").click()
    row = owner.get_by_role("table").locator("tbody tr").last
    expect(row).to_contain_text("Risky deployments stopped")
    assert row.locator("td").nth(1).inner_text() != row.locator("td").nth(2).inner_text()
    asked = {"text": (own.folder / "policies" / "learning.yaml").read_text("utf-8"), "from": "now-7d"}
    tried = owner.request.post(f"{own.address}/api/v1/policies/try", data=asked)
    assert [one["name"] for one in tried.json()["policies"]] == [NAME]
    wrong = owner.request.post(
        f"{own.address}/api/v1/policies/try", data={"text": "policies: {x: {steps: 1}}"}
    )
    assert (wrong.status, "loc" in wrong.text()) == (422, True)
    # signed by two
    owner.goto(f"{own.address}/policies/{NAME}?lang=en")
    if owner.get_by_role("button", name=re.compile("Sign these terms")).count():
        sign(owner, "as the product owner")
    with browser.new_context(locale="ja") as another:
        member = own.as_role("member", "learning").visit(another, f"/policies/{NAME}?lang=ja")
        if member.get_by_role("button", name=re.compile("この条文に署名する")).count():
            sign(member, "チームを代表して", "この条文に署名する")
        assert chip(member) == "署名済み"
        # the budget is spent: it acts, and the gate refuses
        expect(member.locator("#main")).to_contain_text("リスクのあるデプロイは停止中")
        gate = f"{own.address}/gate/watch-course"
        assert owner.request.get(gate).status == 409
        # an exception, in Japanese: too long a one is refused, what was typed stays
        member.locator("summary", has_text="例外を認める").click()
        member.locator("#except-until").evaluate("field => field.removeAttribute('max')")
        member.locator("#except-until").fill(minutes_from_now(member, 91 * 1440))
        member.locator("#except-text").fill("確定申告の画面を出すため")
        member.locator("form[action$=except] button").click()
        expect(member.get_by_role("alert")).to_contain_text("例外は最長90日です")
        expect(member.locator("#except-text")).to_have_value("確定申告の画面を出すため")
        member.locator("#except-until").evaluate("field => field.removeAttribute('max')")
        member.locator("#except-until").fill(minutes_from_now(member, 600))
        member.locator("form[action$=except] button").click()
        expect(member.locator("#main")).to_contain_text("確定申告の画面を出すため")
        assert owner.request.get(gate).status == 200
        member.locator("summary", has_text="までの例外を終わらせる").click()
        ending = member.locator("form[action$=resume]")
        ending.locator("input[name=text]").fill("出し終えた")
        ending.get_by_role("button", name="例外を終わらせる").click()
        expect(member.locator("#main")).to_contain_text("終了済み")
        assert owner.request.get(gate).status == 409
        expect(member.locator(".timeline")).to_contain_text("a member さんが例外を終わらせました: 出し終えた")
    # another one in English, which ends by itself
    owner.goto(f"{own.address}/policies/{NAME}?lang=en")
    owner.locator("summary", has_text="Grant an exception").click()
    owner.locator("#except-until").fill(minutes_from_now(owner, 1))
    owner.locator("#except-text").fill("a fix of the player")
    owner.locator("form[action$=except] button").click()
    expect(owner.locator("#main")).to_contain_text("An exception holds until")
    assert owner.request.get(gate).status == 200
    for _ in range(70):
        if owner.request.get(gate).status == 409:
            break
        owner.wait_for_timeout(1000)
    owner.reload()
    expect(owner.locator("#main")).to_contain_text("and is over: a fix of the player")
    expect(owner.locator("section", has_text="What it did so far").last).to_contain_text("Due on")
    owner.goto(f"{own.address}/history?kind=agreement&lang=en")
    expect(owner.locator("main")).to_contain_text("granted an exception from the policy")
    assert [one for one in owner.faults if "status of 4" not in one] == []  # type: ignore[attr-defined]
