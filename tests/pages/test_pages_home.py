"""The first page, a journey's page and the help, in a real browser: as a person comes to them."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, BrowserContext, Page
from sites import LONG, Served, expect


def shown(page: Page) -> list[str]:
    """The states of the journeys that are to be seen, in order."""
    found: list[str] = page.locator("tr[data-sought]:visible").evaluate_all(
        "rows => rows.map(row => row.dataset.state)"
    )
    return found


def fits(page: Page) -> bool:
    """Whether the page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_home_has_the_worst_first_and_filters_as_one_types(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/?lang=en")
    states = shown(page)
    order = ["exhausted", "burning", "at-risk", "no-data", "healthy", "trial"]
    assert len(states) == 6
    assert states == sorted(states, key=order.index)
    for state in ("exhausted", "burning", "at-risk", "no-data", "healthy"):
        said = page.locator(f".counts a[data-state={state}] b").inner_text()
        assert int(said) == states.count(state)
    expect(page.locator("#found")).to_have_text("6 in all")
    page.get_by_label("Search").fill("ＷＡＴＣＨ")  # wide letters, as Japanese keyboards give them
    expect(page.locator("tr[data-sought]:visible")).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 of 6")
    page.get_by_label("Search").fill("certificatemailer")  # an operation of one of its steps
    expect(page.locator("tr[data-sought]:visible th a")).to_have_text("Get the certificate")
    page.get_by_label("Search").fill("")
    page.get_by_label("Team").select_option("growth")
    assert page.url.endswith("/?lang=en&team=growth")
    expect(page.locator("tr[data-sought]:visible")).to_have_count(1)
    page.reload()
    expect(page.get_by_label("Team")).to_have_value("growth")
    expect(page.locator("tr[data-sought]:visible th a")).to_have_text("Enrol in a course")
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("tr[data-sought]:visible")).to_have_count(6)
    page.locator("tr[data-sought]:visible th a").first.click()
    expect(page).to_have_url(re.compile("/journeys/"))
    assert page.faults == []  # type: ignore[attr-defined]


def test_home_filters_without_scripts(demo: Served, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = demo.visit(context, "/?lang=en")
    page.get_by_label("Search").fill("quiz")
    page.get_by_role("button", name="Show").click()
    assert "q=quiz" in page.url
    expect(page.locator("tr[data-sought]:visible")).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 of 6")
    page.goto(demo.address + "/?q=nothing+like+this")
    expect(page.get_by_text("No journey is like that.")).to_be_visible()
    context.close()


def test_a_journeys_page_in_japanese(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/journeys/watch-course?lang=ja")
    expect(page.get_by_role("heading", level=1)).to_have_text("コースを視聴する")
    expect(page.locator(".path-step h3")).to_have_text(
        ["コースを開く", "動画を再生する", "学習の進み具合を記録する"]
    )
    page.get_by_role("link", name="視聴が最後までうまくいく").last.click()
    expect(page).to_have_url(re.compile("objective=available"))
    shares = [int(text.rstrip("%")) for text in page.locator(".path-share b").all_inner_texts()]
    assert sum(shares) == 100
    expect(page.locator("table.operations tbody tr").first).to_be_visible()
    page.get_by_text("初めての方へ").click()
    expect(page.get_by_text("目標の範囲で許される失敗の量です。")).to_be_visible()
    expect(page.locator("#definition")).to_have_text("定義")
    expect(page.locator(".code pre").last).to_contain_text("journey: watch-course")
    assert page.goto(f"{demo.address}/journeys/watch-course?from=now-90d").status == 200  # type: ignore[union-attr]
    page.goto(f"{demo.address}/help")
    expect(page.get_by_role("heading", level=1)).to_have_text("このページの見かた")
    assert fits(page)
    assert page.faults == []  # type: ignore[attr-defined]


def test_what_there_is_not(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context)
    answer = page.goto(f"{demo.address}/journeys/nothing")
    assert answer is not None
    assert answer.status == 404
    assert page.goto(f"{demo.address}/journeys/enrol?from=yesterday").status == 422  # type: ignore[union-attr]


def test_an_empty_workspace_says_what_will_be_and_how(empty: Served, context: BrowserContext) -> None:
    page = empty.visit(context, "/?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is promised yet")
    expect(page.locator(".code pre").first).to_contain_text("tabiji init my-site --from")
    page.goto(f"{empty.address}/?lang=ja")
    expect(page.get_by_role("heading", level=1)).to_have_text("目標がまだありません")
    assert page.faults == []  # type: ignore[attr-defined]


def test_300_journeys_of_long_names_fit_a_phone(many: Served, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ja")
    page = many.visit(context, "/?lang=ja")
    assert fits(page)
    states = shown(page)
    assert len(states) == 300
    assert {"exhausted", "at-risk", "no-data", "healthy", "trial"} <= set(states)
    quiet = page.locator("tr[data-state=no-data] .chip").first
    expect(quiet).to_have_class(re.compile("is-no-data"))  # which is never green
    expect(quiet).to_have_text("データなし")
    page.locator(".counts a[data-state=exhausted]").click()
    assert set(shown(page)) == {"exhausted"}
    page.goto(f"{many.address}/journeys/journey-006")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{LONG}その6")
    assert fits(page)
    context.close()
