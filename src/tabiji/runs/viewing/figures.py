"""An objective, a journey, an operation and a time → the figures of its charts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from tabiji import budgets, charts, discovery, windows
from tabiji.charts import BadFigures, Bar, Beside, BudgetFigures, Lane, LaneFigures, Language, Span
from tabiji.definitions import Site
from tabiji.discovery import Outcome
from tabiji.journeys import Journey, Objective
from tabiji.marks import Mark
from tabiji.runs import correcting
from tabiji.runs.picturing import sort_of, title
from tabiji.runs.signalling import LAST
from tabiji.runs.viewing import cutting, days
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store
from tabiji.windows import Calendar

BESIDE: tuple[Literal["enquiry", "churn", "revenue"], ...] = ("enquiry", "churn", "revenue")
AHEAD = 4  # a window that moves on with the clock is looked ahead by this part of it


def bad(
    site: Site, store: Store, pair: Pair, start: int, end: int, language: Language, zone: str
) -> BadFigures:
    """What of an objective was bad over time, against what may be."""
    journey, objective = pair
    bars = bars_of(site, store, [pair], start, end, zone)[objective.id]
    return BadFigures(
        title(journey, objective, language),
        sort_of(objective),
        bars[0].start,
        end,
        bars,
        1 - objective.target,
        incidents(store, journey, start, end, language, objective),
        marks(store, journey, start, end),
        correcting.corrected(site, store, [pair], start, end).get(objective.id, ()),
    )


def burn_down(
    site: Site, store: Store, pair: Pair, start: int, end: int, language: Language, zone: str
) -> BudgetFigures:
    """How the budget of `[start, end)` was spent, as if that were its window."""
    journey, objective = pair
    bars = bars_of(site, store, [pair], start, end, zone)[objective.id]
    return BudgetFigures(
        title(journey, objective, language),
        sort_of(objective),
        bars[0].start,
        end,
        end,
        end,
        bars,
        (1 - objective.target) * _whole(objective, bars, end - start),
        incidents=incidents(store, journey, start, end, language, objective),
        marks=marks(store, journey, start, end),
        beside=beside(store, journey, bars, zone),
    )


def own_burn_down(
    site: Site, store: Store, pair: Pair, now: int, language: Language, zone: str
) -> BudgetFigures | None:
    """How the budget of the objective's own window was spent until now, and how it goes on at the burn rate of
    the last 3 days. None in the first minute of a calendar window."""
    journey, objective = pair
    start, end = windows.whole(objective.window, now)
    if now <= start:
        return None
    bars = bars_of(site, store, [pair], start, now, zone)[objective.id]
    ahead = end if isinstance(objective.window, Calendar) else now + (end - start) // AHEAD
    total = _whole(objective, bars, end - start)
    estimated = objective.slices is None and end > now
    if estimated:  # as much traffic in the rest as in the part so far
        total *= Fraction(end - start, now - start)
    last = days.by_day(site, store, [pair], [now - budgets.TREND_MINUTES, now])[objective.id][0]
    rate = budgets.burn_rate(last, objective.target)
    return BudgetFigures(
        title(journey, objective, language),
        sort_of(objective),
        bars[0].start,
        end,
        now,
        now if rate is None or _spent(objective, bars, total) else ahead,
        bars,
        (1 - objective.target) * total,
        None if rate is None else rate / (end - start),
        estimated,
        incidents(store, journey, start, now, language, objective),
        marks(store, journey, start, now),
        beside(store, journey, bars, zone),
    )


def _spent(objective: Objective, bars: Sequence[Bar], total: Fraction) -> bool:
    """Whether nothing is left of a budget: then there is nothing to look ahead for."""
    return sum(one.bad for one in bars) >= (1 - objective.target) * total


def lanes(
    site: Site, store: Store, journey: Journey, start: int, end: int, language: Language, zone: str
) -> LaneFigures:
    """The objectives of a journey side by side, each against its own promise."""
    wanted = [(journey, objective) for objective in journey.objectives]
    found = bars_of(site, store, wanted, start, end, zone)
    return LaneFigures(
        journey.title.to(language) or journey.name,
        min((bars[0].start for bars in found.values()), default=start),
        end,
        tuple(
            Lane(
                objective.title.to(language) or objective.name,
                sort_of(objective),
                1 - objective.target,
                found[objective.id],
            )
            for objective in journey.objectives
        ),
        incidents(store, journey, start, end, language),
        marks(store, journey, start, end),
    )


def traffic(
    store: Store, source: str, operation: str | None, start: int, end: int, zone: str
) -> BadFigures | None:
    """How often an operation of a source (None: any) was asked for, and failed; None where it never was."""
    every = {
        number: one
        for number, one in store.series(source).items()
        if operation is None or one.operation == operation
    }
    if not every:
        return None
    cuts = cutting.kept(cutting.cuts(start, end, zone), store.kept())
    read = store.sums(cuts, list(every))
    failing = [
        discovery.is_failure(one.kind, Outcome(one.status, one.error, 0, {})) for one in every.values()
    ]
    bad, total = read.events[:, failing].sum(axis=1), read.events.sum(axis=1)
    bars = [
        Bar(first, over, int(b), int(t))
        for (first, over), b, t in zip(pairwise(cuts), bad, total, strict=True)
    ]
    name = source if operation is None else operation
    return BadFigures(name, "errors", cuts[0], end, tuple(bars), marks=marks(store, None, start, end))


# What several figures have


def bars_of(
    site: Site, store: Store, wanted: Sequence[Pair], start: int, end: int, zone: str
) -> dict[str, tuple[Bar, ...]]:
    """Objectives bar by bar, as they are judged: without what is corrected; by their ids."""
    cuts = cutting.kept(cutting.cuts(start, end, zone), store.kept())
    found = days.by_day(site, store, wanted, cuts)
    return {
        name: tuple(
            Bar(first, over, tally.bad, tally.total)
            for (first, over), tally in zip(pairwise(cuts), tallies, strict=True)
        )
        for name, tallies in found.items()
    }


def _whole(objective: Objective, bars: Sequence[Bar], minutes: int) -> Fraction:
    """What a budget is of: the events of a window, or its minutes."""
    if objective.slices is not None:
        return Fraction(minutes)
    return Fraction(sum(one.total for one in bars))


def incidents(
    store: Store,
    journey: Journey,
    start: int,
    end: int,
    language: Language,
    objective: Objective | None = None,
) -> tuple[Span, ...]:
    """When there were incidents of a journey, or of those that one of its objectives was part of."""
    found = []
    for one in store.incidents(journey.name):
        if one.merged_into is not None or one.measured is None or one.number is None:
            continue
        times = one.measured.times
        over = end if times.recovered is None else times.recovered
        concerns = objective is None or objective.id in times.objectives
        if concerns and times.started < end and over > start:
            name = charts.incident_name(one.number, language)
            found.append(Span(times.started, times.recovered, name))
    return tuple(found)


def beside(store: Store, journey: Journey, bars: Sequence[Bar], zone: str) -> tuple[Beside, ...]:
    """How many enquiries and cancellations about a journey there were meanwhile, and what it earned, where known.

    They are known from the day of the first one until that of the last, whichever journey those are about.
    """
    found = []
    for kind in BESIDE:
        span = store.signals.span(kind)
        if span is None or not store.signals.newest(0, LAST, kind, journey=journey.name, most=0)[1]:
            continue
        first = windows.period_start(span[0] // 60, "day", zone)
        end = windows.whole(Calendar("day", zone), span[1] // 60)[1]
        starts, counts = [one.start for one in bars], [0] * len(bars)
        for one in store.signals.between(bars[0].start * 60, bars[-1].end * 60, kind, journey=journey.name):
            counts[bisect_right(starts, one.at // 60) - 1] += one.amount
        known = [first < bar.end and bar.start < end for bar in bars]
        if any(known):
            shown = tuple(count if here else None for count, here in zip(counts, known, strict=True))
            found.append(Beside(kind, shown))
    return tuple(found)


def marks(store: Store, journey: Journey | None, start: int, end: int) -> tuple[Mark, ...]:
    """What happened besides."""
    name = None if journey is None else journey.name
    return tuple(store.marks.between(start * 60, end * 60, name))
