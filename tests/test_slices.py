"""Slices: which minutes satisfy a condition, which runs are long enough, and what a budget of minutes says."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import alerts, budgets, histograms, slices
from tabiji.budgets import State, Tally
from tabiji.journeys import DEFAULT_TIERS, Absence, Comparison, Objective, Slices, Text
from tabiji.slices import Counts, Found
from tabiji.windows import Calendar, Rolling, Window

SECOND = 1_000_000
DAYS_28 = 28 * 1440
COMPARISONS: tuple[Comparison, ...] = ("=", "<>", "<", "<=", ">", ">=")


def condition(text: str, no_data: Absence = "exclude") -> Slices:
    measure, operator, limit = text.split()
    return Slices(measure, operator, Fraction(limit), no_data=no_data)  # type: ignore[arg-type]


def timed(one: Slices, durations_us: list[int]) -> Counts:
    """What a minute with these durations is to a percentile."""
    at_most, below = slices.buckets(one)
    indexes = [histograms.bucket(duration) for duration in durations_us]
    return Counts(
        total=len(indexes),
        timed=len(indexes),
        at_most=sum(index <= at_most for index in indexes),
        below=sum(index <= below for index in indexes),
    )


# condition, (total, bad), satisfied
CONDITIONS: dict[str, tuple[str, tuple[int, int], bool]] = {
    "at the rate": ("error_rate >= 1/100", (1000, 10), True),
    "a bad event short of the rate": ("error_rate >= 1/100", (1000, 9), False),
    "one event more, and the rate is not reached": ("error_rate >= 1/100", (1001, 10), False),
    "above the rate, at it": ("error_rate > 1/100", (1000, 10), False),
    "above the rate, above it": ("error_rate > 1/100", (1000, 11), True),
    "exactly a third, which no decimal is": ("error_rate = 1/3", (3_000_000_000_000_001, 10**15), False),
    "exactly a third": ("error_rate = 1/3", (3 * 10**15, 10**15), True),
    "everything bad": ("error_rate >= 1", (7, 7), True),
    "all but one bad": ("error_rate >= 1", (7, 6), False),
    "any bad event": ("bad >= 1", (10, 1), True),
    "no bad event": ("bad >= 1", (10, 0), False),
    "other than none": ("bad <> 0", (10, 2), True),
    "few events": ("total < 10", (9, 0), True),
    "enough events": ("total < 10", (10, 0), False),
    "many events": ("total > 100", (101, 0), True),
    "at most so many": ("total <= 100", (101, 0), False),
}


@pytest.mark.parametrize(("text", "counts", "satisfied"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_minute_satisfies_a_condition(text: str, counts: tuple[int, int], satisfied: bool) -> None:
    assert slices.found(condition(text), Counts(*counts)) == Found(satisfied, True, True)


# condition, durations in ms, satisfied
PERCENTILES: dict[str, tuple[str, list[int], bool]] = {
    "one in twenty is slow: the 19th decides": ("p95 > 1000000", [10] * 19 + [5000], False),
    "two in twenty are slow": ("p95 > 1000000", [10] * 18 + [5000] * 2, True),
    "all at the limit": ("p95 > 1000000", [1000] * 20, False),
    "all in the bucket above the limit": ("p95 > 1000000", [1001] * 20, True),
    "at or above the limit, at it": ("p95 >= 1000000", [1000], True),
    "at or above the limit, in the bucket below": ("p95 >= 1000000", [990], False),
    "a bucket's upper bound is what counts": ("p95 >= 1000000", [991], True),
    "below the limit": ("p95 < 1000000", [990], True),
    "below the limit, at it": ("p95 < 1000000", [1000], False),
    "the limit itself": ("p50 = 1000000", [1, 1000, 9999], True),
    "not the limit itself": ("p50 <> 1000000", [1, 1000, 9999], False),
    "the least of all": ("p0 <= 1000", [1, 9999], True),
    "a finer percentile, one in a thousand": ("p99.9 > 1000000", [10] * 999 + [5000], False),
    "a finer percentile, two in a thousand": ("p99.9 > 1000000", [10] * 998 + [5000] * 2, True),
    "beyond the largest bound, which is its value": ("p95 > 100000000000", [200_000_000], False),
    "at the largest bound": ("p95 >= 100000000000", [200_000_000], True),
}


@pytest.mark.parametrize(("text", "durations", "satisfied"), PERCENTILES.values(), ids=PERCENTILES)
def test_a_percentile_satisfies_a_condition(text: str, durations: list[int], satisfied: bool) -> None:
    one = condition(text)
    assert slices.found(one, timed(one, [ms * 1000 for ms in durations])) == Found(satisfied, True, True)


exact_limits = st.integers(1, histograms.OVERFLOW - 1).map(lambda index: histograms.BOUNDS_US[index])
durations = st.integers(0, 2 * histograms.LARGEST_US) | exact_limits


@given(
    st.sampled_from(COMPARISONS),
    exact_limits,
    st.decimals(0, "99.9999", places=4),
    st.lists(durations, min_size=1, max_size=40),
)
def test_a_percentile_is_the_nearest_rank_of_the_histogram(
    operator: Comparison, limit_us: int, percentile: object, durations_us: list[int]
) -> None:
    one = Slices(f"p{percentile}", operator, Fraction(limit_us))
    counts: dict[int, int] = {}
    for duration in durations_us:
        index = histograms.bucket(duration)
        counts[index] = counts.get(index, 0) + 1
    quantile = histograms.quantile_us(counts, Fraction(str(percentile)) / 100)
    assert quantile is not None
    holds = {
        "=": quantile == limit_us, "<>": quantile != limit_us, "<": quantile < limit_us,
        "<=": quantile <= limit_us, ">": quantile > limit_us, ">=": quantile >= limit_us,
    }  # fmt: skip
    assert slices.found(one, timed(one, durations_us)).satisfies == holds[operator]


# condition, no_data → found, of a minute without data
SILENCE: dict[str, tuple[str, Absence, Found]] = {
    "left out": ("error_rate >= 0", "exclude", Found(False, False, False)),
    "good": ("error_rate >= 0", "good", Found(False, True, False)),
    "bad": ("error_rate >= 1", "bad", Found(True, True, False)),
    "no percentile": ("p95 > 1000000", "exclude", Found(False, False, False)),
    "no percentile, and bad": ("p95 > 1000000", "bad", Found(True, True, False)),
    "a total of 0 is few": ("total < 10", "exclude", Found(True, True, False)),
    "a total of 0 is 0": ("total = 0", "exclude", Found(True, True, False)),
    "a total of 0 is not many": ("total > 10", "exclude", Found(False, False, False)),
    "a total of 0 was said to be good": ("total < 10", "good", Found(False, True, False)),
    "a total of 0 was said to be bad": ("total > 10", "bad", Found(True, True, False)),
    "no bad event is no good one": ("bad < 1", "exclude", Found(False, False, False)),
}


@pytest.mark.parametrize(("text", "no_data", "expected"), SILENCE.values(), ids=SILENCE)
def test_a_minute_without_data(text: str, no_data: Absence, expected: Found) -> None:
    assert slices.found(condition(text, no_data), Counts()) == expected


def test_events_without_durations_are_no_data_to_a_percentile() -> None:
    assert slices.found(condition("p95 > 1000000"), Counts(total=5)) == Found(False, False, False)


# minutes, for → runs
RUNS: dict[str, tuple[str, int, list[tuple[int, int]]]] = {
    "none": ("", 1, []),
    "every minute counts": ("1.11.", 1, [(0, 1), (2, 4)]),
    "a minute short": ("1111.1111", 5, []),
    "just long enough, and all of it is bad": (".11111.", 5, [(1, 6)]),
    "longer": ("1111111", 5, [(0, 7)]),
    "to the end": (".1111.11111", 5, [(6, 11)]),
}


@pytest.mark.parametrize(("minutes", "for_minutes", "runs"), RUNS.values(), ids=RUNS)
def test_runs_that_last(minutes: str, for_minutes: int, runs: list[tuple[int, int]]) -> None:
    assert slices.lasting(bytes(minute == "1" for minute in minutes), for_minutes) == runs


# Standing


def objective(window: Window, target: str = "0.999") -> Objective:
    return Objective(
        journey="use", name="errors", title=Text(), steps=("web",), good="status < 500", exclude=None,
        faster_than_us=None, slices=Slices("error_rate", ">=", Fraction(1, 100), 5), target=Fraction(target),
        target_text=target, window=window, state="agreed", tiers=DEFAULT_TIERS,
    )  # fmt: skip


def minute(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // 60


NOW = minute("2026-06-16T00:00+00:00")
QUIET = {length: slices.tally(0, length, length) for length in (5, 30, 60, 360, 4320)}


def test_the_budget_is_of_all_minutes_whatever_the_traffic() -> None:
    """Half of the minutes without data: the SLI is of those that have some, the budget is not."""
    found = slices.standing(objective(Rolling(DAYS_28)), 30, 20_160, QUIET, NOW, coverage=Fraction(1, 2))
    assert found.tally == Tally(20_130, 20_160)
    assert found.sli == 1 - Fraction(30, 20_160)
    assert found.consumed == Fraction(30) / Fraction("40.32")
    assert found.remaining == 1 - found.consumed
    assert (found.bad_events_left, found.minutes_left) == (10, Fraction("10.32"))
    assert (found.coverage, found.estimated, found.state) == (Fraction(1, 2), False, "healthy")


def test_the_budget_of_a_month_is_known_at_its_beginning() -> None:
    found = slices.standing(objective(Calendar("month", "UTC")), 21, 21_600, QUIET, NOW, coverage=Fraction(1))
    assert (found.end_minute - found.start_minute, found.estimated) == (30 * 1440, False)
    assert found.consumed == Fraction(21) / Fraction("43.2")
    assert (found.minutes_left, found.tally) == (Fraction("22.2"), Tally(21_579, 21_600))


# bad minutes, valid ones, recent → state; of 40.32 in 28 days
STATES: dict[str, tuple[int, int, dict[int, Tally], State]] = {
    "a quarter remains": (30, DAYS_28, QUIET, "healthy"),
    "less than a quarter remains": (31, DAYS_28, QUIET, "at-risk"),
    "the last whole minute": (40, DAYS_28, QUIET, "at-risk"),
    "a minute more": (41, DAYS_28, QUIET, "exhausted"),
    "little data makes no larger budget and no smaller one": (40, 50, QUIET, "at-risk"),
    "no data": (0, 0, QUIET, "no-data"),
    "at this rate it lasts for its window": (
        20, DAYS_28, {**QUIET, 4320: slices.tally(2, 4320, 4320)}, "healthy",
    ),
    "at that rate it does not": (20, DAYS_28, {**QUIET, 4320: slices.tally(3, 4320, 4320)}, "at-risk"),
    "five minutes in five": (
        5, DAYS_28, {**QUIET, 5: slices.tally(5, 5, 5), 60: slices.tally(5, 60, 60)}, "burning",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "valid", "recent", "state"), STATES.values(), ids=STATES)
def test_the_state_of_an_objective_about_minutes(
    bad: int, valid: int, recent: dict[int, Tally], state: State
) -> None:
    found = slices.standing(objective(Rolling(DAYS_28)), bad, valid, recent, NOW, coverage=None)
    assert found.state == state


def test_silence_is_no_data_to_a_tier_and_closes_nothing() -> None:
    recent = {length: slices.tally(0, 0, length) for length in QUIET}
    assert set(recent.values()) == {budgets.NOTHING}
    found = slices.standing(objective(Rolling(DAYS_28)), 5, 100, recent, NOW, coverage=None)
    assert {tier.reason for tier in found.tiers} == {"no-data"}
    assert {rate for _, rate in found.burn_rates} == {None}


@pytest.mark.parametrize(
    ("zone", "now", "length"),
    [
        ("Europe/Berlin", "2026-03-29T12:00+02:00", 23 * 60),
        ("Europe/Berlin", "2026-10-25T12:00+01:00", 25 * 60),
        ("America/New_York", "2026-03-08T12:00-04:00", 23 * 60),
        ("America/New_York", "2026-11-01T12:00-05:00", 25 * 60),
        ("Asia/Tokyo", "2026-03-29T12:00+09:00", 24 * 60),
        ("Australia/Lord_Howe", "2026-04-05T12:00+10:30", 24 * 60 + 30),
        ("Australia/Lord_Howe", "2026-10-04T12:00+11:00", 23 * 60 + 30),
    ],
    ids=lambda value: str(value),
)
def test_the_budget_of_a_day_is_that_of_its_minutes(zone: str, now: str, length: int) -> None:
    day = objective(Calendar("day", zone), "0.9")
    found = slices.standing(day, 10, 100, QUIET, minute(now), coverage=None)
    assert found.minutes_left == Fraction(length, 10) - 10


@given(bad=st.integers(0, 300), valid=st.integers(300, DAYS_28), now=st.integers(0, 10**6))
def test_one_more_bad_minute_never_lowers_what_is_consumed(bad: int, valid: int, now: int) -> None:
    window = Calendar("month", "Europe/Berlin")
    fewer, more = (
        slices.standing(objective(window), n, valid + 1, QUIET, NOW + now, coverage=None)
        for n in (bad, bad + 1)
    )
    assert fewer.consumed is not None
    assert more.consumed is not None
    assert fewer.consumed < more.consumed
    assert budgets.STATES.index(more.state) <= budgets.STATES.index(fewer.state)


def test_the_windows_that_a_standing_needs() -> None:
    assert set(QUIET) == set(alerts.burn_windows(objective(Rolling(DAYS_28))))
