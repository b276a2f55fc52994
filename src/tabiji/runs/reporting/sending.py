"""Reports that are due, or asked for → issued, and in the outbox: by schedule once each, whoever else is at it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tabiji.acts import Act
from tabiji.catalogues import catalogue
from tabiji.definitions import Schedule, Site
from tabiji.definitions.schedules import UNFIT
from tabiji.errors import OutsideError, UsageError
from tabiji.language import _, listed, speaking
from tabiji.notices import Message, Receiver
from tabiji.reports.periodic import message as wording
from tabiji.reports.periodic import periods
from tabiji.reports.periodic.periods import Period
from tabiji.runs import acting
from tabiji.runs.reporting import issuing
from tabiji.runs.reporting.issuing import Shown
from tabiji.store import Store
from tabiji.store.notices import key_of

KIND = "report"  # of the acts
ALL = "all"  # instead of a team, in addresses
NOBODY = ""  # who sends what is due


@dataclass(frozen=True, slots=True)
class Due:
    """A report whose time has come, and the receivers that are told of it."""

    period: Period
    team: str | None
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """Who was told of a report, when (seconds since the epoch), and by whom; empty: by schedule."""

    at: int
    who: str
    receivers: tuple[str, ...]


def path(period: Period, team: str | None) -> str:
    """Where a report is shown."""
    return f"/reports/{period.kind}/{team or ALL}/{period.key}"


def sent(store: Store, period: Period, team: str | None) -> tuple[Sent, ...]:
    """Who was told of a report so far, the first first."""
    acts = store.acts.of(KIND, subject=_subject(period, team))
    return tuple(Sent(one.at, one.who, _names(one.body.get("receivers"))) for one in acts)


def fitting(site: Site) -> tuple[Receiver, ...]:
    """The receivers that can be told of a report."""
    return tuple(one for one in site.notifications.receivers if one.channel not in UNFIT)


def due(site: Site, now: int) -> Iterator[Due]:
    """The newest report of each schedule and team whose time has come; `now` is in seconds."""
    for schedule in site.schedules:
        period = periods.newest_due(schedule.kind, schedule.day, schedule.minute, now, site.timezone)
        for team in _teams(site, schedule):
            yield Due(period, team, _told(site, schedule, team))


def issue_due(site: Site, store: Store, now: int, environment: Mapping[str, str]) -> int:
    """Issues what is due and was not yet, and puts what is told of it in the outbox; how many reports that were.

    A report waits until its period is judged to its end. Who is killed in between is made up for by the next call,
    and of two that are at it at once one tells. Raises OutsideError where a report can't be made; the others are.
    """
    extent, until = store.extent(), store.judging().until_minute
    count, faults = 0, []
    for one in due(site, now):
        if extent is None or until is None or extent[0] >= one.period.end or until < one.period.end:
            continue  # nothing is known of that time, or not all of it yet
        act = Act(KIND, _subject(one.period, one.team), "scheduled", now, NOBODY, {"receivers": [*one.to]})
        if any(each.what == act.what for each in store.acts.of(KIND, subject=act.subject)):
            continue
        try:
            found = _issued(site, store, one.period, one.team, now, environment)
        except UsageError as error:
            faults.append(f"{act.subject}: {error}")
            continue
        messages = _messages(site, found, one.team, one.to, 0)
        count += store.notices.post(messages, act, now, once=True)
    if faults:
        raise OutsideError(_("reports can't be made: {faults}", faults="; ".join(faults)))
    return count


def send(
    site: Site,
    store: Store,
    period: Period,
    team: str | None,
    names: Collection[str],
    who: str,
    now: int,
    environment: Mapping[str, str],
) -> Shown:
    """Tells receivers of a report, and issues it first where it was not; `now` is in seconds.

    Raises UsageError for a receiver that there is not, and as `issuing.issue` does.
    """
    there_are = [one.name for one in fitting(site)]
    wrong = [name for name in names if name not in there_are]
    if wrong:
        raise UsageError(
            _("`{name}` is no receiver of reports; there are {names}", name=wrong[0], names=listed(there_are))
            if there_are
            else _("`{name}` is no receiver of reports; there are none", name=wrong[0])
        )
    found = _issued(site, store, period, team, now, environment)
    chosen = tuple(dict.fromkeys(names))
    act = Act(KIND, _subject(period, team), "sent", now, who, {"receivers": [*chosen]})
    store.notices.post(_messages(site, found, team, chosen, now), act, now)
    return found


def _issued(
    site: Site, store: Store, period: Period, team: str | None, now: int, environment: Mapping[str, str]
) -> Shown:
    """What its readers know; issued now, where they know nothing."""
    if store.issued.of(period.kind, team or "", period.start, period.end):
        return issuing.shown(site, store, period, team, now, environment)
    return issuing.issue(site, store, period, team, now, environment)


def _messages(
    site: Site, found: Shown, team: str | None, names: Collection[str], round_: int
) -> list[Message]:
    receivers = {one.name: one for one in fitting(site)}
    return [_message(site, found, team, receivers[name], round_) for name in names if name in receivers]


def _message(site: Site, found: Shown, team: str | None, receiver: Receiver, round_: int) -> Message:
    """What one receiver is told, in its language. The same round gives the same key."""
    language = receiver.language or site.language
    period = found.report.period
    topic = f"{KIND}:{_subject(period, team)}"
    address = site.notifications.address
    with speaking(catalogue(language)):
        said = wording.said(found.report, issuing.notes(found) if found.revised else ())
    return Message(
        key=key_of(receiver.name, topic, "report", round_),
        topic=topic,
        receiver=receiver.name,
        stage="report",
        urgency="information",
        language=language,
        title=said.title,
        lines=said.lines,
        began_at=period.start * 60,
        link=None if address is None else address + path(period, team),
        facts=wording.told(found.report),
    )


def _subject(period: Period, team: str | None) -> str:
    return f"{period.kind}/{team or ALL}/{period.key}"


def _teams(site: Site, schedule: Schedule) -> tuple[str | None, ...]:
    """Whose reports: the month is of the business; the week of each team, or of all where there are none."""
    if schedule.kind == "monthly":
        return (None,)
    return schedule.teams or tuple(acting.teams(site)) or (None,)


def _told(site: Site, schedule: Schedule, team: str | None) -> tuple[str, ...]:
    names = schedule.to
    if names is None:
        duties = {one.name: one.duty for one in site.teams}
        names = (duties.get(team or "") or site.notifications.default).information
    there_are = {one.name for one in fitting(site)}
    return tuple(name for name in names if name in there_are)


def _names(kept: object) -> tuple[str, ...]:
    return tuple(str(one) for one in kept) if isinstance(kept, list | tuple) else ()
