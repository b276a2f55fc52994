"""A team → at which stage it practises what, and since when; what is missing, what stands, what grew stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tabiji import agreements, postmortems, practice
from tabiji.acts import Act
from tabiji.definitions import Site
from tabiji.errors import UsageError
from tabiji.journeys import Objective
from tabiji.language import _, listed
from tabiji.practice import (
    DAYS,
    PRACTICES,
    Engagement,
    Floor,
    Lived,
    Milestone,
    Practice,
    Reached,
    Stage,
    Stale,
)
from tabiji.runs.practising import evidence, rhythm
from tabiji.runs.practising.knowing import DAY, MINUTE, MONTH, Known, agreed, journeys_of, know, teams
from tabiji.store import Store

MONTHS = 6  # of the trend: this moment, and the ends of five months of 30 days before
WATCHED_DAYS = 28


@dataclass(frozen=True, slots=True)
class Engaged:
    """An engagement of SRE, and whether its end condition is met."""

    engagement: Engagement
    is_fulfilled: bool


@dataclass(frozen=True, slots=True)
class Aged:
    """An objective that wants to be looked at, why, and when somebody last decided on it (seconds)."""

    objective: Objective
    why: tuple[Stale, ...]
    reviewed: int | None


@dataclass(frozen=True, slots=True)
class Practised:
    """What a team practises at a moment, in seconds since the epoch.

    `trend` has the stage of each practice at the ends of six months of 30 days, this moment last; None where nothing
    was due. `objectives` is how many it has agreed to.
    """

    team: str
    at: int
    stages: tuple[Stage, ...]
    trend: Mapping[Practice, tuple[int | None, ...]]
    months: tuple[int, ...]
    floors: tuple[Floor, ...]
    milestones: tuple[Reached, ...]
    engagements: tuple[Engaged, ...]
    stale: tuple[Aged, ...]
    objectives: int

    @property
    def next_floor(self) -> Floor | None:
        """The lowest level that does not stand: what to do next. None where all stand."""
        return next((one for one in self.floors if not one.stands), None)


def practised(
    site: Site,
    store: Store,
    at: int,
    environment: Mapping[str, str],
    team: str | None = None,
    months: int = MONTHS,
) -> tuple[Practised, ...]:
    """Every team, or one, at a moment. Raises UsageError where there is no such team."""
    wanted = teams(site) if team is None else [find(site, team)]
    known = know(site, store, at, environment, months)
    return tuple(_practised(known, one, months) for one in wanted)


def find(site: Site, team: str) -> str:
    """A team whose practices are told. Raises UsageError where there is none of the name."""
    known = teams(site)
    if team not in known:
        raise UsageError(
            _("`{name}` is not a team; there are {known}", name=team[:60], known=listed(sorted(known)))
        )
    return team


def _practised(known: Known, team: str, months: int) -> Practised:
    ends = tuple(known.at - back * MONTH for back in range(months - 1, -1, -1))
    by_month = [_stages(known, team, end) for end in ends]
    stages = by_month[-1]
    return Practised(
        team=team,
        at=known.at,
        stages=stages,
        trend={name: tuple(some[place].stage for some in by_month) for place, name in enumerate(PRACTICES)},
        months=ends,
        floors=practice.hierarchy(stages),
        milestones=practice.milestones(_reached(known, team)),
        engagements=tuple(
            Engaged(one, practice.fulfilled(one, stages))
            for one in evidence.engagements(known, team, known.at)
        ),
        stale=tuple(_aged(known, team)),
        objectives=len(agreed(known, team, known.at)),
    )


def _stages(known: Known, team: str, at: int) -> tuple[Stage, ...]:
    found = evidence.occasions(known, team, at)
    return tuple(practice.stage(name, found[name], at) for name in PRACTICES)


def _aged(known: Known, team: str) -> Iterator[Aged]:
    engaged = evidence.engagements(known, team, known.at)
    found = rhythm.all_reviews(known, team, known.at)
    for one in agreed(known, team, known.at):
        past = known.described.objectives[one.id]
        last = max(
            (each.at for each in rhythm.decisions(known, found, one.id, engaged, known.at)), default=None
        )
        left = [
            share
            for end, share in known.lived.get(one.id, ())
            if known.at - DAYS * DAY < end * MINUTE <= known.at
        ]
        since = known.at if past.agreed is None else past.agreed
        if why := practice.staleness(Lived(one.id, left, since, last), known.at):
            yield Aged(one, why, last)


# Milestones


def _reached(known: Known, team: str) -> Mapping[Milestone, list[tuple[int, str]]]:
    """All that shows a milestone of a team, with its time."""
    journeys = journeys_of(known.site, team)
    past = known.described
    objectives = {one.id: past.objectives[one.id] for journey in journeys for one in journey.objectives}
    watched = [(one.described + WATCHED_DAYS * DAY, name) for name, one in objectives.items()]
    held = rhythm.held(known, team, known.at)
    written = postmortems.fold(known.acts_of(postmortems.KIND, known.at))
    names = {one.name for one in journeys}
    numbers = {one.number for one in known.incidents if one.journey in names}
    answered = evidence.answered(known, team, (), known.at)
    return {
        "lines-counted": [] if known.begins is None or known.begins >= known.at else [(known.begins, "")],
        "journey-described": [(past.journeys[one.name], one.name) for one in journeys],
        "provisional-objective": [(one.described, name) for name, one in objectives.items()],
        "watched-four-weeks": [(at, name) for at, name in watched if at <= known.at],
        "objective-agreed": [
            (one.agreed, name) for name, one in objectives.items() if one.agreed is not None
        ],
        "policy-agreed": list(_signed(known, team, names)),
        "alert-answered": [(one.at, one.what) for one in answered if one.taken],
        "review-held": [(one.at, one.what) for one in held],
        "post-mortem-published": [
            (one.versions[0].at, str(number))
            for number, one in written.items()
            if one.versions and number in numbers
        ],
        "review-without-sre": [(one.at, one.what) for one in held if one.by == "team"],
    }


def _signed(known: Known, team: str, journeys: set[str]) -> Iterator[tuple[int, str]]:
    """When a policy about a team's journeys was first signed by all who are needed, whatever became of it since."""
    acts: dict[str, list[Act]] = {}
    for act in known.acts_of(agreements.KIND, known.at):
        acts.setdefault(act.subject, []).append(act)
    for one in known.site.policies:
        if one.team == team or journeys & set(one.journeys):
            at = _all_signed(acts.get(one.name, ()))
            if at is not None:
                yield at, one.name


def _all_signed(acts: Sequence[Act]) -> int | None:
    for count, act in enumerate(acts, 1):
        if act.what == "signed":
            said = agreements.fold(acts[:count])
            if agreements.standing(said, str(act.body.get("digest", ""))).state == "agreed":
                return act.at
    return None
