"""Two periods, or a moment and how long around it → every operation in both, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tabiji import comparing
from tabiji.comparing import Difference, Key, Seen
from tabiji.counting import Series
from tabiji.definitions import Site
from tabiji.discovery import merged
from tabiji.errors import UsageError
from tabiji.language import _, listed
from tabiji.marks import Mark
from tabiji.runs.viewing import operations
from tabiji.store import Store
from tabiji.windows import LATEST, parse_time

AROUND_MINUTES = 60
AROUND_MOST = 14 * 24 * 60
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Periods:
    """Two half-open periods in epoch minutes, which do not overlap."""

    before: tuple[int, int]
    after: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """The periods as they could be looked at, and every operation of either; what changed most comes first."""

    periods: Periods
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What people say of the periods: either both, as `T..T`; or a time, or a mark's number, and how long around it."""

    before: str | None = None
    after: str | None = None
    around: str | None = None
    mark: int | None = None
    minutes: int = AROUND_MINUTES


def wanted(store: Store, asked: Asked, now: int, zone: str) -> Periods:
    """The periods that are asked for. Raises UsageError."""
    ways = [asked.before is not None or asked.after is not None, asked.around is not None]
    if sum([*ways, asked.mark is not None]) != 1 or (asked.before is None) != (asked.after is None):
        raise UsageError(_("say either `before` and `after`, or `around`, or `mark`"))
    if asked.before is not None and asked.after is not None:
        periods = Periods(_period(asked.before, now, zone), _period(asked.after, now, zone))
        if max(periods.before[1], periods.after[1]) > now // 60 + 1:
            raise UsageError(_("a period that is not over yet can't be compared"))
        return periods
    if asked.around is not None:
        return _around(_second(asked.around, now, zone), asked.minutes, now)
    return _around(_mark(store, asked.mark or 0).from_second, asked.minutes, now)


def _period(text: str, now: int, zone: str) -> tuple[int, int]:
    """`T..T` as people write it, as whole minutes."""
    first, dots, last = text.partition("..")
    if not dots:
        raise UsageError(
            _("`{text}`: write a period as `2026-06-01T10:00..2026-06-01T11:00`", text=text[:LONGEST])
        )
    start, end = (_second(one, now, zone) // 60 for one in (first, last))
    if end <= start:
        raise UsageError(_("`{text}`: the end is not after the beginning", text=text[:LONGEST]))
    return start, end


def _second(text: str, now: int, zone: str) -> int:
    try:
        return parse_time(text.strip()[:LONGEST], now, zone)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _around(second: int, minutes: int, now: int) -> Periods:
    """As long before a moment as after it, as far as the time after has passed."""
    if not 1 <= minutes <= AROUND_MOST:
        raise UsageError(_("compare from 1 to {most:,} minutes around it", most=AROUND_MOST))
    at = second // 60
    long = min(minutes, now // 60 - at, at)
    if long < 1:
        raise UsageError(_("nothing has happened after it yet"))
    return Periods((at - long, at), (at, at + long))


def _mark(store: Store, number: int) -> Mark:
    for one in store.marks.between(0, LATEST):
        if one.number == number:
            return one
    raise UsageError(_("there is no mark {number}", number=number))


def compared(
    site: Site, store: Store, asked: Periods, *, source: str | None, journey: str | None
) -> Compared:
    """Every operation in both periods; of one source, or of those that a journey counts, where one is given.

    Where older minutes are gone, periods begin and end where hours or days do. Raises UsageError for periods that
    overlap, and for names that do not exist.
    """
    kept = store.kept()
    before, after = (tuple(kept.cut(minute) for minute in one) for one in (asked.before, asked.after))
    periods = Periods((before[0], before[1]), (after[0], after[1]))
    if periods.before[0] >= periods.before[1] or periods.after[0] >= periods.after[1]:
        raise UsageError(_("only whole hours or days are kept of that time; compare longer periods"))
    if periods.before[0] < periods.after[1] and periods.after[0] < periods.before[1]:
        raise UsageError(_("the two periods overlap; an event can't be before and after"))
    picked, extent = _picked(site, store, source, journey), store.extent()
    for first, end in (periods.before, periods.after):
        if extent is not None and (end <= extent[0] or first > extent[1]):
            raise UsageError(_("nothing was counted in one of the periods"))
    sides = [_seen(store, picked, *one) for one in (periods.before, periods.after)]
    return Compared(periods, comparing.compare(*sides))


def _picked(site: Site, store: Store, source: str | None, journey: str | None) -> dict[int, Series]:
    stored = store.series()
    known = sorted({one.source for one in stored.values()} | {one.name for one in site.sources})
    if source is not None and source not in known:
        raise UsageError(
            _("`{name}` is not a source; there are {names}", name=source[:LONGEST], names=listed(known))
            if known
            else _("`{name}` is not a source; there are none", name=source[:LONGEST])
        )
    found = {number: series for number, series in stored.items() if source in (None, series.source)}
    if journey is None:
        return found
    pairs = [(one, objective) for one in site.journeys if one.name == journey for objective in one.objectives]
    if not pairs:
        raise UsageError(_("`{name}` is not a journey", name=journey[:LONGEST]))
    counts = 0
    for one in operations.chosen(site, stored, pairs):
        counts |= one.counts
    counted = {number for place, number in enumerate(stored) if counts >> place & 1}
    return {number: series for number, series in found.items() if number in counted}


def _seen(store: Store, picked: Mapping[int, Series], first: int, end: int) -> dict[Key, Seen]:
    if not picked:
        return {}
    numbers = list(picked)
    sums = store.sums([first, end], numbers)
    by_series = store.histograms(first, end, numbers)
    groups: dict[Key, list[int]] = {}
    for at, series in enumerate(picked.values()):
        groups.setdefault((series.source, series.operation), []).append(at)
    found = {}
    for key, mine in groups.items():
        events = {numbers[at]: int(sums.events[0, at]) for at in mine}
        if any(events.values()):
            failed = sum(some for number, some in events.items() if operations.fails(picked[number]))
            durations = merged(by_series.get(number, {}) for number in events)
            found[key] = Seen(sum(events.values()), failed, durations)
    return found
