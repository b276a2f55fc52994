"""Series and a time → how long their events took: histograms side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from tabiji import histograms, windows
from tabiji.charts import Column, Language, LatencyFigures
from tabiji.definitions import Site
from tabiji.expressions import predicate
from tabiji.journeys import Journey
from tabiji.runs import picturing
from tabiji.runs.asking import GRAINS
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.viewing import cutting, figures
from tabiji.runs.viewing.standing import Pair
from tabiji.store import Grain, Store

COLUMNS = 170  # at most about so many


def of_objective(
    site: Site, store: Store, pair: Pair, start: int, end: int, language: Language, zone: str
) -> LatencyFigures:
    """The durations of all events that an objective counts, and its limit."""
    journey, objective = pair
    stored = store.series()
    bits = selected(journey, objective, table(stored.values()), columns(site)).counts
    limit = objective.faster_than_us
    if objective.slices is not None and objective.slices.measure.startswith("p"):
        limit = int(objective.slices.limit)
    made = histograms_of(store, _chosen(stored, bits), start, end, zone)
    return LatencyFigures(
        picturing.title(journey, objective, language),
        made[0].start,
        made[-1].end,
        made,
        limit,
        figures.incidents(store, journey, start, end, language, objective),
        figures.marks(store, journey, start, end),
    )


def of_journey(
    site: Site,
    store: Store,
    journey: Journey,
    step: str | None,
    start: int,
    end: int,
    language: Language,
    zone: str,
) -> LatencyFigures:
    """The durations of a journey's events, or of one of its steps; the limit, where one only is promised for them."""
    stored, known = store.series(), columns(site)
    rows, bits = table(stored.values()), 0
    wanted = [one for one in journey.steps if step is None or one.name == step]
    for one in wanted:
        bits |= predicate(one.events, known).select(rows)  # type: ignore[arg-type]
    limits = {
        objective.faster_than_us
        for objective in journey.objectives
        if objective.faster_than_us is not None and {one.name for one in wanted} <= set(objective.steps)
    }
    made = histograms_of(store, _chosen(stored, bits), start, end, zone)
    names = [journey.title.to(language) or journey.name]
    if step is not None:
        names += [one.title.to(language) or one.name for one in wanted]
    return LatencyFigures(
        ": ".join(names),
        made[0].start,
        made[-1].end,
        made,
        limits.pop() if len(limits) == 1 else None,
        figures.incidents(store, journey, start, end, language),
        figures.marks(store, journey, start, end),
    )


def of_operation(
    store: Store, source: str, operation: str | None, start: int, end: int, zone: str
) -> LatencyFigures | None:
    """The durations of an operation of a source (None: any); None where it was never asked for."""
    numbers = [
        number
        for number, one in store.series(source).items()
        if operation is None or one.operation == operation
    ]
    if not numbers:
        return None
    made = histograms_of(store, numbers, start, end, zone)
    name = source if operation is None else operation
    return LatencyFigures(
        name, made[0].start, made[-1].end, made, marks=figures.marks(store, None, start, end)
    )


def _chosen(stored: Iterable[int], bits: int) -> list[int]:
    return [number for place, number in enumerate(stored) if bits >> place & 1]


def histograms_of(
    store: Store, numbers: Sequence[int], start: int, end: int, zone: str
) -> tuple[Column, ...]:
    """The events of series by duration, column by column: those of `[start, end)`, out to whole rollups.

    Rollups are read as coarse as columns allow, and as fine as they are kept.
    """
    grain = _grain(store, start, end, zone)
    step = GRAINS[grain]
    ends = cutting.cuts(start, end, zone, COLUMNS, step)
    ends = sorted({minute // step * step for minute in ends[:-1]} | {-(-end // step) * step})
    counts = np.zeros((len(ends) - 1, 1 << histograms.BITS), dtype=np.int64)
    if numbers:
        edges = np.array(ends)
        for rows in store.rows(grain, ends[0], ends[-1], numbers, durations=False):
            column = np.searchsorted(edges, rows.minute, side="right") - 1
            of_pair = np.repeat(column, np.diff(rows.ends, prepend=0))
            place = of_pair << histograms.BITS | rows.pairs & ((1 << histograms.BITS) - 1)
            events = np.bincount(place, weights=rows.pairs >> histograms.BITS, minlength=counts.size)
            counts += events.astype(np.int64).reshape(counts.shape)
    found = []
    for (first, over), row in zip(pairwise(ends), counts, strict=True):
        filled = np.flatnonzero(row)
        found.append(Column(first, over, dict(zip(filled.tolist(), row[filled].tolist(), strict=True))))
    return tuple(found)


def _grain(store: Store, start: int, end: int, zone: str) -> Grain:
    kept = store.kept()
    if kept.hours_from is not None and start < kept.hours_from:
        return "day"
    if kept.minutes_from is not None and start < kept.minutes_from:
        return "hour"
    coarse = end - start > COLUMNS * windows.HOUR // 3 and not windows.has_part_hours(zone)
    return "hour" if coarse else "minute"
