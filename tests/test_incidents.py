"""Incidents: which alerts are one, when it began, was noticed and was over; what nothing told of; what people say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import incidents
from tabiji.alerts import Alert, TierStanding
from tabiji.incidents import Burn, Detection, Incident, Means, Measured, Spent, Times
from tabiji.journeys import Severity, Tier

NOON = 29_673_360  # of 2026-06-02, UTC
FAR = NOON + 10_000
TIERS: dict[Severity, Tier] = {
    "page": Tier(Fraction(2, 100), 60, "page"),
    "ticket": Tier(Fraction(10, 100), 4320, "ticket"),
}


def alert(
    number: int,
    opened: int,
    closed: int | None,
    severity: Severity = "page",
    objective: str = "watch/available",
    *,
    provisional: bool = False,
) -> Alert:
    """Times are minutes after noon."""
    tier = TIERS[severity]
    opening = TierStanding(
        tier.share,
        severity,
        tier.long_minutes,
        5,
        Fraction(14),
        Fraction(20),
        Fraction(20),
        0.0,
        True,
        "fires",
    )
    ended = None if closed is None else NOON + closed
    return Alert(
        objective,
        tier,
        provisional,
        "hash",
        NOON + opened,
        opening,
        ended,
        None if closed is None else "below-both",
        number=number,
    )


def incident(opened: int, closed: int | None, *alerts: int, **more: object) -> Incident:
    fields: dict[str, object] = {
        "journey": "watch",
        "cause": "alert",
        "opened_minute": NOON + opened,
        "closed_minute": None if closed is None else NOON + closed,
        "closing": None if closed is None else "calm",
        "alerts": alerts,
    }
    return Incident(**(fields | more))  # type: ignore[arg-type]


# Folding

FOLDS: dict[str, tuple[Sequence[Alert], int, list[Incident]]] = {
    "nothing": ([], 100, []),
    "a page opens one": ([alert(1, 10, None)], 100, [incident(10, None, 1)]),
    "until 15 minutes after it": ([alert(1, 10, 20)], 35, [incident(10, 35, 1)]),
    "and not a minute sooner": ([alert(1, 10, 20)], 34, [incident(10, None, 1)]),
    "a second page within 15 minutes is the same": (
        [alert(1, 10, 20), alert(2, 34, 40)],
        100,
        [incident(10, 55, 1, 2)],
    ),
    "a second page after 15 minutes is another": (
        [alert(1, 10, 20), alert(2, 35, 40)],
        100,
        [incident(10, 35, 1), incident(35, 55, 2)],
    ),
    "a ticket alone opens none": ([alert(1, 10, 20, "ticket")], 100, []),
    "a ticket that fires when the page comes is part of it": (
        [alert(1, 10, 60, "ticket"), alert(2, 30, 40)],
        100,
        [incident(30, 75, 1, 2)],
    ),
    "a ticket that is over when the page comes is not": (
        [alert(1, 10, 30, "ticket"), alert(2, 30, 40)],
        100,
        [incident(30, 55, 2)],
    ),
    "a ticket keeps it open": (
        [alert(1, 10, 20), alert(2, 15, 90, "ticket")],
        200,
        [incident(10, 105, 1, 2)],
    ),
    "alerts of another objective of the journey fold in": (
        [alert(1, 10, 20), alert(2, 15, None, objective="watch/fast")],
        200,
        [incident(10, None, 1, 2)],
    ),
    "a provisional objective never opens one": ([alert(1, 10, 20, provisional=True)], 100, []),
    "nor keeps one open": (
        [alert(1, 10, 20), alert(2, 15, None, provisional=True)],
        100,
        [incident(10, 35, 1)],
    ),
    "what opens later is not known yet": ([alert(1, 10, None)], 9, []),
}


@pytest.mark.parametrize(("alerts", "until", "expected"), FOLDS.values(), ids=FOLDS)
def test_alerts_fold_into_incidents(alerts: Sequence[Alert], until: int, expected: list[Incident]) -> None:
    assert incidents.fold([], alerts, NOON + until) == expected
    assert incidents.fold(expected, alerts, NOON + until) == expected  # judging twice changes nothing


@st.composite
def histories(draw: st.DrawFn) -> list[Alert]:
    found = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        opened = draw(st.integers(1, 300))
        length = draw(st.none() | st.integers(1, 60))
        severity: Severity = draw(st.sampled_from(["page", "ticket"]))
        found.append(alert(number, opened, None if length is None else opened + length, severity))
    return sorted(found, key=lambda one: one.opened_minute)


def as_known_at(alerts: Sequence[Alert], until: int) -> list[Alert]:
    known = [one for one in alerts if one.opened_minute <= until]
    return [
        replace(one, closed_minute=None, ending=None)
        if one.closed_minute is not None and one.closed_minute > until
        else one
        for one in known
    ]


@given(histories(), st.lists(st.integers(0, 400), max_size=6))
def test_folding_in_any_steps_gives_the_same_incidents(alerts: list[Alert], steps: list[int]) -> None:
    until = NOON + 500
    found: list[Incident] = []
    for step in sorted(steps):
        found = incidents.fold(found, as_known_at(alerts, NOON + step), NOON + step)
    assert incidents.fold(found, alerts, until) == incidents.fold([], alerts, until)


@given(histories())
def test_every_page_is_in_exactly_one_incident(alerts: list[Alert]) -> None:
    found = incidents.fold([], alerts, FAR)
    numbers = [number for one in found for number in one.alerts]
    assert len(numbers) == len(set(numbers))
    assert {one.number for one in alerts if one.tier.severity == "page"} <= set(numbers)


def test_what_was_closed_by_hand_stays_closed_and_the_next_page_opens_another() -> None:
    by_hand = incident(10, 15, 1, closing="hand", number=7)
    found = incidents.fold([by_hand], [alert(1, 10, None), alert(2, 12, None), alert(3, 15, None)], FAR)
    assert found == [replace(by_hand, alerts=(1, 2)), incident(15, None, 3)]


def test_one_that_was_opened_by_hand_takes_alerts_and_ends_only_by_hand_without_any() -> None:
    (opened,) = [replace(incidents.opened("watch", NOON + 5, "enquiry", []), number=3)]
    assert incidents.fold([opened], [], FAR) == [opened]
    (folded,) = incidents.fold([opened], [alert(1, 10, 20)], FAR)
    assert folded == replace(opened, alerts=(1,), closed_minute=NOON + 35, closing="calm")


# By hand


def test_nothing_is_opened_twice() -> None:
    with pytest.raises(ValueError, match="incident 4 of watch is open at that time"):
        incidents.opened("watch", NOON + 12, "human", [incident(10, 15, number=4)])
    assert incidents.opened("watch", NOON + 15, "human", [incident(10, 15, number=4)]) == Incident(
        "watch", "hand", NOON + 15, detections=(Detection(NOON + 15, "human"),)
    )


def test_merging_and_splitting_again_moves_every_alert() -> None:
    first, second = incident(10, 35, 1, number=1), incident(50, 80, 2, number=2)
    one, rest = incidents.merged(first, second)
    assert one == incident(10, 80, 1, 2, number=1)
    assert rest == incident(50, 80, number=2, merged_into=1)
    alerts = [alert(1, 10, 20), alert(2, 50, 65)]
    assert incidents.fold([one, rest], alerts, FAR) == [one, rest]
    before, after = incidents.split(one, NOON + 50, alerts)
    assert before == incident(10, 50, 1, closing="split", ceiling=NOON + 50, number=1)
    assert after == incident(50, 80, 2, floor=NOON + 50)
    assert incidents.fold([before, rest, after], alerts, FAR) == [before, rest, after]


REFUSED = {
    "merged with itself": lambda: incidents.merged(incident(1, 2, number=1), incident(1, 2, number=1)),
    "merged across journeys": lambda: incidents.merged(
        incident(1, 2, number=1), incident(1, 2, number=2, journey="pay")
    ),
    "merged twice": lambda: incidents.merged(
        incident(1, 2, number=1), incident(1, 2, number=2, merged_into=3)
    ),
    "closed twice": lambda: incidents.closed(incident(1, 2, number=1), NOON + 3),
    "closed before it opened": lambda: incidents.closed(incident(5, None, number=1), NOON + 4),
    "split at its beginning": lambda: incidents.split(incident(5, None, number=1), NOON + 5, []),
    "split after its end": lambda: incidents.split(incident(5, 9, number=1), NOON + 9, []),
}


@pytest.mark.parametrize("act", REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(act: object) -> None:
    with pytest.raises(ValueError, match=r"incident"):
        act()  # type: ignore[operator]


# Minutes


def burn(bad: str, objective: str = "watch/available", start: int = NOON) -> Burn:
    """`x` bad, `.` good, ` ` without data; from noon on."""
    return Burn(
        objective,
        start,
        bytes(sign == "x" for sign in bad),
        bytes(sign != " " for sign in bad),
    )


CALM = "." * 15
RUNS = {
    "none": ("....", 4, None),
    "one minute": ("...x", 4, (3, True)),
    "gaps of two are bridged": ("...x..x..x", 10, (3, True)),
    "gaps of three are not": ("...x...x", 8, (7, True)),
    "silence is a gap": ("...x   x", 8, (7, True)),
    "what comes after does not matter": ("...xx.xx", 5, (3, True)),
    "the alert may come later": ("...xx......", 11, (3, True)),
    "it may begin before what is known": ("..x", 3, (2, False)),
}


@pytest.mark.parametrize(("bad", "at", "expected"), RUNS.values(), ids=RUNS)
def test_the_run_that_leads_to_a_minute(bad: str, at: int, expected: tuple[int, bool] | None) -> None:
    found = incidents.run_before(burn(bad), NOON + at)
    assert found == (None if expected is None else (NOON + expected[0], expected[1]))


RECOVERIES = {
    "15 minutes later": (f"x{CALM}", 0, (1, 1)),
    "not before": (f"x{CALM[1:]}", 0, (None, 1)),
    "again a bad minute": (f"x{CALM[1:]}x{CALM}", 0, (16, 16)),
    "silence is no recovery": (f"x{' ' * 40}", 0, (None, None)),
    "the first minute with data after silence": (f"x{' ' * 20}.{' ' * 14}", 0, (21, 21)),
    "bad after silence": (f"x{' ' * 20}..x{CALM}", 0, (24, 24)),
    "never bad": (CALM, 0, (0, 0)),
    "still bad": ("xxx", 0, (None, None)),
}


@pytest.mark.parametrize(("bad", "started", "expected"), RECOVERIES.values(), ids=RECOVERIES)
def test_recovered_after_fifteen_minutes(
    bad: str, started: int, expected: tuple[int | None, int | None]
) -> None:
    over, calm = incidents.recovered(burn(bad), NOON + started)
    assert (over, calm) == tuple(None if one is None else NOON + one for one in expected)


def in_minutes(times: Times) -> tuple[object, ...]:
    """Minutes after noon."""
    shown = [
        None if one is None else one - NOON
        for one in (times.started, times.detected, times.recovered, times.calm)
    ]
    return (*shown, times.by, times.objectives)


EARLY = "." * 10
TIMES = {
    "by alert": (
        incident(14, 35, 1),
        [alert(1, 14, 20)],
        [f"{EARLY}xx.xxxxxx{CALM}"],
        (10, 14, 19, 19, "alert", ("watch/available",)),
    ),
    "an enquiry before the alert": (
        incident(14, 35, 1, detections=(Detection(NOON + 12, "enquiry"),)),
        [alert(1, 14, 20)],
        [f"{EARLY}xx.xxxxxx{CALM}"],
        (10, 12, 19, 19, "enquiry", ("watch/available",)),
    ),
    "an enquiry after the alert changes nothing": (
        incident(14, 35, 1, detections=(Detection(NOON + 15, "enquiry"),)),
        [alert(1, 14, 20)],
        [f"{EARLY}xx.xxxxxx{CALM}"],
        (10, 14, 19, 19, "alert", ("watch/available",)),
    ),
    "somebody who knew before it showed": (
        incident(14, 35, 1, detections=(Detection(NOON + 4, "human"),)),
        [alert(1, 14, 20)],
        [f"{EARLY}xx.xxxxxx{CALM}"],
        (4, 4, 19, 19, "human", ("watch/available",)),
    ),
    "one that pages again has not recovered": (
        incident(14, 70, 1, 2),
        [alert(1, 14, 20), alert(2, 36, 50)],
        [f"{EARLY}xxxxx{CALM}.....xxxxx{CALM}"],
        (10, 14, 40, 40, "alert", ("watch/available",)),
    ),
    "somebody who saw an earlier run": (
        incident(14, 35, 1, detections=(Detection(NOON + 5, "enquiry"),)),
        [alert(1, 14, 20)],
        [f"...xx.....xxxxx{CALM}"],
        (3, 5, 15, 15, "enquiry", ("watch/available",)),
    ),
    "only the objectives that alerted": (
        incident(14, 35, 1),
        [alert(1, 14, 20)],
        [f"{EARLY}xxxxx{CALM}.....", "xxxxxxxxxxxxxxxxxxxxxxxx......"],
        (10, 14, 15, 15, "alert", ("watch/available",)),
    ),
    "of two, until both are calm": (
        incident(14, 35, 1, 2),
        [alert(1, 14, 20), alert(2, 16, 22, objective="watch/fast")],
        [f"{EARLY}xxxxx{CALM}....", f"{EARLY}....xxxxx{CALM}"],
        (10, 14, 19, 19, "alert", ("watch/available", "watch/fast")),
    ),
    "a ticket in the same run noticed it first": (
        incident(14, 35, 1, 2),
        [alert(1, 14, 20), alert(2, 12, 22, "ticket")],
        [f"{EARLY}xxxxx{CALM}"],
        (10, 12, 15, 15, "alert", ("watch/available",)),
    ),
    "a ticket of days before did not": (
        incident(14, 35, 1, 2),
        [alert(1, 14, 20), alert(2, -900, 22, "ticket")],
        [f"{EARLY}xxxxx{CALM}"],
        (10, 14, 15, 15, "alert", ("watch/available",)),
    ),
    "by hand, in a run": (
        incident(14, 35, cause="hand", detections=(Detection(NOON + 14, "human"),)),
        [],
        [f"{EARLY}xxxxx{CALM}", f"{CALM}{CALM}"],
        (10, 14, 15, 15, "human", ("watch/available",)),
    ),
    "by hand, soon after a run": (
        incident(25, 35, cause="hand", detections=(Detection(NOON + 25, "enquiry"),)),
        [],
        [f"{EARLY}xxxxx..........{CALM}"],
        (10, 25, 15, 15, "enquiry", ("watch/available",)),
    ),
    "by hand, and nothing shows it": (
        incident(14, 35, cause="hand", closing="hand", detections=(Detection(NOON + 14, "enquiry"),)),
        [],
        [f"{CALM}{CALM}{CALM}"],
        (14, 14, 35, 35, "enquiry", ("watch/available",)),
    ),
    "split: not before": (
        incident(14, 35, 1, floor=NOON + 12),
        [alert(1, 14, 20)],
        [f"{EARLY}xxxxx{CALM}"],
        (12, 14, 15, 15, "alert", ("watch/available",)),
    ),
    "split: not after": (
        incident(14, 35, 1, ceiling=NOON + 13),
        [],
        [f"{EARLY}xxxxx{CALM}"],
        (10, None, 13, 13, None, ("watch/available",)),
    ),
}


@pytest.mark.parametrize(("one", "alerts", "bad", "expected"), TIMES.values(), ids=TIMES)
def test_started_detected_recovered(
    one: Incident, alerts: Sequence[Alert], bad: Sequence[str], expected: tuple[object, ...]
) -> None:
    names = ["watch/available", "watch/fast"]
    burns = [burn(minutes, name) for minutes, name in zip(bad, names, strict=False)]
    times, certain = incidents.times(one, alerts, burns)
    assert (in_minutes(times), certain) == (expected, True)


def test_an_incident_ends_where_the_next_one_starts_and_begins_where_the_last_one_closed() -> None:
    bad = [burn(f"{EARLY}{'x..........' * 3}{CALM}")]
    first, _ = incidents.times(incident(11, 27, 1), [alert(1, 11, 12)], bad, None, NOON + 32)
    assert in_minutes(first)[:4] == (10, 11, 32, 32)
    again = [burn(f"{EARLY}{'x' * 30}{CALM}")]
    second, _ = incidents.times(incident(33, 60, 2), [alert(2, 33, 35)], again, NOON + 27)
    assert in_minutes(second)[:4] == (27, 33, 40, 40)


DROPS = {
    "found 15 minutes after it": (f"{EARLY}xxxxx{CALM}", [], 30, [(10, 15)], 30),
    "and not a minute sooner": (f"{EARLY}xxxxx{CALM}", [], 29, [], 10),
    "an alert told of it": (f"{EARLY}xxxxx{CALM}", [(12, 20)], 30, [], 30),
    "an alert that came within 15 minutes": (f"{EARLY}xxxxx{CALM}", [(29, None)], 30, [], 30),
    "an alert that was over": (f"{EARLY}xxxxx{CALM}", [(5, 10)], 30, [(10, 15)], 30),
    "two of them": (f"{EARLY}x...x{CALM}", [], 30, [(10, 11), (14, 15)], 30),
}


@pytest.mark.parametrize(("bad", "told", "until", "expected", "pending"), DROPS.values(), ids=DROPS)
def test_drops_that_nothing_told_of(
    bad: str,
    told: list[tuple[int, int | None]],
    until: int,
    expected: list[tuple[int, int]],
    pending: int,
) -> None:
    spans = [(NOON + first, None if end is None else NOON + end) for first, end in told]
    found, rest = incidents.drops([burn(bad)], spans, NOON + until)
    assert ([(first - NOON, end - NOON) for first, end in found], rest - NOON) == (expected, pending)


# Verdicts and means


def measured(started: int, detected: int | None, recovered: int | None, share: str) -> Measured:
    def at(one: int | None) -> int | None:
        return None if one is None else NOON + one

    by = None if detected is None else "alert"
    times = Times(NOON + started, at(detected), by, at(recovered), at(recovered), ("watch/available",))  # type: ignore[arg-type]
    return Measured(times, (Spent("watch/available", 1, 10, 1 / Fraction(share)),))


VERDICTS = {
    "1 % of the budget is worth an alert": (incident(4, 35, 1, measured=measured(0, 4, 20, "1/100")), None),
    "less is not": (incident(4, 35, 1, measured=measured(0, 4, 20, "99/10000")), "false"),
    "not known while it lasts": (incident(4, 35, 1, measured=measured(0, 4, None, "99/10000")), None),
    "somebody noticed as well": (
        incident(4, 35, 1, measured=measured(0, 4, 20, "1/1000"), detections=(Detection(NOON, "human"),)),
        None,
    ),
    "a drop was missed": (incident(0, 9, cause="drop", measured=measured(0, None, 9, "6/100")), "missed"),
    "but for an enquiry": (
        incident(
            0,
            9,
            cause="drop",
            measured=measured(0, 7, 9, "6/100"),
            detections=(Detection(NOON + 7, "enquiry"),),
        ),
        None,
    ),
}


@pytest.mark.parametrize(("one", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_verdicts(one: Incident, expected: str | None) -> None:
    assert one.verdict == expected


def test_means_and_medians() -> None:
    every = [
        incident(4, 35, 1, measured=measured(0, 4, 20, "1/2")),
        incident(4, 35, 2, measured=measured(0, 6, 60, "1/2")),
        incident(4, None, 3, measured=measured(0, 20, None, "1/2")),
        incident(0, 9, 4, measured=measured(0, 1, 2, "1/1000")),
        incident(0, 9, cause="drop", measured=measured(0, None, 9, "6/100")),
        incident(0, 9, merged_into=1),
    ]
    assert incidents.means(every) == Means(3, Fraction(10), Fraction(6), Fraction(40), Fraction(40), 1, 1)
    assert incidents.means([]) == Means(0, None, None, None, None, 0, 0)
