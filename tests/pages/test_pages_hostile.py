"""Hostile strings as path, agent, label, name, note; in pages, charts, CSV, messages: nothing of them is run (T25)."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page
from sites import Served, served

from tabiji.notify import plain

OWN = (
    "<script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=1>',
    "'-window.hit=1-'",
    "</script><svg onload=window.hit=1>",
    "</title><script>window.hit=1</script>",
    "javascript:window.hit=1",
    "{{7*7}}${7*7}<%= 7*7 %>{0}{x}%s",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "\u202egnp.exe\u2066",
    "Z\u0351\u036b\u0343\u036aA\u0321L\u0348G\u0340O",
    "<!channel> <@U123> @here @everyone",
    "a" * 2000,
)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "hostile" / "blns.txt"
FORMULA = re.compile(r"[=+\-@\t\r]")
SITE = """\
timezone: UTC
sources:
  web:
    format: json
    paths: [web.log]
    fields: {time: time, status: status, operation: operation, error: error, agent: agent, duration: took}
    operation: operation
    error: error
    labels: {agent: agent}
teams: {shop: {title: "<script>window.hit=1</script>team"}}
"""


def strings() -> list[str]:
    """Our own, and where it is there, the big list of naughty strings."""
    found = list(OWN)
    if SHARED.is_file():
        lines = SHARED.read_text("utf-8").split("\n")
        found += [line for line in lines if line.strip() and not line.startswith("#")]
    return found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site where every name that somebody else may choose is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "journeys").mkdir()
    now = time.time()
    lines = []
    for number, text in enumerate(strings()):
        for back in range(3):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 600 - 60 * back - number % 60))
            event = {
                "time": at,
                "status": 500 if back else 200,
                "operation": text,
                "error": text,
                "agent": text,
            }
            lines.append(json.dumps(event | {"took": 0.2}, ensure_ascii=False) + "\n")
    (folder / "web.log").write_text("".join(lines), "utf-8")
    (folder / "tabiji.yaml").write_text(SITE, "utf-8")
    for number, text in enumerate(OWN[:-1]):
        title = json.dumps(text)  # JSON's strings are YAML's
        journey = (
            f"journey: j{number}\ntitle: {title}\nteam: shop\nwhy: {title}\n"
            f"steps: {{all: {{title: {title}, events: \"kind = 'request'\"}}}}\n"
            f"objectives: {{works: {{title: {title}, good: status < 500, target: 50%}}}}\n"
        )
        (folder / "journeys" / f"j{number}.yaml").write_text(journey, "utf-8")
    with served(folder) as site:
        yield site


def opened(site: Served, path: str, **body: str) -> httpx2.Response:
    """What a form sends, by the site's admin."""
    headers = {**site.headers, "Origin": site.address, "Accept": "text/html"}
    return httpx2.post(site.address + path, headers=headers, data=body, timeout=60)


PAGES = (
    "/",
    "/?q={q}",
    "/journeys/j0",
    "/journeys/j1/works",
    "/journeys/j3/works?operation={q}",
    "/lines?objective=j0/works&from=now-1d&to=now&bad=1",
    "/what-if?objective=j2/works&good={q}",
    "/explore",
    "/explore?q={q}",
    "/explore/operation?source=web&operation={q}",
    "/incidents",
    "/incidents/1",
    "/alerts",
    "/reports",
    "/reports/weekly/all/latest",
    "/reports/monthly/all/latest",
    "/alerts/why?objective=j4/works",
    "/support?doing={q}&when={q}",
    "/sources",
    "/sources/web",
    "/audit?who={q}",
    "/settings",
    "/outbox",
    "/embed/journeys/j3",
)


def watched(page: Page, address: str) -> list[str]:
    """What must not happen while a page is open: a dialog, a request to somebody else."""
    seen: list[str] = []
    page.on("dialog", lambda dialog: (seen.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((address, "data:", "blob:")) else seen.append(asked.url),
    )
    return seen


def test_nothing_that_is_shown_is_run(hostile: Served, context: BrowserContext) -> None:
    for text in OWN[:5]:
        httpx2.post(
            f"{hostile.address}/api/v1/incidents", headers={**hostile.headers, "Origin": hostile.address},
            json={"journey": "j0", "reason": text, "at": "now-20m"}, timeout=60,
        )  # fmt: skip
        opened(hostile, "/incidents/1/note", text=text)
    page = hostile.visit(context)
    seen = watched(page, hostile.address)
    found: list[str] = []
    for path in PAGES:
        for text in OWN[:5] if "{q}" in path else OWN[:1]:
            page.goto(hostile.address + path.format(q=quote(text[:200], safe="")))
            page.wait_for_load_state("load")
            if page.evaluate("window.hit") is not None:
                found.append(f"{path} ran {text!r}")
    faults = [one for one in page.faults if "status of 4" not in one]  # type: ignore[attr-defined]
    assert (found, seen, faults) == ([], [], [])


def test_names_are_shown_as_they_are_written(hostile: Served, context: BrowserContext) -> None:
    page = hostile.visit(context, "/journeys/j0")
    assert page.locator("h1").inner_text() == OWN[0]
    page = hostile.visit(context, "/explore")
    assert OWN[1] in page.locator("main").inner_text()


def test_pictures_of_charts_hold_nothing_that_runs_or_leads_away(hostile: Served) -> None:
    for chart in ("burn-down", "bad", "latency"):
        answer = httpx2.get(
            f"{hostile.address}/charts/objectives/j1/works/{chart}.svg", headers=hostile.headers, timeout=60
        )
        assert answer.status_code == 200
        for element in ElementTree.fromstring(answer.content).iter():
            tag = element.tag.rpartition("}")[2].lower()
            names = [name.rpartition("}")[2].lower() for name in element.attrib]
            assert tag not in ("script", "foreignobject", "image", "a", "iframe")
            assert [name for name in names if name.startswith("on") or name == "href"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/charts/objectives/j7/works/bad.csv",
        "/charts/objectives/j10/works/burn-down.csv",
        "/charts/operations/traffic.csv?source=web&operation=%2B1%2B1",
        "/lines.csv?objective=j7/works&from=now-1d&to=now",
    ],
)
def test_no_cell_of_a_table_is_a_formula(hostile: Served, path: str) -> None:
    answer = httpx2.get(hostile.address + path, headers=hostile.headers, timeout=60)
    assert answer.status_code == 200, answer.text
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    numbers = re.compile(r"[+\-]?[0-9.,]+")
    assert [cell for cell in cells if FORMULA.match(cell) and not numbers.fullmatch(cell)] == []


def test_messages_call_nobody_and_link_nowhere() -> None:
    live = re.compile(r"<[!@#]|(?<![\w.])@\w|https?://|javascript:", re.IGNORECASE)
    assert [text for text in strings() if live.search(plain.calm(text))] == []
