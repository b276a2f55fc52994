"""An objective and a time → how fast its budget burnt, as each of its tiers saw it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from tabiji import alerts, windows
from tabiji.charts import BurnFigures, Language, Rate, Span, TierRates
from tabiji.corrections import Span as Minutes
from tabiji.counting import Integers
from tabiji.definitions import Site
from tabiji.journeys import Objective
from tabiji.runs import asking, correcting, minutes, picturing
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.viewing import cutting, days, figures
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Store
from tabiji.windows import HOUR

Sums = tuple[Integers, Integers]  # bad, total

DENSE = 15 * windows.DAY  # a longer time is looked at hour by hour


def burn_rates(
    site: Site, store: Store, pair: Pair, start: int, end: int, language: Language, zone: str
) -> BurnFigures:
    """The highest burn rate of each tier's long window, bar by bar.

    Windows end after each minute; in long times, and where minutes are not kept any more, at each full hour. A
    tier whose window has no whole hours is not known then.
    """
    journey, objective = pair
    longest = max((tier.long_minutes for tier in objective.tiers), default=0)
    kept = store.kept().minutes_from
    fine = objective.slices is not None or (
        end - start <= DENSE and (kept is None or start - longest >= kept)
    )
    step = 1 if fine else HOUR
    first = start - longest if fine else (start - longest) // HOUR * HOUR
    of = _windows(site, store, pair, first, end, step)
    ends = cutting.kept(cutting.cuts(start, end, zone, least=step), store.kept())
    whole = windows.length_minutes(objective.window, end)
    tiers = [
        TierRates(
            tier.long_minutes,
            tier.severity,
            alerts.threshold(tier, whole),
            tuple(_rates(objective, of(tier.long_minutes), first, step, ends)),
        )
        for tier in objective.tiers
    ]
    fired = store.alerts([objective.id], start, end)
    return BurnFigures(
        picturing.title(journey, objective, language),
        ends[0],
        end,
        tuple(tiers),
        tuple(Span(one.opened_minute, one.closed_minute, "") for one in fired),
        figures.marks(store, journey, start, end),
    )


def _rates(
    objective: Objective, window: Sums | None, first: int, step: int, ends: Sequence[int]
) -> Iterator[Rate]:
    """The highest burn rate of the windows that end with the steps that begin in each piece."""
    budget = 1 - objective.target
    for begin, over in pairwise(ends):
        highest = None
        if window is not None:
            place = slice(max(-(-(begin - first) // step), 0), max(-(-(over - first) // step), 0))
            bad, total = (sums[place] for sums in window)
            seen = total > 0
            if seen.any():
                most = int(np.argmax(bad[seen] / total[seen]))
                highest = Fraction(int(bad[seen][most]), int(total[seen][most])) / budget
        yield Rate(begin, over, highest)


def _windows(
    site: Site, store: Store, pair: Pair, first: int, end: int, step: int
) -> Callable[[int], Sums | None]:
    """The length of a window → (bad, total) of the one that ends with each step from `first` on."""
    _, objective = pair
    corrected = correcting.corrected(site, store, [pair], first, end)
    if step == 1:
        dense = minutes.of(site, store, [pair], first, end, corrected)[objective.id]
        return lambda length: minutes.windowed(dense, length)
    bad, total = (
        minutes.until(numbers)
        for numbers in _hours(site, store, pair, first, end, corrected.get(objective.id, ()))
    )
    after = np.arange(1, len(bad))

    def of(length: int) -> Sums | None:
        if length % step:
            return None
        before = np.maximum(after - length // step, 0)
        return bad[after] - bad[before], total[after] - total[before]

    return of


def _hours(
    site: Site, store: Store, pair: Pair, first: int, end: int, corrected: Sequence[Minutes]
) -> tuple[Integers, Integers]:
    """(bad, total) of each hour from `first` on, without corrected minutes: hours that lie in them partly are
    added up anew."""
    journey, objective = pair
    stored = store.series()
    chosen = selected(journey, objective, table(stored.values()), columns(site))
    asked = asking.asked([objective], [chosen], tuple(stored))
    length = -(-(end - first) // HOUR)
    answers = asked.answered(asking.sums(store, asked, first, length, "hour"))
    total, good = (answers[place] for place in asked.of[0])
    bad = total - good
    partly = set()
    for start, over in corrected:
        low, high = -(-(start - first) // HOUR), (over - first) // HOUR
        bad[max(low, 0) : max(high, 0)] = total[max(low, 0) : max(high, 0)] = 0
        partly |= {(bound - first) // HOUR for bound in (start, over) if (bound - first) % HOUR}
    cuts = sorted({first + hour * HOUR + edge for hour in partly for edge in (0, HOUR)})
    if cuts:
        for begin, tally in zip(cuts, days.by_day(site, store, [pair], cuts)[objective.id], strict=False):
            hour = (begin - first) // HOUR
            if hour in partly and 0 <= hour < length:
                bad[hour], total[hour] = tally.bad, tally.total
    return bad, total
