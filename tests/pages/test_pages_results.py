"""Key results as people meet them: opened at a promise, measured by themselves, closed with what was learnt."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from sites import Served, expect, served

HOSTILE = "<script>document.title = 'owned'</script> {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that change it."""
    folder = tmp_path_factory.mktemp("results") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


def test_one_is_opened_at_a_promise_and_closed(
    own: Served, browser: Browser, context: BrowserContext
) -> None:
    page = own.visit(context, "/journeys/watch-course/plays?lang=en")
    card = page.locator("section", has=page.get_by_role("heading", name="Key results"))
    expect(card).to_contain_text("Videos start on nearly every day")
    card.get_by_role("link", name="All of them, and a new one").click()
    page.get_by_text("Open a key result").click()
    expect(page.get_by_label("Which promise is it bound to?")).to_have_value("watch-course/plays")
    page.get_by_label("What is to be reached, in a sentence?").fill(HOSTILE)
    page.get_by_label("share of the error budget that is left at the end").check()
    page.get_by_label("Where is it to be at the end?").fill("60")
    page.get_by_label("Where is it now?").fill("10%")
    page.get_by_role("button", name="Open the key result").click()
    expect(page.get_by_role("alert")).to_contain_text("`60` is not a share")
    expect(page.get_by_label("What is to be reached, in a sentence?")).to_have_value(HOSTILE)
    page.get_by_label("Where is it to be at the end?").fill("60%")
    page.get_by_role("button", name="Open the key result").click()
    expect(page.locator("h1")).to_have_text(HOSTILE)
    assert page.title().startswith("<script>")
    expect(page.locator("main")).to_contain_text("of the error budget is left.")
    expect(page.locator("table")).to_contain_text(re.compile(r"behind|on track"))
    address = page.url.partition("?")[0]
    page.get_by_text("Change the key result").first.click()
    expect(page.get_by_label("Where is it to be at the end?")).to_have_value("60 %")
    page.get_by_label("Where is it to be at the end?").fill("5%")
    page.get_by_label("Who sees to it?").fill("Mori & <b>Abe</b>")
    page.get_by_label("Why? (it is kept)").fill("Sato <i>left</i>")
    page.get_by_role("button", name="Change the key result").click()
    expect(page.get_by_role("alert")).to_contain_text("the target is not above the start")
    expect(page.get_by_label("Who sees to it?")).to_have_value("Mori & <b>Abe</b>")
    page.get_by_label("Where is it to be at the end?").fill("50%")
    page.get_by_role("button", name="Change the key result").click()
    changes = page.get_by_role("region", name="What was changed")
    expect(changes).to_contain_text("Target: 60 % → 50 %")
    expect(changes).to_contain_text("→ Mori & <b>Abe</b>")
    expect(changes).to_contain_text("Sato <i>left</i>")
    stale = {"title": "x", "owner": "x", "target": "70%", "text": "x", "seen": "0"}
    assert page.request.post(f"{address}/change", form=stale).status == 409
    faults = [one for one in page.faults if "status of 422" not in one]  # type: ignore[attr-defined]
    assert faults == []

    with browser.new_context(locale="ja") as another:
        member = own.as_role("member", "learning").visit(
            another, address.removeprefix(own.address) + "?lang=ja"
        )
        expect(member.locator("main")).to_contain_text(re.compile(r"エラーバジェットの残りは.+%です。"))
        member.get_by_label("何を学びましたか").fill("トークンの期限切れが原因だった")
        member.get_by_role("button", name="KRを終了する").click()
        expect(member.locator("dl.pairs")).to_contain_text("トークンの期限切れが原因だった")
        assert member.get_by_role("button", name="KRを終了する").count() == 0
        for act in ("change", "close"):
            again = {"title": "x", "owner": "x", "target": "70%", "text": "もう一度"}
            assert member.request.post(f"{address}/{act}", form=again).status == 422
        member.goto(f"{own.address}/results?lang=ja")
        expect(member.locator("main")).not_to_contain_text("{{ 7 * 7 }}")
        member.get_by_role("link", name="終了したものも").click()
        expect(member.locator("main")).to_contain_text("{{ 7 * 7 }}")
        assert member.faults == []  # type: ignore[attr-defined]

    with browser.new_context() as third:
        viewer = own.as_role("viewer").visit(third, "/results?lang=en")
        assert viewer.locator("form[method=post][action='/results']").count() == 0
        refused = viewer.request.post(
            f"{own.address}/results", form={"objective": "watch-course/plays", "title": "x"}
        )
        assert refused.status == 403
        assert viewer.request.get(f"{own.address}/results/999999?lang=en").status == 404
        assert viewer.request.post(f"{address}/change", form={"target": "70%"}).status == 403
    page.goto(f"{own.address}/audit?lang=en")
    expect(page.locator("main")).to_contain_text("closed a key result")
    expect(page.locator("main")).to_contain_text("changed a key result")
    page.goto(f"{own.address}/history?lang=en")
    expect(page.locator("main")).to_contain_text("changed the key result “<script>")
    page.goto(own.address)
    expect(page.locator(".home-sums")).to_contain_text("key results are behind")


def test_the_api_answers_as_the_command(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, "/results")
    asked = {
        "title": "By a program",
        "objective": "enrol/fast",
        "measure": "sli",
        "start": "90%",
        "target": "99%",
    }
    made = page.request.post(f"{own.address}/api/v1/results", data=asked)
    assert made.status == 201
    result = made.json()
    assert (result["journey"], result["start"], result["target"]) == ("enrol", 0.9, 0.99)
    assert result["value"] == result["part"] / result["whole"]
    number = result["result"]
    assert page.request.get(f"{own.address}/api/v1/results/{number}").json()["title"] == "By a program"
    listed = page.request.get(f"{own.address}/api/v1/results?objective=enrol/fast").json()["results"]
    assert [one["result"] for one in listed] == [number]
    then = page.request.get(f"{own.address}/api/v1/results?objective=enrol/fast&at=now-1h").json()
    assert then["results"] == []
    change = f"{own.address}/api/v1/results/{number}/change"
    changed = page.request.post(change, data={"text": "too much", "target": "97%", "seen": result["last"]})
    assert (changed.status, changed.json()["target"]) == (200, 0.97)
    assert changed.json()["changes"][0]["from"] == {"target": 0.99}
    assert page.request.post(change, data={"text": "nothing else"}).status == 400
    for act in ("change", "close"):
        stale = {"text": "x", "seen": result["last"], **({"owner": "x"} if act == "change" else {})}
        answer = page.request.post(f"{own.address}/api/v1/results/{number}/{act}", data=stale)
        assert answer.status == 409
    closed = page.request.post(
        f"{own.address}/api/v1/results/{number}/close", data={"text": "x", "seen": changed.json()["last"]}
    )
    assert (closed.status, closed.json()["closed"]["text"]) == (200, "x")
    wrong = page.request.post(f"{own.address}/api/v1/results", data={**asked, "target": "80%"})
    assert (wrong.status, "the target is not above the start" in wrong.text()) == (400, True)
