"""Rollups → counts by any columns; and a number → the very lines behind it, read again through the ledger."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from tabiji import engines, histograms, sources, windows
from tabiji.counting import Integers
from tabiji.definitions import Site, Source
from tabiji.engines import Chunk, Task
from tabiji.errors import UsageError
from tabiji.expressions import Table, predicate
from tabiji.journeys import Journey, Objective
from tabiji.language import _, listed
from tabiji.reports import Count
from tabiji.runs import correcting, judging, minutes, rereading, selecting
from tabiji.runs.classifying import Classifier, declared_routes, expressions
from tabiji.runs.minutes import Truths
from tabiji.runs.rereading import Gone, Unpacked
from tabiji.store import Grain, LedgerEntry, Rows, Store
from tabiji.windows import DAY

__all__ = ["EVERY", "Gone", "Line", "count", "grain_of", "lines"]

EVERY: Mapping[str, int] = {"1m": 1, "1h": 60, "1d": 1440}


def count(
    site: Site,
    store: Store,
    by: Sequence[str],
    *,
    every: str | None,
    where: str | None,
    first_minute: int | None,
    end_minute: int | None,
) -> list[Count]:
    """Events by columns, and by minute, hour or day (of the site's zone) where `every` is given.

    Without limits, all that has been counted. Raises UsageError for a column that does not exist, ExpressionError
    for a condition that can't be read.
    """
    known = judging.columns(site)
    unknown = [column for column in by if column not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, 1)
        if near:
            message = _("`{name}` is not a column; did you mean `{near}`?", name=unknown[0], near=near[0])
        else:
            message = _("`{name}` is not a column; there are {known}", name=unknown[0], known=listed(known))
        raise UsageError(message)
    stored = store.series()
    rows = judging.table(stored.values())
    bits = predicate(where, known).select(rows) if where else -1  # type: ignore[arg-type]
    extent = store.extent()
    numbers = [number for place, number in enumerate(stored) if bits >> place & 1]
    if extent is None or not numbers:
        return []
    # Whole days where nothing else is asked for: they are there for ever.
    first = extent[0] // DAY * DAY if first_minute is None else first_minute
    end = -(-(extent[1] + 1) // DAY) * DAY if end_minute is None else end_minute
    if end <= first:  # all of it is before or after what there is
        return []
    groups, group_of = _groups(rows, list(stored), by)
    if every is None:
        return _whole(store, numbers, first, end, groups, group_of)
    return _over_time(site, store, numbers, first, end, groups, group_of, every)


Group = tuple[tuple[str, str | int | None], ...]


def _groups(rows: Table, numbers: Sequence[int], by: Sequence[str]) -> tuple[list[Group], dict[int, int]]:
    """The distinct values of the columns, and for each series the index of its own."""
    groups: dict[Group, int] = {}
    group_of = {
        number: groups.setdefault(tuple((column, row.get(column)) for column in by), len(groups))
        for number, row in zip(numbers, rows.rows, strict=True)
    }
    return list(groups), group_of


def _whole(
    store: Store,
    numbers: Sequence[int],
    first: int,
    end: int,
    groups: Sequence[Group],
    group_of: Mapping[int, int],
) -> list[Count]:
    sums = store.sums([first, end], numbers)
    by_series = store.histograms(first, end, numbers)
    events, duration_us = [0] * len(groups), [0] * len(groups)
    counts: list[dict[int, int]] = [{} for _ in groups]
    for at, number in enumerate(numbers):
        group = group_of[number]
        events[group] += int(sums.events[0, at])
        duration_us[group] += int(sums.duration_us[0, at])
        for bucket, n in by_series.get(number, {}).items():
            counts[group][bucket] = counts[group].get(bucket, 0) + n
    return [
        Count(None, group, events[at], sum(counts[at].values()), duration_us[at], counts[at])
        for at, group in enumerate(groups)
        if events[at]
    ]


def _over_time(
    site: Site,
    store: Store,
    numbers: Sequence[int],
    first: int,
    end: int,
    groups: Sequence[Group],
    group_of: Mapping[int, int],
    every: str,
) -> list[Count]:
    grain = grain_of(site.timezone, every)
    index = np.zeros(max(numbers) + 1, dtype=np.int64)
    for number in numbers:
        index[number] = group_of[number]
    totals: dict[tuple[int, int], list[int]] = {}
    found: dict[tuple[int, int], dict[int, int]] = {}
    for block in store.rows(grain, first, end, numbers):
        times = _begins(block.minute, every, site.timezone)
        for minute, group, events, us, pairs in _each(block, times, index):
            total = totals.setdefault((minute, group), [0, 0])
            total[0] += events
            total[1] += us
            counts = found.setdefault((minute, group), {})
            for bucket, n in histograms.unpack(pairs).items():
                counts[bucket] = counts.get(bucket, 0) + n
    return [
        Count(minute, groups[group], events, sum(found[minute, group].values()), us, found[minute, group])
        for (minute, group), (events, us) in totals.items()
    ]


def _each(block: Rows, times: Integers, index: Integers) -> Iterator[tuple[int, int, int, int, list[int]]]:
    pairs, start = block.pairs.tolist(), 0
    rows = zip(
        times.tolist(),
        index[block.series].tolist(),
        block.events.tolist(),
        block.duration_us.tolist(),
        block.ends.tolist(),
        strict=True,
    )
    for minute, group, events, us, stop in rows:
        yield minute, group, events, us, pairs[start:stop]
        start = stop


def grain_of(zone: str, every: str) -> Grain:
    """What is read to count by `every`: the coarsest rollups that add up to the asked periods.

    Days are UTC's, and some zones are half an hour off.
    """
    if every == "1m":
        return "minute"
    if zone == "UTC":
        return "hour" if every == "1h" else "day"
    return "minute" if windows.has_part_hours(zone) else "hour"


def _begins(minutes: Integers, every: str, zone: str) -> Integers:
    """The first minute of the period that each minute lies in."""
    if every == "1m":
        return minutes
    distinct, where = np.unique(minutes, return_inverse=True)
    unit: Literal["hour", "day"] = "hour" if every == "1h" else "day"
    return np.array([windows.period_start(int(minute), unit, zone) for minute in distinct], dtype=np.int64)[
        where
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """A line behind a number: where it stands, and the event that it was counted as."""

    path: str
    offset: int
    minute: int
    duration_us: int | None
    good: bool
    text: str


def lines(
    site: Site,
    store: Store,
    journey: Journey,
    objective: Objective,
    *,
    bad: bool,
    first_minute: int,
    end_minute: int,
) -> Iterator[Line | Gone]:
    """The lines that an objective counts in [first_minute, end_minute); with `bad` only those that spend its budget.

    These are the lines of events that are not good; for an objective about minutes, all lines of bad minutes.
    Lines of corrected minutes are behind no number, and so are left out where they would spend.
    """
    for part in parts(
        site, store, journey, objective, bad=bad, first_minute=first_minute, end_minute=end_minute
    ):
        yield from part.lines()


@dataclass(frozen=True, slots=True)
class Part:
    """A range of a file that holds minutes that are asked for; its lines are read when they are asked for."""

    entry: LedgerEntry
    lines: Callable[[], Iterator[Line | Gone]]


def parts(
    site: Site,
    store: Store,
    journey: Journey,
    objective: Objective,
    *,
    bad: bool,
    first_minute: int,
    end_minute: int,
    narrowed: Mapping[str, str] | None = None,
) -> list[Part]:
    """Where `lines` are, in their order; to be read one after the other, as far as one likes.

    `narrowed` asks for those of series with certain values only, as `selecting.narrowed` takes them.
    """
    asked = _asked(site, store, (journey, objective), bad, first_minute, end_minute, narrowed or {})
    found: list[Part] = []
    for source in site.sources:
        chunks = [one for one in store.chunks(source.name, first_minute, end_minute) if asked.touches(one)]
        if not chunks:
            continue
        files, unpacked = rereading.Files(source, store), Unpacked()
        classifier = Classifier(
            source, declared_routes(source), store.series(source.name), store.route_marks(source.name)
        )
        found += [
            Part(entry, partial(_lines_in, source, classifier, files, unpacked, entry, asked))
            for entry in chunks
        ]
    return found


def _lines_in(
    source: Source,
    classifier: Classifier,
    files: rereading.Files,
    unpacked: Unpacked,
    entry: LedgerEntry,
    asked: _Asked,
) -> Iterator[Line | Gone]:
    found = files.holding(entry)
    if isinstance(found, Gone):
        yield found
    else:
        yield from _lines_of(source, classifier, found, unpacked, entry, asked)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Which lines are asked for: of these events, in these minutes of [first, end)."""

    journey: Journey
    objective: Objective
    columns: Mapping[str, str]
    only_bad_events: bool
    first: int
    end: int
    minutes: Truths
    narrowed: Mapping[str, str]

    def has(self, minute: int) -> bool:
        return bool(self.minutes[minute - self.first])

    def touches(self, entry: LedgerEntry) -> bool:
        """Whether a range of a file holds any of these minutes."""
        if entry.first_minute is None or entry.last_minute is None:
            return False
        begin, end = max(entry.first_minute, self.first), min(entry.last_minute + 1, self.end)
        return bool(self.minutes[begin - self.first : end - self.first].any())


def _asked(
    site: Site,
    store: Store,
    pair: tuple[Journey, Objective],
    bad: bool,
    first: int,
    end: int,
    narrowed: Mapping[str, str],
) -> _Asked:
    journey, objective = pair
    wanted = np.ones(end - first, dtype=np.bool_)
    if objective.slices is not None and bad:
        # A run is bad once it has lasted for long enough, which may be after the end of what is asked for.
        extent = store.extent()
        known = (
            end if extent is None else max(end, min(end + objective.slices.for_minutes - 1, extent[1] + 1))
        )
        corrected = correcting.corrected(site, store, [pair], first, known)
        wanted = minutes.of(site, store, [pair], first, known, corrected)[objective.id].bad[: end - first] > 0
    elif objective.slices is None:
        for start, stop in correcting.corrected(site, store, [pair], first, end).get(objective.id, ()):
            wanted[max(start - first, 0) : stop - first] = False
    only_bad_events = bad and objective.slices is None
    return _Asked(journey, objective, judging.columns(site), only_bad_events, first, end, wanted, narrowed)


def _lines_of(
    source: Source,
    classifier: Classifier,
    path: Path,
    unpacked: Unpacked,
    entry: LedgerEntry,
    asked: _Asked,
) -> Iterator[Line | Gone]:
    reading = rereading.reading(source, path)
    if reading is None:
        yield Gone(str(path), entry.account.counted, _("its format is not recognised any more"))
        return
    made_of = expressions(source, reading)
    start, compression = entry.start, sources.compression(path)
    content = unpacked.between(path, compression, start, entry.end) if compression else None
    if content is not None and len(content) < entry.end - start:
        yield Gone(str(path), entry.account.counted, _("it can't be unpacked any more"))
        return
    chunk = Chunk(None if compression else str(path), start, entry.end, content)
    found = engines.trace(Task(chunk, reading, made_of.fields), asked.first, asked.end)
    keys = list(dict.fromkeys(line.key for line in found))
    series = [classifier.series_of(key, made_of) for key in keys]
    rows = judging.table(one for one in series if one is not None)
    places = {
        key: place for place, key in enumerate(key for key, one in zip(keys, series, strict=True) if one)
    }
    chosen = judging.selected(asked.journey, asked.objective, rows, asked.columns)
    counts = selecting.narrowed(chosen, rows, asked.narrowed)
    for line in found:
        place = places.get(line.key)
        if place is None or not counts >> place & 1 or not asked.has(line.minute):
            continue
        good = bool(chosen.good >> place & 1) and _in_time(asked.objective, line.duration_us)
        if not (asked.only_bad_events and good):
            text = line.line.decode("utf-8", "replace").rstrip("\r")
            yield Line(str(path), start + line.offset, line.minute, line.duration_us, good, text)


def _in_time(objective: Objective, duration_us: int | None) -> bool:
    limit = objective.faster_than_us
    return limit is None or (duration_us is not None and duration_us <= limit)
