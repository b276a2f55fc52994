"""Objectives and rollups → how much of its budget each had left at the end of each of the last days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate

from tabiji import windows
from tabiji.budgets import NOTHING, Tally, remaining
from tabiji.definitions import Site
from tabiji.journeys import Objective
from tabiji.runs.viewing import days
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store
from tabiji.windows import Calendar, Window

TOGETHER = 64  # objectives about minutes that are held at once

Left = Sequence[
    tuple[int, Fraction | None]
]  # ends of days in minutes, and what was left then, the oldest first
Spans = Sequence[tuple[int, int]]  # the window at the end of each day


def lived(
    site: Site, store: Store, wanted: Sequence[Pair], at_minute: int, days_back: int
) -> Mapping[str, Left]:
    """The share of the budget that remained at the end of each day, by objective; None without events in its window.

    Each over the objective's own window up to that moment, as judging has it; of a calendar window that of the day.
    The day that goes on is not among them. Of objectives about minutes only as far back as minutes are kept.
    """
    ends = days.edges(windows.period_start(at_minute, "day", site.timezone), days_back - 1, site.timezone)
    extent = store.extent()
    if extent is None or not ends:
        return {objective.id: () for _, objective in wanted}
    ends = [end for end in ends if end > extent[0]]
    minutes_from = max(store.kept().minutes_from or extent[0], extent[0])
    found: dict[str, Left] = {}
    for some, window in _grouped(wanted):
        spans = [_span(window, end) for end in ends]
        if some[0][1].slices is not None:
            spans = [
                (max(start, extent[0]), end)
                for start, end in spans
                if start >= minutes_from or start <= extent[0] >= minutes_from
            ]
        found |= _lived(site, store, some, window, [span for span in spans if span[0] < span[1]])
    return found


def _grouped(wanted: Sequence[Pair]) -> Iterator[tuple[Sequence[Pair], Window]]:
    """Objectives of the same window, those about events and those about minutes apart."""
    groups: dict[tuple[Window, bool], list[Pair]] = {}
    for pair in wanted:
        groups.setdefault((pair[1].window, pair[1].slices is not None), []).append(pair)
    for (window, of_minutes), some in groups.items():
        step = TOGETHER if of_minutes else len(some)
        for first in range(0, len(some), step):
            yield some[first : first + step], window


def _span(window: Window, end: int) -> tuple[int, int]:
    """The window at the end of a day: a month that ends with the day is the one that is over, not the next."""
    return windows.bounds(window, end - 1 if isinstance(window, Calendar) else end)[0], end


def _lived(
    site: Site, store: Store, wanted: Sequence[Pair], window: Window, spans: Spans
) -> Mapping[str, Left]:
    cuts = sorted({minute for span in spans for minute in span})
    if not cuts:
        return {objective.id: () for _, objective in wanted}
    place = {minute: index for index, minute in enumerate(cuts)}
    found: dict[str, Left] = {}
    tallies = days.by_day(site, store, wanted, cuts)
    for _, objective in wanted:
        until = list(accumulate(tallies[objective.id], _added, initial=NOTHING))
        found[objective.id] = tuple(
            (end, _left(until[place[start]], until[place[end]], objective, window, end))
            for start, end in spans
        )
    return found


def _added(one: Tally, other: Tally) -> Tally:
    return Tally(one.good + other.good, one.total + other.total)


def _left(before: Tally, after: Tally, objective: Objective, window: Window, end: int) -> Fraction | None:
    tally = Tally(after.good - before.good, after.total - before.total)
    if objective.slices is not None and tally.total:  # the budget is of all minutes of the window
        whole = windows.length_minutes(window, end - 1 if isinstance(window, Calendar) else end)
        tally = Tally(whole - tally.bad, whole)
    return remaining(tally, objective.target)
