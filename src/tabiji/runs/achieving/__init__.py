"""What somebody says of key results → recorded: opened from where the data say, changed, closed with what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from tabiji import results
from tabiji.acts import Act
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.language import _
from tabiji.reports.numbers import percent
from tabiji.results import Result, Wanted
from tabiji.runs import acting
from tabiji.runs.achieving.measuring import Measuring
from tabiji.store import Store


def every(store: Store, until_second: int | None = None) -> list[Result]:
    """All key results in the order in which they were opened; or as they stood at a moment."""
    return results.results(store.acts.of(results.KIND, until_second=until_second))


def find(store: Store, number: int) -> Result:
    """A key result by its number. Raises UsageError where there is none."""
    acts = store.acts.of(results.KIND, subject=str(number))
    if not acts:
        raise UsageError(_("there is no key result {number}; `tabiji results` lists them", number=number))
    return results.result(acts)


def open_(
    site: Site, store: Store, wanted: Wanted, who: str, now: int, *, start: Fraction | None = None
) -> Result:
    """Opens a key result; where nobody says its start, it is what the data say of as many days before it.

    Raises UsageError with every fault of it; nothing is kept then.
    """
    lowest = wanted.target - 1 if wanted.measure == "budget-left" else Fraction(0)
    aimed = replace(wanted, start=lowest if start is None else start)
    _refuse(faults(site, aimed))
    if start is None:
        aimed = _measured_start(site, store, aimed, now // 60)
    kept = store.acts.add(results.opening(aimed, who, now, start_measured=start is None))
    return find(store, kept.number)


def _refuse(found: Sequence[tuple[str, str]]) -> None:
    if found:
        raise UsageError("; ".join(f"{field}: {fault}" for field, fault in found))


def faults(site: Site, wanted: Wanted) -> list[tuple[str, str]]:
    """What is wrong with a key result that somebody wants to open: the field, and what would be right."""
    known = {one.id: one for journey in site.journeys for one in journey.objectives}
    found = results.faults(wanted, acting.teams(site), known)
    objective, most = known.get(wanted.objective), site.retention.minutes_days
    length = (wanted.last - wanted.first).days + 1
    about_minutes = objective is not None and objective.slices is not None
    if about_minutes and wanted.measure != "budget-left" and length > most:
        message = _("this objective is about minutes, and they are kept for {n} days", n=most)
        found.append(("to", message))
    return found


def _measured_start(site: Site, store: Store, wanted: Wanted, now_minute: int) -> Wanted:
    length = (wanted.last - wanted.first) + timedelta(days=1)
    before = replace(wanted, first=wanted.first - length, last=wanted.first - timedelta(days=1))
    found = Measuring(site, store).of(before, now_minute).value
    if found is None:
        raise UsageError(
            _("start: the data of the days before don't say where it starts; say it, such as `97%`")
        )
    if found >= wanted.target:
        raise UsageError(
            _(
                "target: it was {start} already over the days before; aim higher, or say where it starts",
                start=percent(found),
            )
        )
    return replace(wanted, start=found)


def change(
    site: Site,
    store: Store,
    number: int,
    who: str,
    text: str,
    now: int,
    *,
    title: str | None = None,
    owner: str | None = None,
    target: Fraction | None = None,
    seen: int | None = None,
) -> Result:
    """Wants another title, owner or target of a key result from now on; what is None stays.

    `seen` is the number of its last act that whoever decides has seen. Raises StaleAct where there is a newer one;
    UsageError where it makes no sense.
    """
    found = find(store, number)
    wanted = found.wanted
    aimed = replace(
        wanted,
        title=wanted.title if title is None else title,
        owner=wanted.owner if owner is None else owner,
        target=wanted.target if target is None else target,
    )
    _refuse([one for one in faults(site, aimed) if one[0] in results.CHANGEABLE])
    return _keep(store, found, lambda: results.changed(found, aimed, who, now, text), seen)


def close(
    site: Site, store: Store, number: int, who: str, text: str, now: int, seen: int | None = None
) -> Result:
    """Closes a key result, with what is measured at that moment.

    `seen` is the number of its last act that whoever decides has seen. Raises StaleAct where there is a newer one;
    UsageError where it makes no sense.
    """
    found = find(store, number)
    measured = Measuring(site, store).of(found.wanted, now // 60)
    return _keep(store, found, lambda: results.closed(found, measured, who, now, text), seen)


def _keep(store: Store, found: Result, act: Callable[[], Act], seen: int | None) -> Result:
    try:
        made = act()
    except ValueError as error:
        raise UsageError(str(error)) from None
    store.acts.add(made, seen=found.last if seen is None else seen)
    return find(store, found.number)


def share(text: str) -> Fraction:
    """A share as people write it. Raises UsageError."""
    try:
        return results.share(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def quarter(today: date) -> tuple[date, date]:
    """The first and the last day of the quarter that a day is in."""
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    following = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return first, following - timedelta(days=1)
