"""What people did in reviews, post-mortems and agreements → occasions: held, published, decided upon, by whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from tabiji import actions, agreements, postmortems, reviews, windows
from tabiji.actions import Item
from tabiji.incidents import Incident
from tabiji.policies import Episode
from tabiji.postmortems import Postmortem
from tabiji.practice import DAYS, By, Engagement, How, Occasion, led_by
from tabiji.reviews import Review
from tabiji.runs import suggesting
from tabiji.runs.practising.knowing import ALL, DAY, MINUTE, Known, agreed, journeys_of

LATE_DAYS = 7  # that the review of a week may come after its end
WRITE_DAYS = 14  # that a post-mortem may take
COST_MIN = Fraction(1, 10)  # of a budget: an incident that cost as much wants a post-mortem


def all_reviews(known: Known, team: str, at: int) -> list[Review]:
    """A team's reviews and those of all journeys, which look at the team's as well; by week, the team's own last."""
    found = reviews.reviews(known.acts_of(reviews.KIND, at))
    return [one for one in found if one.team == ALL] + [one for one in found if one.team == team != ALL]


def _led(known: Known, one: Review) -> By:
    if one.led_by == "sre" or known.is_sre(one.leader or ""):
        return "sre"
    return "supported" if any(known.is_sre(who) for who in one.present) else "team"


def held(known: Known, team: str, at: int) -> list[Occasion]:
    """The reviews that a team has held, by the time at which they were closed."""
    found = [
        Occasion(one.held_at, True, _led(known, one), one.subject, how="held", who=one.leader or "")
        for one in all_reviews(known, team, at)
        if one.held_at is not None
    ]
    return sorted(found, key=lambda one: one.at)


def reviewed(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Full weeks since the team has journeys and events: each was due to be reviewed within a week after its end."""
    since = _since(known, team)
    if since is None:
        return
    by_week = {one.week: one for one in all_reviews(known, team, at) if one.held_at is not None}
    week = reviews.monday(max(since, at - (DAYS + 14) * DAY), known.site.timezone)
    while (begins := _second(known, week)) < at:
        following = week + timedelta(weeks=1)
        ends, one = _second(known, following), by_week.get(week)
        if one is not None and one.held_at is not None:
            taken_at = min(ends, one.held_at)
            yield Occasion(taken_at, True, _led(known, one), one.subject, how="held", who=one.leader or "")
        elif begins >= since and ends + LATE_DAYS * DAY <= at:
            yield Occasion(ends, False, what=reviews.subject(team, week), how="not-held")
        week = following


def _since(known: Known, team: str) -> int | None:
    """Since when there is something of a team's to be reviewed."""
    first = [known.described.journeys[one.name] for one in journeys_of(known.site, team)]
    return max(min(first), known.begins) if first and known.begins is not None else None


def _second(known: Known, day: date) -> int:
    return int(
        datetime(day.year, day.month, day.day, tzinfo=windows.time_zone(known.site.timezone)).timestamp()
    )


def learnt(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Incidents that cost a tenth of a budget or more: each was due to be learnt from within two weeks."""
    names = {one.name for one in journeys_of(known.site, team)}
    written = postmortems.fold(known.acts_of(postmortems.KIND, at))
    for one in known.incidents:
        if one.journey not in names or one.closed_minute is None or (one.share or 0) < COST_MIN:
            continue
        closed = one.closed_minute * MINUTE
        found = written.get(one.number or 0)
        if closed >= at:
            continue
        if found is not None and found.published is not None:
            yield _published(known, one, found, closed, at)
        elif closed + WRITE_DAYS * DAY <= at:
            yield Occasion(closed, False, what=str(one.number), how="not-published")


def _published(known: Known, incident: Incident, found: Postmortem, closed: int, at: int) -> Occasion:
    first = found.versions[0]
    hands = {
        act.who
        for act in known.acts_of(postmortems.KIND, at)
        if act.subject == str(incident.number) and act.at <= first.at
    }
    by: By = "team"
    if known.is_sre(first.words.lead or first.who):
        by = "sre"
    elif any(known.is_sre(who) for who in hands):
        by = "supported"
    return Occasion(
        closed, True, by, str(incident.number), how="published", who=first.words.lead or first.who
    )


def item_of(known: Known, team: str, episode: Episode, first: int, end: int) -> Occasion | None:
    """The action item that was opened for what a policy asked for: that came from it, or is about the journey."""
    journey = episode.objective.partition("/")[0]
    for one in actions.items(known.acts_of(actions.KIND, end)):
        came = one.wanted.origin == "policy" and one.wanted.which.partition("/")[0] == episode.policy
        about = one.wanted.journey == journey or one.wanted.team == team
        if one.opened.at >= first and about and (came or one.wanted.journey == journey):
            return Occasion(one.opened.at, True, _item_by(known, one), f"action:{one.number}")
    return None


def _item_by(known: Known, one: Item) -> By:
    if known.is_sre(one.wanted.owner or one.opened.who):
        return "sre"
    return "supported" if known.is_sre(one.wanted.supporter or "") else "team"


def targets(known: Known, team: str, engaged: Sequence[Engagement], at: int) -> Iterator[Occasion]:
    """Agreed objectives: each was due to be looked at and decided upon once in 90 days."""
    found = all_reviews(known, team, at)
    for one in agreed(known, team, at):
        last = max(decisions(known, found, one.id, engaged, at), key=lambda each: each.at, default=None)
        if last is not None and last.at >= at - DAYS * DAY:
            yield last
        else:
            yield Occasion(at - 1, False, what=one.id, how="not-reviewed")


def decisions(
    known: Known, found: Sequence[Review], objective: str, engaged: Sequence[Engagement], at: int
) -> Iterator[Occasion]:
    """All that was ever decided on an objective: in these reviews, by another definition, by signing, by calm days."""
    for review in found:
        for one in review.standing:
            if one.decided.objective == objective:
                yield Occasion(
                    one.word.at, True, _led(known, review), objective,
                    how="decided", via=review.subject, who=one.word.who,
                )  # fmt: skip
    past = known.described.objectives[objective]
    for second in (past.described, *past.changed):
        if second < at:
            by = led_by(engaged, "targets-reviewed", second)
            yield Occasion(
                second, True, by, objective, how="described" if second == past.described else "changed"
            )
    journey = objective.partition("/")[0]
    covering = {one.name for one in known.site.policies if journey in one.journeys}
    for act in known.acts_of(agreements.KIND, at):
        if act.subject in covering and act.what in ("signed", "asked"):
            yield _said(known, act.who, act.at, objective, "signed", act.subject)
    for act in known.acts_of(suggesting.KIND, at):
        if act.subject == journey:
            yield _said(known, act.who, act.at, objective, "called")


def _said(known: Known, who: str, at: int, objective: str, how: How, via: str = "") -> Occasion:
    return Occasion(at, True, "sre" if known.is_sre(who) else "team", objective, how=how, via=via, who=who)
