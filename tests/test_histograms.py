"""Buckets: base 10, two digits, upper-inclusive, in integers; every limit with two digits counts exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import histograms
from tabiji.histograms import BOUNDS_US, BUCKETS, LARGEST_US, OVERFLOW, bucket, upper_us

durations_us = st.one_of(
    st.integers(0, LARGEST_US),
    st.builds(
        lambda digits, exponent, near: min(max(digits * 10**exponent + near, 0), LARGEST_US),
        st.integers(1, 99), st.integers(0, 10), st.integers(-1, 1),
    ),
)  # fmt: skip
samples_us = st.lists(durations_us, min_size=1, max_size=50)
TWO_DIGITS = sorted({m * 10**e for m in range(1, 100) for e in range(11) if m * 10**e <= LARGEST_US})

EDGES = {
    "nothing": (0, 0, 0),
    "one microsecond": (1, 1, 1),
    "the last that stands alone": (99, 99, 99),
    "the first bound of a decade": (100, 100, 100),
    "just above it": (101, 101, 110),
    "the last of that bucket": (110, 101, 110),
    "just above that": (111, 102, 120),
    "the last bound of a decade": (990, 189, 990),
    "above the last bound of a decade": (991, 190, 1000),
    "the limit 250 ms": (250_000, bucket(250_000), 250_000),
    "just above 250 ms": (250_001, bucket(250_000) + 1, 260_000),
    "the largest": (LARGEST_US, OVERFLOW - 1, LARGEST_US),
    "too long": (LARGEST_US + 1, OVERFLOW, None),
    "far too long": (10**18, OVERFLOW, None),
}


@pytest.mark.parametrize(("duration_us", "index", "upper"), EDGES.values(), ids=EDGES)
def test_the_bucket_of_a_duration(duration_us: int, index: int, upper: int | None) -> None:
    assert bucket(duration_us) == index
    assert upper_us(index) == upper


def test_the_bounds_are_all_numbers_with_two_digits() -> None:
    assert list(BOUNDS_US) == [0, *TWO_DIGITS]
    assert len(BOUNDS_US) == OVERFLOW == BUCKETS - 1
    assert BUCKETS <= 1 << histograms.BITS


def test_every_limit_with_two_digits_is_exact_and_no_other() -> None:
    assert all(histograms.is_exact(limit) for limit in TWO_DIGITS)
    assert not any(histograms.is_exact(limit + 1) for limit in TWO_DIGITS if limit >= 100)
    assert not any(histograms.is_exact(limit - 1) for limit in TWO_DIGITS if limit > 100)
    assert not histograms.is_exact(0)
    assert not histograms.is_exact(-10)


@given(durations_us)
def test_a_bucket_holds_what_is_above_the_bound_before_it_and_up_to_its_own(duration_us: int) -> None:
    index = bucket(duration_us)
    assert index == 0 or BOUNDS_US[index - 1] < duration_us
    assert duration_us <= BOUNDS_US[index]
    assert bucket(BOUNDS_US[index]) == index


@given(durations_us, durations_us)
def test_longer_is_never_in_an_earlier_bucket(one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert bucket(shorter) <= bucket(longer)


NEAREST = {
    "between two": (255_000, (250_000, 260_000)),
    "just below a bound": (259_999, (250_000, 260_000)),
    "just above a bound": (250_001, (250_000, 260_000)),
    "across a decade": (995_000, (990_000, 1_000_000)),
    "three digits": (1_234_000, (1_200_000, 1_300_000)),
    "too small": (0, (1, 1)),
    "too large": (LARGEST_US * 2, (LARGEST_US, LARGEST_US)),
}


@pytest.mark.parametrize(("limit_us", "nearest"), NEAREST.values(), ids=NEAREST)
def test_the_nearest_exact_limits(limit_us: int, nearest: tuple[int, int]) -> None:
    assert histograms.nearest_exact_us(limit_us) == nearest


def counted(sample_us: list[int]) -> dict[int, int]:
    return histograms.unpack(1 << histograms.BITS | bucket(duration_us) for duration_us in sample_us)


@given(samples_us, st.sampled_from(TWO_DIGITS))
def test_events_within_a_limit_are_counted_exactly(sample_us: list[int], limit_us: int) -> None:
    assert histograms.within(counted(sample_us), limit_us) == sum(us <= limit_us for us in sample_us)


@given(samples_us, st.fractions(Fraction(1, 1000), 1))
def test_a_quantile_errs_high_and_by_less_than_ten_percent(sample_us: list[int], share: Fraction) -> None:
    rank = max(1, -(-share.numerator * len(sample_us) // share.denominator))
    true_us = sorted(sample_us)[rank - 1]
    quantile_us = histograms.quantile_us(counted(sample_us), share)
    assert quantile_us is not None
    assert quantile_us == true_us or true_us < quantile_us < true_us * Fraction(11, 10)


QUANTILES = {
    "the median of three": ({10: 1, 20: 1, 30: 1}, Fraction(1, 2), 20),
    "the median of four is the second": ({10: 2, 20: 2}, Fraction(1, 2), 10),
    "just above the second": ({10: 2, 20: 2}, Fraction(51, 100), 20),
    "the largest": ({10: 99, 20: 1}, Fraction(1), 20),
    "99 of 100": ({10: 99, 20: 1}, Fraction(99, 100), 10),
    "99.1 of 100": ({10: 99, 20: 1}, Fraction(991, 1000), 20),
    "beyond the last bound": ({10: 1, OVERFLOW: 1}, Fraction(1), LARGEST_US),
    "nothing": ({}, Fraction(1, 2), None),
    "only empty buckets": ({10: 0}, Fraction(1, 2), None),
}


@pytest.mark.parametrize(("counts", "share", "quantile"), QUANTILES.values(), ids=QUANTILES)
def test_the_nearest_rank(counts: dict[int, int], share: Fraction, quantile: int | None) -> None:
    assert histograms.quantile_us(counts, share) == quantile


@given(samples_us, st.integers(0, 50))
def test_two_parts_put_one_behind_the_other_are_the_whole(sample_us: list[int], cut: int) -> None:
    parts = [counted(sample_us[:cut]), counted(sample_us[cut:])]
    packed = [n << histograms.BITS | index for part in parts for index, n in part.items()]
    assert histograms.unpack(packed) == counted(sample_us)
