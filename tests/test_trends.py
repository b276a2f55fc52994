"""Trends of incidents: what ranks tell, with answers that books know; months, both sides of a date, and who may ask."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.incidents import Incident, Measured, Spent, Times, ranks
from tabiji.incidents.ranks import Shift
from tabiji.incidents.trends import Change, Compared, Lost, Speed, Stretch, Told, Trend, months, trend
from tabiji.postmortems import Cause
from tabiji.reports import trends as reports

DAY = 1440

# Ranks. Hollander and Wolfe, "Nonparametric Statistical Methods", table 4.1: of the human chorioamnion

TERM = (80, 83, 189, 104, 145, 138, 191, 164, 73, 146)
EARLY = (115, 88, 90, 74, 121)


def test_the_shift_of_the_book() -> None:
    assert ranks.shift(EARLY, TERM) == Shift(Fraction(61, 2), -15, 76)
    assert ranks.shift(TERM, EARLY) == Shift(Fraction(-61, 2), -76, 15)


# The largest U of a two-sided test at 5 %, as tables of Mann and Whitney's test have it; -1: none is small enough
CRITICAL = {
    (3, 3): -1, (3, 4): -1, (4, 4): 0, (3, 5): 0, (2, 7): -1, (2, 8): 0, (5, 5): 2, (5, 10): 8, (7, 9): 12,
    (8, 8): 13, (10, 10): 23, (15, 15): 64, (20, 20): 127,
}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), CRITICAL, ids=str)
def test_the_rank_is_that_of_the_tables(first: int, second: int) -> None:
    found = ranks.shift([0] * first, list(range(1000, 1000 + second)))
    assert found is not None
    assert (found.low is not None) == (CRITICAL[first, second] >= 0)
    if found.low is not None:
        apart = ranks.shift(list(range(first)), [1000 * one for one in range(1, second + 1)])
        every = sorted(1000 * a - b for a in range(1, second + 1) for b in range(first))
        assert apart is not None
        assert (apart.low, apart.high) == (
            every[CRITICAL[first, second]],
            every[-1 - CRITICAL[first, second]],
        )


def test_the_curve_goes_on_where_counting_ends() -> None:
    def rank(first: int, second: int) -> int:
        found = ranks.shift([0] * first, [1] * second)
        assert found is not None
        every = list(range(first * second))
        apart = ranks.shift([-second * one for one in range(first)], list(range(second)))
        assert apart is not None
        assert apart.low is not None
        return every.index(apart.low)

    assert rank(50, 50) == 965  # counted: the 966th difference
    assert rank(51, 50) == 985  # by the curve


SIDES = st.lists(st.integers(0, 500), min_size=1, max_size=12)


@given(SIDES, SIDES)
def test_the_shift_is_the_median_of_all_differences(before: list[int], after: list[int]) -> None:
    every = sorted(a - b for a in after for b in before)
    found = ranks.shift(before, after)
    assert found is not None
    assert found.middle == median([Fraction(one) for one in every])
    assert found.low is None or found.low in every
    mirrored = ranks.shift(after, before)
    assert mirrored is not None
    assert mirrored.middle == -found.middle
    if found.low is not None and found.high is not None:
        assert (mirrored.low, mirrored.high) == (-found.high, -found.low)


@settings(max_examples=25)
@given(st.integers(1, 5), st.integers(1, 5))
def test_it_is_wrong_in_at_most_5_of_100_cases(first: int, second: int) -> None:
    numbers = range(first + second)
    wrong = 0
    for some in combinations(numbers, first):
        found = ranks.shift(some, [one for one in numbers if one not in some])
        assert found is not None
        wrong += found.low is not None and found.high is not None and (found.low > 0 or found.high < 0)
    assert Fraction(wrong, math.comb(first + second, first)) <= Fraction(5, 100)


MEDIANS = {
    "none": ([], None),
    "five are too few": ([1, 2, 3, 4, 5], None),
    "six are enough": ([1, 2, 3, 4, 5, 6], (1, 6)),
    "nine leave one out": ([9, 8, 7, 6, 5, 4, 3, 2, 1], (2, 8)),
    "a hundred": (list(range(1, 101)), (40, 61)),
}


@pytest.mark.parametrize(("values", "expected"), MEDIANS.values(), ids=MEDIANS)
def test_what_a_median_lies_between(values: list[int], expected: tuple[int, int] | None) -> None:
    assert ranks.median_between(values) == expected


def test_how_likely_chance_alone_makes_fewer() -> None:
    half = Fraction(1, 2)
    assert ranks.luck_of_fewer(5, 0, half) == pytest.approx(2 / 32)
    assert ranks.luck_of_fewer(0, 5, half) == pytest.approx(2 / 32)
    assert ranks.luck_of_fewer(2, 2, half) == 1.0
    assert ranks.luck_of_fewer(0, 0, half) == 1.0
    assert ranks.luck_of_fewer(3, 0, Fraction(9, 10)) == pytest.approx(2 / 1000)


# Months and sides


def incident(
    number: int,
    started: int,
    detect: int | None = 5,
    recover: int | None = 60,
    share: str = "1/10",
    cause: str = "alert",
    **rest: object,
) -> Incident:
    """An incident that began at a minute; its times are minutes since then."""
    times = Times(
        started,
        None if detect is None else started + detect,
        None if detect is None else "alert",
        None if recover is None else started + recover,
        None,
        ("watch/available",),
    )
    spent = (Spent("watch/available", 1, 10, 1 / Fraction(share)),)
    closed = None if recover is None else started + recover + 15
    return Incident(
        "watch", cause, started + 2, closed, "calm" if closed else None, measured=Measured(times, spent),
        number=number, **rest,  # type: ignore[arg-type]
    )  # fmt: skip


def speed(*lengths: int) -> Speed:
    exact = [Fraction(one) for one in lengths]
    return Speed(
        len(exact),
        sum(exact, Fraction(0)) / len(exact) if exact else None,
        median(exact) if exact else None,
        None,
    )


NOTHING = speed()
TIMES = [(0, 10 * DAY), (10 * DAY, 20 * DAY)]
CAUSES: dict[int, Cause] = {1: "bug", 2: "capacity"}
STRETCHES: dict[str, tuple[list[Incident], Stretch]] = {
    "none": ([], Stretch(0, 20 * DAY, 0, 0, 0, 0, NOTHING, NOTHING, ())),
    "one": (
        [incident(1, 5)],
        Stretch(0, 20 * DAY, 1, 0, 0, 0, speed(5), speed(60), (Lost("bug", 1, Fraction(1, 10)),)),
    ),
    "one that goes on is noticed, and not over": (
        [incident(3, 5, recover=None)],
        Stretch(0, 20 * DAY, 1, 1, 0, 0, speed(5), NOTHING, (Lost(None, 1, Fraction(1, 10)),)),
    ),
    "causes in their order, what nobody said last": (
        [incident(3, 5), incident(1, 6, share="1/2"), incident(2, 7), incident(4, 8)],
        Stretch(
            0, 20 * DAY, 4, 0, 0, 0, speed(5, 5, 5, 5), speed(60, 60, 60, 60),
            (Lost("capacity", 1, Fraction(1, 10)), Lost("bug", 1, Fraction(1, 2)), Lost(None, 2, Fraction(1, 5))),
        ),
    ),
    "what was missed costs, and has no times": (
        [incident(1, 5, detect=None, share="6/100", cause="drop")],
        Stretch(0, 20 * DAY, 0, 0, 1, 0, NOTHING, NOTHING, (Lost("bug", 1, Fraction(6, 100)),)),
    ),
    "a false alarm counts as one only": (
        [incident(1, 5, share="1/1000")],
        Stretch(0, 20 * DAY, 0, 0, 0, 1, NOTHING, NOTHING, ()),
    ),
    "a part of another one is that one's": (
        [incident(1, 5, merged_into=9)],
        Stretch(0, 20 * DAY, 0, 0, 0, 0, NOTHING, NOTHING, ()),
    ),
    "the first minute counts, the one after the last does not": (
        [incident(1, 0), incident(2, 20 * DAY), incident(3, -1)],
        Stretch(0, 20 * DAY, 1, 0, 0, 0, speed(5), speed(60), (Lost("bug", 1, Fraction(1, 10)),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("some", "expected"), STRETCHES.values(), ids=STRETCHES)
def test_what_is_told_of_a_time(some: list[Incident], expected: Stretch) -> None:
    assert trend(some, CAUSES, TIMES).whole == expected


def test_an_incident_belongs_to_the_month_in_which_it_began() -> None:
    found = trend([incident(1, 10 * DAY - 1), incident(2, 10 * DAY)], CAUSES, TIMES)
    assert [one.lost for one in found.months] == [
        (Lost("bug", 1, Fraction(1, 10)),),
        (Lost("capacity", 1, Fraction(1, 10)),),
    ]
    assert found.compared is None


def test_months_are_those_of_the_zone_and_cut_off_at_the_ends() -> None:
    # from 2026-01-15 00:00 UTC to 2026-03-02 00:00 UTC; a month begins nine hours earlier in Tokyo
    start, end = 1_768_435_200 // 60, 1_772_409_600 // 60
    february, march = 1_769_871_600 // 60, 1_772_290_800 // 60
    assert months(start, end, "Asia/Tokyo") == [(start, february), (february, march), (march, end)]
    assert months(february, march, "Asia/Tokyo") == [(february, march)]
    assert months(start, start, "Asia/Tokyo") == []


def test_an_incident_at_the_very_date_came_after_it() -> None:
    at = 7 * DAY
    found = trend([incident(1, at - 1, 9, 90), incident(2, at, 4, 40)], CAUSES, TIMES, at)
    before = Stretch(0, at, 1, 0, 0, 0, speed(9), speed(90), (Lost("bug", 1, Fraction(1, 10)),))
    after = Stretch(at, 20 * DAY, 1, 0, 0, 0, speed(4), speed(40), (Lost("capacity", 1, Fraction(1, 10)),))
    assert found.compared == Compared(
        at,
        before,
        after,
        Change("too-few", Shift(Fraction(-5), None, None)),
        Change("too-few", Shift(Fraction(-50), None, None)),
        "too-few",
        1.0,
    )


@pytest.mark.parametrize("at", [0, 20 * DAY, -1, 21 * DAY], ids=str)
def test_a_date_without_a_before_or_an_after_compares_nothing(at: int) -> None:
    with pytest.raises(ValueError, match="no time on one side"):
        trend([], {}, TIMES, at)


def sides(before: list[int], after: list[int]) -> Trend:
    """Incidents of which the one half began before, the other after the tenth day; so long until they were over."""
    some = [incident(n + 1, n, 1, length) for n, length in enumerate(before)]
    some += [incident(n + 50, 10 * DAY + n, 1, length) for n, length in enumerate(after)]
    return trend(some, {}, TIMES, 10 * DAY)


CHANGES: dict[str, tuple[list[int], list[int], Change]] = {
    "nothing before": ([], [1, 2, 3, 4], Change("too-few", None)),
    "three on each side are too few, however far apart": (
        [100, 101, 102], [1, 2, 3], Change("too-few", Shift(Fraction(-99), None, None)),
    ),
    "four on each side, all of them faster": (
        [100, 101, 102, 103], [1, 2, 3, 4], Change("less", Shift(Fraction(-99), -102, -96)),
    ),
    "four on each side, all of them slower": (
        [1, 2, 3, 4], [100, 101, 102, 103], Change("more", Shift(Fraction(99), 96, 102)),
    ),
    "one of them as fast as the fastest before": (
        [100, 101, 102, 103], [1, 2, 3, 100], Change("unclear", Shift(Fraction(-99), -102, 0)),
    ),
    "the same on both sides": (
        [10, 20, 30, 40], [10, 20, 30, 40], Change("unclear", Shift(Fraction(0), -30, 30)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_changed_after_a_date(before: list[int], after: list[int], expected: Change) -> None:
    compared = sides(before, after).compared
    assert compared is not None
    assert compared.recover == expected


OFTEN: dict[str, tuple[int, int, Told]] = {
    "none": (0, 0, "too-few"),
    "five, all before": (5, 0, "too-few"),  # 2 / 32 is more than 5 %: nothing could be said of five
    "six, all before": (6, 0, "less"),
    "six, all after": (0, 6, "more"),
    "five before, one after": (5, 1, "unclear"),
    "as many": (5, 5, "unclear"),
}


@pytest.mark.parametrize(("before", "after", "expected"), OFTEN.values(), ids=OFTEN)
def test_whether_there_are_fewer(before: int, after: int, expected: Told) -> None:
    compared = sides([60] * before, [60] * after).compared
    assert compared is not None
    assert compared.often == expected


def test_it_is_said_in_words() -> None:
    compared = sides([100, 101, 102, 103], [1, 2, 3, 4]).compared
    assert compared is not None
    assert reports.changes(compared) == (
        "Whether incidents are noticed sooner since then can't be told: with 95 % confidence the difference is "
        "anything from 0 min sooner to 0 min later.",
        "Incidents are over sooner since then: by 1 h 39 min, with 95 % confidence by 1 h 36 min to 1 h 42 min.",
        "Whether there are fewer incidents since then can't be told: 11.2 instead of 11.2 in 28 days, and chance "
        "alone does so much in 100 % of all cases.",
    )
