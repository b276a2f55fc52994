"""A shop with one bad week: exact events around both of its edges, an outage in it, and what users said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from tabiji import definitions, histograms, windows
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.runs import grouping, recording
from tabiji.signals import Signal
from tabiji.store import Batch, LogFile, Store

ZONE = "Asia/Tokyo"
WEEK = 7 * 1440
OUTAGE = 2 * 1440 + 720  # Wednesday at noon; half an hour of 20 events a minute, all of them bad
SITE = f"timezone: {ZONE}\nsources:\n  web: {{paths: [web.log]}}\nteams:\n"
TEAMS = {"money": "pay", "growth": "buy"}  # team → its journey, and its operation
JOURNEY = """
journey: {name}
title: {{en: "{name} a bill", ja: "{name} 請求"}}
team: {team}
steps:
  all: {{title: {{en: All of it, ja: すべて}}, events: "operation = '{name}'"}}
objectives:
  works: {{title: {{en: It works, ja: 使える}}, good: status < 500, target: 99%}}
  quick: {{title: {{en: It is quick, ja: 速い}}, faster_than: 200ms, target: 90%, state: provisional}}
"""


def write(folder: Path) -> Site:
    """The definitions."""
    (folder / "journeys").mkdir(parents=True)
    teams = "".join(f"  {team}: {{title: {team.title()}}}\n" for team in TEAMS)
    (folder / "tabiji.yaml").write_text(SITE + teams, "utf-8")
    for team, name in TEAMS.items():
        (folder / "journeys" / f"{name}.yaml").write_text(JOURNEY.format(name=name, team=team), "utf-8")
    return definitions.load(folder, {})


def start(monday: date) -> int:
    """The first minute of the week."""
    return windows.parse_time(monday.isoformat(), 0, ZONE) // 60


def events() -> Iterator[tuple[int, int, int]]:
    """(minute after the week's start, status, how many): ten an hour are well for two weeks; the last minute before
    the week, its first and its last one, and the first one after it have one bad event each."""
    for hour in range(-168, 168):
        yield hour * 60 + 7, 200, 10
    for minute in range(30):
        yield OUTAGE + minute, 500, 20
    for minute in (-1, 0, WEEK - 1, WEEK):
        yield minute, 500, 1


def fill(site: Site, opened: Store, monday: date) -> None:
    """Counts all of it, judges it, and takes in what users said and did, second by second around the edges."""
    first = start(monday)
    rows = sorted((minute, name, status, n) for minute, status, n in events() for name in TEAMS.values())
    known = sorted({(name, status) for _, name, status, _ in rows})
    lines = sum(row[3] for row in rows)
    opened.commit(
        Batch(
            source="web",
            file=replace(LogFile("web", "/web.log", 1, 1), offset=1),
            offset_before=0,
            start=0,
            end=1,
            account=Account(lines, lines),
            first_minute=first + rows[0][0],
            last_minute=first + rows[-1][0],
            series=tuple(
                Series("web", None, "request", name, None, None, status, None, None) for name, status in known
            ),
            cells=Cells(
                np.array([first + row[0] for row in rows]),
                np.array([known.index((row[1], row[2])) for row in rows]),
                np.full(len(rows), histograms.bucket(100_000)),
                np.array([row[3] for row in rows]),
                np.array([row[3] * 100_000 for row in rows]),
            ),
            now=0,
        )
    )
    found = recording.judge_until(site, opened, (first + WEEK + 1) * 60 + 59)
    grouping.judge_recorded(site, opened, found.late_minute if found else None)
    opened.signals.add(list(signals(first)), 0)


def signals(first: int) -> Iterator[Signal]:
    """Enquiries in the last second before the week, in its first and its last one, and in the first one after it;
    four cancellations, and a voice."""
    seconds = (first * 60 - 1, first * 60, (first + WEEK) * 60 - 1, (first + WEEK) * 60)
    for name in TEAMS.values():
        for number, at in enumerate(seconds):
            yield Signal("enquiry", at, f"{name} {number}", journey=name)
        outage = (first + OUTAGE) * 60
        yield Signal("churn", outage, f"{name} gone", amount=4, journey=name)
        yield Signal("voice", outage, f"{name} says", text=f"I can't {name}!", journey=name)
