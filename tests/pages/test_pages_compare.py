"""Two periods compared in the browser, in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from sites import Served


@pytest.mark.parametrize(
    ("language", "lead", "what", "button"),
    [
        ("en", "What changed between two periods, or since a deployment?", "slower", "Compare"),
        ("ja", "二つの期間やデプロイの前後で、何が変わったか比べる", "遅くなった", "比較"),
    ],
)
def test_from_what_is_in_the_logs_to_what_a_deployment_did(
    demo: Served, browser: Browser, language: str, lead: str, what: str, button: str
) -> None:
    with browser.new_context(locale=language) as context:
        page = demo.visit(context, f"/explore?lang={language}")
        page.get_by_role("link", name=lead).click()
        marks = page.locator("#mark")
        label = marks.locator("option", has_text="web 2026.23:").inner_text()
        marks.select_option(label=label)
        page.locator("#minutes").select_option("1440")
        page.get_by_role("button", name=button).first.click()
        row = page.locator("section", has=page.locator("#changed")).locator("tr", has_text="CourseDetail")
        expect(row).to_contain_text(what)
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", name="CourseDetail")).to_be_visible()
        page.goto(f"{demo.address}/compare?before_from=now-1d&before_to=now&after_from=now-2h&after_to=now")
        expect(page.get_by_role("alert")).to_be_visible()
        assert [one for one in page.faults if "422" not in one] == []  # type: ignore[attr-defined]
