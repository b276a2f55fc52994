"""Incidents out of rollups: a loud one and a quiet one, to the minute, to the event, in whatever steps one looks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji import definitions, store
from tabiji.cli import cli
from tabiji.counting import Account, Cells, Series
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.incidents import Detection, Incident, Measured, Part, Spent, Times
from tabiji.runs import grouping, intervening, recording
from tabiji.runs.intervening import Word
from tabiji.store import Batch, IncidentFact, LogFile, StaleIncident, Store

START = 29_672_640  # 2026-06-02T00:00Z, in minutes
MINUTES = 3200
LOUD = (3000, 3030)
QUIET = (1500, 1620)
NOW = (START + MINUTES) * 60

WATCH = """
journey: watch
title: Watch a course
steps:
  open: {title: Open, events: "operation = 'open'"}
  play: {title: Play, events: "operation in ('play', 'seek')"}
objectives:
  available: {good: status < 500, target: 99%, window: 7d}
  tried: {good: status < 400, target: 99%, window: 7d, state: provisional}
"""
PAY = """
journey: pay
title: Pay
steps:
  pay: {title: Pay, events: "operation = 'pay'"}
objectives:
  available:
    good: status < 500
    target: 99%
    window: 7d
    alerts: {tiers: [{share: 25%, in: 6h, severity: page}]}
"""

Row = tuple[int, str, int, int]  # minute after START, operation, status, events


def traffic(first: int = 0, end: int = MINUTES) -> Iterator[Row]:
    """100 requests a minute of each journey's steps; 40 of 200 fail while it is loud, 5 of 100 while it is quiet."""
    for minute in range(first, end):
        loud, quiet = LOUD[0] <= minute < LOUD[1], QUIET[0] <= minute < QUIET[1]
        failing = {"open": 10 * loud, "play": 20 * loud, "seek": 10 * loud, "pay": 5 * quiet}
        for operation, events in (("open", 100), ("play", 60), ("seek", 40), ("pay", 100)):
            bad = failing[operation]
            yield minute, operation, 200, events - bad
            if bad:
                yield minute, operation, 503, bad


def fill(opened: Store, rows: Sequence[Row]) -> None:
    """Commits what is next in the file."""
    if not rows:
        return
    known = sorted({(operation, status) for _, operation, status, _ in rows})
    files = opened.files("web")
    before = files[0] if files else LogFile("web", "/web.log", 1, 1)
    lines = sum(row[3] for row in rows)
    opened.commit(
        Batch(
            source="web",
            file=replace(before, offset=before.offset + 1),
            offset_before=before.offset,
            start=before.offset,
            end=before.offset + 1,
            account=Account(lines, lines),
            first_minute=START + min(row[0] for row in rows),
            last_minute=START + max(row[0] for row in rows),
            series=tuple(
                Series("web", None, "request", operation, None, None, status, None, None)
                for operation, status in known
            ),
            cells=Cells(
                np.array([START + row[0] for row in rows]),
                np.array([known.index((row[1], row[2])) for row in rows]),
                np.full(len(rows), -1),
                np.array([row[3] for row in rows]),
                np.zeros(len(rows), dtype=np.int64),
            ),
            now=0,
        )
    )


def judge(site: Site, opened: Store, now: int = NOW) -> None:
    found = recording.judge_until(site, opened, now)
    grouping.judge_recorded(site, opened, found.late_minute if found else None)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return workspace(tmp_path / "site", "sqlite:///tabiji.db")


def workspace(folder: Path, url: str) -> Site:
    (folder / "journeys").mkdir(parents=True)
    (folder / "tabiji.yaml").write_text(f"store: {url}\nsources:\n  web: {{paths: [web.log]}}\n", "utf-8")
    for name, text in (("watch", WATCH), ("pay", PAY)):
        (folder / "journeys" / f"{name}.yaml").write_text(text, "utf-8")
    return definitions.load(folder, {})


LOUD_FOUND = Incident(
    "watch",
    "alert",
    START + 3011,
    START + 3058 + 15,
    "calm",
    alerts=(1, 2),
    measured=Measured(
        Times(START + 3000, START + 3011, "alert", START + 3030, START + 3030, ("watch/available",)),
        (Spent("watch/available", 1200, 6000, Fraction(3030 * 200, 100)),),
        (Part("open", 300, 3000), Part("play", 900, 3000)),
        (Part("play", 600, 1800), Part("open", 300, 3000), Part("seek", 300, 1200)),
    ),
    number=2,
)
QUIET_FOUND = Incident(
    "pay",
    "drop",
    START + 1500,
    START + 1620,
    "over",
    measured=Measured(
        Times(START + 1500, None, None, START + 1620, START + 1620, ("pay/available",)),
        (Spent("pay/available", 600, 12_000, Fraction(1620 * 100, 100)),),
        (Part("pay", 600, 12_000),),
        (Part("pay", 600, 12_000),),
    ),
    number=1,
)


def test_the_loud_one_and_the_quiet_one_are_found(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(site, opened)
        assert opened.incidents() == [QUIET_FOUND, LOUD_FOUND]
        assert (QUIET_FOUND.verdict, LOUD_FOUND.verdict) == ("missed", None)
        assert (LOUD_FOUND.to_detect, LOUD_FOUND.to_recover) == (11, 30)
        until = START + MINUTES - 1
        assert {name: one.until for name, one in opened.incident_progress().items()} == {
            "watch": until,
            "pay": until,
        }
        judge(site, opened)
        assert grouping.judge(site, opened, opened.alerts(), until) == []  # judging twice changes nothing
        assert opened.incidents() == [QUIET_FOUND, LOUD_FOUND]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, MINUTES - 1) | st.integers(1490, 1640) | st.integers(2990, 3080), max_size=5))
def test_the_same_incidents_in_whatever_steps(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, site: Site, steps: list[int]
) -> None:
    path = tmp_path_factory.mktemp("steps") / "tabiji.db"
    shutil.copy(sqlite_template, path)
    cuts = sorted({0, *steps, MINUTES})
    with store.open(f"sqlite:///{path}") as opened:
        for first, end in pairwise(cuts):
            fill(opened, list(traffic(first, end)))
            judge(site, opened, (START + end) * 60)
        # the numbers of alerts are in the order in which they were recorded; those of incidents never change
        numbers = {one.opened_minute - START: one.number for one in opened.alerts(["watch/available"])}
        alerts = tuple(sorted(number for number in numbers.values() if number is not None))
        assert sorted(numbers) == [3011, 3026]
        assert opened.incidents() == [QUIET_FOUND, replace(LOUD_FOUND, alerts=alerts)]


def test_while_it_lasts_it_is_open_and_has_not_recovered(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic(0, 3021)))
        judge(site, opened, (START + 3021) * 60)
        (_, open_now) = opened.incidents()
        assert open_now.measured is not None
        assert (open_now.closed_minute, open_now.to_detect, open_now.to_recover) == (None, 11, None)
        assert open_now.measured.spent == (Spent("watch/available", 800, 4000, Fraction(3020 * 200, 100)),)


def test_late_events_are_measured_again(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(site, opened)
        fill(opened, [(3005, "play", 503, 7)])
        judge(site, opened)
        _, loud = opened.incidents()
        assert loud.measured is not None
        assert loud.measured.spent[0].bad == 1207
        assert replace(loud, measured=None) == replace(LOUD_FOUND, measured=None)


def test_an_incident_of_bad_minutes_costs_minutes(store_url: str, site: Site) -> None:
    path = site.folder / "journeys" / "watch.yaml"
    slices = (
        "available: {bad_minute: error_rate >= 10%, for: 5m, good: status < 500, target: 99%, window: 7d}"
    )
    path.write_text(
        WATCH.replace("available: {good: status < 500, target: 99%, window: 7d}", slices), "utf-8"
    )
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(definitions.load(site.folder, {}), opened)
        _, loud = opened.incidents()
    assert loud.measured is not None
    # bad at once, known after 5 minutes; 5 of 60 could be luck (p = 0.0003), 6 could not
    assert loud.measured.times == Times(
        START + 3000, START + 3006, "alert", START + 3030, START + 3030, ("watch/available",)
    )
    assert loud.measured.spent == (Spent("watch/available", 30, 30, Fraction(7 * 1440, 100)),)
    assert loud.measured.steps == (Part("open", 300, 3000), Part("play", 900, 3000))


CORRECTION = """
corrections:
  load-test:
    category: load-test
    author: Ito
    reason: announced
    start: "2026-06-04T02:00Z"
    end: "2026-06-04T{end}Z"
    applies_to: {{journeys: [watch]}}
"""


def test_what_is_corrected_is_no_part_of_an_incident(store_url: str, site: Site) -> None:
    (site.folder / "policies").mkdir()
    path = site.folder / "policies" / "corrections.yaml"
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        path.write_text(CORRECTION.format(end="02:10"), "utf-8")
        judge(definitions.load(site.folder, {}), opened)
        _, loud = opened.incidents()
        assert loud.measured is not None
        assert loud.measured.times.started == START + 3010
        assert loud.measured.spent == (Spent("watch/available", 800, 4000, Fraction(3020 * 200, 100)),)
        assert sum(part.bad for part in loud.measured.operations) == 800


def test_what_is_corrected_throughout_is_no_incident(store_url: str, site: Site) -> None:
    (site.folder / "policies").mkdir()
    (site.folder / "policies" / "corrections.yaml").write_text(CORRECTION.format(end="02:30"), "utf-8")
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(definitions.load(site.folder, {}), opened)
        assert opened.incidents() == [QUIET_FOUND]


# By hand

ANN = Word("Ann", NOW, "they called")


def test_what_people_say_survives_judging_again(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(site, opened)
        intervening.detect(site, opened, 2, START + 3004, "enquiry", ANN)
        intervening.detect(site, opened, 1, START + 1530, "enquiry", ANN)
        intervening.note(opened, 2, replace(ANN, text="a \0 note"))
        said = opened.incidents()
        assert [one.to_detect for one in said] == [30, 4]
        assert [one.verdict for one in said] == [None, None]
        fill(opened, [(MINUTES, "play", 200, 1), (3001, "play", 503, 1)])
        judge(site, opened)
        again = opened.incidents()
        assert [(one.detections, one.to_detect) for one in again] == [
            ((Detection(START + 1530, "enquiry"),), 30),
            ((Detection(START + 3004, "enquiry"),), 4),
        ]
        assert opened.incident_facts(2) == [
            IncidentFact(2, NOW, "Ann", "detected", START + 3004, "enquiry: they called"),
            IncidentFact(2, NOW, "Ann", "noted", None, "a ␀ note"),
        ]


def test_split_and_merged_again_costs_the_same(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(site, opened)
        new = intervening.split(site, opened, 2, START + 3020, ANN)
        judge(site, opened)
        _, first, second = opened.incidents()
        assert new == 3
        assert [one.measured.spent[0].bad for one in (first, second) if one.measured] == [800, 400]
        assert (first.alerts, second.alerts) == ((1,), (2,))
        intervening.merge(site, opened, 2, 3, ANN)
        judge(site, opened)
        _, whole, rest = opened.incidents()
        assert whole.measured == LOUD_FOUND.measured
        assert (whole.alerts, rest.merged_into) == ((1, 2), 2)
        assert [fact.text for fact in opened.incident_facts(3)] == [
            "from incident 2: they called",
            "into incident 2: they called",
        ]


def test_opened_and_closed_by_hand(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(site, opened)
        number = intervening.open_by_hand(site, opened, "pay", START + 3120, "enquiry", ANN)
        with pytest.raises(UsageError, match=f"incident {number} of pay is open at that time"):
            intervening.open_by_hand(site, opened, "pay", START + 3121, "enquiry", ANN)
        intervening.close(site, opened, number, START + 3160, ANN)
        one = intervening.find(opened, number)
        assert (one.to_detect, one.to_recover, one.share) == (0, 40, 0)
        with pytest.raises(UsageError, match=f"incident {number} is closed already"):
            intervening.close(site, opened, number, START + 3161, ANN)
        with pytest.raises(UsageError, match="there is no incident 99"):
            intervening.find(opened, 99)


def test_two_that_write_the_same_incident_do_not_overwrite_each_other(store_url: str, site: Site) -> None:
    with store.open(store_url) as opened:
        fill(opened, list(traffic()))
        judge(site, opened)
        before = opened.incidents()[1]
        intervening.note(opened, 2, ANN)
        intervening.detect(site, opened, 2, START + 3001, "human", ANN)
        with pytest.raises(StaleIncident, match="incident 2 was changed meanwhile"):
            opened.record_incidents([(before, replace(before, ceiling=1))])
        progress = opened.incident_progress()["pay"]
        stale = {"pay": (progress._replace(pending=0), progress)}
        with pytest.raises(StaleIncident, match="the incidents of pay were judged by somebody else"):
            opened.record_incidents([], judged=stale)


# The command


def tabiji(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "-C", str(folder)], env={"COLUMNS": "80"})


def test_the_command_tells_it_in_words(tmp_path: Path, sqlite_template: Path) -> None:
    site = workspace(tmp_path / "site", "sqlite:///tabiji.db")
    shutil.copy(sqlite_template, site.folder / "tabiji.db")
    assert tabiji(site.folder, "incidents").stdout == "No incidents.\n"
    with store.open(site.store) as opened:
        fill(opened, list(traffic()))
        judge(site, opened)
    listed = tabiji(site.folder, "incidents")
    assert listed.exit_code == 0
    assert [line.rstrip() for line in listed.output.splitlines()] == [
        "#  journey  from              to     noticed  budget  state",
        "2  watch    2026-06-04 02:00  02:30   11 min    19 %  closed",
        "1  pay      2026-06-03 01:00  03:00        –    37 %  missed",
        "",
        "Noticed after 11 min on average (MTTD; median 11 min), over after 30 min (MTTR;",
        "median 30 min), in 1 incident.",
        "Missed: more than 5 % of a budget spent without an alert. False: an alert, and",
        "less than 1 % spent. Neither counts for MTTD and MTTR.",
        "`tabiji incidents show N` tells one of them in words.",
    ]
    shown = tabiji(site.folder, "incidents", "show", "2").output
    assert shown.startswith(
        "Incident 2 · watch · closed\n"
        "Watch a course: 1 in 5 attempts failed from 2026-06-04 02:00 to 02:30; noticed\n"
        "after 11 min by an alert; 19 % of the 7-day budget.\n"
    )
    assert "MISSED: no alert told of it." in tabiji(site.folder, "incidents", "show", "1").output
    assert max(len(line) for line in (listed.output + shown).splitlines()) <= 80


def test_what_people_do_is_answered_as_json(tmp_path: Path, sqlite_template: Path) -> None:
    site = workspace(tmp_path / "site", "sqlite:///tabiji.db")
    shutil.copy(sqlite_template, site.folder / "tabiji.db")

    def told(*words: str) -> dict[str, object]:
        done = tabiji(site.folder, "incidents", *words, "--json")
        assert done.exit_code == 0, done.output
        found: dict[str, object] = json.loads(done.stdout)
        return found

    opened = told(
        "open", "watch", "--at", "2026-06-01T10:00Z", "--reason", "A learner called", "--detector", "enquiry"
    )
    assert (opened["incident"], opened["state"], opened["cause"]) == (1, "open", "hand")
    assert told("note", "1", "She uses a phone")["incident"] == 1
    second = told("split", "1", "--at", "2026-06-01T11:00Z")
    assert (second["incident"], second["opened"]) == (2, "2026-06-01T11:00:00Z")
    assert told("close", "2", "--at", "2026-06-01T12:00Z")["closed"] == "2026-06-01T12:00:00Z"
    assert told("merge", "1", "2")["incident"] == 1
    assert (
        tabiji(site.folder, "incidents", "2").output == tabiji(site.folder, "incidents", "show", "2").output
    )
    assert told("show", "2")["merged_into"] == 1
    assert told("detect", "1", "--at", "2026-06-01T10:01Z", "--by", "human")["incident"] == 1
    history = told("show", "1")["history"]
    assert isinstance(history, list)
    assert [one["what"] for one in history] == ["opened", "noted", "split", "merged", "detected"]
    told_in_words = tabiji(site.folder, "incidents", "show", "1").output.replace("\n", " ")
    for sentence in (
        " opened it as of 2026-06-01 10:00, noticed by an enquiry: A learner called",
        ": She uses a phone",
        " split it on 2026-06-01 11:00: what came later is an incident of its own",
        " merged it: with incident 2",
        " said that a person noticed it on 2026-06-01 10:01",
    ):
        assert sentence in told_in_words
