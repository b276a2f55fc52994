"""One operation → what is known of it: how it ended, by label, who promises it, when it was there last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tabiji import histograms
from tabiji.counting import Series
from tabiji.definitions import Site
from tabiji.discovery import Outcome, is_failure, merged
from tabiji.journeys import Journey, Objective
from tabiji.runs.viewing import operations
from tabiji.runs.viewing.standing import pairs
from tabiji.store import Store


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
    operation: operations.Operation
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
    edges, _ = operations.cuts(first, end)
    traffic = store.sums(edges, mine).events
    totals = dict(zip(mine, traffic.sum(axis=0).tolist(), strict=True))
    latencies = store.histograms(first, end, mine)
    places = {number: place for place, number in enumerate(stored)}
    wanted = pairs(site)
    chosen = operations.chosen(site, stored, wanted)
    covered = 0
    for one in chosen:
        covered |= one.counts
    outcomes = _outcomes(stored, mine, totals, latencies)
    kind = operations.kind(stored, totals)
    operation = operations.Operation(
        source,
        name,
        kind,
        sum(totals.values()),
        sum(totals[number] for number in mine if operations.fails(stored[number])),
        operations.quantiles(merged(latencies.values())),
        tuple(traffic.sum(axis=1).tolist()),
        sum(totals[number] for number in mine if covered >> places[number] & 1),
        operations.firsts(site, store, stored, now_minute).get((source, name)),
    )
    endings = tuple(
        Ending(
            one.status,
            one.error,
            one.events,
            is_failure(kind, one),
            histograms.quantile_us(one.histogram, operations.SHARES[1]),
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
            both[1] += totals[number] if operations.fails(series) else 0
    made = [Labelled(name, value, *both) for (name, value), both in sums.items() if both[0]]
    return tuple(sorted(made, key=lambda one: (one.name, -one.events, one.value)))


def _last(store: Store, mine: Sequence[int], first: int, end: int) -> int | None:
    last = None
    for page in store.rows("hour", first - first % 60, end, mine, latencies=False, durations=False):
        last = int(page.minute.max())
    return last
