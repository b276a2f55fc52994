"""What the data say of key results, up to a moment → a share, or why there is none; how each stands by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabiji import budgets, results, windows
from tabiji.budgets import Tally
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.results import Measured, Result, State, Wanted
from tabiji.runs.viewing import days
from tabiji.store import Store
from tabiji.windows import Calendar

Pair = tuple[Journey, Objective]


@dataclass(frozen=True, slots=True)
class Stand:
    """A key result, what was measured of it, and how it stands by that; of a closed one as it was kept then."""

    result: Result
    measured: Measured
    state: State

    @property
    def progress(self) -> Fraction | None:
        return results.progress(self.result.wanted, self.measured.value)


def stands(site: Site, store: Store, found: Iterable[Result], at_minute: int) -> list[Stand]:
    """How key results stand at a moment, by the definitions of `site`; those that were closed as they were then."""
    said, measure = [], Measuring(site, store)
    for one in found:
        if one.closing is not None:
            said.append(Stand(one, one.closing.measured, one.closing.state))
        else:
            measured = measure.of(one.wanted, at_minute)
            said.append(Stand(one, measured, results.state(one.wanted, measured)))
    return said


class Measuring:
    """What the data say of key results; what is asked twice is read once."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site = site
        self._store = store
        self._pairs = {one.id: (journey, one) for journey in site.journeys for one in journey.objectives}
        self._tallies: dict[tuple[str, tuple[int, ...]], list[Tally]] = {}

    def of(self, wanted: Wanted, at_minute: int) -> Measured:
        """A key result's measure of the part of its period that is over at a moment."""
        start, end = results.minutes(wanted)
        until = min(at_minute, end)
        left = sum(over > until for over in results.days(wanted)[1:])
        if until <= start:
            return Measured(until, None, "not-begun", days_left=left)
        pair = self._pairs.get(wanted.objective)
        if pair is None:
            return Measured(until, None, "gone", days_left=left)
        if wanted.measure == "sli":
            return self._sli(pair, start, until, left)
        if wanted.measure == "days-kept":
            return self._days_kept(pair, [one for one in results.days(wanted) if one <= until], until, left)
        return self._budget_left(pair, until, left)

    def _sli(self, pair: Pair, start: int, until: int, left: int) -> Measured:
        tallies = self._between(pair, (start, until))
        if tallies is None:
            return Measured(until, None, "not-kept", days_left=left)
        (tally,) = tallies
        value = budgets.sli(tally)
        return Measured(until, value, _missing(value), tally.good, tally.total, left)

    def _days_kept(self, pair: Pair, edges: Sequence[int], until: int, left: int) -> Measured:
        tallies = self._between(pair, tuple(edges)) if len(edges) > 1 else []
        if tallies is None:
            return Measured(until, None, "not-kept", days_left=left)
        target = pair[1].target
        some = [one for one in tallies if one.total]
        # G / T ≥ o, as integers
        kept = sum(one.good * target.denominator >= target.numerator * one.total for one in some)
        value = Fraction(kept, len(some)) if some else None
        return Measured(until, value, _missing(value), kept, len(some), left)

    def _budget_left(self, pair: Pair, until: int, left: int) -> Measured:
        """What is left of its own window's budget at the end: of a calendar's, of the one that ends with it."""
        objective = pair[1]
        moment = until - 1 if isinstance(objective.window, Calendar) else until
        start, end = windows.whole(objective.window, moment)
        tallies = self._between(pair, (start, until))
        if tallies is None:
            return Measured(until, None, "not-kept", days_left=left)
        (tally,) = tallies
        if objective.slices is not None and tally.total:  # b · P, whatever of the window is over
            tally = Tally(end - start - tally.bad, end - start)
        value = budgets.remaining(tally, objective.target)
        if objective.slices is None:
            value = budgets.remaining_of_whole(value, until - start, end - start)
        return Measured(until, value, _missing(value), days_left=left)

    def _between(self, pair: Pair, edges: tuple[int, ...]) -> list[Tally] | None:
        """Tallies between edges; None where they can't be told to the minute any more."""
        objective = pair[1]
        kept = self._store.kept()
        if any(kept.cut(edge) != edge for edge in edges):
            return None
        if objective.slices is not None and kept.minutes_from is not None:
            extent = self._store.extent()
            if extent is not None and max(extent[0], edges[0]) < kept.minutes_from:
                return None
        key = objective.id, edges
        if key not in self._tallies:
            self._tallies |= {
                (name, edges): some
                for name, some in days.by_day(self._site, self._store, [pair], edges).items()
            }
        return self._tallies[key]


def _missing(value: Fraction | None) -> results.Missing | None:
    return "no-data" if value is None else None
