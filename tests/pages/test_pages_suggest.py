"""Targets from calm days as a team meets them: what is proposed, which days were calm, and a word on them."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import BrowserContext
from sites import Served, expect, served

from tabiji import definitions, store
from tabiji.signals import Signal

PLAYS = "watch-course/plays"


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, with enquiries: ten a day, and forty eight days ago."""
    folder = tmp_path_factory.mktemp("suggest") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    now = int(time.time())
    with store.open(definitions.load(folder, {}).store) as kept:
        some = [Signal("enquiry", now - day * 86_400, str(day), 40 if day == 8 else 10) for day in range(90)]
        kept.signals.add(some, now)
    with served(folder) as site:
        yield site


def rise() -> str:
    """The day of the rise, in the demo's zone."""
    return (datetime.now(UTC) + timedelta(hours=9, days=-8)).date().isoformat()


def test_a_member_overrules_a_day_and_tries_the_target(own: Served, context: BrowserContext) -> None:
    page = own.as_role("member", "learning").visit(context, f"/journeys/{PLAYS}?lang=en")
    page.get_by_role("link", name="Which target is right?").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Which target for")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Proposed: ")
    expect(page.locator("td.is-rise")).to_have_count(1)
    page.get_by_role("link", name=re.compile("^Overrule")).first.click()
    expect(page.get_by_label("First day")).to_have_value(rise())
    page.get_by_label("Why", exact=True).fill("<b>a newsletter</b>")
    page.get_by_role("button", name="Say so").click()
    expect(page.locator("td.is-rise")).to_have_count(0)
    expect(page.locator("td.by-hand")).to_have_count(1)
    expect(page.get_by_text("called it calm: <b>a newsletter</b>")).to_be_visible()
    page.goto(page.url.replace("#days", "") + "&lang=ja")
    expect(page.get_by_role("heading", name="どの日が平穏だったか")).to_be_visible()
    page.get_by_role("link", name=re.compile("で試算$")).first.click()
    expect(page.locator("#target")).to_have_value(re.compile(r"^[\d.]+%$"))
    assert page.faults == []  # type: ignore[attr-defined]


def test_what_makes_no_sense_is_said_beside_its_field(own: Served, context: BrowserContext) -> None:
    page = own.visit(context, f"/suggest?objective={PLAYS}&lang=en")
    page.get_by_label("First day").fill("2020-01-01")
    page.get_by_label("Why", exact=True).fill("long ago")
    page.get_by_role("button", name="Say so").click()
    expect(page.locator("#fault-from")).to_contain_text("only days from")
    expect(page.get_by_label("Why", exact=True)).to_have_value("long ago")


def test_those_of_other_teams_may_look(own: Served, context: BrowserContext) -> None:
    stranger = own.as_role("member", "growth")
    page = stranger.visit(context, f"/suggest?objective={PLAYS}&lang=en")
    expect(page.get_by_role("button", name="Say so")).to_have_count(0)
    body = {"objective": PLAYS, "first": rise(), "word": "calm", "why": "x"}
    assert httpx2.post(f"{own.address}/suggest", data=body, headers=stranger.headers).status_code == 403


def test_programs_say_it_as_well(own: Served) -> None:
    address, said = f"{own.address}/api/v1/suggest", {"journey": "watch-course", "from": rise(), "to": rise()}
    ids = {"name": PLAYS}

    def word() -> object:
        (one,) = httpx2.get(address, params=ids, headers=own.headers).json()["suggestions"]
        return next(day["said"] for day in one["days"] if day["day"] == rise())

    done = httpx2.post(address, json={**said, "word": "not-calm", "why": "it was one"}, headers=own.headers)
    assert done.status_code == 201, done.text
    who = done.json()["who"]
    assert word() == {"word": "not-calm", "who": who, "why": "it was one"}
    body = {**said, "from": "2020-01-01", "to": "2020-01-01", "word": "calm", "why": "x"}
    assert httpx2.post(address, json=body, headers=own.headers).json()["detail"][0]["loc"] == ["body", "from"]
    unknown = {**said, "journey": "nowhere", "word": "calm", "why": "x"}
    assert httpx2.post(address, json=unknown, headers=own.headers).status_code == 404
    httpx2.post(address, json={**said, "word": "as-found", "why": "x"}, headers=own.headers)
    assert word() is None


def test_limits_of_latency_lead_to_what_if(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/suggest?objective=watch-course/fast&lang=en")
    expect(page.get_by_role("heading", name="Which limit, with 99 % as now")).to_be_visible()
    table = page.locator("section", has=page.get_by_role("heading", name="Which limit")).locator("table")
    table.get_by_role("link").first.click()
    expect(page.locator("#faster_than")).to_have_value(re.compile(r"^[\d.]+m?s$"))
    assert page.faults == []  # type: ignore[attr-defined]


def test_without_enquiries_the_ground_is_called_weak(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/?lang=en")
    page.get_by_role("link", name="Which target is right?").click()
    page.get_by_label("Promise", exact=True).select_option(PLAYS)
    page.get_by_role("button", name="Choose").click()
    expect(page.get_by_text("That is a weaker ground")).to_be_visible()
    expect(page.get_by_role("link", name="Take in a file")).to_have_attribute("href", "/voices#take-in")
    assert page.faults == []  # type: ignore[attr-defined]
