"""What changed between two periods: tests with known answers, both edges of each rule, and no word about mere noise."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import erfc, sqrt
from random import Random

import pytest

from tabiji import comparing, histograms
from tabiji.comparing import Seen, Verdict

KEY = ("web", "Play")


def durations(*at_ms: tuple[int, int]) -> dict[int, int]:
    """(milliseconds, events) → a histogram."""
    found: dict[int, int] = {}
    for ms, events in at_ms:
        index = histograms.bucket(ms * 1000)
        found[index] = found.get(index, 0) + events
    return found


@pytest.mark.parametrize(
    ("counts", "chance"),
    [
        pytest.param((3, 4, 1, 4), 34 / 70, id="a lady tasting tea: 34 of 70 ways"),
        pytest.param((0, 5, 5, 5), 2 / 252, id="none and all: 2 of 252 ways"),
        pytest.param((0, 10, 0, 10), 1.0, id="nothing failed"),
        pytest.param((10, 10, 10, 10), 1.0, id="everything failed"),
        pytest.param((0, 0, 3, 9), 1.0, id="no events before"),
        pytest.param((2, 100, 2, 100), 1.0, id="the same few"),
        pytest.param(
            (100, 1000, 150, 1000),
            erfc(0.05 / sqrt(0.125 * 0.875 * 0.002) / sqrt(2)),
            id="many: the normal curve",
        ),
    ],
)
def test_shares_differ_by_chance_so_often(counts: tuple[int, int, int, int], chance: float) -> None:
    assert comparing.shares(*counts) == pytest.approx(chance, rel=1e-9)


def test_the_two_tests_of_shares_agree_where_one_takes_over() -> None:
    few = comparing._fisher(20, 400, 40, 400)  # the same table by the other way
    assert comparing.shares(20, 400, 40, 400) == pytest.approx(few, rel=0.35)


@pytest.mark.parametrize(
    ("before", "after", "chance"),
    [
        # U = 9, mean 4.5, variance 9 · 7 / 12
        pytest.param({1: 1, 2: 1, 3: 1}, {4: 1, 5: 1, 6: 1}, erfc(4 / sqrt(5.25) / sqrt(2)), id="no ties"),
        # U = 8, ties 6 + 24 of 30, variance 9 / 12 · (7 − 1)
        pytest.param({1: 2, 2: 1}, {2: 2, 3: 1}, erfc(3 / sqrt(4.5) / sqrt(2)), id="ties"),
        pytest.param({2: 2, 3: 1}, {1: 2, 2: 1}, erfc(3 / sqrt(4.5) / sqrt(2)), id="the other way round"),
        pytest.param({7: 40}, {7: 40}, 1.0, id="all the same"),
        pytest.param({}, {7: 40}, 1.0, id="nothing before"),
    ],
)
def test_ranks_are_shifted_by_chance_so_often(
    before: Mapping[int, int], after: Mapping[int, int], chance: float
) -> None:
    assert comparing.ranks(before, after) == pytest.approx(chance, rel=1e-12)


def test_holm_corrects_all_together() -> None:
    assert comparing.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert comparing.holm([0.9, 0.8]) == [1.0, 1.0]
    assert comparing.holm([]) == []


@pytest.mark.parametrize(
    ("before", "after", "verdict", "found"),
    [
        pytest.param(Seen(30, 0), Seen(30, 15), "worse", [("failures", "worse")], id="30 events are enough"),
        pytest.param(Seen(29, 0), Seen(30, 15), "few", [], id="29 before are too few"),
        pytest.param(Seen(30, 0), Seen(29, 15), "few", [], id="29 after are too few"),
        pytest.param(Seen(), Seen(30), "new", [], id="new"),
        pytest.param(Seen(30), Seen(), "gone", [], id="gone"),
        pytest.param(Seen(), Seen(29), "few", [], id="a scanner's requests are not news"),
        pytest.param(
            Seen(10_000, 900), Seen(10_000, 30), "better", [("failures", "better")], id="fails less"
        ),
        pytest.param(
            Seen(10**7, 100_000), Seen(10**7, 110_000), "same", [], id="no chance, but only a tenth more"
        ),
        pytest.param(
            Seen(10**7, 100_000),
            Seen(10**7, 110_001),
            "worse",
            [("failures", "worse")],
            id="more than a tenth more",
        ),
        pytest.param(
            Seen(100, 0, durations((100, 100))),
            Seen(100, 0, durations((100, 50), (200, 50))),
            "worse",
            [("slowest", "worse")],
            id="half of it slower: p50 stays, p95 does not",
        ),
        pytest.param(
            Seen(100, 0, durations((100, 90), (400, 10))),
            Seen(100, 0, durations((50, 90), (400, 10))),
            "better",
            [("usual", "better")],
            id="the usual faster, the slow ones as before",
        ),
        pytest.param(
            Seen(1000, 100, durations((100, 1000))),
            Seen(1000, 0, durations((300, 1000))),
            "mixed",
            [("failures", "better"), ("usual", "worse"), ("slowest", "worse")],
            id="fails less, and is slower",
        ),
        pytest.param(
            Seen(50, 5, durations((100, 50))), Seen(50, 5, durations((100, 50))), "same", [], id="the same"
        ),
    ],
)
def test_what_is_told(before: Seen, after: Seen, verdict: Verdict, found: list[tuple[str, str]]) -> None:
    (told,) = comparing.compare({KEY: before} if before.events else {}, {KEY: after} if after.events else {})
    assert (told.verdict, [(one.what, one.way) for one in told.findings]) == (verdict, found)


def test_by_how_much_is_told_exactly() -> None:
    (told,) = comparing.compare({KEY: Seen(1000, 10)}, {KEY: Seen(1000, 40)})
    assert [one.by for one in told.findings] == [Fraction(3)]
    (told,) = comparing.compare({KEY: Seen(1000)}, {KEY: Seen(1000, 40)})
    assert [one.by for one in told.findings] == [None]


def drawn(rng: Random, slower: float = 1.0) -> Seen:
    """Five hundred events of an operation, of which one in fifty fails."""
    found: dict[int, int] = {}
    for _ in range(500):
        index = histograms.bucket(int(120_000 * slower * rng.lognormvariate(0, 0.6)))
        found[index] = found.get(index, 0) + 1
    return Seen(500, sum(rng.random() < 0.02 for _ in range(500)), found)


def test_of_noise_hardly_anything_is_said() -> None:
    """40 comparisons of 20 operations each: at most one in 20 may say a false word, so 2 are expected."""
    rng = Random(20260601)
    false = 0
    for _ in range(40):
        sides = [{("web", str(n)): drawn(rng) for n in range(20)} for _ in range(2)]
        false += any(one.findings for one in comparing.compare(*sides))
    assert false <= 4


def test_what_got_slower_among_many_comes_first() -> None:
    rng = Random(7)
    before, after = ({("web", str(n)): drawn(rng) for n in range(60)} for _ in range(2))
    after["web", "31"] = drawn(rng, slower=1.5)
    first, *others = comparing.compare(before, after)
    assert (first.operation, first.verdict) == ("31", "worse")
    assert [one.operation for one in others if one.findings] == []
