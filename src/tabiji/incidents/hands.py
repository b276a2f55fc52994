"""What a person says of incidents → incidents as they are then. Judging them again changes none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import get_args

from tabiji.alerts import Alert
from tabiji.incidents.facts import Cause, Detection, Detector, Incident
from tabiji.language import _


def opened(journey: str, minute: int, by: Detector, others: Iterable[Incident]) -> Incident:
    """An incident that a person, or an enquiry, opens. Raises ValueError where one is open then."""
    for one in others:
        if (
            one.merged_into is None
            and one.cause != "drop"
            and one.opened_minute <= minute
            and (one.closed_minute is None or minute < one.closed_minute)
        ):
            message = _(
                "incident {number} of {journey} is open at that time", number=one.number, journey=journey
            )
            raise ValueError(message)
    return Incident(journey, "hand", minute, detections=(Detection(minute, by),))


def closed(incident: Incident, minute: int) -> Incident:
    """The same incident, closed by hand. Raises ValueError where it can't be."""
    _whole(incident)
    if incident.closed_minute is not None:
        raise ValueError(_("incident {number} is closed already", number=incident.number))
    if minute < incident.opened_minute:
        raise ValueError(_("incident {number} was not open yet at that time", number=incident.number))
    return replace(incident, closed_minute=minute, closing="hand")


def reopened(incident: Incident, others: Iterable[Incident]) -> Incident:
    """The same incident, with its closing by hand taken back. Raises ValueError where it can't be.

    It closes again by itself once its alerts are over: where they were, as of then.
    """
    _whole(incident)
    if incident.closed_minute is None:
        raise ValueError(_("incident {number} is open", number=incident.number))
    if incident.closing != "hand":
        message = _("incident {number} was not closed by hand, but is over", number=incident.number)
        raise ValueError(message)
    for one in others:
        if (
            one.merged_into is None
            and one.cause != "drop"
            and one.number != incident.number
            and one.opened_minute >= incident.closed_minute
        ):
            message = _(
                "incident {other} has followed incident {number}; merge the two instead",
                other=one.number,
                number=incident.number,
            )
            raise ValueError(message)
    return replace(incident, closed_minute=None, closing=None)


def detected(incident: Incident, minute: int, by: Detector) -> Incident:
    """The same incident, with somebody who noticed. Raises ValueError for one that was merged."""
    _whole(incident)
    detections = (*incident.detections, Detection(minute, by))
    measured = None
    if incident.cause == "drop" and incident.measured is not None:
        first = min(detections, key=lambda one: one.minute)
        times = replace(incident.measured.times, detected=first.minute, by=first.by)
        measured = replace(incident.measured, times=times)
    return replace(incident, detections=detections, measured=measured)


def merged(into: Incident, other: Incident) -> tuple[Incident, Incident]:
    """Both after the second became part of the first. Raises ValueError where they can't be one."""
    _whole(into)
    _whole(other)
    if into.number == other.number:
        raise ValueError(_("an incident can't be merged with itself"))
    if into.journey != other.journey:
        message = _(
            "incident {number} is about {journey}, {other} about {others}",
            number=into.number,
            journey=into.journey,
            other=other.number,
            others=other.journey,
        )
        raise ValueError(message)
    still = into.closed_minute is None or other.closed_minute is None
    last = other if (other.closed_minute or 0) > (into.closed_minute or 0) else into
    causes = {into.cause, other.cause}
    one = replace(
        into,
        cause=next(cause for cause in get_args(Cause) if cause in causes),
        opened_minute=min(into.opened_minute, other.opened_minute),
        closed_minute=None if still else last.closed_minute,
        closing=None if still else last.closing,
        alerts=tuple(sorted({*into.alerts, *other.alerts})),
        detections=(*into.detections, *other.detections),
        floor=_outer(min, into.floor, other.floor),
        ceiling=_outer(max, into.ceiling, other.ceiling),
        measured=None,
    )
    rest = replace(other, alerts=(), detections=(), merged_into=into.number, measured=None)
    return one, rest


def _outer(choose: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    """None where one of the two has no limit."""
    return None if one is None or other is None else choose(one, other)


def split(incident: Incident, minute: int, alerts: Iterable[Alert]) -> tuple[Incident, Incident]:
    """What was before a minute, closed there, and a new incident of what came from it on.

    Alerts go where they opened. Raises ValueError where the minute is not within the incident.
    """
    _whole(incident)
    times = incident.measured.times if incident.measured else None
    first = min(incident.opened_minute, times.started if times else incident.opened_minute)
    if not first < minute or (incident.closed_minute is not None and minute >= incident.closed_minute):
        raise ValueError(_("incident {number} can only be split while it lasts", number=incident.number))
    later = {one.number for one in alerts if one.opened_minute >= minute}
    before = replace(
        incident,
        opened_minute=min(incident.opened_minute, minute),
        closed_minute=minute,
        closing="split",
        alerts=tuple(number for number in incident.alerts if number not in later),
        detections=tuple(one for one in incident.detections if one.minute < minute),
        ceiling=minute,
        measured=None,
    )
    after = replace(
        incident,
        cause="hand" if incident.cause == "drop" else incident.cause,
        opened_minute=minute,
        alerts=tuple(number for number in incident.alerts if number in later),
        detections=tuple(one for one in incident.detections if one.minute >= minute),
        floor=minute,
        measured=None,
        number=None,
    )
    return before, after


def _whole(incident: Incident) -> None:
    if incident.merged_into is not None:
        message = _(
            "incident {number} is part of incident {into}", number=incident.number, into=incident.merged_into
        )
        raise ValueError(message)
