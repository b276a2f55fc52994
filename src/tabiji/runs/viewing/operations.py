"""Rollups → the operations of all sources: how much each is used, how it ends, how long it takes, who promises it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from tabiji import histograms, windows
from tabiji.counting import OTHER, Series
from tabiji.definitions import Site
from tabiji.discovery import Outcome, is_failure, merged
from tabiji.journeys import Journey, Objective
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
    first, where that was in the last 7 days; None for what has been there for longer.
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

    @property
    def bad_share(self) -> Fraction:
        return Fraction(self.bad, self.events) if self.events else Fraction(0)

    @property
    def covered_share(self) -> Fraction:
        return Fraction(self.covered, self.events) if self.events else Fraction(0)

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
    new: int
    events: int
    coverage: tuple[Coverage, ...]
    step_minutes: int


def explore(site: Site, store: Store, first: int, end: int, now_minute: int, wanted: Wanted) -> Explored:
    """All operations with events in [first, end)."""
    stored = store.series()
    numbers, places = tuple(stored), {number: place for place, number in enumerate(stored)}
    cuts, step = _cuts(first, end)
    traffic = store.sums(cuts, numbers).events if numbers else np.zeros((len(cuts) - 1, 0), np.int64)
    totals = traffic.sum(axis=0)
    latencies = store.histograms(first, end, numbers) if numbers else {}
    chosen = _chosen(site, stored, pairs(site))
    covered = 0
    for one in chosen:
        covered |= one.counts
    firsts = _firsts(site, store, stored, now_minute)
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
                _kind(stored, mine, totals, places),
                events,
                sum(int(totals[places[n]]) for n in mine if _fails(stored[n])),
                _quantiles(merged(latencies.get(number, {}) for number in mine)),
                tuple(traffic[:, at].sum(axis=1).tolist()),
                sum(int(totals[place]) for place in at if covered >> place & 1),
                firsts.get((source, name)),
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
        sum(one.first_day is not None for one in found),
        int(totals.sum()),
        judging.coverage(stored, judging.by_source(stored), chosen, totals),
        step,
    )


def _cuts(first: int, end: int) -> tuple[list[int], int]:
    """The edges of a sparkline's bars, at whole hours or days where they are as long; and how long they are."""
    step = next((one for one in STEPS if end - first <= one * BARS_MAX), STEPS[-1])
    inner = range(-(-(first + 1) // step) * step, end, step)
    return [first, *inner, end], step


def _chosen(site: Site, stored: Mapping[int, Series], wanted: Sequence[Pair]) -> list[Selected]:
    rows, known = table(stored.values()), columns(site)
    return [selected(journey, objective, rows, known) for journey, objective in wanted]


def _firsts(
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


def _kind(
    stored: Mapping[int, Series],
    numbers: Sequence[int],
    totals: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    places: Mapping[int, int],
) -> str:
    """The commonest kind."""
    counts: dict[str, int] = {}
    for number in numbers:
        counts[stored[number].kind] = counts.get(stored[number].kind, 0) + int(totals[places[number]])
    return max(counts, key=lambda kind: (counts[kind], kind))


def _fails(series: Series) -> bool:
    return is_failure(series.kind, Outcome(series.status, series.error, 1, {}))


def _quantiles(counts: Mapping[int, int]) -> tuple[int | None, int | None, int | None]:
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


@dataclass(frozen=True, slots=True)
class Ending:
    """Events of an operation that ended alike."""

    status: int | None
    error: str | None
    events: int
    failed: bool
    p95_us: int | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """Events of an operation with one value of a label, or of another column."""

    name: str
    value: str
    events: int
    bad: int


@dataclass(frozen=True, slots=True)
class Watching:
    """An objective that counts an operation, in which step, and how many of its events."""

    journey: Journey
    objective: Objective
    step: str
    events: int


@dataclass(frozen=True, slots=True)
class Detail:
    """An operation in full."""

    first: int
    end: int
    operation: Operation
    methods: tuple[str, ...]
    routes: tuple[str, ...]
    endings: tuple[Ending, ...]
    labels: tuple[Labelled, ...]
    watching: tuple[Watching, ...]
    elsewhere: bool  # another source has an operation of this name
    outcomes: tuple[Outcome, ...] = field(repr=False)
    last_minute: int | None = None  # the beginning of the last hour in which it has events


def detail(
    site: Site, store: Store, source: str, name: str | None, first: int, end: int, now_minute: int
) -> Detail | None:
    """What is known of an operation in [first, end); None where there is no such operation."""
    stored = store.series()
    mine = [n for n, one in stored.items() if one.source == source and one.operation == name]
    if not mine:
        return None
    cuts, _ = _cuts(first, end)
    traffic = store.sums(cuts, mine).events
    totals = dict(zip(mine, traffic.sum(axis=0).tolist(), strict=True))
    latencies = store.histograms(first, end, mine)
    places = {number: place for place, number in enumerate(stored)}
    wanted = pairs(site)
    chosen = _chosen(site, stored, wanted)
    covered = 0
    for one in chosen:
        covered |= one.counts
    outcomes = _outcomes(stored, mine, totals, latencies)
    kinds: dict[str, int] = {}
    for number in mine:
        kinds[stored[number].kind] = kinds.get(stored[number].kind, 0) + totals[number]
    kind = max(kinds, key=lambda one: (kinds[one], one))
    operation = Operation(
        source,
        name,
        kind,
        sum(totals.values()),
        sum(totals[number] for number in mine if _fails(stored[number])),
        _quantiles(merged(latencies.values())),
        tuple(traffic.sum(axis=1).tolist()),
        sum(totals[number] for number in mine if covered >> places[number] & 1),
        _firsts(site, store, stored, now_minute).get((source, name)),
    )
    endings = tuple(
        Ending(
            one.status,
            one.error,
            one.events,
            is_failure(kind, one),
            histograms.quantile_us(one.histogram, SHARES[1]),
        )
        for one in outcomes
    )
    watching = tuple(
        Watching(journey, objective, step, events)
        for (journey, objective), picked in zip(wanted, chosen, strict=True)
        for step, bits in picked.steps
        if (events := sum(totals[number] for number in mine if bits >> places[number] & 1))
    )
    return Detail(
        first,
        end,
        operation,
        tuple(sorted({method for number in mine if (method := stored[number].method) is not None})),
        tuple(sorted({route for number in mine if (route := stored[number].route) is not None})),
        endings,
        _labels(stored, mine, totals),
        watching,
        any(one.source != source and one.operation == name for one in stored.values()),
        outcomes,
        _last(store, mine, first, end),
    )


def _outcomes(
    stored: Mapping[int, Series],
    mine: Sequence[int],
    totals: Mapping[int, int],
    latencies: Mapping[int, Mapping[int, int]],
) -> tuple[Outcome, ...]:
    """How it ended, the commonest first."""
    by: dict[tuple[int | None, str | None], list[int]] = {}
    for number in mine:
        if totals[number]:
            by.setdefault((stored[number].status, stored[number].error), []).append(number)
    made = [
        Outcome(
            status,
            error,
            sum(totals[number] for number in some),
            merged(latencies.get(number, {}) for number in some),
        )
        for (status, error), some in by.items()
    ]
    return tuple(sorted(made, key=lambda one: (-one.events, one.status or 0, one.error or "")))


def _labels(
    stored: Mapping[int, Series], mine: Sequence[int], totals: Mapping[int, int]
) -> tuple[Labelled, ...]:
    sums: dict[tuple[str, str], list[int]] = {}
    for number in mine:
        series = stored[number]
        others = (("service", series.service), ("host", series.host))
        for name, value in (*series.labels, *((name, value) for name, value in others if value)):
            both = sums.setdefault((name, value or ""), [0, 0])
            both[0] += totals[number]
            both[1] += totals[number] if _fails(series) else 0
    made = [Labelled(name, value, *both) for (name, value), both in sums.items() if both[0]]
    return tuple(sorted(made, key=lambda one: (one.name, -one.events, one.value)))


def _last(store: Store, mine: Sequence[int], first: int, end: int) -> int | None:
    last = None
    for page in store.rows("hour", first - first % 60, end, mine, latencies=False, durations=False):
        last = int(page.minute.max())
    return last
