"""What users say, as support and teams meet it: taken in, written down, placed by hand, read beside the numbers."""

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
from playwright.sync_api import BrowserContext, FilePayload
from sites import Served, expect, served

from tabiji import definitions, store
from tabiji.signals import Signal

HOSTILE = "<script>document.title='x'</script> & <b>太字</b>"


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d 01:00")


@pytest.fixture
def own(demo_folder: Path, tmp_path: Path) -> Iterator[Served]:
    """The demo once more: an enquiry about videos, which its rules know, one of which nobody knows, and a voice."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    now = int(time.time())
    with store.open(definitions.load(folder, {}).store) as kept:
        kept.signals.add(
            [
                Signal("enquiry", now - 86_400, "1", text="動画が止まる", journey="watch-course"),
                Signal("enquiry", now - 90_000, "2", text=HOSTILE),
                Signal("voice", now - 86_400, "3", text="すぐに始まって快適", journey="watch-course"),
            ],
            now,
        )
    with served(folder) as site:
        yield site


def test_support_takes_in_a_file_and_says_what_one_is_about(own: Served, context: BrowserContext) -> None:
    page = own.as_role("member", "learning").visit(context, "/?lang=en")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Voices").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What users say")
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    page.get_by_role("link", name="Say what they are about").click()
    page.get_by_label("Which journey is 2 about?").select_option(label="Take a quiz")
    page.get_by_role("button", name="Say so").click()
    expect(page.get_by_role("heading", name="Nothing of this time")).to_be_visible()

    def take_in(rows: str) -> None:
        content = f"日時,件名,番号\n{rows}".encode("cp932")
        page.get_by_label("What it holds").select_option(label="enquiries")
        file = FilePayload(name="tickets.csv", mimeType="text/csv", buffer=content)
        page.get_by_label("A CSV file of at most 4 MB").set_input_files(file)
        page.get_by_role("button", name="Take it in").click()

    rows = f"{ago(2)},動画の音が出ない,T-1\ngestern,x,T-2\n"
    take_in(rows)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was taken in: 1 row is wrong.")
    expect(page.get_by_role("alert")).to_contain_text("line 3: `gestern` is not a time")
    page.get_by_label("Leave out rows that are wrong").check()
    take_in(rows)
    expect(page.get_by_role("status")).to_contain_text("1 new, 0 known already. 1 row was left out.")
    row = page.get_by_role("row", name=re.compile("動画の音が出ない"))
    expect(row.get_by_role("link", name="Watch a course")).to_be_visible()
    row.get_by_text("Remove", exact=True).click()
    row.get_by_role("button", name="Remove it for good").click()
    expect(page.get_by_text("動画の音が出ない")).to_have_count(0)
    assert all("422" in one for one in page.faults)  # type: ignore[attr-defined]


def test_a_voice_is_read_beside_the_numbers(own: Served, context: BrowserContext) -> None:
    page = own.as_role("member", "learning").visit(context, "/journeys/watch-course?lang=ja")
    said = page.locator("section", has=page.get_by_role("heading", name="ユーザーの反応"))
    expect(said.locator("q")).to_have_text(["すぐに始まって快適"])
    expect(said.get_by_text("動画が止まる")).to_be_visible()
    expect(said.locator("dl.numbers div").first).to_contain_text("問い合わせ")
    expect(said.get_by_text("少なくとも7日必要です")).to_be_visible()
    said.get_by_role("link", name="すべて見る").click()
    page.get_by_role("textbox", name="ユーザーの言葉").fill(HOSTILE)
    page.get_by_role("textbox", name="日時").fill("いつか")
    page.get_by_role("button", name="記録する").last.click()
    expect(page.locator("#fault-at")).to_contain_text("いつか")
    expect(page.get_by_role("textbox", name="ユーザーの言葉")).to_have_value(HOSTILE)
    page.get_by_role("textbox", name="日時").fill("")
    page.get_by_role("button", name="記録する").last.click()
    expect(page.locator("q").first).to_have_text(HOSTILE)
    page.goto(f"{own.address}/journeys/watch-course?lang=ja")
    expect(said.locator("q")).to_have_text([HOSTILE, "すぐに始まって快適"])
    assert page.title() != "x"


def test_words_of_letters_are_for_members(own: Served, context: BrowserContext) -> None:
    viewer = own.as_role("viewer")
    page = viewer.visit(context, "/voices?lang=en")
    expect(page.get_by_text("すぐに始まって快適")).to_be_visible()
    expect(page.get_by_text("for members of teams")).to_have_count(2)
    expect(page.get_by_text("動画が止まる")).to_have_count(0)
    expect(page.get_by_role("button", name="Keep it")).to_have_count(0)
    page.goto(f"{own.address}/journeys/watch-course?lang=en")
    expect(page.get_by_text("すぐに始まって快適")).to_be_visible()
    assert "動画が止まる" not in page.content()
    for path in ("/voices", "/voices/import", "/voices/sort", "/voices/2/place", "/voices/2/remove"):
        assert httpx2.post(own.address + path, data={"x": "y"}, headers=viewer.headers).status_code == 403
    assert page.faults == []  # type: ignore[attr-defined]


def test_where_nothing_is_known_it_says_what_to_do(
    empty: Served, demo: Served, context: BrowserContext
) -> None:
    page = empty.visit(context, "/voices?lang=en")
    expect(page.get_by_role("heading", name="Nothing is known of what users say")).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]
    page = demo.visit(context, "/journeys/enrol?lang=en")
    page.get_by_role("link", name="Do that").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What users say")


def test_an_incident_tells_how_many_wrote_meanwhile(own: Served, context: BrowserContext) -> None:
    page = own.as_role("member", "learning").visit(context, "/incidents/1?lang=en")
    users = page.locator("section", has=page.get_by_role("heading", name="What it means for users"))
    expect(users.get_by_text("enquiry about this journey came")).to_have_count(0)
    (incident,) = [
        one
        for one in httpx2.get(f"{own.address}/api/v1/incidents", headers=own.headers).json()["incidents"]
        if one["incident"] == 1
    ]
    entry = {"at": incident["started"], "text": "it hangs", "id": "9", "journey": "watch-course"}
    with store.open(definitions.load(own.folder, {}).store) as kept:
        secret = kept.tokens.create("helpdesk", ("signals",), int(time.time()))[1]
    done = httpx2.post(
        f"{own.address}/api/v1/signals/import?kind=enquiry",
        json={"signals": [entry]},
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert done.json()["new"] == 1
    page.reload()
    users.get_by_role("link", name=re.compile("^1 enquiry about this journey")).click()
    expect(page.get_by_text("it hangs")).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("journey=nowhere", 404, id="a journey that there is not"),
        pytest.param("from=sometime", 422, id="no time"),
        pytest.param("after=-1&kind=noise&new=x", 200, id="what means nothing is left out"),
    ],
)
def test_what_is_asked_for(query: str, status: int, demo: Served) -> None:
    assert httpx2.get(f"{demo.address}/voices?{query}", headers=demo.headers).status_code == status
