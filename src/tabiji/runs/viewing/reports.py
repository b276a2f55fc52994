"""The periods since events were counted first → those of which there is a report to read, and which were issued."""

from __future__ import annotations

from dataclasses import dataclass

from tabiji.reports.periodic import periods
from tabiji.reports.periodic.periods import KINDS, Kind, Period
from tabiji.store import Store

LISTED: dict[Kind, int] = {"weekly": 13, "monthly": 13}  # a quarter, and a year with the month before it
READ = 1000  # that were issued last


@dataclass(frozen=True, slots=True)
class Listed:
    """A period; `going`: it is not over. `issued` has when it was issued first, in seconds; None: never."""

    period: Period
    going: bool
    issued: int | None
    revisions: int


def listing(store: Store, team: str | None, now_minute: int, zone: str) -> dict[Kind, tuple[Listed, ...]]:
    """Weeks and months, the newest first; none where nothing was counted."""
    extent = store.extent()
    if extent is None:
        return dict.fromkeys(KINDS, ())
    found: dict[Kind, tuple[Listed, ...]] = {}
    for kind in KINDS:
        issued: dict[tuple[int, int], list[int]] = {}
        for one in store.issued.newest(kind, team or "", READ):
            issued.setdefault((one.from_minute, one.end_minute), []).append(one.issued_at)
        some: list[Listed] = []
        period = periods.of(kind, now_minute, zone)
        while period.end > extent[0] and len(some) < LISTED[kind]:
            times = issued.get((period.start, period.end), [])
            some.append(
                Listed(period, period.end > now_minute, min(times, default=None), max(len(times) - 1, 0))
            )
            period = period.before()
        found[kind] = tuple(some)
    return found
