"""A report of a period, as it was issued and as it is now → which of them is shown, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.language import _, pgettext
from tabiji.reports.documents import Json, iso_time
from tabiji.reports.numbers import local
from tabiji.reports.periodic import packing, revising
from tabiji.reports.periodic.facts import Report
from tabiji.reports.periodic.periods import Period
from tabiji.reports.periodic.revising import Difference
from tabiji.runs import reporting
from tabiji.store import Issued, Store


@dataclass(frozen=True, slots=True)
class Shown:
    """A report, and the ones of its period that were issued, the first one first.

    `revised`: it is not the first, or not what was issued; `changes` is what differs from what its readers know.
    """

    report: Report
    issued: tuple[Issued, ...]
    changes: tuple[Difference, ...]

    @property
    def revised(self) -> bool:
        return bool(self.issued) and _read(self.issued[0]) != self.report


def shown(
    site: Site,
    store: Store,
    period: Period,
    team: str | None,
    now: int,
    environment: Mapping[str, str],
    *,
    again: bool = False,
) -> Shown:
    """The report as it was issued last, or as it is now: where none was issued, or where it is made `again`.

    `now` is in seconds. Raises UsageError as `reporting.made` does.
    """
    issued = tuple(store.issued.of(period.kind, team or "", period.start, period.end))
    report = None if again or not issued else _read(issued[-1])
    if report is None:
        report = reporting.made(site, store, period, team, now // 60, environment)
    first = _read(issued[0]) if issued else None
    changes = () if first is None else revising.differences(first, report)
    return Shown(report, issued, changes)


def issue(
    site: Site, store: Store, period: Period, team: str | None, now: int, environment: Mapping[str, str]
) -> Shown:
    """Keeps the report of a period as it is now: as what was issued, or as a revision of that where it differs.

    Raises UsageError for a period that is not over, or not judged to its end.
    """
    report = reporting.made(site, store, period, team, now // 60, environment)
    if report.so_far:
        until = local(report.until_minute, period.zone)
        raise UsageError(
            _(
                "the period {key} is known until {until} only; issue it when it is over",
                key=period.key,
                until=until,
            )
        )
    text = packing.text(report)
    store.issued.add(Issued(period.kind, team or "", period.start, period.end, text, now))
    return shown(site, store, period, team, now, environment)


def notes(one: Shown) -> tuple[str, ...]:
    """What is to be said above it: when it was issued, that it was revised, and in what."""
    if not one.issued:
        return ()
    zone = one.report.zone
    on = local(one.issued[0].issued_at // 60, zone)
    if not one.revised:
        return (_("As issued on {on}.", on=on),)
    same = next((each for each in one.issued[1:] if _read(each) == one.report), None)
    if same is None:
        said = _("Revised: this is not what was issued on {on}.", on=on)
    else:
        revision = local(same.issued_at // 60, zone)
        said = _("Revised on {revision}; it was issued on {on} first.", revision=revision, on=on)
    told = revising.sentences(one.report, one.changes)
    between = pgettext("between the parts of a sentence", "; ")
    return (said, _("What changed: {changes}.", changes=between.join(told))) if told else (said,)


def document(one: Shown) -> Json:
    """The document of a report, and `issued`: when, and what has changed since."""
    return {
        **packing.document(one.report),
        "issued": [
            {"at": iso_time(each.issued_at), "revision": place} for place, each in enumerate(one.issued)
        ],
        "revised": one.revised,
        "changes": [{"path": list(each.path), "old": each.old, "new": each.new} for each in one.changes],
    }


def _read(issued: Issued) -> Report | None:
    """The report that was issued; None for one of another version, which is made again."""
    try:
        return packing.read(issued.document)
    except ValueError:
        return None
