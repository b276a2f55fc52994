"""Key results: what may be wanted, how each stands by what was measured, and both edges of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from tabiji import results
from tabiji.acts import Act
from tabiji.results import Change, Closing, Measured, Result, Wanted
from tabiji.runs import achieving

NOW = 1_780_000_000
ZONE = "Asia/Tokyo"
WANTED = Wanted(
    "Learners can play on nearly every day",
    "Sato",
    "learning",
    "watch/plays",
    "sli",
    Fraction(97, 100),
    Fraction(99, 100),
    date(2026, 4, 1),
    date(2026, 6, 30),
    ZONE,
)
START = 29_582_820  # 2026-03-31T15:00Z: April begins in Tokyo
END = START + 91 * 1440
TEAMS, OBJECTIVES = ("billing", "learning"), ("watch/plays",)


def opened(wanted: Wanted = WANTED) -> Result:
    return results.result([replace(results.opening(wanted, "Ito", NOW), subject="5", number=5)])


def test_what_is_opened_is_what_was_wanted() -> None:
    assert opened().wanted == WANTED
    assert opened(replace(WANTED, team=None)).wanted == replace(WANTED, team=None)
    third = replace(WANTED, start=Fraction(1, 3))
    assert opened(third).wanted == third
    assert opened().opened.body == {
        "title": "Learners can play on nearly every day",
        "owner": "Sato",
        "team": "learning",
        "objective": "watch/plays",
        "measure": "sli",
        "start": "97/100",
        "start_measured": False,
        "target": "99/100",
        "from": "2026-04-01",
        "to": "2026-06-30",
        "zone": "Asia/Tokyo",
    }


def test_a_period_is_whole_days_of_its_zone() -> None:
    assert results.minutes(WANTED) == (START, END)
    found = results.days(WANTED)
    assert (len(found), found[:2], found[-1]) == (92, [START, START + 1440], END)
    one = replace(WANTED, first=date(2026, 3, 29), last=date(2026, 3, 29), zone="Europe/Berlin")
    assert results.minutes(one)[1] - results.minutes(one)[0] == 23 * 60


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(Fraction(97, 100), Fraction(0), id="where it started"),
        pytest.param(Fraction(98, 100), Fraction(1, 2), id="half of the way"),
        pytest.param(Fraction(99, 100), Fraction(1), id="at the target"),
        pytest.param(Fraction(96, 100), Fraction(-1, 2), id="worse than it started"),
        pytest.param(Fraction(1), Fraction(3, 2), id="beyond the target"),
        pytest.param(None, None, id="nothing measured"),
    ],
)
def test_progress_is_exact_and_never_clamped(value: Fraction | None, expected: Fraction | None) -> None:
    assert results.progress(WANTED, value) == expected


DAYS = replace(WANTED, measure="days-kept", start=Fraction(1, 2), target=Fraction(9, 10))
LAST = END - 1


def days_kept(kept: int, whole: int, left: int) -> Measured:
    value = Fraction(kept, whole) if whole else None
    return Measured(END - left * 1440, value, None if whole else "no-data", kept, whole, left)


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        pytest.param(WANTED, Measured(START, None, "not-begun"), "not-begun", id="the minute it begins"),
        pytest.param(WANTED, Measured(START + 1, None, "no-data"), "no-data", id="without events"),
        pytest.param(WANTED, Measured(END, None, "no-data"), "no-data", id="over, and without events"),
        pytest.param(WANTED, Measured(LAST, WANTED.target), "on-track", id="at the target, a minute before the end"),
        pytest.param(
            WANTED, Measured(LAST, WANTED.target - Fraction(1, 10**9)), "behind", id="just below, before the end"
        ),
        pytest.param(WANTED, Measured(END, WANTED.target), "reached", id="at the target at the end"),
        pytest.param(WANTED, Measured(END, WANTED.target - Fraction(1, 10**9)), "missed", id="just below at the end"),
        pytest.param(DAYS, days_kept(81, 90, 1), "on-track", id="enough days so far, and one could spoil it"),
        pytest.param(DAYS, days_kept(82, 90, 1), "reached", id="whatever the last day is, it is enough"),
        pytest.param(DAYS, days_kept(80, 90, 1), "out-of-reach", id="even a good last day is too little"),
        pytest.param(DAYS, days_kept(17, 20, 10), "behind", id="too few so far, all can be made good"),
        pytest.param(DAYS, days_kept(16, 20, 9), "out-of-reach", id="25 of 29 at best"),
        pytest.param(DAYS, days_kept(0, 0, 91), "no-data", id="no whole day is over"),
        pytest.param(DAYS, days_kept(9, 10, 0), "reached", id="days at the end, at the target"),
        pytest.param(DAYS, days_kept(8, 10, 0), "missed", id="days at the end, below it"),
    ],
)  # fmt: skip
def test_how_it_stands(wanted: Wanted, found: Measured, expected: str) -> None:
    assert results.state(wanted, found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("99.9%", Fraction(999, 1000), id="a percentage"),
        pytest.param(" 99.9 % ", Fraction(999, 1000), id="with spaces"),
        pytest.param("0.999", Fraction(999, 1000), id="a decimal"),
        pytest.param("９９．９％", Fraction(999, 1000), id="full-width, as Japanese keyboards type"),
        pytest.param("-20%", Fraction(-1, 5), id="overspent"),
        pytest.param("−20%", Fraction(-1, 5), id="with a real minus"),
        pytest.param("1", Fraction(1), id="all"),
    ],
)
def test_shares_are_read_as_people_write_them(text: str, expected: Fraction) -> None:
    assert results.share(text) == expected


@pytest.mark.parametrize(
    "text", ["", "99.9", "1.000001", "nan", "1e3", "99..9%", "1/3", "99.9%%", "9" * 10 + "%"]
)
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a share; write for example"):
        results.share(text)


WRONG: Mapping[str, tuple[Wanted, list[str]]] = {
    "no title": (replace(WANTED, title=" "), ["title"]),
    "a title of 201 characters": (replace(WANTED, title="x" * 201), ["title"]),
    "a line break in the title": (replace(WANTED, title="a\nb"), ["title"]),
    "nobody owns it": (replace(WANTED, owner=""), ["owner"]),
    "a team that there is not": (replace(WANTED, team="sales"), ["team"]),
    "an objective that there is not": (replace(WANTED, objective="watch/nothing"), ["objective"]),
    "a measure that there is not": (replace(WANTED, measure="mood"), ["measure"]),  # type: ignore[arg-type]
    "the target is where it starts": (replace(WANTED, start=WANTED.target), ["target"]),
    "more than all": (replace(WANTED, target=Fraction(101, 100)), ["target"]),
    "less than nothing": (replace(WANTED, start=Fraction(-1, 100)), ["start"]),
    "a budget more than overspent a hundredfold": (
        replace(WANTED, measure="budget-left", start=Fraction(-101)), ["start"],
    ),
    "it ends before it begins": (replace(WANTED, last=date(2026, 3, 31)), ["to"]),
    "401 days": (replace(WANTED, last=date(2027, 5, 6)), ["to"]),
    "long ago": (replace(WANTED, first=date(1970, 12, 31)), ["from"]),
    "several at once": (replace(WANTED, title="", owner="", last=date(2026, 3, 31)), ["title", "owner", "to"]),
}  # fmt: skip
RIGHT: Mapping[str, Wanted] = {
    "as it is": WANTED,
    "a title of 200 characters": replace(WANTED, title="x" * 200),
    "from nothing to all": replace(WANTED, start=Fraction(0), target=Fraction(1)),
    "from an overspent budget": replace(
        WANTED, measure="budget-left", start=Fraction(-100), target=Fraction(0)
    ),
    "one day": replace(WANTED, last=WANTED.first),
    "400 days": replace(WANTED, last=date(2027, 5, 5)),
    "of no team": replace(WANTED, team=None),
}


@pytest.mark.parametrize(("wanted", "fields"), WRONG.values(), ids=WRONG)
def test_what_makes_no_sense_is_told_field_by_field(wanted: Wanted, fields: list[str]) -> None:
    assert [field for field, _ in results.faults(wanted, TEAMS, OBJECTIVES)] == fields


@pytest.mark.parametrize("wanted", RIGHT.values(), ids=RIGHT)
def test_what_makes_sense_is_taken(wanted: Wanted) -> None:
    assert results.faults(wanted, TEAMS, OBJECTIVES) == []


def test_a_closing_keeps_what_was_measured_and_is_the_last_word() -> None:
    found = Measured(END, Fraction(1, 3), None, 1, 3, 0)
    act = replace(results.closed(opened(), found, "Mori", NOW + 60, " we learnt "), number=6)
    assert act == Act(
        "result", "5", "closed", NOW + 60, "Mori",
        {
            "text": "we learnt", "state": "missed", "until_minute": END, "value": "1/3", "missing": None,
            "part": 1, "whole": 3, "days_left": 0,
        },
        6,
    )  # fmt: skip
    after = results.result([*opened().acts, act])
    assert after.closing == Closing("Mori", NOW + 60, "we learnt", found, "missed")
    assert after.last == 6
    nothing = Measured(START, None, "not-begun", days_left=91)
    early = results.closed(opened(), nothing, "Mori", NOW, "we want something else")
    closing = results.result([*opened().acts, early]).closing
    assert closing is not None
    assert (closing.measured, closing.state) == (nothing, "not-begun")
    for result, text, message in (
        (after, "again", "key result 5 is closed already"),
        (opened(), " ", "what was learnt"),
        (opened(), "x" * 4001, "that is too long"),
    ):
        with pytest.raises(ValueError, match=message):
            results.closed(result, found, "Mori", NOW, text)


def test_what_is_wanted_changes_and_what_it_was_is_kept() -> None:
    aimed = replace(WANTED, owner=" Mori ", target=Fraction(985, 1000))
    act = replace(results.changed(opened(), aimed, "Ito", NOW + 60, " Sato left "), number=6)
    body = {"owner": "Mori", "target": "197/200", "text": "Sato left"}
    assert act == Act("result", "5", "changed", NOW + 60, "Ito", body, 6)
    once = results.result([*opened().acts, act])
    after = replace(WANTED, owner="Mori", target=Fraction(985, 1000))
    assert (once.wanted, once.last) == (after, 6)
    assert once.changes == (Change("Ito", NOW + 60, "Sato left", WANTED, after),)
    second = replace(
        results.changed(once, replace(after, title="More"), "Mori", NOW + 90, "shorter"), number=7
    )
    twice = results.result([*once.acts, second])
    assert twice.wanted == replace(after, title="More")
    assert [one.before for one in twice.changes] == [WANTED, after]
    closing = replace(results.closed(twice, Measured(END, None, "no-data"), "Mori", NOW + 99, "x"), number=8)
    for result, wanted, text, message in (
        (results.result([*twice.acts, closing]), WANTED, "x", "key result 5 is closed already"),
        (opened(), aimed, " ", r"^why\?"),
        (opened(), aimed, "x" * 4001, "that is too long"),
        (opened(), WANTED, "x", "that is what is wanted already"),
        (opened(), replace(WANTED, start=Fraction(1, 2)), "x", "that is what is wanted already"),
    ):
        with pytest.raises(ValueError, match=message):
            results.changed(result, wanted, "Ito", NOW, text)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2026, 1, 1), (date(2026, 1, 1), date(2026, 3, 31)), id="the first day of a year"),
        pytest.param(
            date(2026, 6, 30), (date(2026, 4, 1), date(2026, 6, 30)), id="the last day of a quarter"
        ),
        pytest.param(date(2026, 7, 1), (date(2026, 7, 1), date(2026, 9, 30)), id="the day after it"),
        pytest.param(
            date(2026, 12, 31), (date(2026, 10, 1), date(2026, 12, 31)), id="the last day of a year"
        ),
    ],
)
def test_quarters(day: date, expected: tuple[date, date]) -> None:
    assert achieving.quarter(day) == expected
