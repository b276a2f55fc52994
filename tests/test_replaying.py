"""Replays: the same decisions as minute by minute, however the time is cut, and the published values to the minute."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji import alerts
from tabiji.alerts import Alert
from tabiji.budgets import Tally
from tabiji.journeys import DEFAULT_TIERS, Objective, Severity, Text, Tier
from tabiji.runs.minutes import Minutes
from tabiji.runs.replaying import longest_minutes, replay
from tabiji.windows import Calendar, Rolling, Window

SHARED = Path(__file__).parents[1].parent / "shared" / "data" / "slo-math"
THREE_NINES = Fraction(999, 1000)
DAYS_30 = 30 * 1440
ANYTHING: dict[Severity, Fraction] = {"page": Fraction(2), "ticket": Fraction(2)}  # evidence switched off
NOON = 29_672_640  # of 2026-06-02, UTC


def minutes_of(start: int, bad: Sequence[int], total: Sequence[int]) -> Minutes:
    events = np.array(total, dtype=np.int64)
    counted = events > 0
    settled = np.arange(start + 1, start + 1 + len(events))
    return Minutes(start, events - np.array(bad, dtype=np.int64), events, counted, counted, settled)


def objective(
    tiers: tuple[Tier, ...], target: Fraction = THREE_NINES, window: Window | None = None, **changes: object
) -> Objective:
    fields: dict[str, object] = {
        "journey": "watch-course", "name": "available", "title": Text(), "steps": ("play",),
        "good": "status < 500", "exclude": None, "faster_than_us": None, "slices": None,
        "target": target, "target_text": str(target), "window": window or Rolling(DAYS_30), "state": "agreed",
        "tiers": tiers,
    }  # fmt: skip
    return Objective(**(fields | changes))  # type: ignore[arg-type]


def one_by_one(of: Objective, minutes: Minutes, first: int, until: int) -> list[tuple[Tier, int, bool, str]]:
    """The changes that `decide` gives, moment by moment."""
    bad, total = minutes.bad.tolist(), minutes.total.tolist()
    fired: set[Tier] = set()
    changes = []
    for moment in range(first + 1, until + 1):
        end = moment - minutes.start
        lengths = {tier.long_minutes for tier in of.tiers} | {alerts.short_minutes(t) for t in of.tiers}
        recent = {}
        for length in lengths:
            stretch = slice(max(end - length, 0), end)
            recent[length] = Tally(sum(total[stretch]) - sum(bad[stretch]), sum(total[stretch]))
        for decision in alerts.decide(of, recent, fired, moment):
            if decision.change:
                changes.append((decision.tier, moment, decision.firing, decision.reason))
            fired -= {decision.tier}
            fired |= {decision.tier} if decision.firing else set()
    return changes


def changes_of(found: Sequence[Alert]) -> list[tuple[Tier, int, bool, str]]:
    opened = [(alert.tier, alert.opened_minute, True, alert.opening.reason) for alert in found]
    closed = [(a.tier, a.closed_minute, False, a.ending) for a in found if a.closed_minute is not None]
    return [*opened, *closed]  # type: ignore[list-item]


def in_order(changes: Sequence[tuple[Tier, int, bool, str]]) -> list[tuple[Tier, int, bool, str]]:
    return sorted(changes, key=lambda change: (change[1], change[2], repr(change[0])))


SHORT_TIERS = (
    Tier(Fraction(2, 100), 12, "page"),
    Tier(Fraction(5, 100), 36, "ticket"),
    Tier(Fraction(1, 1000), 60, "ticket"),
)
WINDOWS = (Rolling(600), Rolling(60), Calendar("day", "Europe/Berlin"))


@st.composite
def traffic(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Stretches of even traffic and of silence, good, bad and in between."""
    bad: list[int] = []
    total: list[int] = []
    for _ in range(draw(st.integers(1, 8))):
        length = draw(st.integers(1, 40))
        events = draw(st.sampled_from([0, 0, 1, 3, 10, 1000, 30_000]))
        errors = draw(
            st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1, 10), Fraction(1, 3), Fraction(1)])
        )
        total += [events] * length
        bad += [int(events * errors)] * length
    return bad, total


@settings(deadline=None, max_examples=50)
@given(
    traffic(),
    st.sampled_from(WINDOWS),
    st.sampled_from([Fraction(9, 10), Fraction(99, 100), THREE_NINES, Fraction(10**15 - 1, 10**15)]),
)
def test_a_replay_decides_what_judging_minute_by_minute_does(
    events: tuple[list[int], list[int]], window: Window, target: Fraction
) -> None:
    of = objective(SHORT_TIERS, target, window)
    minutes = minutes_of(NOON, *events)
    until = NOON + len(minutes)
    found = replay(of, minutes, NOON, until)
    assert in_order(changes_of(found)) == in_order(one_by_one(of, minutes, NOON, until))


@settings(deadline=None, max_examples=50)
@given(traffic(), st.sampled_from(WINDOWS), st.data())
def test_a_replay_in_any_batches_gives_the_same_alerts(
    events: tuple[list[int], list[int]], window: Window, data: st.DataObject
) -> None:
    of = objective(SHORT_TIERS, Fraction(99, 100), window)
    minutes = minutes_of(NOON, *events)
    until = NOON + len(minutes)
    cuts = sorted(data.draw(st.lists(st.integers(NOON, until), max_size=6)))
    closed: list[Alert] = []
    fired: list[Alert] = []
    for first, end in zip([NOON, *cuts], [*cuts, until], strict=True):
        found = replay(of, minutes, first, end, fired)
        closed += [alert for alert in found if alert.closed_minute is not None]
        fired = [alert for alert in found if alert.closed_minute is None]
    whole = replay(of, minutes, NOON, until)
    assert sorted([*closed, *fired], key=repr) == sorted(whole, key=repr)
    assert replay(of, minutes, until, until, fired) == fired  # judging again changes nothing


@settings(deadline=None, max_examples=50)
@given(traffic(), st.data())
def test_one_more_bad_event_never_closes_an_alert_nor_lowers_a_burn_rate(
    events: tuple[list[int], list[int]], data: st.DataObject
) -> None:
    of = objective(SHORT_TIERS, Fraction(99, 100), Rolling(600))
    bad, total = events
    place = data.draw(st.integers(0, len(bad) - 1))
    more = [n + (i == place) for i, n in enumerate(bad)], [n + (i == place) for i, n in enumerate(total)]
    until = NOON + len(bad)
    before = replay(of, minutes_of(NOON, bad, total), NOON, until)
    after = replay(of, minutes_of(NOON, *more), NOON, until)
    silent = {  # an event where there was silence is no longer silence: something is decided there
        moment
        for moment in range(NOON + 1, until + 1)
        if any(not sum(total[max(moment - length - NOON, 0) : moment - NOON]) for length in (1, 3, 5))
    }
    for alert in before:
        last = until if alert.closed_minute is None else alert.closed_minute - 1
        for moment in set(range(alert.opened_minute, last + 1)) - silent:
            assert any(one.tier == alert.tier and one.open_at(moment) for one in after)


def test_the_time_before_a_moment_that_a_decision_needs() -> None:
    assert longest_minutes([objective(DEFAULT_TIERS), objective(())]) == 4320
    assert longest_minutes([]) == 0
    with pytest.raises(ValueError, match="the minutes do not hold those from"):
        replay(objective(DEFAULT_TIERS), minutes_of(NOON, [0], [1]), NOON, NOON + 2)


# Published values, to the minute


def steady(before: int, errors: int, after: int, error_rate: Fraction, per_minute: int = 1000) -> Minutes:
    """Clean traffic, a burst of errors from NOON on, clean traffic."""
    rates = [Fraction(0)] * before + [error_rate] * errors + [Fraction(0)] * after
    return minutes_of(NOON - before, [int(rate * per_minute) for rate in rates], [per_minute] * len(rates))


def first_and_last(
    error_rate: Fraction, tier: Tier, errors: int, target: Fraction = THREE_NINES
) -> tuple[int | None, int | None]:
    """Minutes from the burst's beginning to the alert, and from its end to the alert's."""
    after = alerts.short_minutes(tier) + 1
    minutes = steady(tier.long_minutes, errors, after, error_rate)
    found = replay(objective((tier,), target), minutes, NOON, NOON + errors + after, luck=ANYTHING)
    if not found:
        return None, None
    (alert,) = found
    assert alert.closed_minute is not None
    return alert.opened_minute - NOON, alert.closed_minute - NOON - errors


HOUR_PAGE, SIX_HOURS_PAGE, THREE_DAYS_TICKET = DEFAULT_TIERS
DAY_TICKET = Tier(Fraction(10, 100), 1440, "ticket")  # Sloth's third, at 3

# error rate, tier, minutes of errors → minutes from their beginning until it fires, from their end until it ends
BURSTS = {
    "all fail for an hour, 1 h": ("1", HOUR_PAGE, 60, 1, 5),
    "10 % for an hour, 1 h: 8.64 and 4.28": ("0.1", HOUR_PAGE, 60, 9, 5),
    "10 % for 9 minutes, 1 h: only just": ("0.1", HOUR_PAGE, 9, 9, 5),
    "10 % for 8 minutes, 1 h: not quite": ("0.1", HOUR_PAGE, 8, None, None),
    "1.5 % for two hours, 1 h: 57.6 and 0.2": ("0.015", HOUR_PAGE, 120, 58, 1),
    "0.7 % for a day, 1 h": ("0.007", HOUR_PAGE, 1440, None, None),
    "0.7 % for a day, 6 h: 308.6 and 4.29": ("0.007", SIX_HOURS_PAGE, 1440, 309, 5),
    "0.6 % for a day, 6 h: exactly at the threshold": ("0.006", SIX_HOURS_PAGE, 1440, 360, 1),
    "0.7 % for two days, 1 d: 617.1 and 68.6": ("0.007", DAY_TICKET, 2880, 618, 69),
    "0.2 % for three days, 3 d: 2160 and 180": ("0.002", THREE_DAYS_TICKET, 4320, 2160, 181),
    "0.1 % for four days, 3 d: exactly at the threshold": ("0.001", THREE_DAYS_TICKET, 5760, 4320, 1),
    "0.2 % for a day, 3 d": ("0.002", THREE_DAYS_TICKET, 1440, None, None),
}


@pytest.mark.parametrize(("error_rate", "tier", "errors", "fires", "ends"), BURSTS.values(), ids=BURSTS)
def test_first_fire_and_reset_to_the_minute(
    error_rate: str, tier: Tier, errors: int, fires: int | None, ends: int | None
) -> None:
    assert first_and_last(Fraction(error_rate), tier, errors) == (fires, ends)


def test_with_evidence_a_burn_rate_of_exactly_one_is_no_alert_until_it_is_more() -> None:
    """At the mean of what luck gives, it takes 2.3 deviations: 0.2 % fire 2238 minutes in, not 2160."""
    of = objective((THREE_DAYS_TICKET,))
    minutes = steady(4320, 4320, 0, Fraction(2, 1000))
    (alert,) = replay(of, minutes, NOON, NOON + 4320)
    assert (alert.opened_minute - NOON, alert.opening.reason) == (2238, "fires")


# Silence, few events, definitions that change


def test_silence_neither_opens_nor_closes() -> None:
    of = objective((HOUR_PAGE,))
    bad = [0] * 60 + [100] * 20 + [0] * 200 + [0] * 20
    total = [1000] * 60 + [1000] * 20 + [0] * 200 + [1000] * 20
    (alert,) = replay(of, minutes_of(NOON - 60, bad, total), NOON, NOON + 240)
    assert (alert.opened_minute - NOON, alert.closed_minute, alert.ending) == (9, NOON + 221, "below-both")
    quiet = minutes_of(NOON - 60, [0] * 300, [0] * 300)
    assert replay(of, quiet, NOON, NOON + 240) == []
    assert replay(of, quiet, NOON, NOON + 240, [alert]) == [alert]


def test_few_events_open_nothing_and_close_nothing() -> None:
    tier = Tier(Fraction(2, 100), 60, "page")
    of = objective((tier,))
    few = minutes_of(NOON - 60, [0] * 60 + [1] + [0] * 4, [0] * 60 + [10] + [0] * 4)
    assert replay(of, few, NOON, NOON + 5) == []
    (alert,) = replay(of, few, NOON, NOON + 5, luck=ANYTHING)
    kept = replay(of, few, NOON, NOON + 5, [alert])
    assert kept == [alert]


def test_a_tier_that_is_gone_closes_and_the_others_go_on() -> None:
    of = objective((HOUR_PAGE, SIX_HOURS_PAGE))
    minutes = steady(360, 60, 0, Fraction(1, 10))
    both = replay(of, minutes, NOON, NOON + 30, definition="abc")
    assert [(a.tier, a.opened_minute - NOON, a.definition) for a in both] == [
        (HOUR_PAGE, 9, "abc"), (SIX_HOURS_PAGE, 22, "abc"),
    ]  # fmt: skip
    changed = objective((SIX_HOURS_PAGE, THREE_DAYS_TICKET), state="provisional")
    deep = steady(4320, 60, 0, Fraction(1, 10))
    after = replay(changed, deep, NOON + 30, NOON + 60, both, definition="def")
    assert [(a.tier, a.closed_minute, a.ending, a.provisional, a.definition) for a in after] == [
        (HOUR_PAGE, NOON + 31, "tier-gone", False, "abc"),
        (SIX_HOURS_PAGE, None, None, False, "abc"),
        (THREE_DAYS_TICKET, None, None, True, "def"),
    ]


def test_the_threshold_follows_the_length_of_the_month() -> None:
    """3 % of errors burn at 30: enough for 2 % of a February in 40 minutes, and of a March only some later."""
    tier = Tier(Fraction(2, 100), 24, "page")
    march = 29_538_720  # 2026-03-01T00:00Z
    of = objective((tier,), window=Calendar("month", "UTC"))
    bad, total = [0] * 24 + [33] * 40 + [33] * 40, [1000] * 104
    minutes = minutes_of(march - 64, bad, total)
    found = replay(of, minutes, march - 40, march + 40)
    assert found == []
    february = replay(of, minutes_of(march - 64, [34] * 104, total), march - 40, march + 40)
    assert [(a.opened_minute - march, a.closed_minute, a.ending) for a in february] == [
        (-39, march, "below-both")
    ]
    assert february[0].opening.threshold == Fraction(2, 100) * 28 * 1440 / 24


@pytest.mark.parametrize(("bad", "opens"), [(14_400, 1), (14_399, 0)])
def test_products_beyond_64_bits_are_compared_all_the_same(bad: int, opens: int) -> None:
    """A target of fifteen nines, and as many events as need them."""
    of = objective((HOUR_PAGE,), 1 - Fraction(1, 10**15))
    minutes = minutes_of(NOON - 60, [0] * 60 + [bad], [0] * 60 + [10**18])
    assert len(replay(of, minutes, NOON, NOON + 1, luck=ANYTHING)) == opens


if SHARED.is_dir():
    REFERENCE = json.loads((SHARED / "burn_rate_reference.json").read_text("utf-8"), parse_float=Fraction)

    @pytest.mark.parametrize(
        "row", REFERENCE["time_to_fire"], ids=lambda r: f"{r['slo']} {r['error_ratio']} {r['window_min']}"
    )
    def test_the_reference_of_time_to_fire_by_replay(row: dict[str, Fraction]) -> None:
        long_minutes = int(row["window_min"])
        tier = Tier(row["burn_threshold"] * long_minutes / DAYS_30, long_minutes, "page")
        fires = first_and_last(Fraction(row["error_ratio"]), tier, long_minutes, row["slo"])[0]
        expected = row["minutes_to_fire"]
        assert fires == (None if expected is None else math.ceil(expected))
