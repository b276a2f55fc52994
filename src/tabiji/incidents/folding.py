"""Alerts of a journey and its incidents so far → its incidents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tabiji.alerts import Alert
from tabiji.incidents.facts import CALM_MINUTES, Incident


def fold(recorded: Iterable[Incident], alerts: Sequence[Alert], until: int) -> list[Incident]:
    """The incidents of a journey, after these alerts: those recorded, as they are now, and new ones without number.

    `alerts` are all of the journey's alerts up to the moment `until`, with their numbers; provisional ones play no
    part. A page opens an incident unless one is open; tickets that fire then, and all alerts that open until it
    closes, fold into it. It closes when none of its alerts has fired for 15 minutes. Where it was closed by hand it
    stays so. One without any alert is closed by hand only. A ticket alone opens nothing.
    """
    known = {alert.number: alert for alert in alerts if alert.number is not None and not alert.provisional}
    folded = list(recorded)
    ends = [_end(one, known) for one in folded]
    taken = {number for incident in folded for number in incident.alerts}
    loose = [alert for number, alert in known.items() if number not in taken and alert.opened_minute <= until]
    waiting: list[Alert] = []
    for alert in sorted(loose, key=lambda one: (one.opened_minute, one.tier.severity, one.number)):
        home = _home(folded, alert.opened_minute, ends)
        if home is not None:
            before = folded[home]
            folded[home] = replace(before, alerts=_with(before.alerts, alert))
            ends[home] = _extended(ends[home], before, alert)
        elif alert.tier.severity == "ticket":
            waiting.append(alert)
        else:
            minute = alert.opened_minute
            joining = [one for one in waiting if one.open_at(minute)]
            waiting = [one for one in waiting if not one.open_at(minute)]
            numbers = _with((), alert, *joining)
            folded.append(Incident(_journey(alert), "alert", minute, alerts=numbers))
            ends.append(_end(folded[-1], known))
    return [_closed_by_calm(incident, known, until) for incident in folded]


def _with(numbers: Iterable[int], *alerts: Alert) -> tuple[int, ...]:
    return tuple(sorted({*numbers, *(alert.number for alert in alerts if alert.number is not None)}))


def _journey(alert: Alert) -> str:
    """The journey of an alert's objective."""
    return alert.objective.partition("/")[0]


def _home(folded: Sequence[Incident], minute: int, ends: Sequence[int | None]) -> int | None:
    """The place of the latest incident that is open at a minute; drops and merged ones take no alerts."""
    places = [
        place
        for place, one in enumerate(folded)
        if one.cause != "drop"
        and one.merged_into is None
        and one.opened_minute <= minute
        and ((end := ends[place]) is None or minute < end)
    ]
    return max(places, key=lambda place: folded[place].opened_minute, default=None)


def _end(incident: Incident, known: Mapping[int, Alert]) -> int | None:
    """When an incident closes: as recorded, or by the calm after its alerts; None while one of them fires."""
    if incident.closed_minute is not None:
        return incident.closed_minute
    ends = [known[number].closed_minute for number in incident.alerts if number in known]
    closed = [end for end in ends if end is not None]
    if not ends or len(closed) < len(ends):
        return None
    return max(*closed, incident.opened_minute) + CALM_MINUTES


def _extended(end: int | None, incident: Incident, alert: Alert) -> int | None:
    """`_end` of an incident that an alert joins, given the one before: there may be thousands of alerts."""
    if incident.closed_minute is not None:
        return incident.closed_minute
    if alert.closed_minute is None or (end is None and incident.alerts):
        return None
    return max(end or 0, alert.closed_minute + CALM_MINUTES, incident.opened_minute + CALM_MINUTES)


def _closed_by_calm(incident: Incident, known: Mapping[int, Alert], until: int) -> Incident:
    end = _end(incident, known)
    if incident.closed_minute is not None or incident.merged_into is not None or end is None or end > until:
        return incident
    return replace(incident, closed_minute=end, closing="calm")
