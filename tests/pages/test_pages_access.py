"""Signing in and out in a real browser, also without scripts; and what each role is offered."""

from __future__ import annotations

import json
import subprocess
import sys

from playwright.sync_api import Browser, Page
from sites import Served, expect


def link(site: Served, *words: str) -> str:
    """A new link that lets somebody in."""
    command = [
        sys.executable,
        "-m",
        "tabiji",
        "login",
        "-C",
        str(site.folder),
        "--address",
        site.address,
        "--json",
    ]
    done = subprocess.run([*command, *words], check=True, capture_output=True, text=True)
    found: str = json.loads(done.stdout)["link"]
    return found


def menu(page: Page) -> Page:
    page.locator("details.menu > summary").click()
    return page


def test_somebody_signs_in_by_one_click_and_out_again_without_scripts(
    empty: Served, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{empty.address}/incidents?state=open")
    expect(page).to_have_url(f"{empty.address}/login?next=/incidents%3Fstate%3Dopen")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("nav")).to_have_count(0)  # there is nowhere to go yet
    entrance = link(empty, "--name", "佐藤", "--role", "viewer")
    page.goto(entrance)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{empty.address}/")
    expect(menu(page).locator(".menu-who")).to_have_text("佐藤, viewer")
    expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    page.goto(entrance)
    expect(page.get_by_role("heading", name="That was once")).to_be_visible()
    page.goto(f"{empty.address}/audit")
    expect(page.get_by_role("heading", name="This is for others")).to_be_visible()
    page.goto(f"{empty.address}/sessions")
    expect(page.locator("tbody tr")).to_have_count(1)
    menu(page).get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{empty.address}/login")
    page.goto(f"{empty.address}/")
    expect(page).to_have_url(f"{empty.address}/login")
    context.close()


def test_an_admin_ends_the_session_of_somebody_and_the_audit_tells_it(
    empty: Served, browser: Browser
) -> None:
    admin, theirs = browser.new_context(locale="en"), browser.new_context(locale="en")
    other = empty.as_role("viewer").visit(theirs, "/")
    page = empty.visit(admin, "/sessions?lang=en")
    row = page.locator("tbody tr", has_text="a viewer").first
    row.get_by_role("button", name="End it").click()
    expect(page).to_have_url(f"{empty.address}/sessions")
    other.goto(f"{empty.address}/")
    expect(other).to_have_url(f"{empty.address}/login")
    menu(page).get_by_role("link", name="Audit log").click()
    expect(page.locator("tbody tr").first).to_contain_text("ended a session")
    page.get_by_label("What").select_option("session-revoked")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr", has_text="signed out")).to_have_count(0)
    expect(page.locator("tbody tr").first).to_contain_text("a viewer")
    assert page.faults == []  # type: ignore[attr-defined]
    admin.close()
    theirs.close()
