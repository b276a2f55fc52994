"""Reports as people read them: found from the first page, in both languages, taken along as files, printed on A4."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import BrowserContext
from sites import Served, expect, served

from tabiji import definitions, store
from tabiji.reports.periodic import packing, periods
from tabiji.runs.reporting import issuing
from tabiji.store import Store

WIDE, HIGH = 595, 842  # points: A4


@pytest.fixture(scope="module")
def own(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo once more, for tests that issue its reports."""
    folder = tmp_path_factory.mktemp("reports") / "demo"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("tabiji.db*"))
    with sqlite3.connect(demo_folder / "tabiji.db") as before, sqlite3.connect(folder / "tabiji.db") as after:
        before.backup(after)
    with served(folder) as site:
        yield site


def newest(opened: Store, zone: str) -> tuple[str, int]:
    """The newest week that is over in the demo, and a moment after it, in seconds."""
    last = (opened.extent() or (0, 0))[1]
    period = periods.last("weekly", last, zone)
    return period.key, last * 60


def test_a_report_is_found_read_and_taken_along(own: Served, context: BrowserContext) -> None:
    with store.open(definitions.load(own.folder, {}).store) as opened:
        key, _ = newest(opened, "Asia/Tokyo")
    page = own.visit(context, "/?lang=en")
    page.get_by_role("link", name="Reports").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports")
    page.get_by_label("Team").select_option("learning")
    page.get_by_role("button", name="Show").click()
    row = page.locator("tr", has_text=key)
    expect(row).to_contain_text("not issued")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"^Week of .*: Learning$"))
    expect(page.get_by_role("heading", name="Every promise, against the week before")).to_be_visible()
    expect(page.locator(".report table").first).to_contain_text("Watch a course: Videos start")
    with page.expect_download() as loading:
        page.get_by_role("link", name="JSON").click()
    report = packing.read(Path(loading.value.path()).read_text("utf-8"))
    assert (report.team, report.period.key, report.so_far) == ("learning", key, False)
    page.goto(f"{own.address}/reports/monthly/all/latest?lang=ja")
    expect(page.get_by_role("heading", level=1)).to_contain_text("の月次レポート")
    expect(page.get_by_role("heading", name="ユーザーへの影響")).to_be_visible()
    expect(page.get_by_role("link", name="すべてのレポート")).to_be_visible()
    assert page.faults == []  # type: ignore[attr-defined]


def test_an_issued_report_is_marked_and_says_what_was_revised(own: Served, context: BrowserContext) -> None:
    site = definitions.load(own.folder, {})
    with store.open(site.store) as opened:
        key, now = newest(opened, site.timezone)
        period = periods.named("weekly", key, site.timezone)
        assert period is not None
        issuing.issue(site, opened, period, None, now, {})
        (kept,) = opened.issued.of("weekly", "", period.start, period.end)
        other = json.loads(kept.document)
        other["alerts"]["pages"] += 3
        opened.issued.add(
            type(kept)("weekly", "", period.start, period.end, json.dumps(other, sort_keys=True), now + 60)
        )
    page = own.visit(context, "/reports?lang=en")
    expect(page.locator("tr", has_text=key)).to_contain_text("revised")
    page.goto(f"{own.address}/reports/weekly/all/{key}?lang=en")
    expect(page.locator(".revised").first).to_contain_text("Revised on ")
    expect(page.locator(".revised").last).to_contain_text(
        f"alerts: alerts that call somebody {other['alerts']['pages'] - 3} → {other['alerts']['pages']}"
    )
    page.get_by_role("link", name="Make it again from what is known now").click()
    expect(page.locator(".revised")).to_have_text(re.compile("^As issued on "))
    assert page.faults == []  # type: ignore[attr-defined]


PASSING = {
    "en": ("It is not issued", "Issue it", "As issued on ", "Send it", re.compile(r"sent it to chat\.")),
    "ja": ("未発行です", "発行する", " に発行した内容です", "送信", re.compile(r"がchatへ送信。")),
}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_report_is_issued_and_sent(language: str, own: Served, context: BrowserContext) -> None:
    not_issued, issue, issued, send, sent = PASSING[language]
    team = {"en": "learning", "ja": "all"}[language]
    path = own.folder / "tabiji.yaml"
    if "chat:" not in path.read_text("utf-8"):
        told = 'notifications: {receivers: {chat: {webhook: "http://127.0.0.1:9/x"}}}\n'
        path.write_text(path.read_text("utf-8") + told, "utf-8")
    page = own.visit(context, f"/reports/monthly/{team}/latest?lang={language}")
    acts = page.locator(".report-acts")
    for _try in range(100):  # until the definitions are read again
        if acts.get_by_role("combobox").count():
            break
        page.wait_for_timeout(100)
        page.reload()
    expect(acts).to_contain_text(not_issued)
    acts.get_by_role("button", name=issue, exact=True).click()
    expect(page.locator(".revised")).to_contain_text(issued)
    expect(acts.get_by_role("button", name=issue, exact=True)).to_have_count(0)
    acts.get_by_role("button", name=send, exact=True).click()
    expect(acts).to_contain_text(sent)
    page.goto(f"{own.address}/audit?lang=en")
    expect(page.locator("main")).to_contain_text("sent a report")
    expect(page.locator("main")).to_contain_text("issued a report")
    assert page.faults == []  # type: ignore[attr-defined]
    with store.open(definitions.load(own.folder, {}).store) as opened:
        assert [one.message.receiver for one in opened.delivering.posted(["pending"])][-1:] == ["chat"]


@pytest.mark.parametrize("kind", periods.KINDS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_report_prints_on_a4(
    kind: str, language: str, own: Served, context: BrowserContext, tmp_path: Path
) -> None:
    page = own.visit(context, f"/reports?lang={language}")
    with page.expect_download() as loading:
        page.locator(f'a[href^="/reports/{kind}/"][href$=".html"]').first.click()
    path = tmp_path / "report.html"
    shutil.copy(loading.value.path(), path)
    page.goto(path.as_uri())
    assert page.locator("img").evaluate_all("all => all.every(one => one.naturalWidth > 0)")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # of a sheet, between its margins
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    printed = page.pdf(prefer_css_page_size=True)
    boxes = {
        tuple(round(float(n)) for n in box.split()) for box in re.findall(rb"/MediaBox \[([^]]+)\]", printed)
    }
    assert boxes == {(0, 0, WIDE, HIGH)}
    assert page.faults == []  # type: ignore[attr-defined]


NOT_THERE: dict[str, tuple[str, str]] = {
    "no period": ("/reports/weekly/all/2026-06", "There is no report “2026-06”."),
    "no form": ("/reports/weekly/all/2026-W23.pdf", "There is no report “2026-W23.pdf”."),
    "no team": ("/reports/weekly/nobody/latest", "There is no team “nobody”."),
    "no team in the list": ("/reports?team=nobody", "There is no team “nobody”."),
    "to come": ("/reports/monthly/all/2199-01", "The period 2199-01 has not begun yet."),
}


@pytest.mark.parametrize(("path", "message"), NOT_THERE.values(), ids=NOT_THERE.keys())
def test_what_is_not_there(path: str, message: str, demo: Served) -> None:
    answer = httpx2.get(demo.address + path, headers=demo.headers | {"Accept-Language": "en"})
    assert (answer.status_code, message in answer.text) == (404, True)


def test_the_api_has_the_same_document(demo: Served) -> None:
    headers = demo.headers
    document = httpx2.get(
        f"{demo.address}/api/v1/reports/weekly/latest?team=learning", headers=headers
    ).json()
    written = httpx2.get(f"{demo.address}/reports/weekly/learning/latest.json", headers=headers).text
    assert document == {**json.loads(written), "issued": [], "revised": False, "changes": []}
    assert httpx2.get(f"{demo.address}/api/v1/reports", headers=headers).json() == {"issued": []}
    assert httpx2.get(f"{demo.address}/api/v1/reports/weekly/2026-06", headers=headers).status_code == 404
    assert httpx2.get(f"{demo.address}/api/v1/reports/yearly/2026", headers=headers).status_code == 422
