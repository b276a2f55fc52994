"""The minutes in which sources have events → the silences that are alerts, and what each hour was like.

Silence is judged up to the newest event of all sources, and up to now where that is not long ago: a site that
has gone quiet altogether is noticed by the clock, and a log of last year is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tabiji import alerts
from tabiji.alerts import LIVE_MINUTES, WEEK, QuietHour, QuietLimit, Silence
from tabiji.counting import Integers
from tabiji.definitions import Site, Source
from tabiji.store import Judging, SourceNews, Store
from tabiji.windows import DAY, HOUR

LOOKED_BACK = (
    2 * WEEK + 1
) * DAY  # older silences are not looked for, in logs that were there before or come late
NEVER = 1 << 40  # minutes: the limit where there is none


@dataclass(slots=True)
class Quiet:
    """Silences that are new or closed; how far each source is judged; what its hours were like."""

    silences: list[Silence] = field(default_factory=list)
    until: dict[str, int] = field(default_factory=dict)
    hours: dict[str, dict[int, QuietHour]] = field(default_factory=dict)
    moved: bool = False  # whether there is something to record; a few silent minutes can wait


def judge(site: Site, store: Store, judging: Judging, until: int, now: int) -> Quiet:
    """Judges the silence of each source; `until` is the minute of the newest event, `now` in seconds."""
    live = now // 60
    horizon = live if until < live <= until + LIVE_MINUTES else until
    quiet = Quiet()
    names = {source.name for source in site.sources}
    for one in judging.silences:
        if one.source not in names:
            quiet.silences.append(one.closed(max(horizon, one.opened_minute), "source-gone"))
    for source in site.sources:
        news = judging.sources.get(source.name)
        if news is not None and news.first_minute is not None:
            _source(source, store, news, news.first_minute, horizon, quiet)
    quiet.moved |= bool(quiet.silences)
    return quiet


def _source(source: Source, store: Store, news: SourceNews, begin: int, horizon: int, quiet: Quiet) -> None:
    until = begin if news.quiet_until is None else news.quiet_until
    came = until if news.unjudged_minute is None else news.unjudged_minute
    first = max(min(until, came), begin, horizon - LOOKED_BACK, store.kept().minutes_from or begin)
    if first >= horizon:
        return
    quiet.until[source.name] = max(horizon, until)
    quiet.moved |= horizon - until >= HOUR
    start = max(first // HOUR * HOUR, begin)
    silent = _silent(store, source.name, start, horizon)
    hours = _hours(silent, start)
    quiet.hours[source.name] = hours
    known = {**store.quiet_hours(source.name, start - WEEK * DAY, start), **hours}
    limits = {hour: _limit(source, known, hour) for hour in hours}
    recorded = store.silences([source.name], first)
    fired = [replace(one, closed_minute=None, ending=None) for one in recorded if one.open_at(first)]
    found = _replay(source.name, silent[first - start :], first, limits, fired)
    quiet.silences += alerts.merged(recorded, found, until, horizon)


def _silent(store: Store, source: str, start: int, end: int) -> Integers:
    """Minutes without events up to and with each minute of `[start, end)`."""
    minute = np.arange(start, end)
    before = store.last_busy_minute(source, start)
    last = np.full(end - start, start - 1 if before is None else before, dtype=np.int64)
    busy = store.busy_minutes(source, start, end)
    last[busy - start] = busy
    silent: Integers = minute - np.maximum.accumulate(last)
    return silent


def _hours(silent: Integers, start: int) -> dict[int, QuietHour]:
    """What each hour was like; the first and the last may be parts of hours."""
    hours = {}
    for hour in range(start // HOUR * HOUR, start + len(silent), HOUR):
        part = silent[max(hour - start, 0) : hour + HOUR - start]
        hours[hour] = QuietHour(int(part.max()), int((part == 0).sum()))
    return hours


def _limit(source: Source, known: Mapping[int, QuietHour], hour: int) -> QuietLimit | None:
    days = [known.get(hour - day * DAY) for day in range(1, WEEK + 1)]
    return alerts.quiet_limit(source.quiet_after_minutes, [day for day in days if day is not None])


def _replay(
    source: str,
    silent: Integers,
    first: int,
    limits: Mapping[int, QuietLimit | None],
    fired: Sequence[Silence],
) -> list[Silence]:
    """The silences of `(first, first + n]` as `alerts.decide_silence` decides them, minute by minute."""
    hour = (first + np.arange(len(silent))) // HOUR * HOUR
    needed = {at: NEVER if limit is None else limit.minutes for at, limit in limits.items()}
    distinct, place = np.unique(hour, return_inverse=True)
    least = np.array([needed[at] for at in distinct.tolist()], dtype=np.int64)[place]
    quiet = silent >= least
    decided = np.flatnonzero(quiet | (silent == 0))
    before = np.concatenate((np.array([bool(fired)]), quiet[decided][:-1]))
    found: list[Silence] = []
    now = fired[0] if fired else None
    for at in decided[quiet[decided] != before[: len(decided)]].tolist():
        moment, limit = first + 1 + at, limits[int(hour[at])]
        if now is not None:
            found.append(now.closed(moment, "events"))
            now = None
        elif limit is not None:
            now = Silence(source, limit, moment - int(silent[at]), moment)
    return found if now is None else [*found, now]
