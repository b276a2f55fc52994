"""Objectives and rollups → what each did on each of the last days: one sum for all."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tabiji import slices, windows
from tabiji.budgets import Tally, burn_rate
from tabiji.corrections import Span
from tabiji.definitions import Site
from tabiji.journeys import Objective
from tabiji.runs import asking, correcting, minutes
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store


def edges(at_minute: int, days: int, zone: str) -> list[int]:
    """The beginnings of the last days of a zone, the oldest first, and the moment itself: the last day goes on."""
    found = [at_minute]
    for _ in range(days):
        found.append(windows.period_start(found[-1] - 1, "day", zone))
    return found[::-1]


def by_day(site: Site, store: Store, wanted: Sequence[Pair], days: Sequence[int]) -> dict[str, list[Tally]]:
    """Tallies of objectives between consecutive `edges`, by their ids: of events, or of all minutes of a day.

    Corrected minutes do not count, as in judging.
    """
    of_events = [pair for pair in wanted if pair[1].slices is None]
    of_minutes = [pair for pair in wanted if pair[1].slices is not None]
    return _of_events(site, store, of_events, days) | _of_minutes(site, store, of_minutes, days)


def spent(tallies: Sequence[Tally], objective: Objective) -> tuple[Fraction | None, ...]:
    """B over b · T of each day: 1 is a day that spent exactly what a day may; None without events."""
    return tuple(burn_rate(tally, objective.target) for tally in tallies)


def _of_events(
    site: Site, store: Store, wanted: Sequence[Pair], days: Sequence[int]
) -> dict[str, list[Tally]]:
    if not wanted:
        return {}
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    chosen = [selected(journey, objective, rows, known) for journey, objective in wanted]
    first, end = days[0], days[-1]
    touching = correcting.touching(site, stored, wanted, chosen, [first] * len(wanted), end)
    corrected = [correcting.together(some) for some in touching]
    bounds = {bound for some in corrected for span in some for bound in span if first < bound < end}
    cuts = sorted({*days, *bounds})
    asked = asking.asked([objective for _, objective in wanted], chosen, tuple(stored))
    answers = asked.answered(asking.segments(store, asked, cuts)[0])
    begins = np.array(cuts[:-1])
    of_day = np.searchsorted(np.array(days), begins, side="right") - 1
    found = {}
    for (_, objective), (total, good), spans in zip(wanted, asked.of, corrected, strict=True):
        counts = _counting(cuts, spans)
        sums = [
            np.bincount(of_day[counts], weights=answers[question][counts], minlength=len(days) - 1)
            for question in (good, total)
        ]
        found[objective.id] = [Tally(int(g), int(t)) for g, t in zip(*sums, strict=True)]
    return found


def _counting(cuts: Sequence[int], spans: Sequence[Span]) -> list[int]:
    """The places of the segments between cuts that lie in no span; spans begin and end at cuts."""
    return [
        place
        for place, begin in enumerate(cuts[:-1])
        if not any(start <= begin < end for start, end in spans)
    ]


def _of_minutes(
    site: Site, store: Store, wanted: Sequence[Pair], days: Sequence[int]
) -> dict[str, list[Tally]]:
    if not wanted:
        return {}
    first, end = days[0], days[-1]
    corrected = correcting.corrected(site, store, wanted, first, end)
    found = {}
    for name, dense in minutes.of(site, store, wanted, first, end, corrected).items():
        tallies = []
        for begin, over in pairwise(days):
            day = slice(begin - first, over - first)
            bad, valid = int(dense.bad[day].sum()), int(dense.valid[day].sum())
            tallies.append(slices.tally(bad, valid, over - begin))
        found[name] = tallies
    return found
