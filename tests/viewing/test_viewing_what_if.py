"""What other words for a promise would have said: the form's fields, the file, both sides, and faults beside fields."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from rooms import START, Event, fill, opened, site

from tabiji import definitions
from tabiji.budgets import Tally
from tabiji.runs.viewing.what_if import WhatIf, compared, what_if

WATCH = """\
journey: watch
steps:
  open: {events: "operation = 'Open'"}
objectives:
  works:
    # theirs are theirs
    good: "status < 500"
    faster_than: 500ms
    target: 90%
    window: 7d
  tiered:
    good: status < 500
    target: 99%
    window: {calendar: month}
    alerts:
      tiers:
        - {share: 2%, in: 1h, severity: page}
        - {share: 10%, in: 3d, severity: ticket}  # for the sprint
"""
EVENTS = [
    *(Event(minute, "Open", events=10) for minute in range(600)),
    *(Event(minute, "Open", 503, events=90) for minute in range(600, 630)),
    *(Event(minute, "Open", 200, 600_000, events=10) for minute in range(630, 660)),
]


def asked(
    template: Path, folder: Path, fields: Mapping[str, str], name: str = "works", filled: bool = True
) -> WhatIf:
    known = site(folder, {"watch": WATCH})
    (watch,) = known.journeys
    objective = next(one for one in watch.objectives if one.name == name)
    with opened(template, folder) as store:
        if filled:
            fill(store, EVENTS)
        return what_if(known, store, (watch, objective), fields, (None, None), {})


def changed(found: WhatIf) -> list[str]:
    return [line for line in found.difference if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_old_against_new(sqlite_template: Path, tmp_path: Path) -> None:
    found = asked(sqlite_template, tmp_path, {"target": "50%", "faster_than": "1s", "alerts": "default"})
    assert (found.first, found.end) == (START, START + 660)
    assert found.old is not None
    assert found.new is not None
    assert (found.old.outcome.tally, found.new.outcome.tally) == (Tally(6000, 9000), Tally(6300, 9000))
    assert (found.old.outcome.spent, found.new.outcome.spent) == (Fraction(10, 3), Fraction(3, 5))
    assert (found.old.kept, found.new.kept) == (False, True)
    assert (found.old.outcome.left, found.new.outcome.left) == (Fraction(-7, 3), Fraction(2, 5))
    assert changed(found) == [
        "-    faster_than: 500ms",
        "-    target: 90%",
        "+    faster_than: 1s",
        "+    target: 50%",
    ]
    assert "# theirs are theirs" in found.new_text
    files = {**dict(site(tmp_path, {"watch": WATCH}).files), found.path: found.new_text}
    assert definitions.load(tmp_path, {}, files).journeys[0].objectives[0] == found.new.outcome.objective


def test_each_alert_beside_its_like(sqlite_template: Path, tmp_path: Path) -> None:
    found = asked(sqlite_template, tmp_path, {"alerts": "ticket_only"})
    assert found.old is not None
    assert found.new is not None
    assert found.old.pages == len(found.old.outcome.alerts) - found.old.tickets > 0
    assert (found.new.pages, found.new.tickets) == (0, len(found.old.outcome.alerts))
    for one in found.fired:  # pages are no tickets
        assert one.old is None or one.new is None or one.old.tier.severity == "ticket"
    same = asked(sqlite_template, tmp_path, {})
    assert all(one.old == one.new for one in same.fired)
    assert len(same.fired) == len(found.old.outcome.alerts)


def test_targets_beside_the_one_that_is_asked_for(sqlite_template: Path, tmp_path: Path) -> None:
    found = asked(sqlite_template, tmp_path, {"target": "80%"})
    assert [
        (one.text, one.side.outcome.spent, one.side.kept, one.is_now, one.is_asked)
        for one in found.neighbours
    ] == [
        ("50%", Fraction(2, 3), True, False, False),
        ("80%", Fraction(5, 3), False, False, True),
        ("90%", Fraction(10, 3), False, True, False),
        ("95%", Fraction(20, 3), False, False, False),
    ]


def test_alerts_of_other_targets_are_those_that_they_would_have(
    sqlite_template: Path, tmp_path: Path
) -> None:
    found = asked(sqlite_template, tmp_path, {})
    for one in found.neighbours:
        itself = asked(sqlite_template, tmp_path, {"target": one.text}).new
        assert itself is not None
        assert (one.side.pages, one.side.tickets) == (itself.pages, itself.tickets)
        severities = [alert.tier.severity for alert in itself.outcome.alerts]
        assert (itself.pages, itself.tickets) == (severities.count("page"), severities.count("ticket"))
    assert len({one.side.pages for one in found.neighbours}) > 1


@pytest.mark.parametrize(
    ("name", "fields", "lines"),
    [
        pytest.param("works", {"target": "90%", "good": " status < 500 "}, [], id="the same"),
        pytest.param("works", {"faster_than": ""}, ["-    faster_than: 500ms"], id="a key taken away"),
        pytest.param(
            "works", {"window": "month"}, ["-    window: 7d", "+    window: {calendar: month}"], id="a month"
        ),
        pytest.param("works", {"alerts": "none"}, ["+    alerts: none"], id="no alerts"),
        pytest.param(
            "works",
            {"events.open": "operation = 'Start'"},
            [
                "-  open: {events: \"operation = 'Open'\"}",
                "+  open: {events: \"operation = 'Start'\"}",
            ],
            id="the events of a step",
        ),
        pytest.param(
            "tiered",
            {"window": "quarter", "share1": "3%"},
            [
                "-    window: {calendar: month}",
                "+    window: {calendar: quarter}",
                "-        - {share: 2%, in: 1h, severity: page}",
                "+        - {share: 3%, in: 1h, severity: page}",
            ],
            id="a tier in place",
        ),
        pytest.param(
            "tiered",
            {"share1": "", "in1": "", "severity1": ""},
            [
                "-      tiers:",
                "-        - {share: 2%, in: 1h, severity: page}",
                "-        - {share: 10%, in: 3d, severity: ticket}  # for the sprint",
                "+      tiers: [{share: 10%, in: 3d, severity: ticket}]  # for the sprint",
            ],
            id="a tier less",
        ),
    ],
)
def test_what_is_edited(
    name: str, fields: dict[str, str], lines: list[str], sqlite_template: Path, tmp_path: Path
) -> None:
    found = asked(sqlite_template, tmp_path, fields, name)
    assert (found.refused, found.faults) == (None, ())
    assert found.new is not None
    assert changed(found) == lines


@pytest.mark.parametrize(
    ("fields", "field", "message", "shown"),
    [
        pytest.param(
            {"faster_than": "123ms"},
            "faster_than",
            "`123ms` can't be counted exactly: a limit has two significant digits; the nearest are `120ms` and `130ms`",
            "    faster_than: 123ms",
            id="a limit",
        ),
        pytest.param(
            {"good": "status <"},
            "good",
            "the expression ends too early: something is missing after `<`",
            '    good: "status <"',
            id="a filter",
        ),
        pytest.param(
            {"target": ""},
            "target",
            "an objective needs a `target`, such as `99.9%`",
            '    good: "status < 500"',
            id="nothing",
        ),
        pytest.param(
            {"events.open": "nope = 1"},
            "events.open",
            "`nope` is not a column; there are error, host, kind, method, operation, route, service, source, status "
            "(text stands in single quotes)",
            '  open: {events: "nope = 1"}',
            id="a step",
        ),
    ],
)
def test_faults_stand_beside_their_field(
    fields: dict[str, str], field: str, message: str, shown: str, sqlite_template: Path, tmp_path: Path
) -> None:
    found = asked(sqlite_template, tmp_path, fields)
    assert found.new is None
    assert found.old is not None
    (fault,) = found.fields[field].faults
    assert (fault.path, fault.message, fault.source) == ("journeys/watch.yaml", message, shown)
    assert (found.faults, [name for name, one in found.fields.items() if one.faults]) == ((), [field])


def test_nothing_was_counted(sqlite_template: Path, tmp_path: Path) -> None:
    found = asked(sqlite_template, tmp_path, {"target": "95%"}, filled=False)
    assert (found.first, found.old, found.new, found.neighbours) == (None, None, None, ())
    assert changed(found) == ["-    target: 90%", "+    target: 95%"]


def test_what_is_drawn_adds_up(sqlite_template: Path, tmp_path: Path) -> None:
    found = asked(sqlite_template, tmp_path, {"faster_than": "1s"})
    with opened(sqlite_template, tmp_path) as store:
        figures = compared(found, store, "Asia/Tokyo", "en", {"page": "page", "ticket": "ticket"})
    assert figures is not None
    assert sum(bar.old_bad for bar in figures.bars) == 3000
    assert sum(bar.new_bad for bar in figures.bars) == 2700
    assert found.old is not None
    assert len(figures.old_alerts) == len(found.old.outcome.alerts)
