"""What a weekly review shows, to the event and to the second: drops, budgets, alerts, enquiries, what-if."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from meeting import OUTAGE, WEEK, fill, start, write
from tabiji import definitions, store
from tabiji.budgets import Tally
from tabiji.definitions import Site
from tabiji.runs.viewing import review as viewing
from tabiji.runs.viewing.otherwise import Otherwise, otherwise
from tabiji.runs.viewing.review import Row, Week
from tabiji.store import Store

F = Fraction
MONDAY = date(2026, 6, 1)
FIRST = start(MONDAY)
NOW = FIRST + WEEK + 2
BAD, BEFORE = Tally(1680, 2282), Tally(1680, 1681)  # 1680 + 600 + both edges; the last minute before the week
SPENT, SPENT_BEFORE = F(602, 2282) * 100, F(1, 1681) * 100


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return write(tmp_path_factory.mktemp("meeting") / "site")


@pytest.fixture
def opened(site: Site, store_url: str) -> Iterator[Store]:
    with store.open(store_url) as opened:
        fill(site, opened, MONDAY)
        yield opened


def test_all_facts_of_a_week(site: Site, opened: Store) -> None:
    of = viewing.week(site, MONDAY, NOW)
    assert of == Week(MONDAY, FIRST - WEEK, FIRST, FIRST + WEEK, False)
    (journey,) = (one for one in site.journeys if one.team == "money")
    works, quick = journey.objectives
    rows = viewing.rows(site, opened, "money", of)
    left, left_before = 1 - F(603, 3963) * 100, 1 - F(1, 1681) * 100
    nothing = Tally(2282, 2282), Tally(1681, 1681), F(0), F(0), F(1), F(1)
    assert rows == [
        Row(
            journey,
            works,
            BAD,
            BEFORE,
            SPENT,
            SPENT_BEFORE,
            left,
            left_before,
            "exhausted",
            "healthy",
            "spent",
        ),
        Row(journey, quick, *nothing, "healthy", "healthy", None),
    ]
    found = viewing.causes(site, opened, rows[0], of)
    fired = sorted((one.alert.opened_minute, one.alert.tier.severity) for one in found.alerts)
    outage = FIRST + OUTAGE
    assert fired == [(outage + 1, "page"), (outage + 1, "page"), (outage + 1, "ticket")]
    assert [(one.operation, one.tally) for one in found.operations] == [("pay", BAD)]
    (incident,) = found.incidents
    assert incident.measured is not None
    assert incident.measured.times.started == outage
    beside = viewing.beside(site, opened, "money", of)
    assert beside.amounts == {"enquiry": (2, 1), "churn": (4, 0), "voice": (1, 0)}
    assert beside.of_journeys == {"pay": {"enquiry": 2, "churn": 4, "voice": 1}}
    assert [one.text for one in beside.voices] == ["I can't pay!"]
    assert viewing.facts_json(rows, beside) == {
        "objectives": [
            {
                "id": "pay/works", "provisional": False, "drop": "spent", "state": "exhausted",
                "state_before": "healthy", "good": 1680, "total": 2282, "bad": 602, "sli": 1680 / 2282,
                "spent": float(SPENT), "spent_before": float(SPENT_BEFORE),
                "remaining": float(left), "remaining_before": float(left_before),
            },
            {
                "id": "pay/quick", "provisional": True, "drop": None, "state": "healthy",
                "state_before": "healthy", "good": 2282, "total": 2282, "bad": 0, "sli": 1.0,
                "spent": 0.0, "spent_before": 0.0, "remaining": 1.0, "remaining_before": 1.0,
            },
        ],
        "signals": {
            "enquiry": {"week": 2, "week_before": 1},
            "churn": {"week": 4, "week_before": 0},
            "voice": {"week": 1, "week_before": 0},
        },
    }  # fmt: skip


def test_the_week_after_has_what_comes_after_its_first_minute_only(site: Site, opened: Store) -> None:
    of = viewing.week(site, date(2026, 6, 8), NOW)
    assert of == Week(date(2026, 6, 8), FIRST, FIRST + WEEK, NOW, True)
    works = viewing.rows(site, opened, "money", of)[0]
    assert (works.tally, works.tally_before, works.spent) == (Tally(0, 1), BAD, 100)
    assert viewing.beside(site, opened, "money", of).amounts["enquiry"] == (1, 2)


def test_what_the_week_would_have_been_with_other_targets(site: Site, opened: Store) -> None:
    (journey,) = (one for one in site.journeys if one.team == "money")
    works, quick = journey.objectives
    found = otherwise(site, opened, [(journey, works), (journey, quick)], FIRST, FIRST + WEEK, {})
    assert otherwise(site, opened, [], FIRST, FIRST + WEEK, {}) == {}  # a week without drops
    share = F(602, 2282)
    assert found["pay/works"] == [
        Otherwise({"target": "95%"}, F(95, 100), None, BAD, share * 20, 2, 1),
        Otherwise({"target": "98%"}, F(98, 100), None, BAD, share * 50, 2, 1),
        Otherwise({}, F(99, 100), None, BAD, SPENT, 2, 1),
        Otherwise({"target": "99.5%"}, F(995, 1000), None, BAD, share * 200, 2, 1),
    ]
    assert [one.asked for one in found["pay/quick"]] == [
        {"faster_than": "300ms"},
        {"faster_than": "250ms"},
        {"target": "50%"},
        {"target": "80%"},
        {},
        {"target": "95%"},
        {"faster_than": "150ms"},
    ]


def test_what_is_on_trial_has_its_weeks(site: Site, opened: Store) -> None:
    of = viewing.week(site, MONDAY, NOW)
    assert of is not None
    (trial,) = viewing.trials(site, opened, "money", of)
    assert (trial.objective.name, trial.trend, trial.weeks) == ("quick", (None, None, 0, 0), 1)
    assert (trial.spent, trial.pages, trial.tickets) == (0, 0, 0)
    assert [line for line in trial.agree.difference if line[:1] in "+-"][2:] == [
        "-  quick: {title: {en: It is quick, ja: 速い}, faster_than: 200ms, target: 90%, state: provisional}",
        "+  quick: {title: {en: It is quick, ja: 速い}, faster_than: 200ms, target: 90%}",
    ]


@pytest.mark.parametrize(
    ("monday", "hours"),
    [
        pytest.param(date(2026, 3, 23), 167, id="clocks go forward on its Sunday"),
        pytest.param(date(2026, 10, 19), 169, id="clocks go back on its Sunday"),
        pytest.param(date(2026, 6, 1), 168, id="clocks stay"),
    ],
)
def test_a_week_is_of_the_zone(tmp_path: Path, monday: date, hours: int) -> None:
    site = definitions.load(tmp_path, {}, {"tabiji.yaml": "timezone: Europe/Berlin\n"})
    of = viewing.week(site, monday, 40_000_000)
    assert of is not None
    assert of.end - of.start == hours * 60
    assert viewing.week(site, monday, of.start) is None  # it has not begun
    assert viewing.week(site, monday, of.start + 1) == Week(monday, of.before, of.start, of.start + 1, True)
