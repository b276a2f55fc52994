"""From the logs to a promise, from a source to its books, and tokens from their making to their end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, BrowserContext, expect
from sites import Served


def test_an_operation_becomes_a_journey_that_check_takes(
    demo: Served, context: BrowserContext, tmp_path: Path
) -> None:
    page = demo.visit(context, "/explore?from=now-40d&q=viewer")
    page.get_by_role("link", name="Viewer").click()
    expect(page.get_by_role("heading", name="Viewer")).to_be_visible()
    expect(page.get_by_text("No promise looks at it")).to_be_visible()
    text = page.get_by_label("journeys/viewer.yaml", exact=True).inner_text()
    page.get_by_label("Where it belongs").select_option("watch-course")
    page.get_by_role("button", name="Propose").click()
    page.get_by_text("The whole file").click()
    whole = page.get_by_label("journeys/watch-course.yaml", exact=True).last.inner_text()
    assert page.faults == []  # type: ignore[attr-defined]
    for name, written in (("viewer", text), ("watch-course", whole)):
        folder = tmp_path / name
        shutil.copytree(demo.folder, folder, ignore=shutil.ignore_patterns("logs", "tabiji.db*"))
        (folder / "journeys" / f"{name}.yaml").write_text(written, "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "tabiji", "check", "-C", str(folder)], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_operations_are_filtered_by_the_address(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/explore?from=now-40d&seen=none&sort=name")
    rows = page.get_by_role("region", name="Operations").get_by_role("row")
    unseen = rows.count()
    expect(page.get_by_role("link", name="PlayVideo")).to_have_count(0)
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("link", name="PlayVideo")).to_be_visible()
    assert rows.count() > unseen


def test_lines_are_for_members(demo: Served, browser: Browser) -> None:
    path = "/explore/operation?source=web&operation=PlayVideo&from=now-40d"
    context = browser.new_context()
    page = demo.visit(context, path)
    page.get_by_role("link", name="Show the newest", exact=True).click()
    expect(page.locator("#lines pre").first).to_contain_text("PlayVideo")
    context.close()
    viewer = demo.as_role("viewer")
    context = browser.new_context()
    page = viewer.visit(context, path)
    expect(page.locator("#lines")).to_contain_text("members of teams may read them")
    assert httpx2.get(f"{demo.address}{path}&lines=all", headers=viewer.headers).status_code == 403
    context.close()


def test_the_books_of_a_source_are_open(demo: Served, browser: Browser) -> None:
    context = browser.new_context()
    page = demo.visit(context, "/sources")
    page.get_by_role("link", name="jobs").click()
    expect(page.get_by_text("The books balance")).to_be_visible()
    expect(page.get_by_label("A rejected line", exact=True).first).to_contain_text("Booting Sidekiq")
    assert page.faults == []  # type: ignore[attr-defined]
    context.close()
    context = browser.new_context()
    page = demo.as_role("viewer").visit(context, "/sources/jobs")
    expect(page.get_by_text("The books balance")).to_be_visible()
    expect(page.get_by_label("A rejected line", exact=True)).to_have_count(0)
    context.close()


def test_a_token_is_shown_once_works_and_ends(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/tokens")
    page.get_by_role("button", name="Make the token").click()  # its name is asked for by the browser
    page.get_by_label("Who uses it").fill("deployer")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert")).to_contain_text("at least one thing")
    page.get_by_label("set marks").check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("The token", exact=True).inner_text()
    mark = {"kind": "deployment", "title": {"en": "v1", "ja": "v1"}}

    def pushed() -> int:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        return httpx2.post(
            f"{demo.address}/api/v1/marks", content=json.dumps(mark), headers=headers
        ).status_code

    assert pushed() not in (401, 403)
    page.goto(f"{demo.address}/tokens")
    expect(page.get_by_role("main")).not_to_contain_text(secret)
    page.get_by_role("button", name="Revoke “deployer”").click()
    expect(page.get_by_role("row", name="deployer")).to_contain_text("revoked")
    assert pushed() == 401
    page.goto(f"{demo.address}/audit")
    expect(page.get_by_role("main")).to_contain_text("token deployer")


def test_tokens_are_for_admins(demo: Served) -> None:
    for role in ("viewer", "member"):
        headers = {
            **demo.as_role(role, *(["learning"] if role == "member" else [])).headers,
            "Origin": demo.address,
        }
        assert httpx2.get(f"{demo.address}/tokens", headers=headers).status_code == 403
        made = httpx2.post(f"{demo.address}/tokens", headers=headers, data={"name": "x", "scope": "admin"})
        assert made.status_code == 403


def test_empty_places_say_what_fills_them(empty: Served, context: BrowserContext) -> None:
    page = empty.visit(context, "/explore")
    expect(page.get_by_label("Command", exact=True)).to_contain_text("tabiji init --from")
    page.goto(f"{empty.address}/sources")
    expect(page.get_by_role("heading", name="No source yet")).to_be_visible()
