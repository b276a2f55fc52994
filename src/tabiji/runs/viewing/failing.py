"""A journey's series over a period → where it fails: its steps, its operations, and the errors behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from tabiji import budgets, histograms
from tabiji.budgets import NOTHING, State, Tally
from tabiji.counting import Series
from tabiji.definitions import Site
from tabiji.expressions import predicate
from tabiji.journeys import Journey, Objective, Step
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.viewing.summing import summed
from tabiji.store import Store

QUANTILES = (Fraction(1, 2), Fraction(95, 100), Fraction(99, 100))
ERRORS_MAX = 3

Counts = dict[int, int]  # events by bucket


@dataclass(frozen=True, slots=True)
class Cause:
    """Why events were bad: their error, their status, or (None) that they took too long; and how many of them."""

    kind: Literal["error", "status", "slow"]
    value: str | int | None
    bad: int


@dataclass(frozen=True, slots=True)
class StepFact:
    """A step over the period. `tally` is None where the objective does not look at it; then only traffic is known.

    `state` is what it would be, were the promise about this step alone; `share` of all bad events. `other` is the
    worst objective that does look at it, where this one does not, and `state` is by that one, over its own window.
    """

    step: Step
    events: int
    tally: Tally | None
    state: State | None
    share: Fraction | None
    quantiles_us: tuple[int | None, ...]
    per_minute: Fraction
    other: Objective | None = None

    @property
    def failing(self) -> Fraction | None:
        """The share of its events that were bad."""
        return Fraction(self.tally.bad, self.tally.total) if self.tally and self.tally.total else None


@dataclass(frozen=True, slots=True)
class OperationFact:
    """An operation of a source within a step, over the period; `causes` are the most frequent ones."""

    step: Step
    source: str
    operation: str | None
    tally: Tally
    share: Fraction | None
    causes: tuple[Cause, ...]
    quantiles_us: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Failing:
    """Where a journey fails, by one of its objectives, in `[start, end)`. Operations with most bad events first."""

    start: int
    end: int
    tally: Tally
    steps: tuple[StepFact, ...]
    operations: tuple[OperationFact, ...]


@dataclass(slots=True)
class _Sum:
    good: int = 0
    total: int = 0
    causes: dict[tuple[Literal["error", "status", "slow"], str | int | None], int] = field(
        default_factory=dict
    )
    counts: Counts = field(default_factory=dict)

    def add(self, series: Series, total: int, good: int, is_good: bool, counts: Mapping[int, int]) -> None:
        self.total += total
        self.good += good
        for bucket, events in counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + events
        if total > good:
            cause = _cause(series, is_good)
            self.causes[cause] = self.causes.get(cause, 0) + total - good

    @property
    def tally(self) -> Tally:
        return Tally(self.good, self.total)

    @property
    def quantiles_us(self) -> tuple[int | None, ...]:
        return tuple(histograms.quantile_us(self.counts, share) for share in QUANTILES)


def failing(
    site: Site, store: Store, journey: Journey, objective: Objective, start: int, end: int
) -> Failing:
    """Adds up the events of each step and operation, by what the objective calls bad; without corrected minutes."""
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    chosen = selected(journey, objective, rows, known)
    steps = dict(chosen.steps)
    taken = chosen.counts
    for step in journey.steps:  # those that the objective does not look at
        if step.name not in steps:
            own = predicate(step.events, known).select(rows) & ~taken  # type: ignore[arg-type]
            steps[step.name] = own
            taken |= own
    mine = [place for place, _ in _those(stored, taken)]
    sums = summed(site, store, (journey, objective), stored, chosen, mine, start, end)
    numbers = list(stored)
    buckets = store.histograms(start, end, [numbers[place] for place in mine]) if mine and end > start else {}
    of_step = {step.name: _Sum() for step in journey.steps}
    of_operation: dict[tuple[str, str, str | None], _Sum] = {}
    for place, series in _those(stored, taken):
        total, good = sums.tallies[place].total, sums.tallies[place].good
        counts = buckets.get(numbers[place], {})
        name = next(name for name, bits in steps.items() if bits >> place & 1)
        is_good = bool(chosen.good >> place & 1)
        judged = chosen.counts >> place & 1
        of_step[name].add(series, total, good if judged else total, is_good, counts)
        if judged and total:
            operation = None if series.is_other else series.operation
            one = of_operation.setdefault((name, series.source, operation), _Sum())
            one.add(series, total, good, is_good, counts)
    named = {step.name: step for step in journey.steps}
    tally = budgets.sum_tallies(one.tally for one in of_operation.values())
    return Failing(
        start,
        end,
        tally,
        tuple(
            _step(step, of_step[step.name], step.name in objective.steps, objective, tally, end - start)
            for step in journey.steps
        ),
        tuple(
            OperationFact(
                named[step],
                source,
                operation,
                one.tally,
                Fraction(one.tally.bad, tally.bad) if tally.bad else None,
                _causes(one),
                one.quantiles_us,
            )
            for (step, source, operation), one in sorted(
                of_operation.items(),
                key=lambda item: (-item[1].tally.bad, -item[1].total, item[0][0], item[0][1]),
            )
        ),
    )


def _those(stored: Mapping[int, Series], bits: int) -> Iterator[tuple[int, Series]]:
    return ((place, series) for place, series in enumerate(stored.values()) if bits >> place & 1)


def _cause(series: Series, is_good: bool) -> tuple[Literal["error", "status", "slow"], str | int | None]:
    if is_good:
        return "slow", None
    if series.error is not None:
        return "error", series.error
    return "status", series.status


def _causes(one: _Sum) -> tuple[Cause, ...]:
    most = sorted(one.causes.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(Cause(kind, value, bad) for (kind, value), bad in most[:ERRORS_MAX])


def _step(
    step: Step, one: _Sum, judged: bool, objective: Objective, every: Tally, length_minutes: int
) -> StepFact:
    tally = one.tally if judged else None
    state = None
    if tally is not None:
        state = alone(tally, objective)
    return StepFact(
        step,
        one.total,
        tally,
        state,
        Fraction((tally or NOTHING).bad, every.bad) if every.bad and tally is not None else None,
        one.quantiles_us,
        Fraction(one.total, max(length_minutes, 1)),
    )


def alone(tally: Tally, objective: Objective) -> State:
    """The state of a step, were the promise about it alone."""
    return budgets.state(tally, objective.target, firing=False, ends_early=False)


def shares(facts: Sequence[StepFact] | Sequence[OperationFact]) -> list[int]:
    """The bad events of each, to be shown as shares that add up to all."""
    return [one.tally.bad if one.tally else 0 for one in facts]
