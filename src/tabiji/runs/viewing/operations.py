"""Rollups → the operations of all sources: how much each is used, how it ends, how long it takes, who promises it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from tabiji import discovery, histograms, windows
from tabiji.counting import OTHER, Series
from tabiji.definitions import Site
from tabiji.discovery import Outcome, Reason, is_failure, left_out, merged
from tabiji.runs import judging
from tabiji.runs.judging import Coverage, Selected
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.viewing.standing import Pair, pairs
from tabiji.store import Store
from tabiji.windows import DAY

NEW_DAYS = 7
SHOWN_MAX = 500
BARS_MAX = 48  # of a sparkline
STEPS = (1, 5, 10, 30, 60, 180, 360, 720, DAY, 2 * DAY, 7 * DAY, 14 * DAY)  # minutes of one of them
SHARES = (Fraction(50, 100), Fraction(95, 100), Fraction(99, 100))

Sort = Literal["events", "errors", "share", "p95", "name", "new"]
SORTS: tuple[Sort, ...] = ("events", "errors", "share", "p95", "name", "new")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a source in a period.

    `bad` are its events that failed, as is usual: by status or error. `traffic` are its events in the order of time.
    `covered` of its events count for an objective. `first_day` is the first minute of the day on which it was seen
    first, where that was in the last 7 days; None for what has been there for longer. `left_out` is why nobody would
    promise anything about it, None where somebody could.
    """

    source: str
    name: str | None
    kind: str
    events: int
    bad: int
    quantiles_us: tuple[int | None, int | None, int | None]  # p50, p95, p99
    traffic: tuple[int, ...]
    covered: int
    first_day: int | None = None
    left_out: Reason | None = None

    @property
    def bad_share(self) -> Fraction:
        return Fraction(self.bad, self.events) if self.events else Fraction(0)

    @property
    def is_other(self) -> bool:
        """Not one operation, but all that is beyond the cap on series."""
        return self.name == OTHER


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which operations are asked for, and in what order."""

    source: str | None = None
    text: str = ""
    only_unseen: bool = False
    only_new: bool = False
    sort: Sort = "events"


@dataclass(frozen=True, slots=True)
class Explored:
    """The operations that were asked for, the first 500; `found` is how many there are, `every` how many without the
    filters. `step_minutes` is the time of a bar of `traffic`."""

    first: int
    end: int
    operations: tuple[Operation, ...]
    found: int
    every: int
    unseen: int
    promising: int  # of those that nobody looks at, which somebody could promise something about
    new: int
    events: int
    coverage: tuple[Coverage, ...]
    step_minutes: int


def explore(site: Site, store: Store, first: int, end: int, now_minute: int, wanted: Wanted) -> Explored:
    """All operations with events in [first, end)."""
    stored = store.series()
    numbers, places = tuple(stored), {number: place for place, number in enumerate(stored)}
    edges, step = cuts(first, end)
    traffic = store.sums(edges, numbers).events if numbers else np.zeros((len(edges) - 1, 0), np.int64)
    totals = traffic.sum(axis=0)
    latencies = store.histograms(first, end, numbers) if numbers else {}
    picked = chosen(site, stored, pairs(site))
    covered = 0
    for one in picked:
        covered |= one.counts
    first_days = firsts(site, store, stored, now_minute)
    groups: dict[tuple[str, str | None], list[int]] = {}
    for number, series in stored.items():
        if totals[places[number]]:
            groups.setdefault((series.source, series.operation), []).append(number)
    found = []
    for (source, name), mine in groups.items():
        at = [places[number] for number in mine]
        events = int(totals[at].sum())
        found.append(
            Operation(
                source,
                name,
                kind(stored, {number: int(totals[places[number]]) for number in mine}),
                events,
                sum(int(totals[places[n]]) for n in mine if fails(stored[n])),
                quantiles(merged(latencies.get(number, {}) for number in mine)),
                tuple(traffic[:, at].sum(axis=1).tolist()),
                sum(int(totals[place]) for place in at if covered >> place & 1),
                first_days.get((source, name)),
                group_left_out([(stored[number], int(totals[places[number]])) for number in mine]),
            )
        )
    asked = [one for one in found if _is_asked(one, wanted)]
    asked.sort(key=_order(wanted.sort))
    return Explored(
        first,
        end,
        tuple(asked[:SHOWN_MAX]),
        len(asked),
        len(found),
        sum(not one.covered for one in found),
        sum(not one.covered and one.left_out is None for one in found),
        sum(one.first_day is not None for one in found),
        int(totals.sum()),
        judging.coverage(stored, judging.by_source(stored), picked, totals),
        step,
    )


def group_left_out(mine: Sequence[tuple[Series, int]]) -> Reason | None:
    """Why nobody would promise anything about an operation, as `discover` says it of its series with their events."""
    methods = {series.method for series, _ in mine}
    routes = {series.route for series, _ in mine}
    first, _ = mine[0]
    return left_out(
        discovery.Operation(
            first.source,
            first.kind,
            first.operation,
            first.method if len(methods) == 1 else None,
            first.route if len(routes) == 1 else None,
            tuple(Outcome(series.status, series.error, events, {}) for series, events in mine),
        )
    )


def cuts(first: int, end: int) -> tuple[list[int], int]:
    """The edges of a sparkline's bars, at whole hours or days where they are as long; and how long they are."""
    step = next((one for one in STEPS if end - first <= one * BARS_MAX), STEPS[-1])
    inner = range(-(-(first + 1) // step) * step, end, step)
    return [first, *inner, end], step


def chosen(site: Site, stored: Mapping[int, Series], wanted: Sequence[Pair]) -> list[Selected]:
    """The series that each objective counts."""
    rows, known = table(stored.values()), columns(site)
    return [selected(journey, objective, rows, known) for journey, objective in wanted]


def firsts(
    site: Site, store: Store, stored: Mapping[int, Series], now_minute: int
) -> dict[tuple[str, str | None], int]:
    """The first day of what was not there a week ago, in sources that were."""
    today = windows.period_start(now_minute, "day", site.timezone)
    begins = [
        windows.period_start(today - back * DAY + DAY // 2, "day", site.timezone)
        for back in range(NEW_DAYS, -1, -1)
    ]
    old = {
        source
        for source in {series.source for series in stored.values()}
        if (extent := store.extent(source)) is not None and extent[0] < begins[0]
    }
    if not old:
        return {}
    sums = store.sums([0, *begins, max(now_minute + 1, begins[-1])], tuple(stored)).events
    seen: dict[tuple[str, str | None], int] = {}
    for place, series in enumerate(stored.values()):
        filled = np.flatnonzero(sums[:, place])
        if series.source in old and len(filled):
            key = series.source, series.operation
            seen[key] = min(seen.get(key, NEW_DAYS + 1), int(filled[0]))
    return {key: begins[segment - 1] for key, segment in seen.items() if segment}


def kind(stored: Mapping[int, Series], events: Mapping[int, int]) -> str:
    """The commonest kind of some series, by their numbers."""
    counts: dict[str, int] = {}
    for number, some in events.items():
        counts[stored[number].kind] = counts.get(stored[number].kind, 0) + some
    return max(counts, key=lambda one: (counts[one], one))


def fails(series: Series) -> bool:
    """Whether its events failed, as is usual: by status or error."""
    return is_failure(series.kind, Outcome(series.status, series.error, 1, {}))


def quantiles(counts: Mapping[int, int]) -> tuple[int | None, int | None, int | None]:
    """p50, p95 and p99 of a histogram."""
    p50, p95, p99 = (histograms.quantile_us(counts, share) for share in SHARES)
    return p50, p95, p99


def _is_asked(one: Operation, wanted: Wanted) -> bool:
    return (
        (wanted.source is None or one.source == wanted.source)
        and wanted.text.strip().casefold() in (one.name or "").casefold()
        and not (wanted.only_unseen and one.covered)
        and not (wanted.only_new and one.first_day is None)
    )


def _order(sort: Sort) -> Callable[[Operation], Any]:
    def key(one: Operation) -> tuple[object, ...]:
        by: Mapping[Sort, object] = {
            "events": -one.events,
            "errors": -one.bad,
            "share": -one.bad_share,
            "p95": -(one.quantiles_us[1] or -1),
            "name": 0,
            "new": -(one.first_day or 0),
        }
        return by[sort], one.name or "", one.source, -one.events

    return key
