"""An objective as its page shows it: how it stands, over any window and time, why it alerts, where its failures are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from tabiji import budgets, slices, windows
from tabiji.alerts import Alert, Standing
from tabiji.budgets import Tally
from tabiji.corrections import Dated
from tabiji.definitions import Site, editing
from tabiji.definitions.editing import UneditableError
from tabiji.journeys import Journey, Objective, Tier
from tabiji.runs import recalling
from tabiji.runs.viewing import days
from tabiji.runs.viewing.defined import file_of
from tabiji.runs.viewing.narrowing import Narrowed, Narrowing, narrowing
from tabiji.runs.viewing.standing import Pair, ends_minutes, moment, pairs
from tabiji.store import Store
from tabiji.windows import DAY, HOUR, Calendar, Window

MONTHS_MAX = 13
MONTHS_WITH_DAYS = 3
WORST_MAX = 10
ALERTS_MAX = 10

Grain = Literal["minute", "hour", "day"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of an objective is looked at: a moment of the past, another window, a period, some of its events.

    `period` is None for that of the window. `zone` is that of calendars, days and months.
    """

    zone: str
    at_minute: int | None = None
    window: Window | None = None
    period: tuple[int, int] | None = None
    narrowed: Narrowed | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some minutes, and what the objective did in them; `spent` is B over b · T: of a day, what a day may spend."""

    start: int
    end: int
    tally: Tally
    spent: Fraction | None


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar, as far as it is over and was counted: `whole` where that is all of it.

    `days` of the last months, by their dates.
    """

    first: date
    stretch: Stretch
    whole: bool
    goes_on: bool
    days: tuple[tuple[date, Stretch], ...]

    @property
    def sli(self) -> Fraction | None:
        """What was good in it."""
        return budgets.sli(self.stretch.tally)

    @property
    def kept(self) -> bool | None:
        """Whether the target was kept; None without events."""
        return None if self.stretch.spent is None else self.stretch.spent <= 1


@dataclass(frozen=True, slots=True)
class ObjectivePage:
    """All of an objective, at a moment. `past`: by the definitions of then.

    `views` are standings over other windows, `view` the one that is looked at, `fired` the tiers that fired the minute
    before. `grain` is what the worst stretches are: those with the most bad events.
    """

    journey: Journey
    objective: Objective
    at_minute: int
    past: bool
    standing: Standing
    ends_minutes: int | None
    view: Standing
    views: tuple[Standing, ...]
    fired: frozenset[Tier]
    corrections: tuple[Dated, ...]
    uncorrected: Standing | None
    stretch: Stretch
    grain: Grain
    worst: tuple[Stretch, ...]
    narrowing: Narrowing
    alerts: tuple[Alert, ...]
    more_alerts: int
    months: tuple[Month, ...]
    path: str
    text: str

    @property
    def sli(self) -> Fraction | None:
        """What was good in the period."""
        return budgets.sli(self.stretch.tally)


def objective_page(
    now: Site,
    store: Store,
    name: str,
    now_minute: int,
    asked: Asked,
    windows_known: Sequence[Window],
    environment: Mapping[str, str],
) -> ObjectivePage | None:
    """All of the objective `name` (journey/objective); None where there is none, or was none then.

    `windows_known` are those that it is viewed over. Raises UsageError where the definitions of then can't be read.
    """
    at = moment(store.judging(), now_minute) if asked.at_minute is None else asked.at_minute
    site = now if asked.at_minute is None else recalling.site_at(now, store, at, environment)
    pair = next((pair for pair in pairs(site) if pair[1].id == name), None)
    if pair is None:
        return None
    journey, objective = pair
    own, window = objective.window, _zoned(asked.window, objective.window)
    known = [_zoned(one, own) for one in windows_known] if objective.slices is None else []
    wanted = [one for one in dict.fromkeys([*known, window]) if one is not None and one != own]
    judged = recalling.judge(site, store, at, [pair], wanted)
    (standing,) = judged.standings
    views = (standing, *(judged.views[0] if judged.views else ()))
    view = next((one for one in views if one.objective.window == window), standing)
    start, end = asked.period or windows.bounds(view.objective.window, at)
    end = max(end, start + 1)
    grain, parts = _parts(start, end, asked.zone)
    months = _months(store, objective, at, asked.zone)
    daily = _edges("day", months[:MONTHS_WITH_DAYS][-1][0], at, asked.zone) if months else []
    sums = _sums(site, store, pair, [*parts, *daily, *(min(edge, at) for month in months for edge in month)])
    fired = store.alerts([objective.id], start, end)
    path, text = file_of(site.files, journey.name) or ("", "")
    return ObjectivePage(
        journey=journey,
        objective=objective,
        at_minute=at,
        past=asked.at_minute is not None,
        standing=standing,
        ends_minutes=ends_minutes(standing),
        view=view,
        views=views,
        fired=recalling.fired_at(site, store, at - 1, [pair])[objective.id],
        corrections=judged.corrections[0] if judged.corrections else (),
        uncorrected=judged.uncorrected[0] if judged.uncorrected else None,
        stretch=sums.stretch(start, end),
        grain=grain,
        worst=_worst(sums, parts),
        narrowing=narrowing(site, store, pair, start, end, asked.narrowed or {}),
        alerts=tuple(reversed(fired[-ALERTS_MAX:])),
        more_alerts=max(len(fired) - ALERTS_MAX, 0),
        months=tuple(_month(sums, store, month, daily, at, asked.zone) for month in months),
        path=path,
        text=_excerpt(text, objective.name),
    )


def _zoned(window: Window | None, own: Window) -> Window | None:
    """A calendar's window in the zone of the objective's own, as judging has it."""
    both = isinstance(window, Calendar) and isinstance(own, Calendar)
    return Calendar(window.unit, own.zone) if both else window  # type: ignore[union-attr]


def _excerpt(text: str, name: str) -> str:
    """The part of a file that is about one objective; all of it where that can't be told."""
    try:
        return editing.excerpt(text, ("objectives", name)) or text
    except UneditableError:
        return text


@dataclass(frozen=True, slots=True)
class _Sums:
    """An objective between consecutive edges, read once: of events they add up, of minutes all of a time count."""

    objective: Objective
    edges: Sequence[int]
    tallies: Sequence[Tally]

    def stretch(self, start: int, end: int) -> Stretch:
        first, last = bisect_left(self.edges, start), bisect_left(self.edges, end)
        tally = budgets.sum_tallies(self.tallies[first:last])
        if self.objective.slices is not None:
            tally = slices.tally(tally.bad, tally.total, end - start)
        return Stretch(start, end, tally, budgets.consumed(tally, self.objective.target))


def _sums(site: Site, store: Store, pair: Pair, edges: Iterable[int]) -> _Sums:
    ordered = sorted(set(edges))
    return _Sums(pair[1], ordered, days.by_day(site, store, [pair], ordered)[pair[1].id])


# When it went wrong


def _parts(start: int, end: int, zone: str) -> tuple[Grain, list[int]]:
    """A period in parts: days of a long one, hours, minutes of a short one."""
    grain: Grain = "day" if end - start > 3 * DAY else "hour" if end - start > 3 * HOUR else "minute"
    return grain, _edges(grain, start, end, zone)


def _worst(sums: _Sums, parts: Sequence[int]) -> tuple[Stretch, ...]:
    """The parts with the most bad events."""
    found = [sums.stretch(*part) for part in pairwise(parts)]
    bad = sorted((one for one in found if one.tally.bad), key=lambda one: (-one.tally.bad, one.start))
    return tuple(bad[:WORST_MAX])


def _edges(grain: Grain, start: int, end: int, zone: str) -> list[int]:
    """The beginnings of a zone's days, hours or minutes within a period, and its ends."""
    if grain == "minute":
        return list(range(start, end + 1))
    edges = [end]
    while edges[-1] > start:
        edges.append(max(windows.period_start(edges[-1] - 1, grain, zone), start))
    return edges[::-1]


# The calendar


def _months(store: Store, objective: Objective, at: int, zone: str) -> list[tuple[int, int]]:
    """The bounds of past months, the newest first, as far back as something is known of them."""
    extent = store.extent()
    if extent is None:
        return []
    oldest, last = _oldest(store, objective, extent[0]), at
    bounds: list[tuple[int, int]] = []
    while last > oldest and len(bounds) < MONTHS_MAX:
        bounds.append(windows.whole(Calendar("month", zone), last - 1))
        last = bounds[-1][0]
    return bounds


def _oldest(store: Store, objective: Objective, first: int) -> int:
    """The first minute of which something is known; minutes are not kept for ever."""
    return first if objective.slices is None else max(first, store.kept().minutes_from or 0)


def _month(
    sums: _Sums, store: Store, bounds: tuple[int, int], daily: Sequence[int], at: int, zone: str
) -> Month:
    first, end = bounds
    extent = store.extent()
    oldest = first if extent is None else _oldest(store, sums.objective, extent[0])
    return Month(
        _date(first, zone),
        sums.stretch(first, min(end, at)),
        whole=first >= oldest and at >= end,
        goes_on=at < end,
        days=tuple(
            (_date(start, zone), sums.stretch(start, over))
            for start, over in pairwise(daily)
            if first <= start < end
        ),
    )


def _date(minute: int, zone: str) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(windows.time_zone(zone)).date()
