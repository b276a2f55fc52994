"""The shape of a correction → the correction: when, for what, by whom and why."""

from __future__ import annotations

from datetime import datetime

from tabiji import windows
from tabiji.corrections import EVERYTHING, Correction, Recurrence, Scope, Span
from tabiji.definitions import recurring, shapes, sites
from tabiji.definitions.documents import Document, Loc
from tabiji.definitions.known import Known, check_names, check_teams, moment, required
from tabiji.definitions.meanings import MistakeError
from tabiji.language import _

DURATION_MAX = 31 * windows.DAY  # of one that recurs


def correction(document: Document, name: str, shape: shapes.Correction, known: Known) -> Correction | None:
    loc: Loc = ("corrections", name)
    sites.check_name(document, loc, name, _("a correction"))
    complete = required(document, loc, shape, ("category", "author", "reason", "start"), "a correction")
    scope = _scope(document, (*loc, "applies_to"), shape.applies_to, known)
    zone = sites.time_zone(document, (*loc, "timezone"), shape.timezone)
    if shape.end is not None and shape.duration is not None:
        document.blame((*loc, "duration"), _("a correction has `end` or `duration`, not both"), key=True)
        return None
    if shape.end is None and shape.duration is None:
        if not any(document.left_out((*loc, key)) for key in ("end", "duration")):
            document.blame((*loc, "end"), _("a correction needs `end` or `duration`"), key=True)
        return None
    time = (_once if shape.rrule is None else _again)(document, loc, shape, zone or known.site.timezone)
    if not complete or time is None or shape.category is None:
        return None
    return Correction(name, shape.category, shape.author or "", shape.reason or "", scope, time)


def _once(document: Document, loc: Loc, shape: shapes.Correction, zone: str) -> Span | None:
    start = moment(document, (*loc, "start"), shape.start, zone)
    if shape.duration is not None:
        minutes = _duration(document, (*loc, "duration"), shape.duration)
        return None if start is None or minutes is None else (start, start + minutes)
    end = moment(document, (*loc, "end"), shape.end, zone)
    if start is None or end is None:
        return None
    if end <= start:
        document.blame((*loc, "end"), _("a correction ends after it begins"))
        return None
    return start, end


def _again(document: Document, loc: Loc, shape: shapes.Correction, zone: str) -> Recurrence | None:
    start, length = _local(document, (*loc, "start"), shape.start), None
    days = 0
    if shape.duration is not None:
        length = _duration(document, (*loc, "duration"), shape.duration)
        if length is not None and shape.duration.strip().endswith("d"):
            days, length = length // windows.DAY, 0  # days of the calendar: RFC 5545, 3.3.6
    else:
        end = _local(document, (*loc, "end"), shape.end)
        if start is not None and end is not None:
            length = int((end - start).total_seconds()) // 60
            if length <= 0:
                document.blame((*loc, "end"), _("a correction ends after it begins"))
                return None
            days, length = divmod(length, windows.DAY)
    if length is not None and days * windows.DAY + length > DURATION_MAX:
        longest = windows.format_minutes(DURATION_MAX)
        message = _("one that recurs lasts at most `{longest}`", longest=longest)
        document.blame((*loc, "duration" if shape.duration is not None else "end"), message)
        return None
    try:
        rule = recurring.check_rule(shape.rrule or "")
        if start is None or length is None:
            return None
        local = start.isoformat(timespec="minutes")
        found = Recurrence(rule, local, zone, days, length, by_clock=shape.end is not None)
        recurring.check_occurrences(found)
    except MistakeError as mistake:
        document.blame((*loc, "rrule"), mistake.message, offset=mistake.offset)
        return None
    return found


def _scope(document: Document, loc: Loc, shape: shapes.Scope | None, known: Known) -> Scope:
    if shape is None:
        return EVERYTHING
    for key, names in shape:
        if names == []:
            document.blame((*loc, key), _("name something, or leave `{key}` out", key=key), key=True)
    scope = Scope(*(tuple(names or ()) for _, names in shape))
    if scope == EVERYTHING and not any(document.left_out((*loc, key)) for key, _ in shape):
        message = _("name journeys, objectives, teams or sources, or leave `applies_to` out")
        document.blame(loc, message, key=True)
    if known.journeys is not None:
        ids = [objective.id for journey in known.journeys for objective in journey.objectives]
        names = [journey.name for journey in known.journeys]
        check_names(document, (*loc, "journeys"), scope.journeys, names, _("a journey"))
        check_names(document, (*loc, "objectives"), scope.objectives, ids, _("an objective"))
    check_teams(document, (*loc, "teams"), scope.teams, known)
    if known.sources is not None:
        check_names(document, (*loc, "sources"), scope.sources, known.sources, _("a source"))
    return scope


def _local(document: Document, loc: Loc, written: str | None) -> datetime | None:
    """A local time, as a rule needs it."""
    if written is None:
        return None
    try:
        local = datetime.fromisoformat(written.strip())
    except ValueError:
        message = _("`{text}` is not a time; write for example `2026-05-10T02:00`", text=written)
        document.blame(loc, message)
        return None
    if local.tzinfo is not None:
        message = _("what recurs follows the clocks of a place: leave the offset out and give `timezone`")
        document.blame(loc, message)
        return None
    if local.second or local.microsecond:
        document.blame(loc, _("whole minutes are judged: leave the seconds out"))
        return None
    return local


def _duration(document: Document, loc: Loc, written: str) -> int | None:
    try:
        return windows.parse_minutes(written)
    except ValueError as error:
        document.blame(loc, str(error))
        return None
