"""Charts in a real browser: drawn without complaints, pointed at, as a table by the keyboard, and without scripts."""

from __future__ import annotations

import csv
import io
import json

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sites import Served

PLAYS = "/charts/objectives/watch-course/plays"
SINCE = "from=now-40d"
CHARTS = (
    f"{PLAYS}/burn-down",
    f"{PLAYS}/bad",
    f"{PLAYS}/burn-rates",
    f"{PLAYS}/latency",
    "/charts/journeys/watch-course/bad",
    "/charts/journeys/watch-course/latency",
    "/charts/incidents/1",
    "/charts/operations/traffic",
    "/charts/operations/latency",
)
DRAWN = "figure.chart.is-drawn canvas"


def query(chart: str) -> str:
    return f"?{SINCE}&source=web" if "operations" in chart else f"?{SINCE}"


def shown(browser: Browser, site: Served, path: str, width: int, theme: str, language: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        locale=language,
    )
    return site.visit(context, path)


@pytest.mark.parametrize(
    ("width", "theme", "language"), [(1280, "light", "en"), (390, "dark", "ja")], ids=["desk", "telephone"]
)
def test_every_chart_is_drawn_as_wide_as_there_is_room(
    width: int, theme: str, language: str, demo: Served, browser: Browser
) -> None:
    page = shown(browser, demo, CHARTS[0] + f".html{query(CHARTS[0])}", width, theme, language)
    for chart in CHARTS:
        page.goto(f"{demo.address}{chart}.html{query(chart)}")
        expect(page.locator(DRAWN)).to_be_visible(timeout=60_000)
        room, canvas = page.locator(".chart-view").bounding_box(), page.locator(DRAWN).bounding_box()
        assert room is not None
        assert canvas is not None
        assert (round(room["width"]), round(room["x"])) == (round(canvas["width"]), round(canvas["x"])), chart
        assert page.evaluate("document.documentElement.scrollWidth") <= width, chart
        if chart not in CHARTS[::4]:  # all have one structure
            continue
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [one["id"] for one in found] == [], chart
    assert page.faults == []  # type: ignore[attr-defined]
    page.context.close()


def test_what_is_pointed_at_is_said(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"{PLAYS}/bad.html?{SINCE}")
    expect(page.locator(DRAWN)).to_be_visible(timeout=60_000)
    room = page.locator(DRAWN).bounding_box()
    assert room is not None
    page.mouse.move(room["x"] + room["width"] * 0.7, room["y"] + 60)
    page.mouse.move(room["x"] + room["width"] * 0.7 + 2, room["y"] + 62)
    tip = page.locator(".chart-tip")
    expect(tip).to_be_visible()
    when, counted, promised, *_ = tip.locator("div").all_inner_texts()
    assert counted == "no data" or " attempts failed: " in counted
    assert (" – " in when, promised) == (True, "promised: at most 0.1 %")
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    assert page.faults == []  # type: ignore[attr-defined]


def test_a_chart_follows_its_window_and_its_theme(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"{PLAYS}/burn-down.html")
    expect(page.locator(DRAWN)).to_be_visible(timeout=60_000)
    with page.expect_response(lambda answer: ".json?" in answer.url and "theme=light" in answer.url):
        page.set_viewport_size({"width": 700, "height": 900})
    with page.expect_response(lambda answer: "theme=dark" in answer.url):
        page.emulate_media(color_scheme="dark")
    expect(page.locator(DRAWN)).to_have_count(1)
    assert page.faults == []  # type: ignore[attr-defined]


def test_the_keyboard_reaches_the_table(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"{PLAYS}/bad.html?{SINCE}")
    page.get_by_text("As a table", exact=True).focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("group", name="How much was bad, and of how many: table")
    expect(table.locator("tbody tr").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(table).to_be_focused()
    rows = table.locator("tbody tr")
    assert rows.count() > 100
    assert rows.first.locator("th").get_attribute("scope") == "row"
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(("theme", "looks"), [("light", "light"), ("dark", "dark")])
def test_without_scripts_there_is_an_image(theme: str, looks: str, demo: Served, browser: Browser) -> None:
    context = browser.new_context(
        java_script_enabled=False, color_scheme="dark" if theme == "dark" else "light"
    )
    page = demo.visit(context, f"{PLAYS}/bad.html?{SINCE}")
    image = page.locator(".chart-view img")
    expect(image).to_be_visible()
    assert (
        page.request.get(str(image.evaluate("one => one.currentSrc"))).headers["content-type"]
        == "image/svg+xml"
    )
    assert f"theme={looks}" in str(image.evaluate("one => one.currentSrc"))
    assert int(str(image.evaluate("one => one.naturalWidth"))) == 720
    context.close()


def test_a_chart_that_can_not_be_drawn_says_why_and_leads_to_its_table(
    demo: Served, context: BrowserContext
) -> None:
    context.route("**/*.json?*", lambda route: route.fulfill(status=503, json={"detail": "Not now."}))
    page = demo.visit(context, f"{PLAYS}/bad.html?{SINCE}")
    fault = page.locator(".chart-fault")
    expect(fault).to_be_visible(timeout=60_000)
    expect(fault).to_contain_text("The chart could not be drawn. Not now.")
    fault.get_by_role("link").click()
    expect(page.locator("main table tbody tr").first).to_be_visible()


def test_the_same_in_every_form(demo: Served) -> None:
    with httpx2.Client(base_url=demo.address, headers=demo.headers, timeout=60) as client:
        for chart in CHARTS:
            where = f"{chart}.{{}}{query(chart)}&lang=ja&theme=dark"
            spec = client.get(where.format("json"))
            assert spec.json()["$schema"].endswith("v6.json")
            assert spec.headers["cache-control"] == "private, max-age=60"
            assert "set-cookie" not in spec.headers, "the looks of a picture are nobody's choice"
            table = client.get(where.format("csv"))
            assert table.content.startswith("\ufeff".encode())
            rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
            assert rows[0][0] == "開始 (Asia/Tokyo)"
            assert len({len(row) for row in rows}) == 1
        svg = client.get(f"{PLAYS}/bad.svg?{SINCE}&lang=ja")
        assert (svg.headers["content-type"], "動画" in svg.text) == ("image/svg+xml", True)
        assert client.get(f"{PLAYS}/bad.png?{SINCE}").content[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/charts/objectives/nope/plays/bad.json", 404, "“nope” is not a journey."),
        ("/charts/objectives/watch-course/nope/bad.json", 404, "“nope” is not an objective of this journey."),
        (
            f"{PLAYS}/nope.json",
            404,
            "There is no chart “nope” of it; there are burn-down, bad, burn-rates, latency.",
        ),
        (f"{PLAYS}/bad.gif", 404, "A chart can be had as json, svg, png, csv, html."),
        (
            "/charts/journeys/watch-course/latency.json?step=nope",
            404,
            "“nope” is not a step of this journey.",
        ),
        ("/charts/incidents/first.json", 404, "“first” is not an incident."),
        ("/charts/operations/traffic.json?source=nope", 404, "Nothing was counted of this operation."),
        (
            "/charts/kept/nope.json",
            404,
            "This chart was made for a page, and is kept no longer. Load the page again.",
        ),
        (f"{PLAYS}/bad.json?width=wide", 422, "The width is a number of pixels."),
        (f"{PLAYS}/bad.json?from=now&to=now-1d", 422, "The end is not after the beginning."),
        (f"{PLAYS}/bad.json?from=1990-01-01", 422, "At most 1100 days can be looked at at once."),
        (
            f"{PLAYS}/bad.json?from=0001-01-01&to=0001-01-02",
            422,
            "`0001-01-01` is before 1970 or after 2286",
        ),
        (
            f"{PLAYS}/bad.json?from=2285-12-30&to=2285-12-31T23:59",
            422,
            "The time is too far ahead.",
        ),
    ],
)
def test_what_is_not_there_is_said(path: str, status: int, said: str, demo: Served) -> None:
    answer = httpx2.get(demo.address + path, headers=demo.headers | {"Accept-Language": "en"}, timeout=60)
    assert (answer.status_code, json.loads(answer.text)) == (status, {"detail": said})


def test_the_scripts_are_kept_for_ever_and_sent_packed(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, f"{PLAYS}/bad.html")
    address = page.locator("figure.chart").get_attribute("data-bundle")
    answer = httpx2.get(f"{demo.address}{address}", headers={"Accept-Encoding": "gzip"}, timeout=60)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "window.vegaEmbed" in answer.text
    plain = httpx2.get(f"{demo.address}{address}", headers={"Accept-Encoding": "identity"}, timeout=60)
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content, "the same each time, packed or not"
    assert httpx2.get(f"{demo.address}/static/charts/other/bundle.js", timeout=60).status_code == 404
