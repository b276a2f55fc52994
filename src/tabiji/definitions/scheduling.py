"""The shape of `reports:` → which reports are issued when, and who is told of them; every fault noted."""

from __future__ import annotations

import re

from tabiji.definitions import shapes
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.known import Known, check_names, check_teams
from tabiji.definitions.notifications import WEEKDAYS
from tabiji.definitions.schedule_shapes import DAY_MAX
from tabiji.definitions.schedules import NINE, UNFIT, Schedule
from tabiji.language import _
from tabiji.notices import Notifications

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def schedules(document: Document, shape: shapes.Site, notifications: Notifications) -> tuple[Schedule, ...]:
    """What `reports:` says. What has a fault is noted in the document and left out."""
    found = []
    written = shape.reports
    if written is not None and written.weekly is not None:
        weekly, loc = written.weekly, ("reports", "weekly")
        day = WEEKDAYS.index(weekly.day) if weekly.day is not None else 0
        to = _receivers(document, loc, weekly.to, notifications)
        teams = None if weekly.teams is None else tuple(weekly.teams)
        found.append(Schedule("weekly", day, _minute(document, loc, weekly.time), teams, to))
    if written is not None and written.monthly is not None:
        monthly, loc = written.monthly, ("reports", "monthly")
        to = _receivers(document, loc, monthly.to, notifications)
        day = _day(document, loc, monthly.day)
        found.append(Schedule("monthly", day, _minute(document, loc, monthly.time), to=to))
    return tuple(found)


def check_schedules(document: Document, shape: shapes.Site, known: Known) -> None:
    """Whether the teams that `reports:` names are there."""
    if shape.reports is not None and shape.reports.weekly is not None and shape.reports.weekly.teams:
        check_teams(document, ("reports", "weekly", "teams"), shape.reports.weekly.teams, known)


def _receivers(
    document: Document, loc: Loc, written: list[str] | None, notifications: Notifications
) -> tuple[str, ...] | None:
    if written is None:
        return None
    if not document.left_out(("notifications", "receivers")):
        there_are = [
            str(place[2])
            for place in document.places
            if len(place) == 3 and place[:2] == ("notifications", "receivers")
        ]
        check_names(document, (*loc, "to"), written, there_are, _("a receiver"))
    channels = {one.name: one.channel for one in notifications.receivers}
    for i, name in enumerate(written):
        if channels.get(name) in UNFIT:
            message = _(
                "`{name}` is reached by `{channel}`, which shows no reports",
                name=name,
                channel=channels[name],
            )
            document.blame((*loc, "to", i), message)
    return tuple(written)


def _minute(document: Document, loc: Loc, written: str | None) -> int:
    if written is None:
        return NINE
    match = _TIME.fullmatch(written)
    if match is None:
        message = _("`{written}` is not a time of the day; write for example `09:00`", written=written)
        document.blame((*loc, "time"), message)
        return NINE
    return int(match[1]) * 60 + int(match[2])


def _day(document: Document, loc: Loc, written: str | None) -> int:
    if written is None:
        return 0
    if not re.fullmatch(r"[1-9][0-9]?", written) or int(written) > DAY_MAX:
        message = _(
            "`{written}` is no day that every month has; write 1 to {last}", written=written, last=DAY_MAX
        )
        document.blame((*loc, "day"), message)
        return 0
    return int(written) - 1
