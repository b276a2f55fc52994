"""Series and a time → what each did in it, by what an objective calls good; corrected minutes are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tabiji import histograms
from tabiji.budgets import Tally
from tabiji.counting import Series
from tabiji.definitions import Site
from tabiji.runs import correcting, judging
from tabiji.runs.selecting import Selected
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store


@dataclass(frozen=True, slots=True)
class Summed:
    """What series did in `[start, end)`, by their places: whole hours or days where no minutes are kept any more."""

    start: int
    end: int
    tallies: Mapping[int, Tally]


def summed(
    site: Site,
    store: Store,
    pair: Pair,
    stored: Mapping[int, Series],
    chosen: Selected,
    places: Sequence[int],
    start: int,
    end: int,
) -> Summed:
    """Adds up the events of series, each once. Those that are not good by the objective have no good events."""
    if not places or end <= start:
        return Summed(start, end, {place: Tally() for place in places})
    numbers = list(stored)
    spans = correcting.together(correcting.touching(site, stored, [pair], [chosen], [start], end)[0])
    cuts = sorted({start, end, *(bound for span in spans for bound in span if start < bound < end)})
    counts = [not any(first <= cut < over for first, over in spans) for cut in cuts[:-1]]
    read = store.sums(cuts, [numbers[place] for place in places])
    totals = read.events[counts].sum(axis=0).tolist()
    goods = [total if chosen.good >> place & 1 else 0 for place, total in zip(places, totals, strict=True)]
    limit_us = judging.limit_us(pair[1])
    timed = [at for at, place in enumerate(places) if chosen.good >> place & 1]
    if limit_us is not None and timed:
        asked = [numbers[places[at]] for at in timed]
        within = store.within(cuts, asked, [histograms.bucket(limit_us)])
        for at, good in zip(timed, within.events[0][counts].sum(axis=0).tolist(), strict=True):
            goods[at] = good
    tallies = {place: Tally(good, total) for place, good, total in zip(places, goods, totals, strict=True)}
    return Summed(read.cuts[0], read.cuts[-1], tallies)
