"""Budgets: the table of the semantics; sums, never averages; no data is None; what is negative stays so."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji import budgets
from tabiji.budgets import State, StepShare, Tally

SHARED = Path(__file__).parents[1].parent / "shared" / "data" / "slo-math"
THREE_NINES = Fraction(999, 1000)
DAYS_28, DAYS_30 = 28 * 1440, 30 * 1440

targets = st.fractions(Fraction(1, 100), Fraction(99_999, 100_000), max_denominator=100_000)
tallies = st.integers(0, 10**12).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n)))
some_events = st.integers(1, 10**12).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n)))


def bad_of(bad: int, total: int) -> Tally:
    return Tally(total - bad, total)


@pytest.mark.parametrize(("good", "total"), [(1, 0), (10, 9), (-1, 5)], ids=str)
def test_more_good_than_all_cannot_be(good: int, total: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Tally(good, total)


def test_without_events_nothing_is_known() -> None:
    nothing = Tally()
    assert budgets.sli(nothing) is None
    assert budgets.burn_rate(nothing, THREE_NINES) is None
    assert budgets.consumed(nothing, THREE_NINES) is None
    assert budgets.remaining(nothing, THREE_NINES) is None
    assert budgets.bad_events_left(nothing, THREE_NINES) is None
    assert budgets.allowed_bad(nothing, THREE_NINES) == 0


# good, total, target; SLI, consumed, remaining, bad events left
TABLE = {
    "all good": (1000, 1000, THREE_NINES, Fraction(1), Fraction(0), Fraction(1), 1),
    "all bad": (0, 1000, THREE_NINES, Fraction(0), Fraction(1000), Fraction(-999), -999),
    "exactly the budget": (999, 1000, THREE_NINES, THREE_NINES, Fraction(1), Fraction(0), 0),
    "one more than the budget": (
        998, 1000, THREE_NINES, Fraction(499, 500), Fraction(2), Fraction(-1), -1,
    ),
    "half of it": (1999, 2000, THREE_NINES, Fraction(1999, 2000), Fraction(1, 2), Fraction(1, 2), 1),
    "too few events for a single bad one": (999, 999, THREE_NINES, Fraction(1), Fraction(0), Fraction(1), 0),
    "a target that no float holds": (
        333, 777, THREE_NINES, Fraction(333, 777), Fraction(444_000, 777), Fraction(-443_223, 777), -444,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("good", "total", "target", "sli", "consumed", "remaining", "left"), TABLE.values(), ids=TABLE
)
def test_the_budget_of_events(
    good: int, total: int, target: Fraction, sli: Fraction, consumed: Fraction, remaining: Fraction, left: int
) -> None:
    tally = Tally(good, total)
    assert budgets.sli(tally) == sli
    assert budgets.consumed(tally, target) == consumed
    assert budgets.remaining(tally, target) == remaining
    assert budgets.bad_events_left(tally, target) == left
    assert budgets.allowed_bad(tally, target) == Fraction(total) * (1 - target)


def test_the_budget_of_time() -> None:
    assert budgets.time_budget_minutes(THREE_NINES, DAYS_28) == Fraction("40.32")
    assert budgets.time_budget_minutes(THREE_NINES, DAYS_30) == Fraction("43.2")


# burn rate, minutes until 30 days of budget are gone (SRE Workbook, chapter 5, table 5-2)
EXHAUSTION = {
    "at rate 1 it lasts for the window": (1, DAYS_30),
    "at rate 2 for half of it": (2, 21_600),
    "at rate 10 for three days": (10, 4320),
    "when everything fails for 43.2 minutes": (1000, Fraction("43.2")),
}


@pytest.mark.parametrize(("rate", "expected"), EXHAUSTION.values(), ids=EXHAUSTION)
def test_time_to_exhaustion(rate: int, expected: Fraction | int) -> None:
    assert budgets.exhaustion_minutes(DAYS_30, Fraction(1), Fraction(rate)) == expected


def test_a_budget_that_does_not_end_or_has_ended() -> None:
    assert budgets.exhaustion_minutes(DAYS_30, Fraction(1, 2), Fraction(0)) is None
    assert budgets.exhaustion_minutes(DAYS_30, Fraction(1, 2), None) is None
    assert budgets.exhaustion_minutes(DAYS_30, None, Fraction(2)) is None
    assert budgets.exhaustion_minutes(DAYS_30, Fraction(0), Fraction(0)) == 0
    assert budgets.exhaustion_minutes(DAYS_30, Fraction(-3), Fraction(2)) == 0


def test_the_budget_of_a_whole_window_of_which_a_part_is_over() -> None:
    assert budgets.remaining_of_whole(Fraction(-1), 1440, 10 * 1440) == Fraction(8, 10)
    assert budgets.remaining_of_whole(Fraction(2, 5), 1440, 1440) == Fraction(2, 5)
    assert budgets.remaining_of_whole(None, 1440, 1440) is None


def test_sums_not_averages() -> None:
    """96 night slots of 10 requests and 192 day slots of 10,000, one bad each: 0.0150 %, not 3.34 %."""
    slots = [bad_of(1, 10)] * 96 + [bad_of(1, 10_000)] * 192
    together = budgets.sum_tallies(slots)
    assert together == bad_of(288, 1_920_960)
    assert round(float(together.bad / Fraction(together.total)) * 100, 4) == 0.0150
    mean_of_ratios = sum(Fraction(slot.bad, slot.total) for slot in slots) / len(slots)
    assert round(float(mean_of_ratios) * 100, 2) == 3.34
    assert budgets.burn_rate(together, THREE_NINES) == Fraction(288_000, 1_920_960)


# tally, firing, ends early → state, at 99.9 %
STATES: dict[str, tuple[Tally, bool, bool, State]] = {
    "a quarter remains": (bad_of(3, 4000), False, False, "healthy"),
    "less than a quarter remains": (bad_of(3001, 4_000_000), False, False, "at-risk"),
    "equality with the target is exhausted": (bad_of(4, 4000), False, False, "exhausted"),
    "the last bad event before": (bad_of(3999, 4_000_000), False, False, "at-risk"),
    "overspent": (bad_of(4000, 4000), False, False, "exhausted"),
    "ends before its window": (bad_of(1, 4000), False, True, "at-risk"),
    "a tier fires": (bad_of(1, 4000), True, False, "burning"),
    "burning is worse than at risk": (bad_of(3999, 4_000_000), True, True, "burning"),
    "exhausted is worse than burning": (bad_of(4, 4000), True, True, "exhausted"),
    "no events": (Tally(), False, False, "no-data"),
    "no events yet this month, and a tier fires": (Tally(), True, False, "burning"),
    "all good": (bad_of(0, 1), False, False, "healthy"),
}


@pytest.mark.parametrize(("tally", "firing", "ends_early", "state"), STATES.values(), ids=STATES)
def test_the_state_of_an_objective(tally: Tally, firing: bool, ends_early: bool, state: State) -> None:
    assert budgets.state(tally, THREE_NINES, firing=firing, ends_early=ends_early) == state


def test_a_journey_is_as_its_worst_objective() -> None:
    order: tuple[State, ...] = ("exhausted", "burning", "at-risk", "healthy", "no-data")
    assert order == budgets.STATES
    for worse, better in pairwise(order):
        assert budgets.journey_state([better, worse, better]) == worse
    assert budgets.journey_state(["no-data", "no-data"]) == "no-data"
    assert budgets.journey_state([]) is None


def test_attribution() -> None:
    open_, play, record = bad_of(1, 10), bad_of(2, 20), bad_of(0, 5)
    assert budgets.attribute({"open": open_, "play": play, "record": record}) == (
        StepShare("open", open_, Fraction(1, 3)),
        StepShare("play", play, Fraction(2, 3)),
        StepShare("record", record, Fraction(0)),
    )
    assert budgets.attribute({"open": record}) == (StepShare("open", record, None),)
    assert budgets.attribute({}) == ()


@given(st.lists(tallies, min_size=1, max_size=8))
def test_shares_of_steps_add_up_to_all_or_are_unknown(steps: list[Tally]) -> None:
    shares = [s.share_of_bad for s in budgets.attribute({str(i): tally for i, tally in enumerate(steps)})]
    known = [share for share in shares if share is not None]
    assert sum(known) == 1 if any(tally.bad for tally in steps) else known == []


@given(st.lists(tallies), st.integers(0, 20))
def test_two_parts_counted_apart_are_the_whole(parts: list[Tally], cut: int) -> None:
    one, other = budgets.sum_tallies(parts[:cut]), budgets.sum_tallies(parts[cut:])
    assert one + other == budgets.sum_tallies(parts) == sum(parts, Tally())


@given(some_events, targets)
def test_one_more_bad_event_never_slows_the_burn(tally: Tally, target: Fraction) -> None:
    after = tally + bad_of(1, 1)
    before_rate, after_rate = budgets.burn_rate(tally, target), budgets.burn_rate(after, target)
    assert before_rate is not None
    assert after_rate is not None
    assert before_rate <= after_rate <= 1 / (1 - target)


@given(some_events, targets)
def test_what_is_spent_and_what_remains_is_the_budget_and_nothing_is_clamped(
    tally: Tally, target: Fraction
) -> None:
    consumed, remaining = budgets.consumed(tally, target), budgets.remaining(tally, target)
    left, sli = budgets.bad_events_left(tally, target), budgets.sli(tally)
    assert consumed is not None
    assert remaining is not None
    assert left is not None
    assert sli is not None
    assert consumed + remaining == 1
    assert (remaining < 0) == (sli < target) == (left < 0)
    assert consumed * budgets.allowed_bad(tally, target) == tally.bad


@given(some_events, targets, st.booleans(), st.booleans())
def test_the_state_agrees_with_what_remains(
    tally: Tally, target: Fraction, firing: bool, ends_early: bool
) -> None:
    state = budgets.state(tally, target, firing=firing, ends_early=ends_early)
    remaining = budgets.remaining(tally, target)
    assert remaining is not None
    assert (state == "exhausted") == (remaining <= 0)
    assert (state == "healthy") == (remaining >= Fraction(1, 4) and not firing and not ends_early)


if SHARED.is_dir():
    REFERENCE = json.loads((SHARED / "burn_rate_reference.json").read_text("utf-8"), parse_float=Fraction)
    KIBANA = json.loads((SHARED / "kibana_restated.json").read_text("utf-8"), parse_float=Fraction)

    @pytest.mark.parametrize("row", REFERENCE["exhaustion"], ids=lambda row: f"rate {row['burn_rate']}")
    def test_the_reference_of_exhaustion(row: dict[str, Fraction]) -> None:
        rate = row["error_ratio_for_99.9"] / (1 - THREE_NINES)
        assert rate == row["burn_rate"]
        assert budgets.exhaustion_minutes(DAYS_30, Fraction(1), rate) == row["minutes_to_exhaust_30d"]

    @pytest.mark.parametrize(
        "row", REFERENCE["allowed_bad_minutes"], ids=lambda row: f"{row['slo_pct']} % {row['window_days']} d"
    )
    def test_the_reference_of_time_budgets(row: dict[str, Fraction]) -> None:
        minutes = int(row["window_days"]) * 1440
        assert budgets.time_budget_minutes(Fraction(row["slo_pct"]) / 100, minutes) == row["budget_minutes"]

    def test_where_another_product_answers_otherwise() -> None:
        """The same where it computes; None for its −1, negative for its 0, refused for its clamping."""
        for row in KIBANA["burn_rate"]:
            if "target" in row:
                assert budgets.burn_rate(Tally(row["good"], row["total"]), row["target"]) == row["burn"]
        for row in KIBANA["error_budget_target_0.999"]:
            good, total = row["good"], row["total"]
            if good > total:
                with pytest.raises(ValueError, match="cannot be"):
                    Tally(good, total)
                continue
            consumed = budgets.consumed(Tally(good, total), THREE_NINES)
            remaining = budgets.remaining(Tally(good, total), THREE_NINES)
            assert consumed is not None
            assert remaining is not None
            assert round(consumed, 6) == row["consumed"]
            assert max(remaining, 0) == row["remaining"]
