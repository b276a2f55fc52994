"""Whether two numbers of each day rise together: against published and hand-computed answers, ties and all."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.signals import Link, link
from tabiji.signals.links import _student, centred

# IQ and hours of television of ten people: rho = −29/165 without ties (Wikipedia, "Spearman's rank correlation")
IQ = (106, 100, 86, 101, 99, 103, 97, 113, 112, 110)
HOURS = (7, 27, 2, 50, 28, 29, 20, 12, 6, 17)
UP = tuple(range(10))


@pytest.mark.parametrize(
    ("values", "ranks"),
    [
        pytest.param((30, 10, 20), [3, 1, 2], id="no ties"),
        pytest.param((5, 1, 5), [Fraction(5, 2), 1, Fraction(5, 2)], id="two share the mean of their ranks"),
        pytest.param((1, 1, 1, 2), [2, 2, 2, 4], id="three share it"),
        pytest.param(
            (0, Fraction(1, 3), Fraction(2, 6)), [1, Fraction(5, 2), Fraction(5, 2)], id="exact shares"
        ),
    ],
)
def test_ranks(values: tuple[int, ...], ranks: list[Fraction]) -> None:
    mean = Fraction(len(values) + 1, 2)
    assert [Fraction(one, 2) + mean for one in centred(values)] == ranks


@pytest.mark.parametrize(
    ("first", "second", "rho"),
    [
        pytest.param(IQ, HOURS, Fraction(-29, 165), id="published"),
        pytest.param(UP, UP, 1, id="the same"),
        pytest.param(UP, UP[::-1], -1, id="one falls as the other rises"),
        pytest.param(UP, tuple(n**3 for n in UP), 1, id="however steep"),
        # ranks 1.5 1.5 3 4 5 6 7.5 7.5 against 1…8: Σd² = 1, but with ties it is Pearson's of the ranks: 41 / √(41·42)
        pytest.param((1, 1, 2, 3, 4, 5, 6, 6), range(8), math.sqrt(Fraction(41, 42)), id="ties on one side"),
        # 0/1 against 0/1, n = 8: φ = (3·3 − 1·1) / √(4·4·4·4) = 1/2
        pytest.param(
            (0, 0, 0, 0, 1, 1, 1, 1), (0, 0, 0, 1, 0, 1, 1, 1), Fraction(1, 2), id="ties on both sides"
        ),
    ],
)
def test_rho_is_known(first: tuple[int, ...], second: tuple[int, ...], rho: float) -> None:
    found = link(first, second).rho
    assert found is not None
    assert abs(found - rho) < 1e-12


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        pytest.param(UP[:6], UP[:6], Link("few", 6), id="six days are too few"),
        pytest.param(UP[:7], UP[:7], Link("together", 7, 1.0, 2 / 5040, True), id="seven are enough"),
        pytest.param(UP[:8], UP[7::-1], Link("opposite", 8, -1.0, 2 / 40320, True), id="eight: all orders are tried"),
        pytest.param((3,) * 9, UP[:9], Link("first-even", 9), id="the first is the same every day"),
        pytest.param(UP[:9], (0,) * 9, Link("second-even", 9), id="the second is the same every day"),
        pytest.param((3,) * 9, (0,) * 9, Link("first-even", 9), id="both are"),
        pytest.param((), (), Link("few", 0), id="no day"),
        pytest.param(UP, UP, Link("together", 10, 1.0, 0.0), id="nine and more: by Student's t"),
        # 4 of 8 are 1 on both sides, 3 in common: C(4,3)·C(4,1) + C(4,1)·C(4,3) + 2 of C(8,4) = 70 are as far
        pytest.param(
            (0, 0, 0, 0, 1, 1, 1, 1), (0, 0, 0, 1, 0, 1, 1, 1), Link("apart", 8, 0.5, 34 / 70, True),
            id="chance does as much in 34 of 70 orders",
        ),
    ],
)  # fmt: skip
def test_what_is_said(first: tuple[int, ...], second: tuple[int, ...], found: Link) -> None:
    assert link(first, second) == found


@pytest.mark.parametrize(
    ("t", "freedom", "chance"),
    [
        # two-sided quantiles of Student's t, as every table has them
        pytest.param(12.706, 1, 0.05, id="1"),
        pytest.param(4.303, 2, 0.05, id="2"),
        pytest.param(2.365, 7, 0.05, id="7"),
        pytest.param(3.499, 7, 0.01, id="7, one in a hundred"),
        pytest.param(2.306, 8, 0.05, id="8"),
        pytest.param(3.355, 8, 0.01, id="8, one in a hundred"),
        pytest.param(1.987, 88, 0.05, id="88"),
        pytest.param(3.402, 88, 0.001, id="88, one in a thousand"),
        pytest.param(1.987, 89, 0.05, id="89"),
    ],
)
def test_chance_is_that_of_the_tables(t: float, freedom: int, chance: float) -> None:
    square = Fraction(t) ** 2 / (freedom + Fraction(t) ** 2)
    assert abs(_student(square, freedom) - chance) < chance / 100


def swapped(*pairs: tuple[int, int]) -> list[int]:
    """0…11 with some of them swapped: each adds twice the square of its distance to Σd²."""
    found = list(range(12))
    for one, other in pairs:
        found[one], found[other] = found[other], found[one]
    return found


@pytest.mark.parametrize(
    ("pairs", "rho", "verdict"),
    [
        # the critical rho of 12 days at 5 % by Student's t is 0.576, and rho = 1 − Σd² / 286
        pytest.param(
            ((0, 7), (8, 11), (1, 2), (3, 4)), 1 - 120 / 286, "together", id="Σd² = 120: just a link"
        ),
        pytest.param(
            ((0, 7), (8, 11), (1, 2), (3, 4), (5, 6)), 1 - 122 / 286, "apart", id="Σd² = 122: just none"
        ),
    ],
)
def test_the_edge_between_a_link_and_none(
    pairs: tuple[tuple[int, int], ...], rho: float, verdict: str
) -> None:
    found = link(range(12), swapped(*pairs))
    assert found.rho == pytest.approx(rho, abs=1e-12)
    assert found.verdict == verdict
    assert link(range(12), swapped(*pairs)[::-1]).verdict == (
        "opposite" if verdict == "together" else "apart"
    )


def test_the_published_example_is_chance() -> None:
    found = link(IQ, HOURS)
    assert (found.verdict, found.days, found.exact) == ("apart", 10, False)
    assert found.chance == pytest.approx(0.6272, abs=5e-4)


NUMBERS = st.lists(st.integers(0, 6), min_size=7, max_size=40)


@settings(deadline=None)
@given(NUMBERS)
def test_it_is_the_same_from_both_sides_and_in_any_order_of_days(values: list[int]) -> None:
    other = [(value * 7 + place * 3) % 5 for place, value in enumerate(values)]
    found = link(values, other)
    back = link(other, values)
    assert (back.rho, back.chance) == (found.rho, found.chance)
    assert link(values[::-1], other[::-1]) == found
    assert found.rho is None or -1 <= found.rho <= 1
    mirrored = link([-value for value in values], other)
    assert mirrored.rho == (None if found.rho is None else -found.rho)
    assert mirrored.chance == found.chance
