"""The history as whoever comes new reads it: found from the first page, narrowed, and followed to what it tells of."""

from __future__ import annotations

from playwright.sync_api import BrowserContext
from sites import Served, expect


def test_what_happened_is_found_narrowed_and_followed(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/?lang=en")
    page.get_by_role("link", name="All that happened and was decided: the history").click()
    main = page.locator("main")
    expect(main).to_contain_text("opened the key result “Videos start on nearly every day”.")
    expect(main).to_contain_text("deployment: web 2026.23.1")
    page.get_by_label("What", exact=True).select_option("incident")
    page.get_by_role("button", name="Show").first.click()
    expect(main).not_to_contain_text("deployment: web 2026.23.1")
    page.get_by_role("link", name="Incident 1 of Watch a course began.").click()
    assert page.url.endswith("/incidents/1")
    page.goto(f"{demo.address}/history?journey=watch-course&kind=policy&lang=ja")
    expect(main).to_contain_text("ポリシー「学習チームのエラーバジェットが尽きたとき」が「コースを視聴する")
    main.get_by_role(
        "link", name="が「コースを視聴する / 動画が再生できる」について発動しました"
    ).first.click()
    assert page.url.endswith("/policies/learning-budget")
    page.goto(f"{demo.address}/history?from=2020-01-01&to=2020-02-01&lang=ja")
    expect(main).to_contain_text("この条件に合うものはありません")
    assert page.faults == []  # type: ignore[attr-defined]
    for wrong, status in (
        ("kind=x", 422),
        ("before=x", 422),
        ("journey=x", 404),
        ("from=x", 422),
        ("from=0001-01-01", 422),
        ("from=1970-01-01", 200),
    ):
        assert page.request.get(f"{demo.address}/history?{wrong}").status == status, wrong


def test_it_is_read_page_by_page(demo: Served, context: BrowserContext) -> None:
    page = demo.visit(context, "/history")
    first = page.request.get(f"{demo.address}/api/v1/history?limit=3").json()
    second = page.request.get(f"{demo.address}/api/v1/history?limit=3&before={first['before']}").json()
    times = [one["at"] for one in (*first["entries"], *second["entries"])]
    assert (len(times), times) == (6, sorted(times, reverse=True))
    page.goto(f"{demo.address}/history?before={first['before']}&lang=en")
    page.get_by_role("link", name="The newest").click()
    assert "before" not in page.url
