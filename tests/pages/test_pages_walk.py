"""Each page as people meet it: in both languages, light and dark, wide and narrow, full, empty and crowded.

Nothing may be wider than the window, nothing may complain on the console (the content policy does there), and axe
finds nothing that would keep somebody from using a page. A new page fails until it is in the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sites import Served
from starlette.routing import Route

from tabiji import definitions, store
from tabiji.runs import achieving
from tabiji.web import pages
from tabiji.web.context import Context

# route → an address of it in the demo, and whether a workspace with nothing in it has it as well
PAGES = {
    "/": ("/", True),
    "/help": ("/help", True),
    "/journeys/{name}": ("/journeys/watch-course", False),
    "/journeys/{journey}/{objective}": ("/journeys/watch-course/plays", False),
    "/lines": ("/lines?objective=watch-course/plays&from=now-30d&to=now&bad=1", False),
    "/what-if": ("/what-if?objective=watch-course/plays&target=99.5%25", True),
    "/suggest": ("/suggest?objective=watch-course/plays", True),
    "/explore": ("/explore", True),
    "/compare": ("/compare?mark=4&minutes=1440", True),
    "/explore/operation": ("/explore/operation?source=web&operation=PlayVideo", False),
    "/incidents": ("/incidents", True),
    "/incidents/trends": ("/incidents/trends?at=", True),
    "/incidents/{number}": ("/incidents/1", False),
    "/postmortems": ("/postmortems", True),
    "/postmortems/{number}": ("/postmortems/1", False),
    "/alerts": ("/alerts", True),
    "/alerts/why": ("/alerts/why?objective=watch-course/plays", False),
    "/policies": ("/policies", True),
    "/policies/{name}": ("/policies/learning-budget", False),
    "/policies/{name}/past": ("/policies/learning-budget/past?when1=budget+below+20%25&name4=x", False),
    "/reviews": ("/reviews", True),
    "/reviews/{team}/{week}": ("/reviews/learning/{monday}", False),
    "/practice": ("/practice", True),
    "/practice/{team}": ("/practice/learning", False),
    "/voices": ("/voices", True),
    "/reports": ("/reports", True),
    "/reports/{kind}/{team}/{period}": ("/reports/weekly/all/latest", True),
    "/actions": ("/actions?state=all", True),
    "/actions/{number}": ("/actions/1", False),
    "/mission": ("/mission", True),
    "/mission/difference": ("/mission/difference?before=1", False),
    "/mission/edit": ("/mission/edit", True),
    "/roadmap": ("/roadmap?by=month", True),
    "/history": ("/history", True),
    "/results": ("/results", True),
    "/results/{number}": ("/results/{result}", False),
    "/support": ("/support", True),
    "/sources": ("/sources", True),
    "/sources/{source}": ("/sources/web", False),
    "/outbox": ("/outbox", True),
    "/workshops": ("/workshops", True),
    "/tokens": ("/tokens", True),
    "/sessions": ("/sessions", True),
    "/audit": ("/audit", True),
    "/settings": ("/settings", True),
    "/login": ("/login", True),
    "/api/docs": ("/api/docs", True),
}
# what pages are made of, what they lead to, and what only a form or a script asks for: tested beside its page
PARTS = (
    "/charts/",
    "/login/",
    "/support/",
    "/lines.",
    "/embed/",
    "/acknowledge/",
    "/workshops/",
    "/postmortems/{number}.md",
    "/reviews/{team}/{week}/events",
)
LOOKS = (("en", "light", 1280), ("ja", "dark", 1280), ("ja", "light", 390), ("en", "dark", 390))
SHOWN = os.environ.get("TABIJI_SCREENSHOTS")  # a folder: what README and docs show is made there


def last_monday() -> str:
    """The Monday of the last full week, where the demo is."""
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    return (today - timedelta(days=today.weekday() + 7)).isoformat()


def address(route: str, site: Served) -> str:
    """An address of a route's page in the demo; numbers that nobody knows beforehand are looked up."""
    path = PAGES[route][0].replace("{monday}", last_monday())
    if "{result}" in path:
        with store.open(definitions.load(site.folder, {}).store) as kept:
            path = path.replace("{result}", str(achieving.every(kept)[0].number))
    return path


def opened(
    browser: Browser, language: str, theme: str, width: int, *, scripts: bool = True
) -> BrowserContext:
    """A browser of somebody who reads this language, likes this theme, and has a window of this width."""
    return browser.new_context(
        locale=language,
        color_scheme="light" if theme == "light" else "dark",
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )


def problems(page: Page) -> Iterator[str]:
    """What is wrong with a page as it stands."""
    yield from (f"console: {one}" for one in page.faults)  # type: ignore[attr-defined]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"it is {wide} pixels wider than the window"
    for one in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        where = "; ".join(node["html"][:150] for node in one["nodes"][:3])
        yield f"axe: {one['id']}: {one['help']}: {where}"


def walk(site: Served, browser: Browser, path: str, looks: tuple[tuple[str, str, int], ...]) -> str:
    """All that is wrong with a page, whatever it looks like, a line each."""
    found = []
    for language, theme, width in looks:
        context = opened(browser, language, theme, width)
        page = site.visit(context, path)
        page.wait_for_load_state("load")
        settled(page)
        if page.locator("html").get_attribute("lang") != language:
            found.append(f"{language}: another language is spoken")
        found += [f"{language}, {theme}, {width}: {one}" for one in problems(page)]
        context.close()
    return "\n".join(found)


def settled(page: Page) -> None:
    """Waits until charts that are in sight are drawn."""
    expect(page.locator("figure.chart[aria-busy=true]")).to_have_count(0, timeout=30_000)


def routes(tmp_path: Path) -> set[str]:
    """The paths of all pages."""
    (tmp_path / "tabiji.yaml").write_text("timezone: UTC\n", "utf-8")
    site = definitions.load(tmp_path, {})
    with store.open(f"sqlite:///{tmp_path / 'tabiji.db'}") as kept:
        made = [route for room in pages.ROUTES for route in room(Context(kept, lambda: site)).routes]
    return {
        route.path
        for route in made
        if isinstance(route, Route) and "GET" in (route.methods or ()) and not route.path.startswith(PARTS)
    }


def test_every_page_is_walked_through(tmp_path: Path) -> None:
    assert routes(tmp_path) - set(PAGES) == set()


@pytest.mark.parametrize("route", PAGES)
def test_a_page_of_a_site_with_a_month_of_data(route: str, demo: Served, browser: Browser) -> None:
    assert walk(demo, browser, address(route, demo), LOOKS) == ""


@pytest.mark.parametrize("route", [route for route, (_, everywhere) in PAGES.items() if everywhere])
def test_a_page_of_a_site_with_nothing_in_it(route: str, empty: Served, browser: Browser) -> None:
    path = PAGES[route][0].partition("?")[0]
    assert walk(empty, browser, path, (LOOKS[0], LOOKS[2])) == ""


CROWDED = {
    "/": "/",
    "/journeys/{journey}": "/journeys/{journey}",
    "/journeys/{journey}/{objective}": "/journeys/{journey}/{objective}",
    "/what-if": "/what-if?objective={journey}/{objective}",
    "/explore": "/explore",
    "/incidents": "/incidents",
    "/alerts": "/alerts",
    "/reports": "/reports",
    "/reports/{kind}/{team}/{period}": "/reports/monthly/all/latest",
    "/support": "/support",
    "/sources": "/sources",
}


@pytest.mark.parametrize("route", CROWDED)
def test_a_page_of_a_site_with_300_journeys_of_long_names(route: str, many: Served, browser: Browser) -> None:
    site = definitions.load(many.folder, {})
    journey = site.journeys[0]
    path = CROWDED[route].format(journey=journey.name, objective=journey.objectives[0].name)
    assert walk(many, browser, path, (LOOKS[1], LOOKS[2])) == ""


@pytest.mark.parametrize("route", PAGES)
def test_a_page_without_scripts(route: str, demo: Served, browser: Browser) -> None:
    context = opened(browser, "ja", "light", 390, scripts=False)
    page = demo.visit(context, address(route, demo))
    assert page.locator("h1").count() == 1
    assert page.locator("main").inner_text().strip()
    context.close()


PICTURES = (  # name, address, language, theme
    ("home", "/", "en", "light"),
    ("journey", "/journeys/watch-course", "ja", "light"),
    ("objective", "/journeys/watch-course/plays", "en", "dark"),
    ("incident", "/incidents/1", "en", "light"),
    ("what-if", PAGES["/what-if"][0], "ja", "light"),
    ("support", "/support", "ja", "light"),
    ("explore", "/explore", "en", "dark"),
)


@pytest.mark.parametrize(("name", "path", "language", "theme"), PICTURES, ids=[one[0] for one in PICTURES])
def test_a_picture_of_the_documents(
    name: str, path: str, language: str, theme: str, demo: Served, browser: Browser, tmp_path: Path
) -> None:
    """What README and docs show is taken here: `just pictures`."""
    context = opened(browser, language, theme, 1280)
    page = demo.visit(context, path)
    settled(page)
    picture = (Path(SHOWN) if SHOWN else tmp_path) / f"{name}-{language}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 10_000
    context.close()
