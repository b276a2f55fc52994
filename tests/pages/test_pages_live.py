"""An open page renews itself when something was judged, and leaves alone what somebody is using."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from sites import Served, served

SITE = "timezone: UTC\nsources:\n  web: {format: nginx, paths: [access.log]}\n"
JOURNEY = """\
journey: buy
title: Buy a book
steps: {pay: {title: Pay, events: "operation = 'GET /pay'"}}
objectives: {available: {title: Paying works, good: status < 500, target: 50%}}
"""
SECONDS_MAX = 150_000  # ms: a minute is judged some seconds after it is over


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop whose log has nothing in it yet."""
    folder = tmp_path_factory.mktemp("live")
    (folder / "journeys").mkdir()
    (folder / "journeys" / "buy.yaml").write_text(JOURNEY, "utf-8")
    (folder / "tabiji.yaml").write_text(SITE, "utf-8")
    (folder / "access.log").touch()
    with served(folder) as site:
        yield site
    shutil.rmtree(folder)


def requests(folder: Path, count: int, status: int) -> None:
    """So many requests, now."""
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    with (folder / "access.log").open("a", encoding="utf-8") as log:
        log.write(f'192.0.2.1 - - [{at}] "GET /pay HTTP/1.1" {status} 5 "-" "-"\n' * count)


def test_an_open_page_shows_what_came_since_and_keeps_what_is_typed(
    shop: Served, context: BrowserContext
) -> None:
    home, journey = shop.visit(context, "/"), shop.visit(context, "/journeys/buy")
    row = home.locator("tr[data-sought]")
    expect(row).to_contain_text("no data")
    search = home.get_by_label("Search")
    search.fill("nothing of this name")
    expect(row).to_be_hidden()
    requests(shop.folder, 20, 200)
    requests(shop.folder, 20, 502)
    search.fill("")
    journey.bring_to_front()
    expect(journey.locator(".head .chip")).to_contain_text("exhausted", timeout=SECONDS_MAX)
    home.bring_to_front()
    home.locator("h1").click()  # nobody uses the field any more
    expect(row).to_contain_text("exhausted", timeout=SECONDS_MAX)
    home.get_by_label("Search").fill("no such journey")
    expect(home.locator("tr[data-sought]")).to_be_hidden()
    assert home.faults == []  # type: ignore[attr-defined]
    assert journey.faults == []  # type: ignore[attr-defined]
