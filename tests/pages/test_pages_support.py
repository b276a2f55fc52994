"""Whoever has a customer on the phone finds the one answer: in the demo, and in a shop that logs who pays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sites import Served, served

import shop
from tabiji import definitions, store

JAPANESE = {"locale": "ja", "viewport": {"width": 390, "height": 844}}


def iso(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%MZ")


@pytest.fixture(scope="module")
def loud(demo_folder: Path) -> int:
    """A minute in the middle of what is known of the demo's loud incident, its first: of a tenth of the events, it is
    noticed later than of all."""
    with store.open(definitions.load(demo_folder, {}).store) as opened:
        loud = opened.incidents("watch-course")[0]
    assert loud.ended_minute is not None
    return (loud.started_minute + loud.ended_minute) // 2


@pytest.fixture(scope="module")
def paying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop in which paying fails for one customer, served."""
    folder = tmp_path_factory.mktemp("pages") / "shop"
    shop.write(folder, shop.lines(shop.only_one))
    with served(folder) as site:
        yield site


def test_the_loud_incident_is_an_outage_that_is_over(
    demo: Served, context: BrowserContext, loud: int
) -> None:
    page = demo.visit(context, "/support")
    page.get_by_label("When was it?").fill(iso(loud))
    page.get_by_label("What were they doing?").fill("play the vid")
    page.get_by_role("button", name="Look").click()
    answer = page.locator("#answer")
    expect(answer.get_by_role("heading")).to_have_text("It was an outage, and is over")
    expect(answer).to_contain_text("Watch a course")
    expect(answer.get_by_role("link", name="incident")).to_be_visible()
    expect(page.get_by_label("To read out", exact=True)).to_contain_text("I am sorry for the trouble")
    assert page.faults == []  # type: ignore[attr-defined]


def test_other_times_have_other_answers(demo: Served, context: BrowserContext, loud: int) -> None:
    page = demo.visit(context, f"/support?at={iso(loud - 300)}&what=watch-course/play")
    expect(page.locator("#answer .chip").first).to_have_text("nothing seen")
    page.goto(f"{demo.address}/support?at=2020-01-01")
    expect(page.locator("#answer")).to_contain_text("before the first event")
    page.goto(f"{demo.address}/support?at=2099-01-01")
    expect(page.locator("#answer")).to_contain_text("still to come")


def test_what_is_not_understood_is_asked_again(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/support")
    page.get_by_label("When was it?").fill("the other day")
    page.get_by_label("What were they doing?").fill("quick")
    page.get_by_label("Who is it?").fill("ab")
    page.get_by_role("button", name="Look").click()
    expect(page.locator("#at-fault")).to_contain_text("Write a time")
    expect(page.locator("#what-fault")).to_contain_text("called so")
    expect(page.locator("#who-fault")).to_contain_text("3 to 200")
    expect(page.locator("#answer")).to_have_count(0)


def test_a_customer_is_found_without_their_id_in_any_address(paying: Served, context: BrowserContext) -> None:
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))
    page = paying.visit(context, "/support")
    page.get_by_label("When was it?").fill(iso(shop.FIRST + 90))
    page.get_by_label("Who is it?").fill(shop.customer(3))
    page.get_by_role("button", name="Look").click()
    expect(page.locator("#answer .chip").first).to_have_text("only this customer")
    theirs = page.get_by_role("region", name="What this customer did")
    expect(theirs.get_by_role("row")).to_have_count(1 + 2 * 22)
    expect(theirs).to_contain_text("in the field user.id")
    theirs.get_by_text("The line", exact=True).first.click()
    expect(theirs.locator("pre").first).to_contain_text(shop.customer(3))
    assert not [one for one in addresses if shop.customer(3) in one]
    assert page.faults == []  # type: ignore[attr-defined]
    page.goto(f"{paying.address}/audit")
    expect(page.get_by_role("main")).not_to_contain_text(shop.customer(3))
    database = b"".join(path.read_bytes() for path in paying.folder.glob("tabiji.db*"))
    assert shop.customer(3).encode() not in database


def test_without_scripts_in_japanese_on_a_phone(paying: Served, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, **JAPANESE)  # type: ignore[arg-type]
    page = paying.visit(context, "/support")
    page.locator("#at").fill(iso(shop.FIRST + 90))
    page.locator("#who").fill(shop.customer(4))
    page.locator("button.main").click()
    expect(page.locator("#theirs")).to_be_visible(timeout=20_000)  # the page comes anew by itself
    expect(page.locator("#answer .chip").first).to_have_text("異常なし")
    expect(page.locator("#answer")).to_contain_text("ほかのお客様にも異常はありません")
    assert page.locator("html").evaluate("one => one.scrollWidth") <= 390
    context.close()


def test_a_viewer_gets_the_answer_and_no_lines(paying: Served, browser: Browser) -> None:
    viewer = paying.as_role("viewer")
    context = browser.new_context()
    page = viewer.visit(context, "/support")
    page.get_by_label("When was it?").fill(iso(shop.FIRST + 90))
    page.get_by_label("Who is it?").fill(shop.customer(3))
    page.get_by_role("button", name="Look").click()
    expect(page.locator("#answer .chip").first).to_have_text("only this customer")
    expect(page.get_by_role("region", name="What this customer did")).to_contain_text("POST /pay")
    expect(page.get_by_text("The line", exact=True)).to_have_count(0)
    found = page.url
    context.close()
    other = browser.new_context()
    page = paying.visit(
        other, found.removeprefix(paying.address)
    )  # somebody else's search is nobody's business
    expect(page.get_by_role("status")).to_contain_text("not kept any more")
    other.close()


def test_without_journeys_it_says_what_comes_first(empty: Served, context: BrowserContext) -> None:
    page = empty.visit(context, "/support")
    expect(page.locator("#answer .chip").first).to_have_text("no data")
    expect(page.get_by_role("heading", name="Journeys come first")).to_be_visible()
