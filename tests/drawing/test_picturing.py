"""An incident out of rollups, marks and definitions → its picture, on both databases and by the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tabiji import definitions, drawing, store
from tabiji.charts import Spec
from tabiji.cli import cli
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.marks import Mark
from tabiji.runs import grouping, picturing, recording
from tabiji.store import Batch, LogFile, Store

START = 29_672_640  # 2026-06-02T00:00Z, in minutes: 09:00 in Tokyo
MINUTES = 1600
LOUD = (1200, 1230)
SILENT = (1160, 1170)
SITE = "timezone: Asia/Tokyo\nlanguage: ja\nstore: {}\nsources:\n  web: {{paths: [web.log]}}\n"
WATCH = """
journey: watch
title: {en: Watch a course, ja: コースを視聴する}
steps:
  play: {title: Play, events: "operation = 'play'"}
objectives:
  available: {title: {en: Videos start, ja: 動画が始まる}, good: status < 500, target: 99%, window: 7d}
"""


@pytest.fixture(scope="module", autouse=True)
def the_worker_ends() -> Iterator[None]:
    yield
    drawing.end_worker()


def workspace(folder: Path, url: str) -> Site:
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(SITE.format(url), "utf-8")
    (folder / "journeys" / "watch.yaml").write_text(WATCH, "utf-8")
    return definitions.load(folder, {})


def fill(opened: Store, until: int = MINUTES) -> None:
    """100 requests a minute, none while it is silent; 40 of them fail while it is loud."""
    seen = [minute for minute in range(until) if not SILENT[0] <= minute < SILENT[1]]
    loud = [minute for minute in seen if LOUD[0] <= minute < LOUD[1]]
    good = [100 - 40 * (minute in loud) for minute in seen]
    lines = len(seen) * 100
    opened.commit(
        Batch(
            source="web",
            file=LogFile("web", "/web.log", 1, 1, offset=1),
            offset_before=0,
            start=0,
            end=1,
            account=Account(lines, lines),
            first_minute=START,
            last_minute=START + seen[-1],
            series=tuple(
                Series("web", None, "request", "play", None, None, status, None, None)
                for status in (200, 503)
            ),
            cells=Cells(
                START + np.array(seen + loud),
                np.array([0] * len(seen) + [1] * len(loud)),
                np.full(len(seen + loud), -1),
                np.array(good + [40] * len(loud)),
                np.zeros(len(seen + loud), dtype=np.int64),
            ),
            now=0,
        )
    )


def judge(site: Site, opened: Store, until: int = MINUTES) -> int:
    now = (START + until) * 60
    found = recording.judge_until(site, opened, now)
    grouping.judge_recorded(site, opened, found.late_minute if found else None)
    return now


def said(spec: Spec) -> list[str]:
    """The words, without their rims."""
    return [
        layer["data"]["values"][0]["words"]
        for layer in spec["layer"]
        if "mark" in layer and layer["mark"]["type"] == "text" and "stroke" not in layer["mark"]
    ]


def bars(spec: Spec, plot: int, layer: int) -> dict[int, float]:
    """The bars of a plot by their first minutes."""
    plots = [one["layer"] for one in spec["layer"] if "layer" in one]
    return {
        one["from"] - START: next(value for key, value in one.items() if key not in ("from", "to"))
        for one in plots[plot][layer]["data"]["values"]
    }


def test_what_happened_is_seen_to_the_minute_and_to_the_event(tmp_path: Path, store_url: str) -> None:
    site = workspace(tmp_path / "site", store_url)
    with store.open(site.store) as opened:
        fill(opened)
        now = judge(site, opened)
        began = (START + LOUD[0]) * 60
        opened.marks.add(Mark("deployment", "v2 の全体公開", began - 120), now)
        opened.marks.add(Mark("deployment", "of another journey", began - 120, journeys=("pay",)), now)
        opened.marks.add(Mark("push", "too early", began - 7200), now)
        spec = picturing.charted(site, opened, 1, "ja", now)
        picture = picturing.picture(site, opened, 1, "en", now, "dark")
        with pytest.raises(UsageError, match="there is no incident 2"):
            picturing.picture(site, opened, 2, "en", now)
    assert spec is not None
    shown = [minute for minute in range(LOUD[0] - 30, LOUD[1] + 15) if not SILENT[0] <= minute < SILENT[1]]
    assert bars(spec, 0, 0) == {minute: 0.4 * (LOUD[0] <= minute < LOUD[1]) for minute in shown}
    assert bars(spec, 1, 0) == dict.fromkeys(shown, 100)
    assert bars(spec, 1, 1) == dict.fromkeys(range(*LOUD), 40)
    assert said(spec) == [
        "コースを視聴する: 動画が始まる",
        "2026-06-03 05:00〜05:30(Asia/Tokyo)、エラーバジェットの98.3%を消費",
        "失敗した割合(1分ごと)",
        "約束: 1%以下",
        "復旧 05:30",
        "検知 05:05",
        "発生 05:00",
        "デプロイ: v2 の全体公開",
        "件数(1分ごと)",
    ]
    assert picture is not None
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")) == (1440, 720)


def test_one_that_lasts_is_shown_as_far_as_it_is_judged(tmp_path: Path) -> None:
    site = workspace(tmp_path, "sqlite:///tabiji.db")
    with store.open(site.store) as opened:
        fill(opened, LOUD[0] + 10)
        now = judge(site, opened, LOUD[0] + 10)
        spec = picturing.charted(site, opened, 1, "en", now + 3600)
    assert spec is not None
    assert spec["encoding"]["x"]["scale"]["domain"] == [START + LOUD[0] - 30, START + LOUD[0] + 9]
    assert said(spec)[1].startswith("since 2026-06-03 05:00 (Asia/Tokyo) · ")
    assert said(spec)[1].endswith(" of the error budget spent so far")


def test_there_is_nothing_to_see_of_what_is_not_promised_any_more(tmp_path: Path) -> None:
    site = workspace(tmp_path, "sqlite:///tabiji.db")
    with store.open(site.store) as opened:
        fill(opened)
        now = judge(site, opened)
        assert picturing.charted(replace(site, journeys=()), opened, 1, "en", now) is None
        opened.forgetting.rollups(START + 60 * 1440, 3, 400)
        assert picturing.picture(site, opened, 1, "en", now) is None


# The command


def tabiji(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["chart", "incident", *arguments, "-C", str(folder)])


def test_the_command_writes_what_is_asked_for(tmp_path: Path) -> None:
    site = workspace(tmp_path / "site", "sqlite:///tabiji.db")
    with store.open(site.store) as opened:
        fill(opened)
        judge(site, opened)
    png, svg = tmp_path / "one.png", tmp_path / "one.SVG"
    done = tabiji(site.folder, "1", "-o", str(png), "--language", "en", "--theme", "dark")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"{png} shows incident 1.\n")
    assert png.read_bytes()[:4] == b"\x89PNG"
    assert tabiji(site.folder, "1", "-o", str(svg)).exit_code == 0
    assert "コースを視聴する: 動画が始まる" in svg.read_text("utf-8")
    printed = json.loads(tabiji(site.folder, "1", "--json").stdout)
    assert said(printed)[0] == "コースを視聴する: 動画が始まる"
    for arguments, words in (
        (["1"], "say where the picture goes: `-o incident.png`"),
        (["1", "-o", "one.gif"], "`one.gif` ends in none of .png, .svg"),
        (["1", "-o", str(tmp_path / "no" / "one.svg")], "can't be written: No such file or directory"),
        (["7", "--json"], "there is no incident 7; `tabiji incidents` lists them"),
    ):
        assert words in str(tabiji(site.folder, *arguments).exception)
