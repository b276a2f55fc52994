"""Alerts and rollups → what burnt in each: bad events, their share of the budget, and the steps they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tabiji import budgets, histograms, windows
from tabiji.alerts import Alert
from tabiji.budgets import Tally
from tabiji.corrections import Span
from tabiji.counting import Integers
from tabiji.definitions import Site
from tabiji.journeys import Journey, Objective
from tabiji.reports.alerts import Burnt
from tabiji.runs import correcting, minutes
from tabiji.runs.selecting import Selected, columns, selected, table
from tabiji.store import Store

Pair = tuple[Journey, Objective]


@dataclass(frozen=True, slots=True)
class _Question:
    """An alert's objective, what it counts, and the minutes of the alert and of the whole window, corrected."""

    pair: Pair
    chosen: Selected
    first: int
    end: int
    spans: tuple[Span, ...]
    whole: tuple[Span, ...]
    corrected: tuple[Span, ...]


def burnt(site: Site, store: Store, found: Sequence[Alert], until: int) -> list[Burnt | None]:
    """What burnt in each alert; None for those whose objective is not defined any more.

    Open alerts end with `until`. The database is asked once for all objectives about events.
    """
    pairs = {o.id: (journey, o) for journey in site.journeys for o in journey.objectives}
    stored = store.series()
    questions = _questions(site, store, found, pairs, until)
    about_events = [one for one in questions if one is not None and one.pair[1].slices is None]
    sums = _Sums(store, tuple(stored), about_events)
    return [None if one is None else _answer(site, store, one, sums) for one in questions]


def _questions(
    site: Site, store: Store, found: Sequence[Alert], pairs: Mapping[str, Pair], until: int
) -> list[_Question | None]:
    rows, known = table(store.series().values()), columns(site)
    wanted = {one.objective: pairs[one.objective] for one in found if one.objective in pairs}
    chosen = {name: selected(*pair, rows, known) for name, pair in wanted.items()}
    times: list[tuple[int, int, int]] = []  # the alert's beginning and end, the whole window's beginning
    for one in found:
        end = max(until if one.closed_minute is None else one.closed_minute, one.opened_minute)
        pair = wanted.get(one.objective)
        start = end if pair is None else windows.whole(pair[1].window, end)[0]
        times.append((one.opened_minute - one.tier.long_minutes, end, start))
    if not wanted:
        return [None for _ in found]
    earliest = min(min(first, start) for first, _, start in times)
    latest = max(end for _, end, _ in times)
    corrected = correcting.corrected(site, store, list(wanted.values()), earliest, latest)
    questions: list[_Question | None] = []
    for one, (first, end, start) in zip(found, times, strict=True):
        if one.objective not in wanted:
            questions.append(None)
            continue
        out = tuple(corrected.get(one.objective, ()))
        questions.append(
            _Question(
                wanted[one.objective],
                chosen[one.objective],
                first,
                end,
                _without(first, end, out),
                _without(start, end, out),
                out,
            )
        )
    return questions


def _without(first: int, end: int, corrected: Iterable[Span]) -> tuple[Span, ...]:
    """The minutes of `[first, end)` that no correction takes out."""
    left = []
    for start, stop in (*corrected, (end, end)):
        if first < min(start, end):
            left.append((first, min(start, end)))
        first = max(first, stop)
    return tuple(left)


class _Sums:
    """Events of each series up to each minute that matters: all of them, and those within latency limits."""

    def __init__(self, store: Store, numbers: Sequence[int], questions: Sequence[_Question]) -> None:
        cuts = sorted({cut for one in questions for span in (*one.spans, *one.whole) for cut in span})
        self._at = {cut: place for place, cut in enumerate(cuts)}
        self._until: dict[int | None, Integers] = {}
        if not cuts:
            return
        self._until[None] = _cumulated(store.sums(cuts, numbers).events)
        for limit in {one.pair[1].faster_than_us for one in questions} - {None}:
            timed = 0
            for one in questions:
                timed |= one.chosen.good if one.pair[1].faster_than_us == limit else 0
            places = [place for place in range(len(numbers)) if timed >> place & 1]
            within = store.within(cuts, [numbers[place] for place in places], [histograms.bucket(limit or 0)])
            events = np.zeros((len(cuts) - 1, len(numbers)), dtype=np.int64)
            events[:, places] = within.events[0]
            self._until[limit] = _cumulated(events)

    def of(self, limit_us: int | None, bits: int, spans: Iterable[Span]) -> int:
        """The events, within the limit, of a set of series in some spans of minutes."""
        until = self._until.get(limit_us)
        if until is None:
            return 0
        places = [place for place in range(until.shape[1]) if bits >> place & 1]
        return sum(
            int((until[self._at[end], places] - until[self._at[start], places]).sum()) for start, end in spans
        )


def _cumulated(segments: Integers) -> Integers:
    return np.concatenate((np.zeros_like(segments[:1]), np.cumsum(segments, axis=0)))


def _answer(site: Site, store: Store, one: _Question, sums: _Sums) -> Burnt:
    objective, chosen = one.pair[1], one.chosen
    if objective.slices is not None:
        dense = minutes.of(site, store, [one.pair], one.first, one.end, {objective.id: one.corrected})
        judged = dense[objective.id]
        bad, valid = int(judged.bad.sum()), int(judged.valid.sum())
        allowed = (1 - objective.target) * windows.length_minutes(objective.window, one.end)
        return Burnt(one.first, one.end, Tally(valid - bad, valid), bad / allowed, ())
    limit = objective.faster_than_us

    def tally(counts: int) -> Tally:
        return Tally(sums.of(limit, counts & chosen.good, one.spans), sums.of(None, counts, one.spans))

    whole = tally(chosen.counts)
    allowed = (1 - objective.target) * sums.of(None, chosen.counts, one.whole)
    steps = budgets.attribute({name: tally(bits) for name, bits in chosen.steps})
    return Burnt(one.first, one.end, whole, whole.bad / allowed if allowed else None, steps)
