"""Operations and sources as pages show them, on stores that were made for it; and promises that `check` takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from rooms import DAY, START, Event, fill, opened, site

from tabiji import definitions
from tabiji.counting import Account
from tabiji.definitions import Site
from tabiji.runs.health import Health, SourceHealth
from tabiji.runs.viewing import operation, operations, proposals, sources
from tabiji.runs.viewing.operation import Detail, Ending
from tabiji.runs.viewing.operations import Wanted
from tabiji.store import Store

WATCH = """
journey: watch
steps:
  open: {events: "operation = 'Open'"}
objectives:
  works: {good: status < 500, exclude: status = 499, target: 80%}
"""
NAMED = """
journey: named
steps:
  open: {events: "operation = 'Open'"}
objectives:
  works: {good: status < 500, target: 80%}
"""
NOW = START + 10 * DAY
EVENTS = [
    Event(0, "Open", 200, 100_000, None, 90),
    Event(9 * DAY, "Open", 500, 200_000, None, 6),
    Event(9 * DAY, "Open", 200, 900_000, "INTERNAL_ERROR", 3),
    Event(9 * DAY, "Open", 499, 100_000, None, 1),
    Event(9 * DAY + 30, "Play", 200, 300_000, None, 100),
    Event(3 * DAY - 1, "Old", 200, 10_000, None, 1),
    Event(3 * DAY, "New", 200, 10_000, None, 7),
]


@pytest.fixture
def kept(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[Site, Store]]:
    with opened(sqlite_template, tmp_path) as made:
        fill(made, EVENTS)
        yield site(tmp_path, {"watch": WATCH}), made


def explored(kept: tuple[Site, Store], wanted: Wanted = Wanted(), days: int = 10) -> operations.Explored:  # noqa: B008
    return operations.explore(*kept, NOW - days * DAY, NOW, NOW, wanted)


def test_an_operation_is_told_by_its_events_failures_and_durations(kept: tuple[Site, Store]) -> None:
    found = explored(kept)
    assert (found.found, found.every, found.unseen, found.new, found.events) == (4, 4, 3, 2, 208)
    first = next(one for one in found.operations if one.name == "Open")
    assert first == operations.Operation(
        source="web",
        name="Open",
        kind="request",
        events=100,
        bad=9,  # status of 500, and an error that names a fault
        quantiles_us=(100_000, 200_000, 900_000),
        traffic=first.traffic,
        covered=99,  # but for the client who left
    )
    assert (sum(first.traffic), first.bad_share) == (100, Fraction(9, 100))
    (coverage,) = found.coverage
    assert (coverage.events, coverage.covered, coverage.unseen[0]) == (208, 99, ("Play", 100))


def test_what_is_new_was_not_there_a_week_ago(kept: tuple[Site, Store]) -> None:
    found = {one.name: one.first_day for one in explored(kept).operations}
    assert found == {"Open": None, "Play": START + 9 * DAY, "Old": None, "New": START + 3 * DAY}
    assert explored(kept, Wanted(only_new=True)).found == 2


ASKED: dict[str, tuple[Wanted, list[str]]] = {
    "all, the most used first": (Wanted(), ["Open", "Play", "New", "Old"]),
    "by name": (Wanted(sort="name"), ["New", "Old", "Open", "Play"]),
    "by errors": (Wanted(sort="errors"), ["Open", "New", "Old", "Play"]),
    "by p95": (Wanted(sort="p95"), ["Play", "Open", "New", "Old"]),
    "part of a name": (Wanted(text="PL"), ["Play"]),
    "what nobody looks at": (Wanted(only_unseen=True, sort="name"), ["New", "Old", "Play"]),
    "another source": (Wanted(source="jobs"), []),
}


@pytest.mark.parametrize(("wanted", "names"), ASKED.values(), ids=ASKED)
def test_what_is_asked_for_is_shown(kept: tuple[Site, Store], wanted: Wanted, names: list[str]) -> None:
    assert [one.name for one in explored(kept, wanted).operations] == names


def test_nothing_counted_is_nothing_found(sqlite_template: Path, tmp_path: Path) -> None:
    with opened(sqlite_template, tmp_path) as made:
        found = operations.explore(site(tmp_path, {}), made, NOW - DAY, NOW, NOW, Wanted())
        assert (found.operations, found.every, found.events) == ((), 0, 0)


def detail(kept: tuple[Site, Store], name: str) -> Detail:
    found = operation.detail(*kept, "web", name, NOW - 10 * DAY, NOW, NOW)
    assert found is not None
    return found


def test_an_operation_in_full(kept: tuple[Site, Store]) -> None:
    found = detail(kept, "Open")
    assert found.endings == (
        Ending(200, None, 90, failed=False, p95_us=100_000),
        Ending(500, None, 6, failed=True, p95_us=200_000),
        Ending(200, "INTERNAL_ERROR", 3, failed=True, p95_us=900_000),
        Ending(499, None, 1, failed=False, p95_us=100_000),
    )
    assert [(one.objective.id, one.step, one.events) for one in found.watching] == [
        ("watch/works", "open", 99)
    ]
    assert found.last_minute == START + 9 * DAY
    assert operation.detail(*kept, "web", "Nothing", NOW - DAY, NOW, NOW) is None


def test_a_proposed_journey_is_taken_by_check(kept: tuple[Site, Store]) -> None:
    made = proposals.draft(kept[0], detail(kept, "Play"), None, {})
    assert made is not None
    assert (made.path, made.journey, made.faults) == ("journeys/play.yaml", None, ())
    read = definitions.load(kept[0].folder, {}, {**dict(kept[0].files), made.path: made.text})
    (journey,) = (one for one in read.journeys if one.name == "play")
    assert [step.events for step in journey.steps] == ["operation = 'Play'"]
    assert {one.state for one in journey.objectives} == {"provisional"}


def test_a_proposed_step_joins_the_objectives_that_name_none(kept: tuple[Site, Store]) -> None:
    made = proposals.draft(kept[0], detail(kept, "Play"), "watch", {})
    assert made is not None
    assert (made.path, made.journey, made.faults) == ("journeys/watch.yaml", "watch", ())
    assert made.added == "steps:\n  play: {title: Play, events: \"operation = 'Play'\"}\n"
    read = definitions.load(kept[0].folder, {}, {**dict(kept[0].files), made.path: made.text})
    assert [one.steps for one in read.journeys[0].objectives] == [("open", "play")]


def test_a_proposed_step_brings_an_objective_where_none_would_count_it(
    kept: tuple[Site, Store], tmp_path: Path
) -> None:
    named = NAMED.replace("works: {", "works: {steps: [open], ").replace(
        "open: {events", "see: {events: \"operation = 'See'\"}\n  open: {events"
    )
    other = site(tmp_path, {"named": named})
    made = proposals.draft(other, detail(kept, "Play"), "named", {})
    assert made is not None
    assert made.faults == ()
    read = definitions.load(other.folder, {}, {**dict(other.files), made.path: made.text})
    assert [(one.name, one.steps, one.state) for one in read.journeys[0].objectives] == [
        ("works", ("open",), "agreed"),
        ("play-available", ("play",), "provisional"),
        ("play-fast", ("play",), "provisional"),
    ]


def test_what_check_would_refuse_is_said(kept: tuple[Site, Store]) -> None:
    made = proposals.draft(kept[0], detail(kept, "Open"), "watch", {})
    assert made is not None
    assert "count twice" in made.faults[0]


def test_a_name_that_is_taken_gets_a_number(kept: tuple[Site, Store], tmp_path: Path) -> None:
    other = site(tmp_path, {"play": WATCH.replace("journey: watch", "journey: play")})
    made = proposals.draft(other, detail(kept, "Play"), None, {})
    assert made is not None
    assert (made.path, made.faults) == ("journeys/play-2.yaml", ())


def test_too_little_is_no_reason_to_promise(kept: tuple[Site, Store]) -> None:
    one = detail(kept, "Old")
    assert proposals.reason_against(replace(one, outcomes=())) == proposals.UNFIT
    assert proposals.reason_against(detail(kept, "Play")) is None


def test_a_source_is_told_by_its_books_and_its_pace(kept: tuple[Site, Store]) -> None:
    (found,) = sources.sources(*kept, Health(), NOW * 60)
    assert (found.name, found.account, found.in_rollups) == ("web", Account(208, 208), 208)
    assert (found.recent, found.day, found.series, found.unnamed, found.beyond_cap) == (0, 110, 7, 0, 0)
    assert (found.balanced, found.state, found.rejected, found.rejected_share) == (
        True,
        "fine",
        0,
        Fraction(0),
    )
    assert found.last_minute == START + 9 * DAY + 30


def test_what_keeps_a_source_from_being_read_comes_first(kept: tuple[Site, Store]) -> None:
    health = Health(sources=(SourceHealth("web", 1.0, ("web.log: Permission denied",)),))
    (found,) = sources.sources(*kept, health, NOW * 60)
    assert (found.state, found.problems, found.looked_at) == ("problem", ("web.log: Permission denied",), 1.0)


def test_events_of_minutes_to_come_are_noticed(kept: tuple[Site, Store]) -> None:
    (found,) = sources.sources(*kept, Health(), (START + 9 * DAY + 29) * 60)
    assert (found.ahead, found.state) == (100, "ahead")


def test_a_source_in_full(kept: tuple[Site, Store]) -> None:
    found = sources.detail(*kept, Health(), NOW * 60, "web")
    assert found is not None
    assert [(one.file.path, one.bytes_now, one.left) for one in found.files] == [("/web.log", None, None)]
    assert (found.samples, found.silences, found.probes) == ((), (), ())
    assert sources.detail(*kept, Health(), NOW * 60, "nothing") is None
