"""Matters and what is known of them → what is told, and why; both edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from tabiji import notices
from tabiji.notices import APART_SECONDS, SINGLY_MAX, Clock, Decision, Duty, Knows, Matter, Quiet, Urgency
from tabiji.notices.knowing import STEP_SECONDS_MAX, Telling, knows_json, knows_of
from tabiji.notices.matters import mark
from tabiji.notices.quiet import is_quiet

NOW = 1_780_000_000  # Thursday 2026-05-28, 20:26:40 UTC
UNTIL = NOW // 60
NIGHT = Quiet(22 * 60, 7 * 60, "UTC")
DUTY = Duty(("phone",), ("board",), ("news",), NIGHT, 60)
RECEIVERS = ("phone", "board", "news")
PAGE = Matter(
    "incident:1",
    "incident",
    "watch",
    "page",
    DUTY,
    UNTIL - 10,
    objectives=("watch/available",),
    mark=10,
    found=True,
)
TICKET = replace(PAGE, topic="tickets:watch:1", kind="tickets", urgency="ticket", mark=0)
KNOWN = Knows("page", UNTIL - 10, 1000, 1000, (), ("watch/available",), 10)


def decided(
    matter: Matter, knows: Knows | None = None, **clock: int | bool
) -> list[tuple[str, str | None, str]]:
    """(receiver, stage, reason) of a matter that the receivers of its urgency know as `knows`."""
    known = {} if knows is None else {(name, matter.topic): knows for name in matter.receivers(knows.urgency)}
    at = Clock(**{"now": NOW, "elapsed": 1000, "round": 7, "until_minute": UNTIL, **clock})  # type: ignore[arg-type]
    return [(one.receiver, one.stage, one.reason) for one in notices.decide([matter], known, RECEIVERS, at)]


CASES = {
    "a page that nobody knows of is told": (PAGE, None, {}, "opened", "opens"),
    "what is known and the same is not told again": (PAGE, KNOWN, {}, None, "unchanged"),
    "a further objective makes it worse": (
        replace(PAGE, objectives=("watch/available", "watch/fast")),
        KNOWN,
        {"elapsed": 1000 + APART_SECONDS},
        "worse",
        "more-objectives",
    ),
    "it is worse only so long after the last message": (
        replace(PAGE, objectives=("watch/available", "watch/fast")),
        KNOWN,
        {"elapsed": 1000 + APART_SECONDS - 1},
        None,
        "too-soon",
    ),
    "half of the budget spent makes it worse": (
        replace(PAGE, mark=50),
        KNOWN,
        {"elapsed": 2000},
        "worse",
        "budget-spent",
    ),
    "as much spent as is known does not": (PAGE, KNOWN, {"elapsed": 2000}, None, "unchanged"),
    "calm, while something lasts, is better": (
        replace(PAGE, calm=True),
        KNOWN,
        {"elapsed": 2000},
        "better",
        "calmer",
    ),
    "calm and soon over is not told": (
        replace(PAGE, calm=True, lasts=False),
        KNOWN,
        {"elapsed": 2000},
        None,
        "unchanged",
    ),
    "firing again after calm is worse": (
        PAGE,
        replace(KNOWN, calm=True),
        {"elapsed": 2000},
        "worse",
        "fires-again",
    ),
    "somebody took note": (replace(PAGE, acknowledged=True), KNOWN, {}, "acknowledged", "acknowledged"),
    "nobody took note for an hour": (PAGE, KNOWN, {"elapsed": 1000 + 3600}, "reminder", "unacknowledged"),
    "nobody took note for a second less": (PAGE, KNOWN, {"elapsed": 1000 + 3599}, None, "unchanged"),
    "what somebody took note of is not repeated": (
        replace(PAGE, acknowledged=True),
        replace(KNOWN, acknowledged=True),
        {"elapsed": 9000},
        None,
        "unchanged",
    ),
    "calm is not repeated": (
        replace(PAGE, calm=True),
        replace(KNOWN, calm=True),
        {"elapsed": 9000},
        None,
        "unchanged",
    ),
    "it is over, even at once after the last message": (
        replace(PAGE, ended_minute=UNTIL),
        KNOWN,
        {},
        "over",
        "over",
    ),
    "over in the night, to those who were woken": (
        replace(PAGE, ended_minute=UNTIL),
        KNOWN,
        {"now": NOW + 3 * 3600},
        "over",
        "over",
    ),
    "closed by hand": (
        replace(PAGE, ended_minute=UNTIL, ending="closed-by-hand"),
        KNOWN,
        {},
        "over",
        "closed-by-hand",
    ),
    "part of another one": (replace(PAGE, ended_minute=UNTIL, ending="merged"), KNOWN, {}, "over", "merged"),
    "opened and over while nothing ran": (replace(PAGE, ended_minute=UNTIL), None, {}, "over", "missed"),
    "over when it was last looked at": (
        replace(PAGE, ended_minute=UNTIL, found=False),
        None,
        {},
        None,
        "known",
    ),
    "over for a day": (replace(PAGE, ended_minute=UNTIL - 1440), None, {}, "over", "missed"),
    "over for longer than a day": (replace(PAGE, ended_minute=UNTIL - 1441), None, {}, None, "past"),
    "logs of the past": (PAGE, None, {"live": False}, None, "past"),
    "a page in the night": (PAGE, None, {"now": NOW + 3 * 3600}, "opened", "opens"),
    "what nothing has come of": (replace(PAGE, untold=True), None, {}, None, "untold"),
}


@pytest.mark.parametrize(("matter", "knows", "clock", "stage", "reason"), CASES.values(), ids=CASES.keys())
def test_a_page_is_told(
    matter: Matter, knows: Knows | None, clock: dict[str, int], stage: str | None, reason: str
) -> None:
    assert decided(matter, knows, **clock) == [("phone", stage, reason)]


QUIETLY = {
    "a ticket by day": (TICKET, None, 0, "opened", "opens"),
    "a ticket at the last minute of the day": (TICKET, None, 92, "opened", "opens"),
    "a ticket in quiet hours": (TICKET, None, 94, None, "quiet-hours"),
    "over in quiet hours": (
        replace(TICKET, ended_minute=UNTIL),
        Knows("ticket", UNTIL, 0, 0),
        94,
        None,
        "quiet-hours",
    ),
    "over, and told when quiet hours are": (
        replace(TICKET, ended_minute=UNTIL),
        Knows("ticket", UNTIL, 0, 0),
        11 * 60,
        "over",
        "over",
    ),
    "held back, and still open": (
        TICKET,
        Knows("ticket", UNTIL, 0, 0, held=True),
        11 * 60,
        "opened",
        "opens",
    ),
    "held back, and over": (
        replace(TICKET, ended_minute=UNTIL, found=False),
        Knows("ticket", UNTIL, 0, 0, held=True),
        11 * 60,
        "over",
        "over-in-quiet-hours",
    ),
}


@pytest.mark.parametrize(
    ("matter", "knows", "after", "stage", "reason"), QUIETLY.values(), ids=QUIETLY.keys()
)
def test_what_is_no_page_waits_for_the_end_of_quiet_hours(
    matter: Matter, knows: Knows | None, after: int, stage: str | None, reason: str
) -> None:
    assert decided(matter, knows, now=NOW + after * 60) == [("board", stage, reason)]


def test_what_ended_in_quiet_hours_is_one_message() -> None:
    some = [replace(TICKET, topic=f"tickets:j{n}:{n}", ended_minute=UNTIL, found=False) for n in range(3)]
    known = {("board", one.topic): Knows("ticket", UNTIL, 0, 0, held=True) for one in some}
    told = notices.decide(some, known, RECEIVERS, Clock(NOW, 1000, 7, UNTIL))
    assert [(one.topic, one.stage, one.reason) for one in told] == [
        *((one.topic, None, "summed-up") for one in some),
        ("ended:7:ticket", "over", "over-in-quiet-hours"),
    ]
    assert told[-1].matters == tuple(some)
    assert all(one.over for one in told)


AUDIENCES = {
    "a page": (PAGE, {}, [("phone", "page")]),
    "a ticket": (TICKET, {}, [("board", "ticket")]),
    "a page that is over already goes to the same, but wakes nobody": (
        replace(PAGE, ended_minute=UNTIL),
        {},
        [("phone", "information")],
    ),
    "whoever knows of it hears of its end": (
        replace(PAGE, urgency="information", ended_minute=UNTIL),
        {"phone": "page"},
        [("news", "information"), ("phone", "page")],
    ),
    "nobody": (replace(PAGE, duty=Duty()), {}, [("", "page")]),
    "nobody that there is": (replace(PAGE, duty=Duty(("gone",))), {}, [("", "page")]),
}


@pytest.mark.parametrize(("matter", "knowing", "whom"), AUDIENCES.values(), ids=AUDIENCES.keys())
def test_it_goes_to(matter: Matter, knowing: Mapping[str, Urgency], whom: list[tuple[str, str]]) -> None:
    known = {(name, matter.topic): replace(KNOWN, urgency=urgency) for name, urgency in knowing.items()}
    told = notices.decide([matter], known, RECEIVERS, Clock(NOW, 1000, 7, UNTIL))
    assert [(one.receiver, one.urgency) for one in told] == whom


# Many at once


def many(count: int) -> list[Matter]:
    return [
        replace(PAGE, topic=f"incident:{n}", journey=f"j{n}", objectives=(f"j{n}/a", f"j{n}/b"))
        for n in range(1, count + 1)
    ]


def after(known: Mapping[tuple[str, str], Knows], told: list[Decision]) -> dict[tuple[str, str], Knows]:
    """What is known then, of which more may follow."""
    found = dict(known)
    for one in told:
        if one.knows is not None:
            found[one.receiver, one.topic] = one.knows
        if one.knows is not None and one.over:
            del found[one.receiver, one.topic]
    return found


@pytest.mark.parametrize(
    ("count", "messages"),
    [(SINGLY_MAX, SINGLY_MAX), (SINGLY_MAX + 1, 1), (1000, 1)],
    ids=["as many as are told one by one", "one more", "a thousand"],
)
def test_many_at_once_are_one_message(count: int, messages: int) -> None:
    clock = Clock(NOW, 1000, 7, UNTIL)
    told = notices.decide(many(count), {}, RECEIVERS, clock)
    said = [one for one in told if one.stage is not None]
    assert len(said) == messages
    assert {matter.topic for one in said for matter in one.matters} == {one.topic for one in many(count)}
    known = after({}, told)
    again = notices.decide(many(count), known, RECEIVERS, clock)
    assert [one for one in again if one.stage is not None or one.knows is not None] == []


def test_what_was_told_in_one_message_goes_on_as_one() -> None:
    some = many(30)
    told = notices.decide(some, {}, RECEIVERS, Clock(NOW, 1000, 7, UNTIL))
    known = after({}, told)
    stages = []
    for elapsed, change in (
        (1060, [replace(some[0], mark=100), *some[1:]]),  # worse, but too soon
        (1600, [replace(some[0], mark=100), *some[1:]]),
        (1660, [replace(one, acknowledged=True) for one in some[1:]] + [some[0]]),  # all but one
        (1720, [replace(one, acknowledged=True) for one in some]),
        (9000, [replace(one, acknowledged=True) for one in some]),
        (
            9060,
            [replace(one, acknowledged=True, ended_minute=UNTIL * (one != some[0]) or None) for one in some],
        ),
        (9120, [replace(one, ended_minute=UNTIL) for one in some[:1]]),
        (9180, []),
    ):
        told = notices.decide(change, known, RECEIVERS, Clock(NOW, elapsed, 8, UNTIL))
        stages.append([(one.topic, one.stage) for one in told if one.stage is not None])
        known = after(known, told)
    summary = "summary:7:page"
    assert stages == [
        [],
        [(summary, "worse")],
        [],
        [(summary, "acknowledged")],
        [],
        [],
        [(summary, "over")],
        [],
    ]
    assert known == {}


def test_the_rate_is_bounded_however_they_come() -> None:
    """19 a minute, for an hour: 20 one by one within 10 minutes, and one message a minute."""
    known: dict[tuple[str, str], Knows] = {}
    matters: list[Matter] = []
    counts = []
    for minute in range(60):
        matters += [replace(PAGE, topic=f"incident:{minute * 19 + n}") for n in range(19)]
        told = notices.decide(matters, known, RECEIVERS, Clock(NOW, 1000 + 60 * minute, minute, UNTIL))
        counts.append(sum(one.stage is not None for one in told))
        known = after(known, told)
    assert counts[:10] == [19, *[1] * 9]
    assert max(sum(counts[start : start + 10]) for start in range(50)) <= SINGLY_MAX + 10


# What is known


@pytest.mark.parametrize(
    ("percent", "reached"),
    [
        ("9.99", 0),
        ("10", 10),
        ("24.9", 10),
        ("50", 50),
        ("99.9", 50),
        ("100", 100),
        ("199", 100),
        ("400", 400),
    ],
)
def test_the_budget_spent_has_marks(percent: str, reached: int) -> None:
    assert mark(Fraction(percent) / 100) == reached


def test_the_clock_of_what_was_told_does_not_jump() -> None:
    telling = Telling(round=3, until_minute=UNTIL, at=NOW, elapsed=5000)
    jumps = {0: 0, 60: 60, STEP_SECONDS_MAX: STEP_SECONDS_MAX, 3600: 300, 30 * 86_400: 300, -3600: 0}
    assert {jump: telling.elapsed_at(NOW + jump) - 5000 for jump in jumps} == jumps
    assert Telling().elapsed_at(NOW) == 0


def test_what_is_known_is_kept() -> None:
    known = replace(KNOWN, members=("a", "b"), within="summary:1:page", calm=True, held=True)
    assert knows_of(knows_json(known)) == known
    assert knows_of(knows_json(KNOWN)) == KNOWN


@pytest.mark.parametrize(
    ("quiet", "seconds", "expected"),
    [
        (NIGHT, 93 * 60 + 19, False),  # 21:59:59
        (NIGHT, 93 * 60 + 20, True),  # 22:00:00
        (NIGHT, 633 * 60 + 19, True),  # 06:59:59
        (NIGHT, 633 * 60 + 20, False),  # 07:00:00
        (Quiet(20 * 60, 21 * 60, "UTC"), 0, True),
        (Quiet(20 * 60, 20 * 60 + 26, "UTC"), 0, False),
        (Quiet(5 * 60, 6 * 60, "Asia/Tokyo"), 0, True),  # 05:26 there
        (Quiet(0, 1, "UTC", frozenset({3})), 0, True),  # a Thursday
        (Quiet(0, 1, "UTC", frozenset({4, 5, 6})), 0, False),
    ],
)
def test_quiet_hours(quiet: Quiet, seconds: int, expected: bool) -> None:
    assert is_quiet(quiet, NOW + seconds) is expected
