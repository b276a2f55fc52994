"""Enquiries and cancellations beside a budget, from what is kept to the chart: on both databases, and by command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rooms import DAY, START, Event, fill, site

from tabiji import store
from tabiji.cli import cli
from tabiji.definitions import Site
from tabiji.runs.viewing import figures
from tabiji.signals import Signal
from tabiji.store import Store

WATCH = """\
journey: watch
steps:
  open: {events: "operation = 'Open'"}
objectives:
  works: {good: status < 500, target: 90%, window: 7d}
"""
TOKYO = "Asia/Tokyo"
EVENTS = [*(Event(day * DAY, events=100) for day in range(5)), Event(2 * DAY + 600, status=503, events=9)]
SIGNALS = [
    Signal("enquiry", (START + DAY - 1) * 60, "1", journey="pay"),  # since then enquiries are known
    Signal("enquiry", (START + 2 * DAY + 610) * 60 + 59, "2", 4, journey="watch"),
    Signal("enquiry", (START + 3 * DAY) * 60, "3", 1, journey="watch"),
    Signal("enquiry", (START + 3 * DAY + 1) * 60, "4", 50),  # nobody knows what about
    Signal("churn", (START + 2 * DAY) * 60, "1", 2, journey="pay"),
]


@pytest.fixture
def kept(store_url: str) -> Iterator[Store]:
    with store.open(store_url) as opened:
        fill(opened, EVENTS)
        opened.signals.add(SIGNALS, 0)
        yield opened


@pytest.fixture
def watch(tmp_path: Path) -> Site:
    return site(tmp_path, {"watch": WATCH, "pay": WATCH.replace("watch", "pay")})


def test_what_is_known_of_a_journey(kept: Store, watch: Site) -> None:
    journey = next(one for one in watch.journeys if one.name == "watch")
    pair = (journey, journey.objectives[0])
    found = figures.burn_down(watch, kept, pair, START - DAY, START + 5 * DAY, "en", TOKYO)
    by_day: dict[int, int | None] = {}
    (beside,) = found.beside  # no cancellation was ever about this journey
    for bar, count in zip(found.bars, beside.counts, strict=True):
        day = (bar.start - START) // DAY
        by_day[day] = None if count is None else (by_day.get(day) or 0) + count
    assert beside.kind == "enquiry"
    assert by_day == {-1: None, 0: 0, 1: 0, 2: 4, 3: 1, 4: None}
    of_bar = {bar.start: count for bar, count in zip(found.bars, beside.counts, strict=True) if count}
    assert of_bar == {START + 2 * DAY + 600: 4, START + 3 * DAY: 1}
    own = figures.own_burn_down(watch, kept, pair, START + 5 * DAY, "en", TOKYO)
    assert own is not None
    assert sum(count or 0 for count in own.beside[0].counts) == 5


def test_what_a_journey_earned_is_beside_it_as_well(kept: Store, watch: Site) -> None:
    earned = [
        Signal("revenue", (START + DAY) * 60, "a", 1_200, journey="watch"),
        Signal("revenue", (START + 2 * DAY) * 60, "b", -300, journey="watch"),  # paid back
    ]
    kept.signals.add(earned, 0)
    journey = next(one for one in watch.journeys if one.name == "watch")
    pair = (journey, journey.objectives[0])
    found = figures.burn_down(watch, kept, pair, START - DAY, START + 5 * DAY, "en", TOKYO)
    _, beside = found.beside
    counts = [count for count in beside.counts if count]
    assert (beside.kind, counts) == ("revenue", [1_200, -300])


def test_by_command(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\nsources:\n  web: {paths: [web.log]}\n")
    (tmp_path / "journeys" / "watch.yaml").write_text(WATCH)
    with store.open(f"sqlite:///{tmp_path}/tabiji.db") as opened:
        fill(opened, EVENTS)
        opened.signals.add(SIGNALS, 0)

    def ask(*words: str) -> Result:
        return CliRunner().invoke(cli, ["chart", "budget", *words, "-C", str(tmp_path)])

    period = ("--from", "2026-05-27", "--to", "2026-06-01")
    shown = ask("watch/works", *period)
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["From", "Bad", "Total", "Budget", "left", "at", "the", "end", "Enquiries"]
    assert max(len(line) for line in lines) <= 80
    assert [line.split() for line in lines if line.split()[-1] == "4"] == [
        ["2026-05-29", "10:00", "9", "9", "82.31", "%", "4"]
    ]
    for name, begin in (("x.csv", "\ufeff".encode()), ("x.svg", b"<svg"), ("x.png", b"\x89PNG")):
        done = ask("watch/works", *period, "-o", str(tmp_path / name))
        assert done.exit_code == 0, done.output
        assert (tmp_path / name).read_bytes().startswith(begin)
    rows = list(csv.reader(io.StringIO((tmp_path / "x.csv").read_text("utf-8-sig"))))
    assert sum(int(row[-1] or 0) for row in rows[1:]) == 5
    assert "Enquiries per" in (tmp_path / "x.svg").read_text("utf-8")
    assert json.loads(ask("watch/works", *period, "--json").stdout)["$schema"].startswith("https://vega")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(("watch",), 2, "`watch` is a journey; name one of its objectives", id="a journey"),
        pytest.param(("watch/works", "-o", "x.gif"), 2, "ends in none of .png, .svg, .csv", id="another format"),
        pytest.param(("watch/works", "--from", "now", "--to", "now-1d"), 2, "`--to` is not after `--from`", id="times"),
        pytest.param(("watch/works", "-o", "nowhere/x.csv"), 3, "nowhere/x.csv can't be written", id="no such folder"),
    ],
)  # fmt: skip
def test_what_can_not_be_drawn_is_said(words: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "tabiji.yaml").write_text("timezone: Asia/Tokyo\nsources:\n  web: {paths: [web.log]}\n")
    (tmp_path / "journeys" / "watch.yaml").write_text(WATCH)
    with store.open(f"sqlite:///{tmp_path}/tabiji.db") as opened:
        fill(opened, EVENTS)
    done = CliRunner().invoke(cli, ["chart", "budget", *words, "-C", str(tmp_path)])
    error = done.exception
    assert getattr(error, "exit_code", done.exit_code) == code
    assert said in f"{done.output}{error}"
