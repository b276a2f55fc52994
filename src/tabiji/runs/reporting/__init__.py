"""The store, and a week or a month → all that a report says of it, as of its end: the same whenever it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.journeys import Journey, Text
from tabiji.language import _, listed
from tabiji.reports.periodic import facts
from tabiji.reports.periodic.facts import JourneyFacts, Report, Voices
from tabiji.reports.periodic.periods import Period
from tabiji.runs import recalling
from tabiji.runs.judging import uncollected
from tabiji.runs.reporting import happened, promises
from tabiji.signals import Signal
from tabiji.store import Store

MONTHS = 6  # of the trend of a monthly report, its own the last
VOICES_MAX = 3  # whose words are shown, of a journey


def team_of(site: Site, team: str | None) -> Text | None:
    """The title of a team. Raises UsageError where there is none of that name."""
    if team is None:
        return None
    for one in site.teams:
        if one.name == team:
            return one.title
    owners = {journey.team for journey in site.journeys}
    if team in owners:
        return Text(team, team)
    known = [one.name for one in site.teams]
    raise UsageError(
        _("`{name}` is not a team; there are {names}", name=team, names=listed(known))
        if known
        else _("`{name}` is not a team; there are none", name=team)
    )


@uncollected()
def made(
    today: Site,
    store: Store,
    period: Period,
    team: str | None,
    now_minute: int,
    environment: Mapping[str, str],
) -> Report:
    """The facts of a period, by the definitions that were in force at its end.

    Corrections are those of now as well: who says that a time was measured wrongly says so of the past. Raises
    UsageError for a team that there is not, for a period that has not begun, and where the definitions of then can't
    be read any more.
    """
    if period.start >= now_minute:
        raise UsageError(_("the period {key} has not begun yet", key=period.key))
    judged = store.judging().until_minute
    until = min(one for one in (period.end, now_minute, judged) if one is not None)
    until = max(until, period.start)
    known_until = min(period.end, now_minute)  # what people did and said, needs no judging
    site = _of_then(today, store, until, environment)
    team_title = team_of(site if any(one.name == team for one in site.teams) else today, team)
    mine = [one for one in site.journeys if team is None or one.team == team]
    months = [period.before(n) for n in reversed(range(MONTHS))] if period.kind == "monthly" else []
    found = promises.found(site, store, mine, period, months, until)
    incidents = happened.incidents(site, store, mine, until)
    known = store.judging().definition is not None
    then = store.definitions_at(until) if known else None
    said: dict[str, list[Signal]] = {}
    for signal in store.signals.between(period.before().start * 60, known_until * 60):
        said.setdefault(signal.journey or "", []).append(signal)
    journeys = tuple(
        _journey(one, found[one.name], said.get(one.name, ()), period.start * 60) for one in mine
    )
    return Report(
        version=facts.VERSION,
        kind=period.kind,
        team=team,
        team_title=team_title,
        zone=period.zone,
        from_minute=period.start,
        to_minute=period.end,
        until_minute=until,
        coarse=promises.is_coarse(store, mine, period, until),
        definition=None if then is None else then.hash,
        journeys=journeys,
        incidents=tuple(one for one in incidents if happened.is_of(one, period.start, until)),
        alerts=happened.alerts(store, mine, incidents, period.start, until),
        silences=happened.silences(site, store, mine, team, period.start, until),
        marks=happened.marks(store, mine, team, period.start, until),
        operations=happened.operations(site, store, mine, team, period.start, until),
        policies=happened.policies(site, store, mine, period.start, known_until),
        coverage=happened.coverage(site, store, mine, team, period.start, until),
        months=tuple(happened.month(incidents, one.start, min(one.end, until)) for one in months),
        actions=happened.actions(store, mine, team, period.start, known_until, period.zone),
        unplaced=_voices(said.get("", ()) if team is None else (), period.start * 60),
    )


def _of_then(today: Site, store: Store, until: int, environment: Mapping[str, str]) -> Site:
    site = recalling.site_at(today, store, until, environment)
    if site is today:
        return site
    known = {
        one.name: one for one in (*site.corrections, *today.corrections)
    }  # those of now, of the same name
    return replace(site, corrections=tuple(known.values()))


def _journey(
    journey: Journey, found: Sequence[facts.Promise], said: Sequence[Signal], start_second: int
) -> JourneyFacts:
    return JourneyFacts(
        journey.name,
        journey.title,
        journey.team,
        journey.why,
        tuple(found),
        _voices(said, start_second),
    )


def _voices(said: Sequence[Signal], start_second: int) -> Voices:
    """What was said in a period, and in the one before it."""
    then = [one for one in said if one.at < start_second]
    now = [one for one in said if one.at >= start_second]
    words = [one.text for one in now if one.kind == "voice" and one.text]
    return Voices(
        sum(one.amount for one in now if one.kind == "enquiry"),
        sum(one.amount for one in then if one.kind == "enquiry"),
        sum(one.amount for one in now if one.kind == "churn"),
        sum(one.amount for one in then if one.kind == "churn"),
        sum(one.kind == "voice" for one in now),
        tuple(words[-VOICES_MAX:]),
    )
