"""What changes from minute to minute, and what becomes of alerts that were told when their time is judged again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import alerts, budgets
from tabiji.alerts import ENDINGS, Alert, Decision, QuietHour, QuietLimit, Reason, Silence
from tabiji.budgets import Tally
from tabiji.journeys import DEFAULT_TIERS, Objective, Text
from tabiji.windows import Rolling

THREE_NINES = Fraction(999, 1000)
DAYS_30 = 30 * 1440
NOW = 29_000_000
HOUR_PAGE, SIX_HOURS_PAGE, THREE_DAYS_TICKET = DEFAULT_TIERS
OBJECTIVE = Objective(
    "j", "o", Text(), ("s",), "status < 500", None, None, None,
    THREE_NINES, "99.9%", Rolling(DAYS_30), "agreed", (HOUR_PAGE,),
)  # fmt: skip


def bad_of(bad: int, total: int) -> Tally:
    return Tally(total - bad, total)


# long, short → what happens to an alert that is not open, and to one that is
DECIDED: dict[str, tuple[Tally, Tally, tuple[bool, Reason], tuple[bool, Reason]]] = {
    "at the threshold": (bad_of(144, 10_000), bad_of(18, 1250), (True, "fires"), (True, "fires")),
    "one bad event less in the short window": (
        bad_of(144, 10_000), bad_of(17, 1250), (False, "below-short"), (False, "below-short"),
    ),
    "one bad event less in the long window": (
        bad_of(143, 10_000), bad_of(18, 1250), (False, "below-long"), (False, "below-long"),
    ),
    "both below": (bad_of(1, 10_000), bad_of(0, 1250), (False, "below-both"), (False, "below-both")),
    "few events": (bad_of(1, 10), bad_of(1, 1), (False, "few-events"), (True, "goes-on")),
    "silence in the short window": (bad_of(144, 10_000), Tally(), (False, "no-data"), (True, "no-data")),
    "silence in the short window, the long one below": (
        bad_of(1, 10_000), Tally(), (False, "no-data"), (True, "no-data"),
    ),
    "silence in both": (Tally(), Tally(), (False, "no-data"), (True, "no-data")),
}  # fmt: skip


@pytest.mark.parametrize(("long", "short", "closed", "open_"), DECIDED.values(), ids=DECIDED)
def test_every_decision_has_its_reason(
    long: Tally, short: Tally, closed: tuple[bool, Reason], open_: tuple[bool, Reason]
) -> None:
    for fired, (firing, reason) in ((False, closed), (True, open_)):
        (decision,) = alerts.decide(OBJECTIVE, {60: long, 5: short}, {HOUR_PAGE} if fired else set(), NOW)
        standing = alerts.judge(HOUR_PAGE, THREE_NINES, DAYS_30, long, short, fired=fired)
        assert decision == Decision(HOUR_PAGE, standing, fired, firing, reason)
        assert decision.change == {(False, True): "opens", (True, False): "closes"}.get((fired, firing))


def test_a_tier_that_is_gone_closes() -> None:
    recent = {60: bad_of(1, 1000), 5: bad_of(0, 1)}
    decisions = alerts.decide(OBJECTIVE, recent, {SIX_HOURS_PAGE}, NOW)
    assert decisions[1:] == (Decision(SIX_HOURS_PAGE, None, True, False, "tier-gone"),)
    assert [decision.change for decision in decisions] == [None, "closes"]


def test_the_reasons_are_a_closed_list() -> None:
    assert set(get_args(Reason)) == {reason for _, _, *both in DECIDED.values() for _, reason in both}
    assert set(ENDINGS) == {
        "below-short", "below-long", "below-both", "tier-gone", "objective-gone", "late-events",
    }  # fmt: skip


def test_a_standing_that_knows_what_fired_goes_on_with_it() -> None:
    few = {60: bad_of(1, 10), 5: bad_of(1, 1), budgets.TREND_MINUTES: bad_of(1, 10)}
    silent = {60: Tally(), 5: Tally(), budgets.TREND_MINUTES: Tally()}
    for recent, reason in ((few, "goes-on"), (silent, "no-data")):
        standing = alerts.standing(OBJECTIVE, bad_of(1, 10_000), recent, NOW)
        assert alerts.held(standing, set()) == standing
        assert alerts.held(standing, {SIX_HOURS_PAGE}) == standing
        held = alerts.held(standing, {HOUR_PAGE})
        assert [(tier.firing, tier.reason) for tier in held.tiers] == [(True, reason)]
        assert held.state == "burning"
        assert alerts.held(held, {HOUR_PAGE}) == held
    spent = alerts.standing(OBJECTIVE, bad_of(100, 10_000), few, NOW)
    assert alerts.held(spent, {HOUR_PAGE}).state == "exhausted"
    below = alerts.standing(OBJECTIVE, bad_of(1, 10_000), few | {5: bad_of(0, 1)}, NOW)
    assert alerts.held(below, {HOUR_PAGE}) == below


# Evidence that is needed


@given(
    st.integers(0, 10**6),
    st.sampled_from([Fraction(1, 1000), Fraction(1, 100), Fraction(1, 2), Fraction(1, 10**6)]),
)
def test_the_fewest_bad_events_that_are_no_luck(total: int, budget: Fraction) -> None:
    for luck in alerts.LUCK.values():
        enough = alerts.fewest_bad(total, budget, luck)
        assert 0 < enough <= total + 1
        assert enough > total or alerts.evidence_p(enough, total, budget) < luck
        assert alerts.evidence_p(enough - 1, total, budget) >= luck


# Alerts that were told, and what the same time gives when it is judged again


def told(opened: int, closed: int | None = None, number: int | None = 7, **changes: object) -> Alert:
    standing = alerts.judge(HOUR_PAGE, THREE_NINES, DAYS_30, bad_of(144, 10_000), bad_of(18, 1250))
    made = Alert("j/o", HOUR_PAGE, False, "def", opened, standing, closed, None, number=number)
    ending = {"ending": None if closed is None else "below-short"}
    return replace(made, **(ending | changes))  # type: ignore[arg-type]


def new(opened: int, closed: int | None = None) -> Alert:
    return told(opened, closed, None)


# recorded, judged (up to 100, of which 50 were judged before) → changed
MERGED: dict[str, tuple[list[Alert], list[Alert], list[Alert]]] = {
    "nothing": ([], [], []),
    "as it was": ([told(10, 20)], [new(10, 20)], []),
    "still open": ([told(10)], [told(10)], []),
    "closes": ([told(10)], [told(10, 70)], [told(10, 70)]),
    "closes and fires again": ([told(10)], [told(10, 70), new(80)], [told(10, 70), new(80)]),
    "closed earlier than was known": ([told(10)], [told(10, 30)], [told(10, 30)]),
    "opened later than was told": ([told(10)], [new(20, 30)], [told(10, 30)]),
    "was two": ([told(10)], [new(10, 20), new(30)], []),
    "was two, and both are over": ([told(10)], [new(10, 20), new(30, 40)], [told(10, 40)]),
    "was two, and a third follows": (
        [told(10)], [new(10, 20), new(30, 40), new(60)], [told(10, 40), new(60)],
    ),
    "was none": ([told(10)], [], [told(10, 51, ending="late-events")]),
    "was none, and there is one now": (
        [told(10)], [new(60)], [told(10, 51, ending="late-events"), new(60)],
    ),
    "was shorter": ([told(10, 20)], [new(12, 15)], []),
    "was longer": ([told(10, 20)], [new(5, 40)], []),
    "was longer, and goes on": ([told(10, 20)], [new(5)], [told(20, None, None)]),
    "were two, and are one that goes on": (
        [told(10, 20), told(30, 40)], [new(5)], [told(40, None, None)],
    ),
    "follows one that is closed": ([told(10, 20)], [new(20, 30)], [new(20, 30)]),
    "comes before one that is open": ([told(30)], [new(10, 30), told(30)], [new(10, 30)]),
    "another tier's": (
        [told(10)], [told(10), replace(new(60), tier=SIX_HOURS_PAGE)], [replace(new(60), tier=SIX_HOURS_PAGE)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("recorded", "judged", "changed"), MERGED.values(), ids=MERGED)
def test_what_was_told_stays(recorded: list[Alert], judged: list[Alert], changed: list[Alert]) -> None:
    assert alerts.merged(recorded, judged, 50, 100) == tuple(changed)


spans = st.lists(st.integers(0, 99), max_size=8, unique=True).map(sorted)


@given(spans, spans)
def test_after_merging_what_fires_is_what_was_judged(before: list[int], after: list[int]) -> None:
    """And merging again changes nothing; no two alerts of a tier are open at once."""

    def alerts_of(bounds: list[int], number: int | None) -> list[Alert]:
        pairs = [*zip(bounds[::2], bounds[1::2], strict=False)]
        made = [told(opened, closed, number) for opened, closed in pairs]
        if len(bounds) % 2:
            made.append(told(bounds[-1], None, number))
        return [replace(one, number=number and number + place) for place, one in enumerate(made)]

    recorded = alerts_of([minute // 2 for minute in before], 1)
    recorded = [one for one in recorded if one.closed_minute != one.opened_minute]
    judged = alerts_of(after, None)
    changed = alerts.merged(recorded, judged, 50, 100)
    known = {one.number: one for one in recorded}
    known |= {one.number or 100 + place: one for place, one in enumerate(changed)}
    now = sorted(known.values(), key=lambda one: one.opened_minute)
    assert sum(one.closed_minute is None for one in now) == sum(one.closed_minute is None for one in judged)
    for early, late in pairwise(now):
        assert early.closed_minute is not None
        assert early.closed_minute <= late.opened_minute
    assert alerts.merged(now, judged, 100, 100) == ()


# Silence

FULL = QuietHour(0, 60)
HALF = QuietHour(6, 30)
RARE = QuietHour(50, 1)

# set, the same hour of each day of the week before → from how many minutes on, learned
LIMITS: dict[str, tuple[int | None, list[QuietHour], QuietLimit | None]] = {
    "what is set": (30, [FULL] * 7, QuietLimit(30, learned=False)),
    "what is set, when nothing is known": (1, [], QuietLimit(1, learned=False)),
    "less than a week": (None, [FULL] * 6, None),
    "events in every minute: too short for any window": (None, [FULL] * 7, QuietLimit(5, learned=True)),
    "longer than ever": (None, [*[FULL] * 6, QuietHour(20, 40)], QuietLimit(21, learned=True)),
    "an hour half full: 0.5 to the 20th is less than a millionth": (
        None,
        [HALF] * 7,
        QuietLimit(20, learned=True),
    ),
    "an event an hour": (None, [RARE] * 7, QuietLimit(823, learned=True)),
    "no events at all at that hour": (None, [QuietHour(600, 0)] * 7, None),
}


@pytest.mark.parametrize(("set_minutes", "week", "limit"), LIMITS.values(), ids=LIMITS)
def test_from_when_on_a_silence_is_too_long(
    set_minutes: int | None, week: list[QuietHour], limit: QuietLimit | None
) -> None:
    assert alerts.quiet_limit(set_minutes, week) == limit


def test_what_is_set_pages_and_what_is_learned_is_a_ticket() -> None:
    assert (QuietLimit(5, learned=False).severity, QuietLimit(5, learned=True).severity) == ("page", "ticket")


# quiet for, limit, fired → firing, why
SILENCES = {
    "at its limit": (5, 5, False, (True, "quiet")),
    "a minute before": (4, 5, False, (False, "usual")),
    "no limit known": (10_000, None, False, (False, "learning")),
    "events": (0, 5, False, (False, "events")),
    "events end it": (0, 5, True, (False, "events")),
    "a longer limit does not": (5, 10, True, (True, "goes-on")),
    "nor does none": (5, None, True, (True, "goes-on")),
}


@pytest.mark.parametrize(("quiet", "limit", "fired", "decided"), SILENCES.values(), ids=SILENCES)
def test_silence_opens_at_its_limit_and_closes_with_an_event(
    quiet: int, limit: int | None, fired: bool, decided: tuple[bool, str]
) -> None:
    allowed = None if limit is None else QuietLimit(limit, learned=True)
    assert alerts.decide_silence(quiet, allowed, fired=fired) == decided


def test_the_reasons_of_silence_are_a_closed_list() -> None:
    assert {reason for *_, (_, reason) in SILENCES.values()} == set(alerts.QUIET_REASONS)


def test_a_silence_that_was_none_closes_when_its_events_come() -> None:
    silence = Silence("web", QuietLimit(5, learned=True), 20, 25, number=3)
    assert alerts.merged([silence], [], 50, 100) == (silence.closed(51, "late-events"),)
    goes_on = replace(silence, number=None)
    assert alerts.merged([silence.closed(40, "events")], [goes_on], 50, 100) == (
        replace(goes_on, opened_minute=40),
    )
