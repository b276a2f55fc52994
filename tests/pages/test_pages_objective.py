"""From a promise to what another would have been, from its numbers to their lines."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sites import Served, served

from tabiji.web.pages.lines import cell

PLAYS = "watch-course/plays"
SINCE = "now-40d"


def tabiji(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tabiji", *words, "-C", str(folder)], capture_output=True, text=True
    )


def number(text: str) -> int:
    return int(text.replace(",", ""))


def rows(page: Page, name: str) -> dict[str, tuple[int, int]]:
    """Value → (events, bad) of a table on a promise's page."""
    found = page.get_by_label(name, exact=True).locator("tbody tr").all()
    cells = [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in found]
    return {one[0]: (number(one[1]), number(one[2])) for one in cells}


def test_a_target_is_tried_and_becomes_yaml_that_check_takes(
    demo: Served, context: BrowserContext, tmp_path: Path
) -> None:
    page = demo.visit(context, f"/journeys/{PLAYS}")
    page.get_by_role("link", name="What if it were another?").click()
    page.get_by_role("textbox", name="Target", exact=True).fill("99.5%")
    page.get_by_role("button", name="Show what it would have been").click()
    assert parse_qs(urlsplit(page.url).query) == {"objective": [PLAYS], "target": ["99.5%"]}
    expect(page.get_by_text("Changed like this, the promise")).to_be_visible()
    expect(page.get_by_label("journeys/watch-course.yaml")).to_contain_text("+    target: 99.5%")
    page.get_by_text("The whole file").click()
    text = page.get_by_label("The whole file").inner_text()
    folder = tmp_path / "changed"
    shutil.copytree(demo.folder, folder, ignore=shutil.ignore_patterns("logs", "tabiji.db*"))
    path = folder / "journeys" / "watch-course.yaml"
    before = path.read_text("utf-8")
    path.write_text(text.rstrip("\n") + "\n", "utf-8")
    assert [line for line in text.splitlines() if line not in before.splitlines()] == ["    target: 99.5%"]
    assert (checked := tabiji(folder, "check")).returncode == 0, checked.stderr
    assert page.faults == []  # type: ignore[attr-defined]


def test_what_is_wrong_stands_at_its_field(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"/what-if?objective={PLAYS}")
    page.get_by_label("Good events take at most").fill("123ms")
    page.get_by_role("button", name="Show what it would have been").click()
    field = page.get_by_label("Good events take at most")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "Two digits count exactly, such as 800ms or 1.5s. Empty: no limit. `123ms` can't be counted exactly: a limit "
        "has two significant digits; the nearest are `120ms` and `130ms`"
    )
    expect(page.locator("pre.caret")).to_have_text("    faster_than: 123ms\n                 ^")
    expect(page.get_by_text("It can't be taken as it is")).to_be_visible()


def standing(site: Served, at: str) -> str:
    """What the command says of the objective at a moment, in the words of the page."""
    status = json.loads(tabiji(site.folder, "status", PLAYS, "--at", at, "--json").stdout)["objectives"][0]
    return f"{status['bad']:,} bad of {status['total']:,} events"


def test_numbers_narrow_and_agree_with_the_commands(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"/journeys/{PLAYS}?from={SINCE}")
    by_error = rows(page, "By Error")
    counted = json.loads(
        tabiji(
            demo.folder,
            *("count", "--by", "error", "--from", SINCE, "--json"),
            *("--where", "operation = 'PlayVideo' and status <> 499"),
        ).stdout
    )["rows"]
    assert {one["error"] or "(none)": one["events"] for one in counted} == {
        name: events for name, (events, _bad) in by_error.items()
    }
    whole = sum(bad for _events, bad in by_error.values())
    page.get_by_label("By Status", exact=True).get_by_role("link", name="502", exact=True).click()
    assert parse_qs(urlsplit(page.url).query)["status"] == ["502"]
    some = rows(page, "By plan")
    assert 0 < sum(bad for _events, bad in some.values()) < whole
    page.get_by_role("link", name="Without Status").click()
    assert rows(page, "By Error") == by_error
    page.get_by_role("link", name="its own window").click()
    looked = page.get_by_role("region", name="Which time do you look at?")
    judged = looked.get_by_role("time").last.get_attribute("datetime")
    assert judged is not None  # a page is of the last minute judged, which may be some minutes ago
    expect(page.get_by_text(standing(demo, judged)).first).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]


def test_a_number_opens_to_its_lines(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"/journeys/{PLAYS}?from={SINCE}")
    page.get_by_label("The worst days", exact=True).get_by_role("link").first.click()
    page.get_by_label("The worst hours", exact=True).get_by_role("link").first.click()
    (status, (_events, bad)), *_ = rows(page, "By Status").items()
    page.get_by_role("link", name=f"Log lines of {status}").click()
    expect(page.get_by_text("events were counted in this time")).to_contain_text(f"{bad:,} bad of")
    lines = page.locator(".log-text")
    expect(lines).to_have_count(min(bad, 100))
    assert all(f" {status} " in text for text in lines.all_inner_texts())
    with page.expect_download() as downloading:
        page.get_by_role("link", name="NDJSON").click()
    text = Path(downloading.value.path()).read_text("utf-8")
    found = [json.loads(line) for line in text.splitlines()]
    assert (len(found), {one["good"] for one in found}) == (bad, {False})
    page.goto(f"{page.url}&limit=1")
    first = lines.first.inner_text()
    page.get_by_role("link", name="The following ones").click()
    expect(lines).to_have_text([found[1]["line"]])
    assert first == found[0]["line"]


def test_lines_are_for_those_who_may_read_them(demo: Served, browser: Browser) -> None:
    viewer = demo.as_role("viewer")
    member = demo.as_role("member", "learning")
    context = browser.new_context()
    path = f"/lines?objective={PLAYS}&from=now-1h&bad=1"
    page = viewer.visit(context, path)
    expect(page.get_by_role("heading", name="Log lines can name customers")).to_be_visible()
    assert page.locator(".log-text").count() == 0
    for kind in ("csv", "ndjson"):
        url = f"{demo.address}{path.replace('/lines', f'/lines.{kind}')}"
        assert httpx2.get(url, headers=viewer.headers).status_code == 403
        assert httpx2.get(url, headers=member.headers).status_code == 200
    context.close()


HOSTILE = """\
timezone: UTC
sources:
  web:
    format: json
    paths: [web.log]
    fields: {time: t, status: status, op: op}
    operation: op
"""
JOURNEY = """\
journey: pay
steps: {pay: {events: "operation like '%'"}}
objectives:
  works: {good: status < 500, target: 99%, window: {calendar: month}}
  minutes: {good: status < 500, bad_minute: error_rate >= 1%, target: 99%, state: provisional}
"""


def test_hostile_lines_are_mere_text(tmp_path: Path, context: BrowserContext) -> None:
    lines = [
        {"t": "2026-03-01T00:00:01Z", "status": 500, "op": "<script>document.title='!'</script>"},
        {"t": "2026-03-01T00:00:02Z", "status": 500, "op": "a\u202eb", "more": "x" * 5000},
        {"t": "2026-03-01T00:00:03Z", "status": 200, "op": "=1+1"},
    ]
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text(HOSTILE, "utf-8")
    (tmp_path / "journeys" / "pay.yaml").write_text(JOURNEY, "utf-8")
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (tmp_path / "web.log").write_text(text, "utf-8")
    assert tabiji(tmp_path, "ingest").returncode == 0
    with served(tmp_path) as site:
        query = "objective=pay/works&from=2026-03-01&to=2026-03-01T00:01&bad=1"
        page = site.visit(context, f"/lines?{query}")
        shown = page.locator(".log-text").all_inner_texts()
        assert "<script>document.title='!'</script>" in shown[0]
        assert "a\\u{202e}b" in shown[1]
        assert (shown[1][-1], len(shown[1]) < 2100) == ("…", True)
        assert page.title() != "!"
        answer = httpx2.get(f"{site.address}/lines.csv?{query}", headers=site.headers)
        assert len(list(csv.reader(io.StringIO(answer.text)))) == 3
        (tmp_path / "web.log").unlink()
        page.reload()
        expect(page.get_by_text("Some lines can't be read any more")).to_be_visible()
        # promises of a calendar and about minutes, months without events, the past
        for path in (
            "/journeys/pay/works",
            "/journeys/pay/minutes?window=7d",
            "/journeys/pay/works?at=2026-03-01T12:00Z",
            "/journeys/pay/minutes?from=2026-03-01&to=2026-03-01T02:00",
            "/what-if?objective=pay/minutes&target=95%25&bad_minute=error_rate%20>%2050%25",
            f"/lines?{query.replace('works', 'minutes')}",
        ):
            answer = httpx2.get(f"{site.address}{path}", headers=site.headers, timeout=30)
            assert answer.status_code == 200, path


def test_what_spreadsheets_would_run_is_a_text() -> None:
    values = ["=1+1", "@x", "2026 GET /", 5, None, False]
    assert [cell(value) for value in values] == ["'=1+1", "'@x", "2026 GET /", 5, None, "false"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/journeys/watch-course/nope", 404),
        (f"/journeys/{PLAYS}?window=fortnight", 422),
        (f"/journeys/{PLAYS}?at=yesterday", 422),
        (f"/journeys/{PLAYS}?from=2026-02-01&to=2026-01-01", 422),
        ("/what-if?objective=nope", 404),
        ("/lines?objective=watch-course/nope", 404),
        (f"/lines?objective={PLAYS}&after=what", 200),
    ],
)
def test_what_is_not_there(path: str, status: int, demo: Served) -> None:
    answer = httpx2.get(
        f"{demo.address}{path}", headers={**demo.headers, "Accept": "text/html", "Accept-Language": "ja"}
    )
    assert (answer.status_code, '<html lang="ja"' in answer.text) == (status, True)
