"""Alerts: thresholds computed and compared exactly, evidence exact, each decision with its reason."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import alerts, budgets, windows
from tabiji.alerts import Reason
from tabiji.budgets import State, StepShare, Tally
from tabiji.journeys import DEFAULT_TIERS, Objective, Severity, Text, Tier
from tabiji.windows import Calendar, Rolling, Window

SHARED = Path(__file__).parents[1].parent / "shared" / "data" / "slo-math"
THREE_NINES = Fraction(999, 1000)
DAYS_28, DAYS_30 = 28 * 1440, 30 * 1440
HOUR_PAGE, SIX_HOURS_PAGE, THREE_DAYS_TICKET = DEFAULT_TIERS

targets = st.fractions(Fraction(1, 10), Fraction(99_999, 100_000), max_denominator=100_000)


def bad_of(bad: int, total: int) -> Tally:
    return Tally(total - bad, total)


# Thresholds and times

THRESHOLDS = {
    7: (Fraction("3.36"), Fraction("1.4"), Fraction(7, 30)),
    28: (Fraction("13.44"), Fraction("5.6"), Fraction(28, 30)),
    30: (Fraction("14.4"), Fraction(6), Fraction(1)),
    90: (Fraction("43.2"), Fraction(18), Fraction(3)),
}


@pytest.mark.parametrize(("days", "expected"), THRESHOLDS.items(), ids=lambda days: f"{days} d")
def test_thresholds_follow_from_the_window(days: int, expected: tuple[Fraction, ...]) -> None:
    assert tuple(alerts.threshold(tier, days * 1440) for tier in DEFAULT_TIERS) == expected


def test_a_tier_that_can_never_fire_and_the_highest_share_that_could() -> None:
    half = Fraction(1, 2)
    assert alerts.can_fire(THREE_DAYS_TICKET, DAYS_30, half)
    assert not alerts.can_fire(HOUR_PAGE, DAYS_30, half)
    highest = alerts.highest_share(HOUR_PAGE, DAYS_30, half)
    assert highest == Fraction(1, 360)
    assert alerts.can_fire(Tier(highest, 60, "page"), DAYS_30, half)
    assert not alerts.can_fire(Tier(highest + Fraction(1, 10**9), 60, "page"), DAYS_30, half)


def test_the_short_window_is_a_twelfth_in_whole_minutes() -> None:
    lengths = {60: 5, 360: 30, 4320: 360, 1: 1, 12: 1, 13: 2, 70: 6}
    assert {w: alerts.short_minutes(Tier(Fraction(1, 10), w, "page")) for w in lengths} == lengths


# error rate, tier, minutes until it first fires at 99.9 % over 30 days, and until it resets
STEADY = {
    "10 %, 1 h": (Fraction(1, 10), HOUR_PAGE, Fraction("8.64"), Fraction("4.28")),
    "1.5 %, 1 h": (Fraction("0.015"), HOUR_PAGE, Fraction("57.6"), Fraction("0.2")),
    "1.44 %, 1 h, only just": (Fraction("0.0144"), HOUR_PAGE, Fraction(60), Fraction(0)),
    "less, 1 h, never": (Fraction("0.01439"), HOUR_PAGE, None, Fraction(0)),
    "0.7 %, 6 h": (Fraction("0.007"), SIX_HOURS_PAGE, Fraction(2160, 7), Fraction(30, 7)),
    "0.2 %, 3 d": (Fraction("0.002"), THREE_DAYS_TICKET, Fraction(2160), Fraction(180)),
    "0.1 %, 3 d, only just": (Fraction("0.001"), THREE_DAYS_TICKET, Fraction(4320), Fraction(0)),
    "no errors": (Fraction(0), THREE_DAYS_TICKET, None, Fraction(0)),
}


@pytest.mark.parametrize(("error_rate", "tier", "fires", "resets"), STEADY.values(), ids=STEADY)
def test_a_steady_error_rate(
    error_rate: Fraction, tier: Tier, fires: Fraction | None, resets: Fraction
) -> None:
    assert alerts.minutes_to_fire(error_rate, THREE_NINES, tier, DAYS_30) == fires
    assert alerts.minutes_to_reset(error_rate, THREE_NINES, tier, DAYS_30) == resets


# Evidence


def exact_p(bad: int, total: int, budget: Fraction) -> Fraction:
    counts = range(bad, total + 1)
    return sum((math.comb(total, n) * budget**n * (1 - budget) ** (total - n) for n in counts), Fraction(0))


def decimal_p(bad: int, total: int, budget: Fraction) -> Decimal:
    """The tail summed term by term to 25 digits, its first term from Stirling's series in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        p = Decimal(budget.numerator) / budget.denominator
        odds, n = p / (1 - p), total - bad
        logarithm = log_factorial(total) - log_factorial(bad) - log_factorial(n)
        term = (logarithm + bad * p.ln() + n * (1 - p).ln()).exp()
        result, k = term, bad
        while k < total and term > result * Decimal(10) ** -25:
            term *= odds * (total - k) / (k + 1)
            result += term
            k += 1
        return result


def log_factorial(n: int) -> Decimal:
    if n < 100:
        return Decimal(math.factorial(n)).ln()
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
    z = Decimal(n)
    bernoulli = ("1/6", "-1/30", "1/42", "-1/30", "5/66", "-691/2730", "7/6", "-3617/510", "43867/798")
    series = Decimal(0)
    for i, number in enumerate(map(Fraction, bernoulli), 1):
        series += Decimal(number.numerator) / number.denominator / (2 * i * (2 * i - 1) * z ** (2 * i - 1))
    return z * z.ln() - z + (2 * pi * z).ln() / 2 + series


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([Fraction(1, 10**k) for k in range(1, 6)] + [Fraction(1, 2), Fraction(1, 3)])
    | st.fractions(Fraction(1, 1000), Fraction(9, 10), max_denominator=1000),
)
def test_evidence_is_exact_where_it_can_be_summed(events: tuple[int, int], budget: Fraction) -> None:
    p = alerts.evidence_p(*events, budget)
    assert abs(Fraction(p) / exact_p(*events, budget) - 1) < Fraction(1, 10**12)


# bad, total, budget: near the mean and far out, few events and very many
LARGE = {
    "one of ten": (1, 10, Fraction(1, 1000)),
    "a million events, near": (1100, 10**6, Fraction(1, 1000)),
    "a million events, 1e-307": (2400, 10**6, Fraction(1, 1000)),
    "a billion events, 1/3 of a deviation": (1_000_333, 10**9, Fraction(1, 1000)),
    "a billion events, five deviations": (1_005_000, 10**9, Fraction(1, 1000)),
    "a billion events, 1e-195": (1_030_000, 10**9, Fraction(1, 1000)),
    "a billion events, 1e-303": (1_037_500, 10**9, Fraction(1, 1000)),
    "a billion events, a millionth": (1500, 10**9, Fraction(1, 10**6)),
    "a billion events, a budget of one": (1, 10**9, Fraction(1, 10**9)),
    "a billion events, the second of one": (2, 10**9, Fraction(1, 10**9)),
    "a billion events, 168 of one": (168, 10**9, Fraction(1, 10**9)),
    "ten million events, a hundredth": (110_000, 10**7, Fraction(1, 100)),
    "below the mean": (900, 10**6, Fraction(1, 1000)),
}


@pytest.mark.parametrize(("bad", "total", "budget"), LARGE.values(), ids=LARGE)
def test_evidence_of_many_events(bad: int, total: int, budget: Fraction) -> None:
    expected = decimal_p(bad, total, budget)
    assert abs(Decimal(alerts.evidence_p(bad, total, budget)) / expected - 1) < Decimal("1e-12")


def test_evidence_at_the_ends() -> None:
    assert alerts.evidence_p(0, 0, Fraction(1, 1000)) == 1
    assert alerts.evidence_p(0, 10, Fraction(1, 1000)) == 1
    assert alerts.evidence_p(11, 10, Fraction(1, 1000)) == 0
    assert alerts.evidence_p(10**6, 10**9, Fraction(1, 10**6)) == 0  # far below what a float holds
    assert f"{alerts.evidence_p(1, 10, Fraction(1, 1000)):.6f}" == "0.009955"


@given(st.integers(1, 10**6), st.data(), targets)
def test_one_more_bad_event_is_never_less_evidence(total: int, data: st.DataObject, target: Fraction) -> None:
    budget = 1 - target
    mean = min(int(budget * total), total - 1)
    bad = data.draw(st.integers(0, total - 1) | st.integers(max(mean - 3, 0), min(mean + 3, total - 1)))
    fewer, more = alerts.evidence_p(bad, total, budget), alerts.evidence_p(bad + 1, total, budget)
    # The last digits of neighbours may be swapped; as a statement about luck they are the same.
    assert more <= fewer * (1 + 1e-12)
    assert alerts.evidence_p(bad + 1, total + 1, budget) <= fewer * (1 + 1e-12)


# Judging

# tier, long, short, target, window; does it fire, why
JUDGED: dict[str, tuple[Tier, Tally, Tally, int, Reason]] = {
    "exactly 14.4 fires": (HOUR_PAGE, bad_of(144, 10_000), bad_of(18, 1250), DAYS_30, "fires"),
    "one bad event less in the long window": (
        HOUR_PAGE, bad_of(143, 10_000), bad_of(18, 1250), DAYS_30, "below-long",
    ),
    "one bad event less in the short window": (
        HOUR_PAGE, bad_of(144, 10_000), bad_of(17, 1250), DAYS_30, "below-short",
    ),
    "one bad event less in both": (HOUR_PAGE, bad_of(143, 10_000), bad_of(17, 1250), DAYS_30, "below-both"),
    "14.44 reaches 14.4, not rounded before": (
        HOUR_PAGE, bad_of(1444, 100_000), bad_of(1444, 100_000), DAYS_30, "fires",
    ),
    "14.39 does not, though it rounds to it": (
        HOUR_PAGE, bad_of(1439, 100_000), bad_of(1439, 100_000), DAYS_30, "below-both",
    ),
    "13.44 fires over 28 days": (
        HOUR_PAGE, bad_of(1344, 100_000), bad_of(1344, 100_000), DAYS_28, "fires",
    ),
    "one of ten is luck for a page": (HOUR_PAGE, bad_of(1, 10), bad_of(1, 1), DAYS_30, "few-events"),
    "one of ten may open a ticket": (THREE_DAYS_TICKET, bad_of(1, 10), bad_of(1, 1), DAYS_30, "fires"),
    "one of eleven may not": (THREE_DAYS_TICKET, bad_of(1, 11), bad_of(1, 1), DAYS_30, "few-events"),
    "two of two are few for a page, and enough": (
        HOUR_PAGE, bad_of(2, 2), bad_of(2, 2), DAYS_30, "fires",
    ),
    "silence in the short window": (HOUR_PAGE, bad_of(144, 10_000), Tally(), DAYS_30, "no-data"),
    "silence in both": (HOUR_PAGE, Tally(), Tally(), DAYS_30, "no-data"),
    "all good": (HOUR_PAGE, bad_of(0, 10_000), bad_of(0, 10), DAYS_30, "below-both"),
}  # fmt: skip


@pytest.mark.parametrize(("tier", "long", "short", "window", "reason"), JUDGED.values(), ids=JUDGED)
def test_a_tier_fires_at_or_above_its_threshold_given_evidence(
    tier: Tier, long: Tally, short: Tally, window: int, reason: Reason
) -> None:
    judged = alerts.judge(tier, THREE_NINES, window, long, short)
    assert (judged.reason, judged.firing) == (reason, reason == "fires")


def test_a_tier_says_all_that_it_was_judged_by() -> None:
    assert alerts.judge(HOUR_PAGE, THREE_NINES, DAYS_28, bad_of(1, 10), bad_of(1, 1)) == alerts.TierStanding(
        share=Fraction(1, 50),
        severity="page",
        long_minutes=60,
        short_minutes=5,
        threshold=Fraction("13.44"),
        burn_long=Fraction(100),
        burn_short=Fraction(1000),
        evidence_p=alerts.evidence_p(1, 10, Fraction(1, 1000)),
        firing=False,
        reason="few-events",
    )
    quiet = alerts.judge(HOUR_PAGE, THREE_NINES, DAYS_28, Tally(), Tally())
    assert (quiet.burn_long, quiet.burn_short, quiet.evidence_p) == (None, None, None)


def test_with_much_traffic_evidence_changes_nothing_for_a_page() -> None:
    """At every threshold of a page, whatever the target, a hundred bad events are no luck."""
    for tier in (HOUR_PAGE, SIX_HOURS_PAGE):
        for target in (Fraction(99, 100), THREE_NINES, Fraction(9999, 10_000)):
            total = int(100 / (alerts.threshold(tier, DAYS_30) * (1 - target))) + 1
            long = bad_of(int(alerts.threshold(tier, DAYS_30) * (1 - target) * total) + 1, total)
            assert alerts.judge(tier, target, DAYS_30, long, long).firing


events = st.integers(1, 10**6).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n)))


@given(events, events, targets, st.sampled_from(DEFAULT_TIERS), st.integers(60, 400 * 1440))
def test_a_tier_compares_as_exact_fractions_do(
    long: Tally, short: Tally, target: Fraction, tier: Tier, window: int
) -> None:
    judged = alerts.judge(tier, target, window, long, short)
    assert judged.burn_long is not None
    assert judged.burn_short is not None
    reached = (judged.burn_long >= judged.threshold, judged.burn_short >= judged.threshold)
    reasons: dict[tuple[bool, bool], set[Reason]] = {
        (True, True): {"fires", "few-events"},
        (True, False): {"below-short"},
        (False, True): {"below-long"},
        (False, False): {"below-both"},
    }
    assert judged.reason in reasons[reached]
    assert (judged.evidence_p is not None) == all(reached)


@given(events, events, targets, st.sampled_from(DEFAULT_TIERS))
def test_one_more_bad_event_never_stops_an_alert(
    long: Tally, short: Tally, target: Fraction, tier: Tier
) -> None:
    before = alerts.judge(tier, target, DAYS_30, long, short)
    after = alerts.judge(tier, target, DAYS_30, long + bad_of(1, 1), short + bad_of(1, 1))
    assert after.firing or not before.firing


# Standing


def objective(window: Window, **changes: object) -> Objective:
    fields: dict[str, object] = {
        "journey": "watch-course", "name": "available", "title": Text(), "steps": ("play",),
        "good": "status < 500", "exclude": None, "faster_than_us": None, "slices": None,
        "target": THREE_NINES, "target_text": "99.9%", "window": window, "state": "agreed",
        "tiers": DEFAULT_TIERS,
    }  # fmt: skip
    return Objective(**(fields | changes))  # type: ignore[arg-type]


def steady(burn: Fraction, of: Objective, per_minute: int = 1000) -> dict[int, Tally]:
    """The same burn rate in every window."""
    return {
        minutes: bad_of(int(burn * (1 - of.target) * minutes * per_minute), minutes * per_minute)
        for minutes in alerts.burn_windows(of)
    }


ROLLING = objective(Rolling(DAYS_30))
NOW = 29_000_000


def test_the_windows_that_a_standing_needs() -> None:
    assert alerts.burn_windows(ROLLING) == (5, 30, 60, 360, 4320)
    assert alerts.burn_windows(objective(Rolling(60), tiers=())) == (4320,)


def test_a_standing_in_full() -> None:
    recent = {
        5: bad_of(5, 250), 30: bad_of(5, 1000), 60: bad_of(40, 2000), 360: bad_of(40, 10_000),
        4320: bad_of(40, 400_000),
    }  # fmt: skip
    steps = {"open": bad_of(30, 90_000), "play": bad_of(10, 10_000)}
    tally = budgets.sum_tallies(steps.values())
    standing = alerts.standing(ROLLING, tally, recent, NOW, coverage=Fraction(1, 2), steps=steps)
    assert standing == alerts.Standing(
        objective=ROLLING,
        now_minute=NOW,
        start_minute=NOW - DAYS_30,
        end_minute=NOW,
        estimated=False,
        state="burning",
        tally=tally,
        sli=Fraction(9996, 10_000),
        consumed=Fraction(4, 10),
        remaining=Fraction(6, 10),
        bad_events_left=60,
        minutes_left=Fraction("25.92"),
        exhaustion_minutes=Fraction(259_200),
        evidence_p=None,
        burn_rates=(
            (5, Fraction(20)), (30, Fraction(5)), (60, Fraction(20)), (360, Fraction(4)),
            (4320, Fraction(1, 10)),
        ),
        tiers=tuple(
            alerts.judge(tier, THREE_NINES, DAYS_30, recent[tier.long_minutes], recent[short])
            for tier, short in zip(DEFAULT_TIERS, (5, 30, 360), strict=True)
        ),
        coverage=Fraction(1, 2),
        steps=(
            StepShare("open", steps["open"], Fraction(3, 4)),
            StepShare("play", steps["play"], Fraction(1, 4)),
        ),
    )  # fmt: skip
    assert [tier.reason for tier in standing.tiers] == ["fires", "below-both", "below-long"]


# burn rate of the last 3 days, consumed over 30 days → state, of a rolling window
TREND: dict[str, tuple[str, str, State]] = {
    "nothing spent": ("0", "0", "healthy"),
    "steady at a third": ("0.33", "0.33", "healthy"),
    "ends exactly as the window does": ("0.5", "0.5", "healthy"),
    "ends a little before": ("0.501", "0.5", "at-risk"),
    "a quarter remains and nothing more is spent": ("0", "0.75", "healthy"),
    "less than a quarter remains": ("0", "0.751", "at-risk"),
    "at a rate of 1 the evidence of a ticket is missing": ("1", "0.1", "at-risk"),
    "a little more, with much traffic, is a ticket": ("1.002", "0.1", "burning"),
    "nothing remains": ("0", "1", "exhausted"),
}


@pytest.mark.parametrize(("burn", "consumed", "state"), TREND.values(), ids=TREND)
def test_the_state_in_a_rolling_window(burn: str, consumed: str, state: State) -> None:
    tally = bad_of(int(Fraction(consumed) * 1_000_000), 1_000_000_000)
    recent = steady(Fraction(burn), ROLLING, per_minute=1_000_000)
    assert alerts.standing(ROLLING, tally, recent, NOW).state == state


# day of a month of 30, consumed so far, burn rate of the last 3 days → state: does it end within the month?
MONTH: dict[str, tuple[int, str, str, State]] = {
    "the first day, steady at 0.7": (1, "0.7", "0.7", "healthy"),
    "half over, steady at 0.74": (15, "0.74", "0.74", "healthy"),
    "half over, all so far unspent, 0.99": (15, "0", "0.99", "healthy"),
    "24 days over at 0.5, exactly to its end": (24, "0.5", "3", "healthy"),
    "24 days over at 0.5, a little earlier": (24, "0.5", "3.01", "at-risk"),
}


@pytest.mark.parametrize(("days", "consumed", "burn", "state"), MONTH.values(), ids=MONTH)
def test_the_state_in_a_calendar_window(days: int, consumed: str, burn: str, state: State) -> None:
    june = 29_671_200  # 2026-06-01T00:00Z
    month = objective(Calendar("month", "UTC"), tiers=())
    tally = bad_of(int(Fraction(consumed) * 1_000_000), 1_000_000_000)
    recent = steady(Fraction(burn), month, per_minute=1_000_000)
    standing = alerts.standing(month, tally, recent, june + days * 1440)
    assert (standing.start_minute, standing.end_minute) == (june, june + DAYS_30)
    assert standing.estimated
    assert standing.state == state


def test_without_events_there_is_no_state_but_no_data() -> None:
    standing = alerts.standing(ROLLING, Tally(), dict.fromkeys(alerts.burn_windows(ROLLING), Tally()), NOW)
    assert standing.state == "no-data"
    assert (standing.sli, standing.consumed, standing.remaining) == (None, None, None)
    assert (standing.bad_events_left, standing.minutes_left, standing.exhaustion_minutes) == (None,) * 3
    assert {rate for _, rate in standing.burn_rates} == {None}
    assert not standing.few_events


def test_an_exhausted_budget_of_few_events_is_said_to_be_so() -> None:
    recent = steady(Fraction(0), ROLLING)
    luck = alerts.standing(ROLLING, bad_of(1, 100), recent, NOW)
    assert (luck.state, luck.few_events) == ("exhausted", True)
    sure = alerts.standing(ROLLING, bad_of(100, 10_000), recent, NOW)
    assert (sure.state, sure.few_events) == ("exhausted", False)


def test_a_journey_is_as_its_worst_agreed_objective() -> None:
    recent = steady(Fraction(0), ROLLING)
    healthy = alerts.standing(ROLLING, bad_of(0, 1000), recent, NOW)
    trial = alerts.standing(objective(Rolling(DAYS_30), state="provisional"), bad_of(500, 1000), recent, NOW)
    assert trial.state == "exhausted"
    assert alerts.journey_state([healthy, trial]) == "healthy"
    assert alerts.journey_state([trial]) is None


@given(events, targets, st.integers(60, 400 * 1440))
def test_judging_twice_changes_nothing(tally: Tally, target: Fraction, minutes: int) -> None:
    of = objective(Rolling(minutes), target=target)
    recent = dict.fromkeys(alerts.burn_windows(of), tally)
    assert alerts.standing(of, tally, recent, NOW) == alerts.standing(of, tally, recent, NOW)


if SHARED.is_dir():
    REFERENCE = json.loads((SHARED / "burn_rate_reference.json").read_text("utf-8"), parse_float=Fraction)

    @pytest.mark.parametrize("row", REFERENCE["workbook"], ids=lambda row: row["severity"])
    def test_the_workbook(row: dict[str, Fraction]) -> None:
        (tier,) = (tier for tier in DEFAULT_TIERS if tier.long_minutes == row["long_window_min"])
        assert tier.share == row["budget_fraction"]
        assert alerts.short_minutes(tier) == row["short_window_min"]
        assert alerts.threshold(tier, DAYS_30) == row["burn_rate"]

    @pytest.mark.parametrize(
        "row", REFERENCE["time_to_fire"], ids=lambda r: f"{r['slo']} {r['error_ratio']} {r['window_min']}"
    )
    def test_the_reference_of_time_to_fire(row: dict[str, Fraction | None]) -> None:
        slo, error_ratio, burn = row["slo"], row["error_ratio"], row["burn_threshold"]
        assert slo is not None
        assert error_ratio is not None
        assert burn is not None
        long_minutes = int(row["window_min"] or 0)
        severity: Severity = "page"
        tier = Tier(burn * long_minutes / DAYS_30, long_minutes, severity)
        assert alerts.minutes_to_fire(error_ratio, slo, tier, DAYS_30) == row["minutes_to_fire"]

    @pytest.mark.parametrize("row", REFERENCE["sloth_defaults"], ids=lambda row: row["long"])
    def test_the_defaults_of_sloth(row: dict[str, Fraction]) -> None:
        long_minutes = windows.parse_minutes(str(row["long"]))
        tier = Tier(row["burn"] * Fraction(long_minutes, DAYS_30), long_minutes, "page")
        assert windows.format_minutes(alerts.short_minutes(tier)) == row["short"]
        assert tier.share in {Fraction(2, 100), Fraction(5, 100), Fraction(10, 100)}
