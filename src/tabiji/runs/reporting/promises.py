"""Rollups and definitions → what each objective did in a period, in the one before, and in its own windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from tabiji import budgets, corrections, definitions, windows
from tabiji.alerts import Alert
from tabiji.budgets import State, Tally
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective, Text
from tabiji.reports.numbers import decimal_text
from tabiji.reports.periodic.facts import Bar, Cause, Corrected, Failing, Promise, Sum
from tabiji.reports.periodic.periods import Period
from tabiji.runs import correcting
from tabiji.runs.picturing import sort_of
from tabiji.runs.selecting import columns, selected, table
from tabiji.runs.viewing import cutting, days, failing
from tabiji.store import Store
from tabiji.windows import DAY, Calendar, Rolling

CLOSER_MAX = 24  # promises whose parts and bars are told; what a report says of more, nobody reads
BARS_MAX = 96  # pieces of a period that a chart shows
OPERATIONS_MAX = 3  # that are named, of those that failed the most
NOTHING = Text()

Pair = tuple[Journey, Objective]


@dataclass(frozen=True, slots=True)
class _Spans:
    """The times that an objective is added up over; None where their minutes are not kept."""

    period: tuple[int, int]
    before: tuple[int, int]
    own: tuple[int, int] | None
    own_before: tuple[int, int] | None
    trend: tuple[int, int]
    months: tuple[tuple[int, int] | None, ...]
    whole_minutes: int  # of its own window

    def every(self) -> list[tuple[int, int]]:
        found = (self.period, self.before, self.own, self.own_before, self.trend, *self.months)
        return [one for one in found if one is not None]


def found(
    site: Site,
    store: Store,
    journeys: Sequence[Journey],
    period: Period,
    months: Sequence[Period],
    until: int,
) -> dict[str, list[Promise]]:
    """The promises of journeys, by the names of these."""
    pairs = [(journey, objective) for journey in journeys for objective in journey.objectives]
    of = {objective.id: _spans(site, objective, period, months, until) for _, objective in pairs}
    sums = _Sums(site, store, pairs, of)
    corrected = _corrected(site, store, pairs, period.start, until)
    touched = [pair for pair in pairs if pair[1].id in corrected]
    without = _Sums(replace(site, corrections=()), store, touched, of)
    closer = _closer(pairs, {name: sums.of(one, of[name].period) for name, one in _named(pairs)})
    bars = _bars(site, store, [pair for pair in pairs if pair[1].id in closer], period.start, until)
    fired = _fired(store, pairs, period.start, until)
    answer: dict[str, list[Promise]] = {journey.name: [] for journey in journeys}
    for journey, objective in pairs:
        spans, name = of[objective.id], objective.id
        own, before = sums.of(objective, spans.own), sums.of(objective, spans.own_before)
        if objective.slices is not None and own is not None and own.total:
            own = Sum(own.bad, spans.whole_minutes)  # b · P, whatever of its window is over
        mine = fired[name]
        whole = sums.of(objective, spans.period) or Sum(0, 0)
        bad = whole.bad if name in closer else 0
        steps, operations = _failing(site, store, (journey, objective), period.start, until, bad)
        at = _moment(objective, until)
        promise = Promise(
            id=name,
            name=objective.name,
            title=objective.title,
            agreed=objective.state == "agreed",
            sort=sort_of(objective),
            target=decimal_text(objective.target),
            window=_window(objective),
            state=_state(objective, own, sums.of(objective, spans.trend), mine, until),
            period=whole,
            before=sums.of(objective, spans.before) or Sum(0, 0),
            budget=own,
            budget_before=before,
            estimated=windows.whole(objective.window, at)[1] > until and objective.slices is None,
            pages=sum(one.tier.severity == "page" for one in mine if one.opened_minute >= period.start),
            tickets=sum(one.tier.severity == "ticket" for one in mine if one.opened_minute >= period.start),
            corrected=_with(corrected.get(name, ()), objective, without, spans.period),
            steps=steps,
            operations=operations,
            bars=bars.get(name, ()),
            months=tuple(sums.of(objective, month) for month in spans.months),
        )
        answer[journey.name].append(promise)
    return answer


def _named(pairs: Sequence[Pair]) -> list[tuple[str, Objective]]:
    return [(objective.id, objective) for _, objective in pairs]


def _closer(pairs: Sequence[Pair], sums: Mapping[str, Sum | None]) -> set[str]:
    """The promises that are looked at more closely: those that did worst against what was promised."""

    def badness(objective: Objective) -> Fraction:
        found = sums[objective.id]
        return (found.share or Fraction(0)) / (1 - objective.target) if found is not None else Fraction(0)

    every = sorted(_named(pairs), key=lambda one: (one[1].state != "agreed", -badness(one[1]), one[0]))
    return {name for name, _ in every[:CLOSER_MAX]}


def is_coarse(store: Store, journeys: Sequence[Journey], period: Period, until: int) -> bool:
    """Whether the edges of the period can't be told to the minute any more, or minutes are missing."""
    kept = store.kept()
    if any(kept.cut(minute) != minute for minute in (period.before().start, period.start, until)):
        return True
    about_minutes = any(one.slices is not None for journey in journeys for one in journey.objectives)
    extent = store.extent()
    first = period.start if extent is None else max(extent[0], period.start)
    return about_minutes and kept.minutes_from is not None and first < kept.minutes_from


def _spans(site: Site, objective: Objective, period: Period, months: Sequence[Period], until: int) -> _Spans:
    """What is asked about an objective.

    Of minutes that are good or bad as a whole, only what is surely kept at the end of the period is asked for: what
    happens to be kept still, would be gone when the same is asked later.
    """
    at = _moment(objective, until)
    whole = windows.whole(objective.window, at)
    own = whole[0], until
    before = period.before()
    at_before = _moment(objective, before.end)
    own_before = windows.whole(objective.window, at_before)[0], before.end
    kept_from = until - site.retention.minutes_days * DAY

    def known(span: tuple[int, int]) -> tuple[int, int] | None:
        if span[1] <= span[0] or (objective.slices is not None and span[0] < kept_from):
            return None
        return span

    return _Spans(
        (period.start, until),
        known((before.start, before.end)) or (period.start, period.start),
        known(own),
        known(own_before),
        (max(until - budgets.TREND_MINUTES, 0), until),
        tuple(
            known((max(month.start, 0), min(month.end, until))) if month.end > 0 else None for month in months
        ),
        whole[1] - whole[0],
    )


def _moment(objective: Objective, until: int) -> int:
    """A moment within the window that `until` ends: that of a calendar is over at its last moment."""
    return until - 1 if isinstance(objective.window, Calendar) else until


class _Sums:
    """Sums of objectives over several times, read at once."""

    def __init__(self, site: Site, store: Store, pairs: Sequence[Pair], of: Mapping[str, _Spans]) -> None:
        self._tallies: dict[str, list[Tally]] = {}
        self._edges: dict[str, list[int]] = {}
        kinds = [
            [pair for pair in pairs if (pair[1].slices is None) == of_events] for of_events in (True, False)
        ]
        for some in kinds:
            edges = sorted({edge for _, one in some for span in of[one.id].every() for edge in span})
            if len(edges) < 2:
                continue
            self._tallies |= days.by_day(site, store, some, edges)
            self._edges |= {one.id: edges for _, one in some}

    def of(self, objective: Objective, span: tuple[int, int] | None) -> Sum | None:
        if span is None:
            return None
        if span[1] <= span[0] or objective.id not in self._tallies:
            return Sum(0, 0)
        edges, tallies = self._edges[objective.id], self._tallies[objective.id]
        some = [
            tally
            for (begin, over), tally in zip(pairwise(edges), tallies, strict=True)
            if span[0] <= begin and over <= span[1]
        ]
        bad, total = sum(one.bad for one in some), sum(one.total for one in some)
        if objective.slices is not None and total:  # of all minutes, whatever of them has data
            total = span[1] - span[0]
        return Sum(bad, total)


def _state(
    objective: Objective, own: Sum | None, trend: Sum | None, fired: Sequence[Alert], until: int
) -> State:
    """How it stood at the end, as pages and messages said then."""
    if own is None:
        return "no-data"
    tally = Tally(own.total - own.bad, own.total)
    start, end = windows.whole(objective.window, _moment(objective, until))
    length, left = end - start, budgets.remaining(tally, objective.target)
    if objective.slices is None:
        left = budgets.remaining_of_whole(left, until - start, length)
    recent = None if trend is None else Tally(trend.total - trend.bad, trend.total)
    rate = None if recent is None else budgets.burn_rate(recent, objective.target)
    ends = budgets.exhaustion_minutes(length, left, rate)
    horizon = length if isinstance(objective.window, Rolling) else end - until
    return budgets.state(
        tally,
        objective.target,
        firing=any(one.open_at(until) for one in fired),
        ends_early=ends is not None and ends < horizon,
    )


def _fired(store: Store, pairs: Sequence[Pair], start: int, until: int) -> dict[str, list[Alert]]:
    """The alerts that somebody was told of, open at some moment of the period or at its end."""
    answer: dict[str, list[Alert]] = {objective.id: [] for _, objective in pairs}
    for alert in store.alerts(list(answer), start, until + 1):
        if not alert.provisional and not alert.late:
            answer[alert.objective].append(alert)
    return answer


def _failing(
    site: Site, store: Store, pair: Pair, start: int, until: int, bad: int
) -> tuple[tuple[Failing, ...], tuple[Failing, ...]]:
    """Which steps and operations failed, those that did; with the causes."""
    if until <= start or not bad:
        return (), ()
    of = failing.failing(site, store, *pair, start, until)
    steps = tuple(
        Failing(one.step.name, one.step.title, one.tally.bad, one.tally.total)
        for one in of.steps
        if one.tally is not None and one.tally.bad
    )
    operations = tuple(
        Failing(
            one.operation or "",
            NOTHING,
            one.tally.bad,
            one.tally.total,
            tuple(
                Cause(cause.kind, "" if cause.value is None else str(cause.value), cause.bad)
                for cause in one.causes
            ),
        )
        for one in of.operations[:OPERATIONS_MAX]
        if one.tally.bad
    )
    return steps, operations


def _bars(
    site: Site, store: Store, pairs: Sequence[Pair], start: int, until: int
) -> dict[str, tuple[Bar, ...]]:
    if until <= start or not pairs:
        return {}
    cuts = cutting.kept(cutting.cuts(start, until, site.timezone, BARS_MAX), store.kept())
    if len(cuts) < 2:
        return {}
    return {
        name: tuple(
            Bar(first, over, tally.bad, tally.total)
            for (first, over), tally in zip(pairwise(cuts), tallies, strict=True)
        )
        for name, tallies in days.by_day(site, store, pairs, cuts).items()
    }


def _corrected(
    site: Site, store: Store, pairs: Sequence[Pair], start: int, until: int
) -> dict[str, list[corrections.Dated]]:
    """The corrections that touch objectives in the period, by their ids."""
    if until <= start or not definitions.dated(site.corrections, start, until):
        return {}
    stored = store.series()
    rows, known = table(stored.values()), columns(site)
    chosen = [selected(journey, objective, rows, known) for journey, objective in pairs]
    touching = correcting.touching(site, stored, pairs, chosen, [start] * len(pairs), until)
    return {objective.id: some for (_, objective), some in zip(pairs, touching, strict=True) if some}


def _with(
    dated: Sequence[corrections.Dated], objective: Objective, without: _Sums, span: tuple[int, int]
) -> Corrected | None:
    if not dated:
        return None
    minutes = sum(end - start for start, end in correcting.together(dated))
    names = tuple(one.correction.name for one in dated)
    return Corrected(minutes, names, without.of(objective, span) or Sum(0, 0))


def _window(objective: Objective) -> str:
    """As definitions have it: `28d`, `month`."""
    if isinstance(objective.window, Rolling):
        return windows.format_minutes(objective.window.minutes)
    return objective.window.unit
